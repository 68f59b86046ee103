"""The configuration of each Python client, and that the client accepts it."""

import asyncio
import json
import ssl
import sys
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import trustme
from aiokafka import AIOKafkaProducer
from confluent_kafka import Producer
from kafka import KafkaConsumer

from msklink.auth_scheme import Scheme
from msklink_client import MskLinkError, kafka_config
from tests.client.conftest import Store

SECRET = "AmazonMSK_ann"


@pytest.fixture
def orders(store: Store) -> Store:
    store.publish(*Scheme)
    store.keep_secret(SECRET, json.dumps({"username": "ann", "password": "pass"}))
    return store


@pytest.fixture
def files(client_files: dict[str, str]) -> dict[str, Any]:
    return dict(client_files)


def arguments(scheme: str, files: dict[str, Any]) -> dict[str, Any]:
    return {"iam": {}, "scram": {"secret": SECRET}, "tls": files}[scheme]


@pytest.mark.parametrize("scheme", list(Scheme))
def test_confluent_kafka_accepts_it(orders: Store, files: dict[str, Any], scheme: str) -> None:  # noqa: ARG001
    config = kafka_config("orders", scheme, **arguments(scheme, files))

    Producer(config)  # refuses what it does not know

    assert config["bootstrap.servers"].startswith(f"b-1.{scheme}.")
    assert config["security.protocol"] == ("SSL" if scheme == "tls" else "SASL_SSL")


@pytest.mark.parametrize("scheme", list(Scheme))
def test_kafka_python_accepts_it(orders: Store, files: dict[str, Any], scheme: str) -> None:  # noqa: ARG001
    config = kafka_config("orders", scheme, "kafka-python", **arguments(scheme, files))

    assert not config.keys() - KafkaConsumer.DEFAULT_CONFIG.keys()


@pytest.mark.parametrize("scheme", list(Scheme))
def test_aiokafka_accepts_it(orders: Store, files: dict[str, Any], scheme: str) -> None:  # noqa: ARG001
    config = kafka_config("orders", scheme, "aiokafka", **arguments(scheme, files))

    async def make() -> None:
        await AIOKafkaProducer(**config).stop()

    asyncio.run(make())


def test_a_token_is_a_presigned_url_for_the_region(orders: Store) -> None:  # noqa: ARG001
    token, expires = kafka_config("orders")["oauth_cb"]("")

    url = urlsplit(decoded(token))
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert url.hostname == "kafka.eu-west-1.amazonaws.com"
    assert query["Action"] == "kafka-cluster:Connect"
    assert query["X-Amz-Credential"].split("/")[2:4] == ["eu-west-1", "kafka-cluster"]
    assert query["X-Amz-Expires"] == "900"
    assert expires > 1_700_000_000  # seconds, not milliseconds
    assert expires < 100_000_000_000


def test_all_three_clients_sign_the_same(orders: Store) -> None:  # noqa: ARG001
    providers: list[Callable[[], str]] = [
        lambda: str(kafka_config("orders")["oauth_cb"]("")[0]),
        lambda: str(
            kafka_config("orders", library="kafka-python")["sasl_oauth_token_provider"].token()
        ),
        lambda: asyncio.run(
            kafka_config("orders", library="aiokafka")["sasl_oauth_token_provider"].token()
        ),
    ]

    for provide in providers:
        assert "kafka-cluster%3AConnect" in decoded(provide())


def test_tokens_are_signed_with_the_given_session(orders: Store) -> None:  # noqa: ARG001
    session = boto3.Session("AKIDOFANOTHER", "x", region_name="eu-west-1")

    token, _ = kafka_config("orders", session=session)["oauth_cb"]("")

    assert "AKIDOFANOTHER" in decoded(token)


@pytest.mark.parametrize("library", ["confluent-kafka", "kafka-python", "aiokafka"])
def test_a_secret_gives_user_name_and_password(orders: Store, library: str) -> None:  # noqa: ARG001
    with_secret = kafka_config("orders", "scram", library, secret=SECRET)
    without = kafka_config("orders", "scram", library)

    added = {name: with_secret[name] for name in with_secret.keys() - without.keys()}
    assert sorted(added.values()) == ["ann", "pass"]
    assert "SCRAM-SHA-512" in with_secret.values()


