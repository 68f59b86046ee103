"""The words of the command, before and after it reaches AWS."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)

from msklink_cli.errors import CommandError, aws_error, unexpected_error
from msklink_cli.main import COMMANDS, run
from msklink_cli.plan import assumptions
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


def test_an_error_in_an_option_names_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    run(["watch", "orders", "--interval", "nan"])

    assert "--interval" in capsys.readouterr().err


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


def test_the_version_of_a_checkout_is_that_of_the_template(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["--version"]) == 0

    version = template()["Mappings"]["Release"]["MSKLink"]["Version"]
    assert capsys.readouterr().out == f"msklink {version}\n"


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


VPC, OTHER_VPC = "vpc-0a1b2c3d", "vpc-0a1b2c3d4e5f67890"


def assumed(**given: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {"schemes": None, "clients": (), "vpcs": (), "tags": ()}
    return assumptions("msklink", **(nothing | given))


def test_the_options_of_a_plan_are_its_assumptions() -> None:
    assert assumed() == {}
    assert assumed(tags=["msklink/freeze", "team=a b", "empty="])["tags"] == {
        "msklink/freeze": None,
        "team": "a b",
        "empty": "",
    }
    assert assumed(schemes="iam,tls")["tags"] == {"msklink": "iam tls"}


def test_an_account_whose_vpc_asks_is_taken_to_be_listed() -> None:
    found = assumed(
        clients=["333333333333"],
        vpcs=[
            f"222222222222/{VPC}=iam,tls",
            f"222222222222/{OTHER_VPC}=off",
            f"1{'0' * 11}/{VPC}=off",
        ],
    )

    assert found["clients"] == ["333333333333", "222222222222"]
    assert found["vpcs"]["222222222222"] == {VPC: "iam tls", OTHER_VPC: "off"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        *(
            ({"vpcs": [one]}, "MalformedVpcOption")
            for one in (f"{VPC}=iam", f"222222222222/{VPC}", "", "222222222222", "2/vpc=iam", "//=")
        ),
        ({"vpcs": [f"222222222222/{VPC}=bogus"]}, "UnknownScheme"),
        ({"vpcs": [f"222222222222/{VPC}="]}, "SchemeMissing"),
        *(({"clients": [one]}, "MalformedAccount") for one in ("", "x", "-1", "2" * 13)),
        *(({"schemes": one}, "UnknownScheme") for one in ("bogus", "off iam", "auto tls")),
        ({"schemes": ""}, "SchemeMissing"),
        *(
            ({"tags": [one]}, "MalformedTag")
            for one in ("", "=", "=x", "aws:x=1", "a\nb=c", "k" * 129, "k=" + "v" * 256, "a,b=c")
        ),
        ({"schemes": "iam", "tags": ["msklink=tls"]}, "Usage"),
    ],
)
def test_malformed_assumptions_are_refused_before_aws_is_asked(
    given: dict[str, Any], code: str
) -> None:
    with pytest.raises(CommandError) as refused:
        assumed(**given)

    assert refused.value.code == code
    assert len(refused.value.line) < 400


def command(*words: str, **changes: Any) -> subprocess.CompletedProcess[str]:
    """Run the command as a shell does, without an AWS that it could reach."""
    environment = os.environ | {"AWS_EC2_METADATA_DISABLED": "true"} | changes.pop("variables", {})
    return subprocess.run(
        [ROOT / "cli" / "msklink", *words],
        env=environment,
        capture_output=not {"stdout", "stderr"} & changes.keys(),
        text=True,
        check=False,
        **changes,
    )


@pytest.mark.parametrize("endpoint", ["rubbish", "http://[::1", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_is_named(endpoint: str) -> None:
    place = {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "eu-west-1"}
    done = command(
        "clusters", variables=place | {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    )

    assert done.returncode == 1
    assert re.fullmatch(r"msklink: InvalidEndpoint: [^\n]+\n", done.stderr)


def test_signs_that_the_terminal_does_not_have_are_replaced() -> None:
    done = command("--help", variables={"PYTHONIOENCODING": "ascii"})

    assert (done.returncode, done.stderr) == (0, "")
    assert "doctor" in done.stdout


def test_a_full_disk_and_closed_streams_are_no_traceback() -> None:
    with Path("/dev/full").open("w") as full:
        done = command("--help", stdout=full, stderr=subprocess.PIPE)
    closed = subprocess.run(
        f"{ROOT}/cli/msklink --version >&- 2>&-; {ROOT}/cli/msklink --help <&- | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert re.fullmatch(r"msklink: OutputFailed: [^\n]+\n", done.stderr)
    assert closed.stderr == ""


def test_no_words_print_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 1

    said = capsys.readouterr()
    assert "doctor" in said.out
    assert said.err == ""


def test_an_error_shows_no_signature() -> None:
    error = HTTPClientError(error="bad value b'AWS4-HMAC-SHA256 Credential=x, Signature=1234'")

    assert "1234" not in aws_error(error).line
    assert "1234" not in unexpected_error(ValueError(str(error))).line


def test_an_error_has_no_control_characters() -> None:
    assert (
        CommandError("Code", "a\x1b[31m b\r\nc\x00", "Do it.").line == "Code: a [31m b c . Do it."
    )


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
