"""The documents name commands, options and codes that there are."""

import inspect
import re

from msklink_cli.main import COMMANDS
from tests.support.cloudformation import ROOT

PAGES = [*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "cli/README.md"]
OF_ALL = {"--profile", "--region", "--namespace", "--output", "--query", "--help"}
ROOT_OPTIONS = {"--install-completion", "--show-completion", "--version", "--help"}


def lines() -> list[str]:
    """Return what follows `msklink` in the lines of commands and in quoted commands."""
    text = "\n".join(page.read_text() for page in PAGES)
    return re.findall(r"(?:^(?:\$ )?(?:cli/)?|`)msklink( [^`\n#]+)", text, re.MULTILINE)


def options(command: str) -> set[str]:
    names = inspect.signature(COMMANDS[command]).parameters
    return {f"--{name.replace('_', '-')}" for name in names} | OF_ALL


def test_every_documented_command_has_its_options() -> None:
    used = [line.split() for line in lines()]

    assert {words[0] for words in used if words[0] in COMMANDS} == COMMANDS.keys()
    for name, *words in used:
        known = options(name) if name in COMMANDS else ROOT_OPTIONS
        assert name in COMMANDS or name in ROOT_OPTIONS, name
        assert {word.split("=")[0] for word in words if word.startswith("--")} <= known, words


def test_every_code_of_the_command_is_documented() -> None:
    sources = "".join(path.read_text() for path in ROOT.glob("cli/src/**/*.py"))
    used = set(re.findall(r'(?:CommandError\(|"errorType",)\s*"([A-Z]\w+)"', sources)) | set(
        re.findall(r'_fail\(f"(\w+): ', sources)
    )
    readme = (ROOT / "cli/README.md").read_text()
    documented = set(re.findall(r"`([A-Z]\w+)`", readme.partition("| code |")[2]))

    assert used == documented - {"Freeze", "AWS_ENDPOINT_URL"}
