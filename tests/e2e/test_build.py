"""`sam build` builds for the architecture of the template."""

import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.build import for_architecture, run_sam
from localcloud.settings import REPOSITORY

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

MACHINES = {"x86_64": 0x3E, "arm64": 0xB7}
"""The field e_machine of ELF files (elf.h: EM_X86_64, EM_AARCH64)."""


def machine(library: Path) -> int:
    """Return the field e_machine of an ELF file."""
    header = library.read_bytes()[:20]
    assert header.startswith(b"\x7fELF"), library
    return int.from_bytes(header[18:20], "little")


def build_layer(template: Path, folder: Path) -> Path:
    """Build the layer of dependencies by `sam build`, and return its folder of packages."""
    run_sam(
        *("build", "DependenciesLayer", "--template", str(template)),
        *("--base-dir", str(REPOSITORY), "--build-dir", str(folder)),
    )
    return folder / "DependenciesLayer" / "python"


@pytest.mark.parametrize("architecture", MACHINES)
def test_the_layer_has_compiled_code_for_the_architecture_of_the_template(
    architecture: str, tmp_path: Path
) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(for_architecture(architecture))

    libraries = list(build_layer(template, tmp_path / "built").rglob("*.so"))

    assert {machine(library) for library in libraries} == {MACHINES[architecture]}


def test_the_layer_has_the_time_zones_that_an_image_may_lack(tmp_path: Path) -> None:
    packages = build_layer(REPOSITORY / "template.yaml", tmp_path / "built")
    code = "from zoneinfo import ZoneInfo, TZPATH; print(TZPATH, ZoneInfo('Europe/Berlin'))"

    done = subprocess.run(
        [sys.executable, "-S", "-c", code],  # without the packages of this environment
        env={"PYTHONPATH": str(packages), "PYTHONTZPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout.strip(), done.stderr) == ("() Europe/Berlin", "")
