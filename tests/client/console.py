"""Run `msklink-client` in this process, as a person at a terminal or as a script."""

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient

from msklink_client.command import main

if TYPE_CHECKING:
    from tests.client.conftest import Store

ACCOUNT = "123456789012"
BUS = "arn:aws:events:eu-west-1:111111111111:event-bus/msklink"


class Terminal(io.StringIO):
    """Standard input at a terminal, with what is typed."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """Return the code of the error, in the first line on standard error."""
        line = self.err.splitlines()[0]
        program, code, _ = line.split(": ", 2)
        assert program == "msklink-client"
        return code


class Console:
    """A shell in the client account."""

    def __init__(
        self, store: "Store", capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.store = store
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.ec2: Any = boto3.client("ec2")
        self.vpc_id = str(self.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])

    def __call__(self, *words: str, typed: str | None = None) -> Said:
        """Run the command with *words*; *typed* is typed at a terminal, if there is one."""
        stdin = io.StringIO() if typed is None else Terminal(typed)
        self._monkeypatch.setattr("sys.stdin", stdin)
        self._capsys.readouterr()
        code = main(words)
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        return Said(code, said.out, said.err)

    def tag(self, **tags: str) -> None:
        """Set tags, whose keys have two underscores for a slash."""
        named = [{"Key": key.replace("__", "/"), "Value": tags[key]} for key in tags]
        self.ec2.create_tags(Resources=[self.vpc_id], Tags=named)

    def tags(self) -> dict[str, str]:
        [vpc] = self.ec2.describe_vpcs(VpcIds=[self.vpc_id])["Vpcs"]
        return {tag["Key"]: tag["Value"] for tag in vpc.get("Tags", [])}


def calls(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> list[str]:
    """Return a list that gets the names of the calls that change something; *answers* by name."""
    made: list[str] = []
    original = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(self: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        if not operation.startswith(("Get", "Describe")):
            made.append(operation)
        if operation in answers:
            if isinstance(answers[operation], Exception):
                raise answers[operation]
            return answers[operation]
        return original(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return made
