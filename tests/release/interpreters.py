"""The Pythons on which the packages are installed, and where this machine has them."""

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from localcloud.settings import REPOSITORY

WORKFLOW = REPOSITORY / ".github/workflows/ci.yml"


def supported() -> tuple[str, ...]:
    """Return the versions of Python of the client library, as the workflow has them."""
    jobs = yaml.safe_load(WORKFLOW.read_text())["jobs"]
    return tuple(jobs["client"]["strategy"]["matrix"]["python"])


def oldest(package: str) -> str:
    """Return the oldest version of Python that *package* allows."""
    text = (REPOSITORY / package / "pyproject.toml").read_text()
    required: str = tomllib.loads(text)["project"]["requires-python"]
    return required.removeprefix(">=")


def require(version: str) -> Path:
    """
    Return the interpreter of *version*.

    Without one, the test is skipped on a developer's machine and fails in CI.
    """
    for candidate in _candidates(version):
        if _version(candidate) == version:
            return candidate
    missing = f"Python {version} is not on this machine: install it, or put it on PATH"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


def _candidates(version: str) -> Iterator[Path]:
    """Yield programs of that name on PATH, and those of pyenv that PATH may not have."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    yield from (Path(folder, f"python{version}") for folder in folders if folder)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"))


def _version(program: Path) -> str:
    """Return the version of a Python, or nothing where *program* is none, as shims can be."""
    if not program.exists():
        return ""
    done = subprocess.run(
        [program, "--version"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    found = re.match(r"Python (\d+\.\d+)\.", done.stdout)
    return found[1] if found else ""
