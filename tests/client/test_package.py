"""The package agrees with its README and its errors."""

import re
import tomllib
from importlib import import_module

from tests.support.cloudformation import ROOT

HOME = ROOT / "client" / "python"
PROJECT = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]
SOURCE = {path.name: path.read_text() for path in (HOME / "src" / "msklink_client").rglob("*.py")}


def test_it_needs_boto3_alone() -> None:
    assert [re.split(r"[>=]", one)[0] for one in PROJECT["dependencies"]] == ["boto3"]


def test_every_extra_that_an_error_names_is_one() -> None:
    named = set(re.findall(r'package_missing\("[^"]+", "([^"]+)"\)', SOURCE["tokens.py"]))

    assert named
    assert named <= PROJECT["optional-dependencies"].keys()


def test_confluent_kafka_is_a_version_whose_admin_client_requests_a_token() -> None:
    """Its changelog, 2.13.0: token refreshes of Admin, Producer and Consumer by a thread (2130)."""
    [oldest] = re.findall(r"confluent-kafka>=(\d+)\.(\d+)", str(PROJECT["optional-dependencies"]))

    assert tuple(map(int, oldest)) >= (2, 13)


def test_the_command_starts_an_existing_function() -> None:
    module, _, name = PROJECT["scripts"]["msklink-client"].partition(":")

    assert callable(getattr(import_module(module), name))


def test_every_code_is_documented() -> None:
    used = set(re.findall(r'MskLinkError\(\s*"(\w+)"', "".join(SOURCE.values())))
    table = set(re.findall(r"`([A-Z]\w+)`", (HOME / "README.md").read_text()))
    listed = set(re.findall(r"[A-Z]\w+", SOURCE["errors.py"].partition("one of:")[2].split(".")[0]))

    assert used == listed
    assert used <= table


def test_it_uses_only_names_of_the_oldest_python() -> None:
    """Ruff checks the grammar by target-version; these are names of the standard library."""
    assert PROJECT["requires-python"] == ">=3.10"
    newer = r"from enum import .*StrEnum|asyncio\.timeout|tomllib|from typing import .*\bSelf\b"
    assert not re.search(newer, "".join(SOURCE.values()))
