"""`check` with SCRAM, with the password and without it."""

import json
from typing import Any

import pytest
import trustme
from kio.schema.errors import ErrorCode
from kio.schema.sasl_handshake.v1.response import SaslHandshakeResponse

from tests.client import requested_users
from tests.client.broker import Script, listening
from tests.client.console import Console, Said
from tests.client.scram_server import ScramServer
from tests.client.test_layers import brokers, described, tls

SECRET = "AmazonMSK_ann"
OFFERED = SaslHandshakeResponse(error_code=ErrorCode.none, mechanisms=("SCRAM-SHA-512",))


@pytest.fixture(autouse=True)
def _secret(console: Console) -> None:
    console.store.keep_secret(SECRET, json.dumps({"username": "ann", "password": "pass"}))


def check(console: Console, port: int, *options: str) -> Said:
    console.store.put("/msklink/orders/scram/bootstrap.servers", f"localhost:{port}")
    return console("check", "orders", "--scheme", "scram", *options)


def verdicts(said: Said) -> dict[str, str]:
    lines = [line.split() for line in said.out.partition("\n\n")[0].splitlines()]
    return {layer: verdict for verdict, layer, *_ in lines}


def answers(password: str, *more: Any) -> Script:
    server = ScramServer("ann", password)
    return Script(OFFERED, server.first, server.final, *more)


def test_with_a_secret_it_goes_through_all_layers(
    console: Console, ca: trustme.CA, ca_file: str
) -> None:
    script = answers("pass", brokers(), described("billing"))
    with listening(script, tls(ca)) as port:
        options = ("--secret", SECRET, "--ca-file", ca_file, "--topic", "billing")
        said = check(console, port, *options)

    assert said.code == 0
    layers = ["parameters", "DNS", "TCP", "TLS", "SASL", "metadata", "topic"]
    assert verdicts(said) == dict.fromkeys(layers, "ok")


def test_with_a_user_it_logs_in_with_its_secret(
    console: Console, ca: trustme.CA, ca_file: str
) -> None:
    requested_users.create(console.store, "ann", "other")
    with listening(answers("other", brokers()), tls(ca)) as port:
        said = check(console, port, "--user", "ann", "--ca-file", ca_file)

    assert verdicts(said)["SASL"] == "ok"


def test_without_a_secret_it_says_what_was_skipped_and_what_to_give(
    console: Console, ca: trustme.CA, ca_file: str
) -> None:
    with listening(Script(), tls(ca)) as port:
        said = check(console, port, "--ca-file", ca_file, "--topic", "billing")

    assert said.code == 1  # the topic was asked for
    good = dict.fromkeys(["parameters", "DNS", "TCP", "TLS"], "ok")
    assert verdicts(said) == good | dict.fromkeys(["SASL", "metadata", "topic"], "skipped")
    [remedy] = said.out.splitlines()[-1:]
    assert remedy.startswith("SASL, metadata, topic: Add --user with a user of your request")
    assert "--secret with the ARN" in remedy


def test_a_skipped_layer_is_neither_good_nor_bad_for_programs(
    console: Console, ca: trustme.CA, ca_file: str
) -> None:
    with listening(Script(), tls(ca)) as port:
        said = check(console, port, "--ca-file", ca_file, "--json")

    assert said.code == 0
    assert [(one["layer"], one["good"]) for one in said.json] == [
        ("DNS", True),
        ("TCP", True),
        ("TLS", True),
        ("SASL", None),
        ("metadata", None),
    ]


def test_a_layer_that_fails_counts_although_others_are_skipped(
    console: Console, ca: trustme.CA, client_files: dict[str, str]
) -> None:
    with listening(Script(), tls(ca)) as port:
        said = check(console, port, "--ca-file", client_files["ca_file"])

    assert said.code == 1
    assert verdicts(said)["TLS"] == "FAILED"
    assert "leave out --ca-file" in said.out


def test_a_wrong_password_has_a_remedy_of_its_own(
    console: Console, ca: trustme.CA, ca_file: str
) -> None:
    with listening(answers("another"), tls(ca)) as port:
        said = check(console, port, "--secret", SECRET, "--ca-file", ca_file)

    assert said.code == 1
    assert verdicts(said)["SASL"] == "FAILED"
    assert "SASL: User name or password is wrong" in said.out
    assert "lacks MSK's statement AWSKafkaResourcePolicy" in said.out
    assert "up to ten minutes" in said.out


def test_a_port_of_another_scheme_is_named(console: Console, ca: trustme.CA, ca_file: str) -> None:
    other = SaslHandshakeResponse(
        error_code=ErrorCode.unsupported_sasl_mechanism, mechanisms=("OAUTHBEARER",)
    )
    with listening(Script(other), tls(ca)) as port:
        said = check(console, port, "--secret", SECRET, "--ca-file", ca_file)

    assert "SASL: The port is that of another scheme" in said.out


def test_without_an_acl_the_command_for_it_is_printed(
    console: Console, ca: trustme.CA, ca_file: str
) -> None:
    denied = described("billing", ErrorCode.topic_authorization_failed)
    with listening(answers("pass", brokers(), denied), tls(ca)) as port:
        options = ("--secret", SECRET, "--ca-file", ca_file, "--topic", "billing")
        said = check(console, port, *options)

    assert (said.code, verdicts(said)["topic"]) == (1, "FAILED")
    assert "--allow-principal 'User:ann' --operation Describe --topic billing" in said.out
    assert "has the commands" not in said.out


def test_without_an_acl_of_a_requested_user_the_status_has_the_commands(
    console: Console, ca: trustme.CA, ca_file: str
) -> None:
    requested_users.create(console.store, "ann")
    denied = described("billing", ErrorCode.topic_authorization_failed)
    with listening(answers("pass", brokers(), denied), tls(ca)) as port:
        options = ("--user", "ann", "--ca-file", ca_file, "--topic", "billing")
        said = check(console, port, *options)

    assert "'User:ann'" in said.out
    assert "msklink-client status orders has the commands" in said.out


def test_a_topic_that_does_not_exist_has_another_remedy(
    console: Console, ca: trustme.CA, ca_file: str
) -> None:
    unknown = described("billing", ErrorCode.unknown_topic_or_partition)
    with listening(answers("pass", brokers(), unknown), tls(ca)) as port:
        options = ("--secret", SECRET, "--ca-file", ca_file, "--topic", "billing")
        said = check(console, port, *options)

    assert "topic: There is no topic billing" in said.out


@pytest.mark.parametrize(
    "options",
    [
        ("--certificate-file", "certificate.pem"),
        ("--key-file", "key.pem"),
        ("--topic", "billing/*"),
        ("--topic", ""),
        ("--secret", ""),
        ("--secret", "arn:aws:foo"),
        ("--secret", "arn:aws:ssm:eu-west-1:111111111111:parameter/AmazonMSK_ann"),
    ],
)
def test_what_cannot_be_meant_is_refused(console: Console, options: tuple[str, ...]) -> None:
    said = check(console, 1, *options)

    assert (said.code, said.error) == (1, "BadArgument")


@pytest.mark.parametrize("command", ["check", "config"])
@pytest.mark.parametrize("scheme", ["iam", "tls"])
def test_a_secret_is_for_scram_alone(console: Console, command: str, scheme: str) -> None:
    said = console(command, "orders", "--scheme", scheme, "--secret", SECRET)

    assert said.error == "BadArgument"
    assert "--scheme scram" in said.err