def test_a_certificate_is_loaded(orders: Store, files: dict[str, Any]) -> None:  # noqa: ARG001
    context: ssl.SSLContext = kafka_config("orders", "tls", "aiokafka", **files)["ssl_context"]

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 1


def test_an_invalid_certificate_file_is_reported(orders: Store, files: dict[str, Any]) -> None:  # noqa: ARG001
    Path(files["certificate_file"]).write_text("not PEM")

    with pytest.raises(MskLinkError, match="CertificateUnusable"):
        kafka_config("orders", "tls", "aiokafka", **files)


@pytest.mark.parametrize("library", ["confluent-kafka", "kafka-python", "aiokafka"])
@pytest.mark.parametrize("trouble", ["no file", "another key", "expired"])
def test_files_that_no_client_can_use_are_reported_for_each_library(
    orders: Store,  # noqa: ARG001
    files: dict[str, Any],
    library: str,
    trouble: str,
) -> None:
    if trouble == "no file":
        files["certificate_file"] += ".no"
    else:
        ends = datetime.now(UTC) - timedelta(days=1)
        other = trustme.CA().issue_cert(
            "client", not_before=ends - timedelta(days=30), not_after=ends
        )
        other.private_key_pem.write_to_path(files["key_file"])
        if trouble == "expired":
            other.cert_chain_pems[0].write_to_path(files["certificate_file"])

    with pytest.raises(MskLinkError) as caught:
        kafka_config("orders", "tls", library, **files)

    assert caught.value.code == "CertificateUnusable"


@pytest.mark.parametrize(
    ("scheme", "given"),
    [
        ("scram", {"secret": 5}),
        ("scram", {"secret": ""}),
        ("scram", {"secret": "arn:aws:foo"}),
        ("iam", {"secret": "AmazonMSK_ann"}),
        ("tls", {"secret": "AmazonMSK_ann"}),
        ("iam", {"certificate_file": "certificate.pem", "key_file": "key.pem"}),
        ("tls", {"key_file": "key.pem"}),
    ],
)
def test_what_is_of_another_scheme_or_no_secret_is_refused_before_any_call(
    scheme: str, given: dict[str, Any]
) -> None:
    with pytest.raises(MskLinkError) as caught:
        kafka_config("orders", scheme, **given)

    assert caught.value.code == "BadArgument"


@pytest.mark.parametrize(
    ("scheme", "library", "code"),
    [
        ("sasl", "aiokafka", "BadArgument"),
        ("iam", "pykafka", "BadArgument"),
        ("tls", "aiokafka", "CertificateMissing"),
    ],
)
def test_invalid_combinations_are_refused_before_any_call(
    scheme: str, library: str, code: str
) -> None:
    with pytest.raises(MskLinkError) as caught:
        kafka_config("orders", scheme, library)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("module", "library", "extra"),
    [
        ("aws_msk_iam_sasl_signer", "confluent-kafka", "iam"),
        ("kafka", "kafka-python", "kafka-python"),
        ("aiokafka.abc", "aiokafka", "aiokafka"),
    ],
)
def test_a_missing_package_is_reported_with_its_extra(
    orders: Store,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    library: str,
    extra: str,
) -> None:
    for name in [module, *(f"kafka.{part}.oauth" for part in ("sasl", "net.sasl"))]:
        if name.startswith(module):
            monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(MskLinkError, match=rf"PackageMissing: .*msklink-client\[{extra}\]"):
        kafka_config("orders", library=library)


def test_parameters_are_read_once_for_many_clients(orders: Store) -> None:
    kafka_config("orders")
    orders.remove("/msklink/orders/iam/bootstrap.servers")

    assert kafka_config("orders", library="aiokafka")["bootstrap_servers"]


def decoded(token: str) -> str:
    return urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
