"""The manners of the command, whatever it does: terminals, errors, interrupts."""

import os
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    PartialCredentialsError,
    UnauthorizedSSOTokenError,
)

from msklink.connections.record import State
from tests.client.console import Console, Terminal, calls
from tests.client.test_request import put
from tests.unit.factories import connection


@pytest.mark.parametrize(
    ("environment", "colours"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_only_a_terminal_has_colours(
    console: Console,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    colours: bool,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    put(console, connection(state=State.PUBLISHED))
    assert "\x1b" not in console("status").out

    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    console("status")

    assert ("\x1b[32m" in screen.getvalue()) is colours


def test_an_empty_name_is_not_all_clusters(console: Console) -> None:
    put(console, connection())

    assert console("status", "").error == "BadArgument"


def test_a_profile_that_does_not_exist_is_an_error(console: Console) -> None:
    said = console("status", "--profile", "nobody")

    assert (said.code, said.error) == (1, "BadArgument")
    assert "aws configure list-profiles" in said.err


def test_no_region_is_an_error_that_names_the_option(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    said = console("status")
    assert said.error == "NoRegion"
    assert "--region" in said.err
    assert console("status", "--region", "eu-west-1").code == 0


def test_a_reader_that_has_gone_is_no_traceback(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pipe(Terminal):
        def write(self, _: str) -> int:
            raise BrokenPipeError

        def fileno(self) -> int:
            return ends[1]

    ends = os.pipe()
    monkeypatch.setattr("sys.stdout", Pipe())

    assert console("status").code == 1

    for end in ends:
        os.close(end)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PartialCredentialsError(provider="env", cred_var="X"), "NoCredentials"),
        (UnauthorizedSSOTokenError(), "NoCredentials"),
        (EndpointConnectionError(endpoint_url="https://x"), "AwsError"),
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "X"), "AwsError"),
        (ClientError({"Error": {"Code": "ExpiredToken"}}, "X"), "NoCredentials"),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "X"), "NoPermission"),
    ],
)
def test_an_error_of_aws_is_one_line(
    console: Console, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    calls(monkeypatch, GetParametersByPath=error)

    said = console("status")

    assert (said.code, said.out, said.error) == (1, "", code)


def test_an_interrupt_is_no_traceback(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("msklink_client.statuses.read", interrupt)

    assert console("status").code == 130
