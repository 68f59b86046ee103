"""
Build the owner stack with `sam build`, and copy the result in a form that MiniStack can run.

The code is that of `sam build`, for the architecture of this machine. The copy differs in four
points:
- functions have the runtime provided.al2023, for which MiniStack speaks Lambda's Runtime API as it
  is, and a `bootstrap` that starts the runtime client AWS uses. With its own Python runtime every
  exception would be a Runtime.HandlerError, and Retry and Catch could not tell them apart.
- `bootstrap` puts the layers on the path, which MiniStack does not unpack for that runtime, and
  beside them only the packages of the Lambda runtime: a package that no layer has is missing here.
- `bootstrap` starts it by `runtime.py`, so that functions use the clock of the embedded AWS.
- state machine definitions are JSON, the only form that MiniStack reads.
"""

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from samcli.yamlhelper import (  # type: ignore[import-untyped]  # has no type information
    yaml_dump,
    yaml_parse,
)

from localcloud.settings import REPOSITORY, clean_environment

SOURCES = ("template.yaml", "functions", "layers", "statemachine")
KEPT_BUILDS = 3
SAM_SETTINGS = {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2"}

# The packages of AWS's Python runtime beside the standard library.
RUNTIME_PACKAGES = (
    "awslambdaric",
    "boto3",
    "botocore",
    "dateutil",
    "jmespath",
    "s3transfer",
    "simplejson",
    "six.py",
    "snapshot_restore_py.py",
    "urllib3",
)

RUNTIME = Path(__file__).with_name("runtime.py")

BOOTSTRAP = """#!/bin/sh
export PYTHONPATH="$LAMBDA_TASK_ROOT:{paths}" LOCALCLOUD_PACKAGES="{beside}"
exec "{python}" -S "{runtime}" "$_HANDLER"
"""


def architecture() -> str:
    """Return the instruction set of this machine, by Lambda's name."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def for_architecture(chosen: str, repository: Path = REPOSITORY) -> str:
    """Return the template of the owner stack with the architecture *chosen*."""
    text = (repository / "template.yaml").read_text()
    edited, places = re.subn(r"\{Architecture: \w+}", f"{{Architecture: {chosen}}}", text)
    if places != 1:
        raise ValueError(f"template.yaml has the architecture at {places} places")
    return edited


def built_template(repository: Path = REPOSITORY) -> Path:
    """Return the template to deploy; build it unless there is a build of these sources."""
    builds = repository / ".localcloud" / "builds"
    builds.mkdir(parents=True, exist_ok=True)
    with _locked(builds / "lock"):
        build = builds / _digest(repository)
        template = build / "local" / "template.yaml"
        if not template.exists():
            shutil.rmtree(build, ignore_errors=True)
            _sam_build(repository, build / "sam", builds / "cache")
            _make_runnable(build / "sam", build / "local")
        build.touch()
        _delete_old(builds)
    return template


@contextmanager
def _locked(lock: Path) -> Iterator[None]:
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _digest(repository: Path) -> str:
    digest = hashlib.sha256(sys.version.encode())
    digest.update(Path(__file__).read_bytes())
    for source in SOURCES:
        root = repository / source
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(repository)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _delete_old(builds: Path) -> None:
    made = [path for path in builds.iterdir() if (path / "local").is_dir()]
    made.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for old in made[KEPT_BUILDS:]:
        shutil.rmtree(old)


def _sam_build(repository: Path, target: Path, cache: Path) -> None:
    template = target.parent / "template.yaml"
    template.parent.mkdir()
    template.write_text(for_architecture(architecture(), repository))
    # SAM reads definitions beside the template, and code from the base directory.
    (template.parent / "statemachine").symlink_to(repository / "statemachine")
    run_sam(
        "build",
        *("--template", str(template), "--base-dir", str(repository)),
        *("--build-dir", str(target), "--cached", "--cache-dir", str(cache)),
    )


def run_sam(*arguments: str, environment: dict[str, str] | None = None) -> None:
    """Run the SAM CLI of this virtual environment. Raises RuntimeError with its output."""
    sam = Path(sysconfig.get_path("scripts")) / "sam"
    done = subprocess.run(
        [str(sam), *arguments],
        env=(environment or clean_environment("")) | SAM_SETTINGS,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"sam {arguments[0]} failed:\n{done.stdout}")


def _make_runnable(built: Path, target: Path) -> None:
    # Follow symbolic links: a cached build links to SAM's cache, which may change.
    shutil.copytree(built, target)
    template: dict[str, Any] = yaml_parse((built / "template.yaml").read_text())
    template.get("Globals", {}).get("Function", {}).pop("Runtime", None)
    resources: dict[str, dict[str, Any]] = template["Resources"]
    layers = [
        target / resource["Properties"]["ContentUri"] / "python"
        for resource in resources.values()
        if resource["Type"] == "AWS::Serverless::LayerVersion"
    ]
    runtime = _linked(target / "runtime", [*RUNTIME_PACKAGES, "runtime_client*.so"])
    beside = _linked(target / "beside", ["time_machine", "_time_machine*.so"])
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            properties["Runtime"] = "provided.al2023"
            _write_bootstrap(target / properties["CodeUri"], [*layers, runtime], beside)
        elif resource["Type"] == "AWS::Serverless::StateMachine":
            definition = yaml.safe_load((built / properties["DefinitionUri"]).read_text())
            (target / f"{name}.asl.json").write_text(json.dumps(definition, indent=1))
            properties["DefinitionUri"] = f"{name}.asl.json"
    (target / "template.yaml").write_text(yaml_dump(template))


def _linked(folder: Path, patterns: Iterable[str]) -> Path:
    """Create *folder* with links to the installed packages that match *patterns*."""
    folder.mkdir()
    installed = Path(sysconfig.get_path("purelib"))
    for path in (found for pattern in patterns for found in installed.glob(pattern)):
        (folder / path.name).symlink_to(path)
    return folder


def _write_bootstrap(code: Path, paths: list[Path], beside: Path) -> None:
    bootstrap = code / "bootstrap"
    bootstrap.write_text(
        BOOTSTRAP.format(
            paths=os.pathsep.join(map(str, paths)),
            python=sys.executable,
            beside=beside,
            runtime=RUNTIME,
        )
    )
    bootstrap.chmod(0o755)
