"""The words of the command, before and after it reaches AWS."""

import os
import re
import subprocess

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)
from packaging.version import Version

from msklink_cli.errors import CommandError, aws_error
from msklink_cli.main import COMMANDS, run
from msklink_cli.plan import _tags, _vpcs
from tests.support.cloudformation import ROOT, template


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["shwo"], "Usage"),
        (["show"], "Usage"),
        (["show", "orders", "--colour"], "Usage"),
        (["clusters", "--output", "xml"], "Usage"),
        (["clusters", "--namespace", "Nope!"], "MalformedNamespace"),
        (["clusters", "--namespace", "../x"], "MalformedNamespace"),
        (["runs", "orders", "--limit", "0"], "Usage"),
        (["watch", "orders", "--interval", "0"], "Usage"),
        (["clusters", "--profile", "no-such-profile"], "ProfileNotFound"),
    ],
)
def test_an_error_is_one_line_with_a_code(
    words: list[str],
    code: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "")  # restored, as the command sets it
    assert run(words) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(rf"msklink: {code}: [^\n]+\n", said.err)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help_with_the_options_of_all(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")

    assert run([*([command] if command else []), "--help"]) == 0

    said = capsys.readouterr().out
    wanted = (
        ("--profile", "--region", "--namespace", "--output", "--query") if command else COMMANDS
    )
    assert all(one in said for one in wanted)


def test_the_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    project = template()["Mappings"]["Release"]["MSKLink"]["Version"]

    assert run(["--version"]) == 0
    [name, version] = capsys.readouterr().out.split()
    assert name == "msklink"
    assert Version(version) == Version(project)


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "not\nso"}}, "DescribeClusterV2")


@pytest.mark.parametrize(
    ("error", "code", "remedy"),
    [
        (client_error("AccessDeniedException"), "AccessDeniedException", "ViewerPolicyArn"),
        (client_error("ExpiredTokenException"), "ExpiredTokenException", "sso login"),
        (client_error("UnrecognizedClientException"), "UnrecognizedClientException", "sso login"),
        (client_error("ThrottlingException"), "ThrottlingException", "again"),
        (NoCredentialsError(), "NoCredentialsError", "--profile"),
        (NoRegionError(), "NoRegionError", "--region"),
        (ProfileNotFound(profile="x"), "ProfileNotFound", "list-profiles"),
        (EndpointConnectionError(endpoint_url="http://x"), "EndpointConnectionError", "network"),
    ],
)
def test_an_error_of_aws_has_a_remedy(error: ClientError, code: str, remedy: str) -> None:
    found = aws_error(error)

    assert found.code == code
    assert remedy in found.remedy
    assert "\n" not in found.line


def test_the_options_of_a_plan_are_its_assumptions() -> None:
    assert _tags(["msklink/freeze", "msklink=iam", "a=b=c", "empty="]) == {
        "msklink/freeze": None,
        "msklink": "iam",
        "a": "b=c",
        "empty": "",
    }
    assert _vpcs(["222222222222/vpc-1=iam,tls", "222222222222/vpc-2=off"]) == {
        "222222222222": {"vpc-1": "iam tls", "vpc-2": "off"}
    }


@pytest.mark.parametrize("word", ["vpc-1=iam", "222222222222/vpc-1", "", "222222222222"])
def test_a_malformed_vpc_of_a_plan_is_refused(word: str) -> None:
    with pytest.raises(CommandError, match="--vpc"):
        _vpcs([word])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_words_of_the_command_are_completed(shell: str) -> None:
    asked = {
        "_MSKLINK_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "msklink sh",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "msklink sh",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(
        [ROOT / "cli" / "msklink"],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "show" in done.stdout
    assert "clusters" not in done.stdout
