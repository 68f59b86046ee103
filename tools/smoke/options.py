"""The options of `make smoke`."""

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msklink.settings import NAMESPACE

DEFAULT_NAMESPACE = "smoke-msklink"
"""An installation that is in use takes events about tags that begin with its namespace."""


@dataclass(frozen=True)
class Options:
    owner_profile: str = ""
    client_profile: str = ""
    """Empty if the client VPC is in the owner account."""
    region: str = ""
    cluster: str = ""
    """Name or ARN of a cluster to use; empty for an own one."""
    namespace: str = DEFAULT_NAMESPACE
    """Of the installation under test; where its owner stack exists already, that one is used."""
    kafka_version: str = "3.9.x"
    template: str = ""
    """A built template of the owner stack; empty to run `sam build`."""
    until: str = ""
    """The step after which to stop."""
    step: str = ""
    """The only step to run."""
    yes: bool = False
    keep: bool = False
    cleanup: bool = False
    allow_reboot: str = ""
    """The name of the cluster that may be rebooted, for scripts."""
    folder: Path = Path()


def parse(words: Sequence[str], steps: Sequence[str]) -> Options:
    """Return the options in *words*. Exits with a message for malformed ones."""
    parser = argparse.ArgumentParser(
        prog="make smoke", description="Try MSKLink in real accounts. See docs/smoke.md."
    )
    add = parser.add_argument
    add("--owner-profile", default="", help="AWS profile of the owner account")
    add("--client-profile", default="", help="AWS profile of the client account")
    add("--region", default=_region(), help="Region of both; by default that of the profile")
    add("--cluster", default="", help="name or ARN of a cluster to use instead of an own one")
    add("--namespace", default=DEFAULT_NAMESPACE, type=_namespace, help="of the owner stack")
    add("--kafka-version", default=Options.kafka_version, help="of the own cluster")
    add("--template", default="", help="built template of the owner stack, instead of sam build")
    add(
        "--until", default="", choices=steps, metavar="STEP", help=f"stop after: {', '.join(steps)}"
    )
    add("--step", default="", choices=steps, metavar="STEP", help="run this step only")
    add("--yes", "-y", action="store_true", help="do not ask, for scripts")
    add("--keep", action="store_true", help="after an interrupt or error keep what exists")
    add("--cleanup", action="store_true", help="delete what exists, and end")
    add("--allow-reboot", default="", metavar="CLUSTER", help="with --yes: may reboot this cluster")
    add("--folder", default=Path(), type=Path, help="where the state and the report are written")
    return Options(**vars(parser.parse_args(words)))


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""


def _namespace(text: str) -> str:
    if not re.fullmatch(NAMESPACE, text):
        raise argparse.ArgumentTypeError(f"{text!r} cannot be a namespace")
    return text
