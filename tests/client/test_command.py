"""The command line."""

import json

import pytest
import trustme
from kio.schema.errors import ErrorCode
from kio.schema.sasl_authenticate.v0.response import SaslAuthenticateResponse

from msklink.auth_scheme import Scheme
from msklink_client.command import main
from tests.client.broker import Script, listening
from tests.client.conftest import Store
from tests.client.test_layers import HANDSHAKE, REFUSED, WELCOME, brokers, tls

Output = pytest.CaptureFixture[str]


def test_brokers_are_printed_one_per_line(store: Store, capsys: Output) -> None:
    store.publish(Scheme.IAM)

    assert main(["brokers", "orders"]) == 0
    assert capsys.readouterr().out == "b-1.iam.orders.x:14001\nb-2.iam.orders.x:14002\n"


@pytest.mark.parametrize(
    ("scheme", "form", "line"),
    [
        ("iam", "java", "sasl.mechanism=AWS_MSK_IAM"),
        ("scram", "librdkafka", "sasl.mechanism=SCRAM-SHA-512"),
        ("tls", "spring", "    security.protocol: ${msklink.orders.security.protocol}"),
    ],
)
def test_a_configuration_is_printed(
    store: Store, capsys: Output, scheme: str, form: str, line: str
) -> None:
    store.publish(*Scheme)

    assert main(["config", "orders", "--scheme", scheme, "--format", form]) == 0
    assert line in capsys.readouterr().out.splitlines()


def test_an_error_is_printed_with_its_remedy(store: Store, capsys: Output) -> None:
    store.publish(Scheme.IAM)
    store.put_status(state="published", vpcs={"vpc-1": {"iam": {"state": "published"}}})

    assert main(["brokers", "orders", "--scheme", "tls"]) == 1

    said = capsys.readouterr()
    assert not said.out
    assert said.err.splitlines() == [
        "msklink-client: SchemeNotPublished: orders is connected by iam, not by tls. "
        "Use scheme iam (--scheme iam), or add tls to the tag msklink/orders of the VPC.",
    ]


def test_a_wait_for_the_owner_is_printed_with_its_end(store: Store, capsys: Output) -> None:
    hold = {
        "code": "OutsideWindow",
        "message": "The maintenance window is closed.",
        "remedy": "Wait, or ask the owner team to change tag msklink/window of the cluster.",
        "until": "2026-01-03T01:00:00+00:00",
    }
    entry = {"state": "waiting", "waiting": hold}
    store.put_status(state="waiting", vpcs={"vpc-1": {"iam": entry}})

    assert main(["check", "orders"]) == 1

    assert capsys.readouterr().err.splitlines() == [
        "msklink-client: Waiting: orders waits for its owner by iam, OutsideWindow: "
        "The maintenance window is closed. It goes on by itself at 2026-01-03 01:00 UTC. "
        f"{hold['remedy']}",
    ]


def test_a_check_prints_every_layer_and_succeeds_but_says_that_no_topic_was_checked(
    store: Store, capsys: Output, ca: trustme.CA, ca_file: str
) -> None:
    with listening(Script(HANDSHAKE, WELCOME, brokers()), tls(ca)) as port:
        publish_at(store, port)
        assert main(["check", "orders", "--ca-file", ca_file]) == 0

    findings, remedy = capsys.readouterr().out.split("\n\n")
    assert [line.split()[:2] for line in findings.splitlines()] == [
        ["ok", "parameters"],
        ["ok", "DNS"],
        ["ok", "TCP"],
        ["ok", "TLS"],
        ["ok", "SASL"],
        ["ok", "metadata"],
        ["skipped", "topic"],
    ]
    assert remedy.startswith("topic: Add --topic with a topic that the application uses")


def test_a_check_that_fails_ends_with_the_remedy(
    store: Store, capsys: Output, ca: trustme.CA, ca_file: str
) -> None:
    with listening(Script(HANDSHAKE, REFUSED), tls(ca)) as port:
        publish_at(store, port)
        assert main(["check", "orders", "--ca-file", ca_file]) == 1

    *_, failed, blank, remedy = capsys.readouterr().out.splitlines()
    assert failed == f"FAILED SASL       localhost:{port}  Access denied (error 58)"
    assert not blank
    assert remedy.startswith("SASL: Two policies must allow kafka-cluster:Connect")


def test_json_is_printed_for_programs(
    store: Store, capsys: Output, ca: trustme.CA, ca_file: str
) -> None:
    with listening(Script(HANDSHAKE, REFUSED), tls(ca)) as port:
        publish_at(store, port)
        main(["check", "orders", "--json", "--ca-file", ca_file])

    findings = json.loads(capsys.readouterr().out)
    assert [one["layer"] for one in findings if one["good"]] == ["DNS", "TCP", "TLS"]
    assert findings[-1]["remedy"]


def test_a_secret_is_used_to_log_in(
    store: Store, capsys: Output, ca: trustme.CA, ca_file: str
) -> None:
    assert main(["check", "orders", "--scheme", "scram", "--secret", "AmazonMSK_ann"]) == 1
    assert "NotOnboarded" in capsys.readouterr().err

    store.keep_secret("AmazonMSK_ann", json.dumps({"username": "ann", "password": "pass"}))
    no_such_user = SaslAuthenticateResponse(
        error_code=ErrorCode.none, error_message=None, auth_bytes=b"e=unknown-user"
    )
    script = Script(HANDSHAKE, no_such_user)
    with listening(script, tls(ca)) as port:
        publish_at(store, port, "scram")
        arguments = ["--scheme", "scram", "--secret", "AmazonMSK_ann", "--ca-file", ca_file]
        assert main(["check", "orders", *arguments]) == 1

    assert script.requests[1].auth_bytes.startswith(b"n,,n=ann,r=")
    assert "unknown-user" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["brokers"],
        ["config", "orders", "--format", "xml"],
        *(["check", "orders", "--timeout", time] for time in ("-1", "0", "nan", "inf", "soon")),
    ],
)
def test_invalid_arguments_are_reported_with_the_valid_ones(
    capsys: Output, arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "usage: msklink-client" in capsys.readouterr().err


def publish_at(store: Store, port: int, scheme: str = "iam") -> None:
    store.put(f"/msklink/orders/{scheme}/bootstrap.servers", f"localhost:{port}")
