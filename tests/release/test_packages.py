"""Wheels and sdists of both packages install in an empty environment, and run."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from localcloud.settings import REPOSITORY
from tests.release import interpreters
from tests.support.cloudformation import template

VERSION = template()["Mappings"]["Release"]["MSKLink"]["Version"]
BUILDERS = REPOSITORY / "requirements-dev.txt"
"""What builds the packages here, pinned."""

SUPPORTED = interpreters.supported()
KINDS = {"wheel": "py3-none-any.whl", "sdist": "tar.gz"}

pytestmark = pytest.mark.xdist_group("packages")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build both packages, each wheel from its sdist, and return the folder with them."""
    folder = tmp_path_factory.mktemp("dist")
    for package in ("cli", "client/python"):
        uv(
            *("build", "--python", sys.executable, "--out-dir", str(folder)),
            *("--build-constraints", str(BUILDERS), str(REPOSITORY / package)),
        )
    return folder


@dataclass(frozen=True)
class Environment:
    """An environment that has only what was installed in it."""

    folder: Path

    def install(self, *what: str) -> None:
        uv(
            *("pip", "install", "--python", str(self.folder / "bin" / "python")),
            *("--build-constraints", str(BUILDERS), *what),
        )

    def run(self, program: str, *words: str) -> str:
        return output(str(self.folder / "bin" / program), *words, cwd=self.folder)


def make_environment(version: str, folder: Path) -> Environment:
    uv("venv", "--python", str(interpreters.require(version)), str(folder))
    return Environment(folder)


def uv(*words: str) -> None:
    """Run uv; the interpreter is always named, so it needs to find none."""
    output(str(Path(sys.executable).with_name("uv")), *words, cwd=REPOSITORY)


def output(*words: str, cwd: Path) -> str:
    """Run a program without the settings of this process for Python, and return what it printed."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    done = subprocess.run(words, cwd=cwd, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}:\n{done.stdout}{done.stderr}"
    return done.stdout


def test_each_package_has_a_wheel_and_an_sdist_of_this_version(built: Path) -> None:
    names = {f"{name}-{VERSION}" for name in ("msklink", "msklink_client")}

    assert {path.name for path in built.iterdir()} - {".gitignore"} == {
        f"{name}{'-' if kind == 'wheel' else '.'}{KINDS[kind]}" for name in names for kind in KINDS
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", SUPPORTED)
def test_the_client_library_installs_and_runs(
    built: Path, version: str, kind: str, tmp_path: Path
) -> None:
    environment = make_environment(version, tmp_path / "environment")
    [package] = built.glob(f"msklink_client-*{KINDS[kind]}")

    environment.install(str(package))

    assert environment.run("msklink-client", "--version") == f"msklink-client {VERSION}\n"
    assert "usage: msklink-client" in environment.run("msklink-client", "--help")
    environment.install("moto[ssm]~=5.2.5")
    script = REPOSITORY / "tests/release/installed_client.py"
    used = environment.run("python", "-W", "error", str(script))
    assert used.startswith("a configuration of ")
    assert f"on Python {version}." in used


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", [one for one in SUPPORTED if one >= interpreters.oldest("cli")])
def test_the_command_installs_and_runs(
    built: Path, version: str, kind: str, tmp_path: Path
) -> None:
    environment = make_environment(version, tmp_path / "environment")
    [package] = built.glob(f"msklink-*{KINDS[kind]}")

    environment.install(str(package))

    assert environment.run("msklink", "--version") == f"msklink {VERSION}\n"
    assert "doctor" in environment.run("msklink", "--help")
    imported = environment.run(
        "python",
        "-c",
        "import msklink_cli.page.render, msklink.aws.ssm as one; print(one.__file__)",
    )
    assert Path(imported.strip()).is_relative_to(environment.folder.resolve())
