"""Published parameters as Java, librdkafka and Spring read them."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import javaproperties
import pytest
import yaml
from confluent_kafka import Producer

from msklink.auth_scheme import Scheme
from msklink.parameters import client_properties
from msklink_client import MskLinkError
from msklink_client.configuration import Credentials
from msklink_client.formats import FORMATS, SCRAM_MODULE, Published
from tests.client import java
from tests.client.conftest import BROKERS
from tests.support.cloudformation import ROOT


def published(scheme: Scheme) -> Published:
    """Return what is published for *scheme*, with nothing added."""
    properties = client_properties.client_properties(scheme, BROKERS[scheme])
    return Published("/msklink/orders", scheme, properties)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_java_reads_what_was_published(scheme: Scheme) -> None:
    given = published(scheme)

    assert javaproperties.loads(FORMATS["java"](given)) == given.properties


@pytest.mark.parametrize("value", ["a=b:c#d!e", r"C:\keys\one", "a b ", "${x}"])
def test_java_reads_any_value_unchanged(value: str) -> None:
    text = FORMATS["java"](Published("/msklink/orders", "iam", {"sasl.jaas.config": value}))

    assert javaproperties.loads(text) == {"sasl.jaas.config": value}


PASSWORDS = [
    "pass",
    'a"b',
    "a\\b",
    'ends with \\"',
    " ; // # ! = : ",
    "line\nand\ttab",
    "p\u00e4\u00dfw\u20acrt",
    "\U0001f511",
    "${HOME}",
]


def scram(password: str, secret: str = "AmazonMSK_ann") -> Published:
    given = published(Scheme.SCRAM)
    credentials = Credentials(username="ann", password=password)
    return replace(given, credentials=credentials, secret=secret)


@java.needs_java
def test_java_itself_reads_every_password(tmp_path: Path) -> None:
    given = [scram(password) for password in PASSWORDS]

    files = java.read([FORMATS["java"](one) for one in given], tmp_path)

    assert [one["option.password"] for one in files] == PASSWORDS
    assert {one["option.username"] for one in files} == {"ann"}
    assert {one["module"] for one in files} == {SCRAM_MODULE}
    assert {one["flag"] for one in files} == {"required"}


@java.needs_java
def test_java_itself_reads_what_was_published(tmp_path: Path) -> None:
    given = [published(scheme) for scheme in Scheme]

    files = java.read([FORMATS["java"](one) for one in given], tmp_path)

    for one, found in zip(given, files, strict=True):
        assert one.properties.items() <= found.items()


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_java_file_is_ascii_whatever_the_password(password: str) -> None:
    text = FORMATS["java"](scram(password))

    assert text.isascii()
    assert javaproperties.loads(text)["sasl.jaas.config"].count("=") >= 2


@pytest.mark.parametrize("form", list(FORMATS))
def test_without_a_secret_a_comment_says_what_is_missing(form: str) -> None:
    first, *_ = FORMATS[form](published(Scheme.SCRAM)).splitlines()

    assert first.startswith("# ")
    assert "--secret" in first


@pytest.mark.parametrize("form", list(FORMATS))
def test_without_a_certificate_a_comment_says_what_is_missing(form: str) -> None:
    first, *_ = FORMATS[form](published(Scheme.TLS)).splitlines()

    assert first.startswith("# ")
    assert "--certificate-file" in first


def test_librdkafka_reads_the_password() -> None:
    config = lines(FORMATS["librdkafka"](scram('a=b"\\c')))

    assert (config["sasl.username"], config["sasl.password"]) == ("ann", 'a=b"\\c')
    Producer(config)


@pytest.mark.parametrize("password", [" pass", "pass ", "pa\nss"])
def test_a_password_that_no_line_can_have_is_refused(password: str) -> None:
    with pytest.raises(MskLinkError, match="SecretUnusable: The password of the secret Amazon"):
        FORMATS["librdkafka"](scram(password))


def certificate(certificate_file: str, key_file: str) -> Published:
    credentials = Credentials(certificate_file=certificate_file, key_file=key_file)
    return replace(published(Scheme.TLS), credentials=credentials)


def test_librdkafka_loads_certificate_and_key(client_files: dict[str, str]) -> None:
    given = certificate(client_files["certificate_file"], client_files["key_file"])

    config = lines(FORMATS["librdkafka"](given))

    assert config["ssl.certificate.location"] == client_files["certificate_file"]
    assert config["ssl.key.location"] == client_files["key_file"]
    Producer(config)  # loads both


@pytest.mark.parametrize("form", ["java", "spring"])
def test_java_has_one_file_for_certificate_and_key(form: str) -> None:
    of_two = FORMATS[form](certificate("/certs/certificate.pem", "/certs/key.pem"))
    of_one = FORMATS[form](certificate("/certs/keystore.pem", "/certs/keystore.pem"))

    command = "cat /certs/key.pem /certs/certificate.pem > /certs/keystore.pem"
    assert of_two.splitlines()[0] == f"# Java wants both in one file: {command}"
    assert of_two.splitlines()[1:] == of_one.splitlines()
    assert "/certs/keystore.pem" in of_one


def test_the_key_store_of_java_is_pem() -> None:
    text = FORMATS["java"](certificate("/certs/keystore.pem", "/certs/keystore.pem"))

    found = javaproperties.loads(text)
    assert found["ssl.keystore.type"] == "PEM"
    assert found["ssl.keystore.location"] == "/certs/keystore.pem"


@pytest.mark.parametrize("scheme", list(Scheme))
def test_librdkafka_accepts_the_file(scheme: Scheme) -> None:
    config = lines(FORMATS["librdkafka"](published(scheme)))

    Producer(config | {"sasl.username": "ann", "sasl.password": "pass"})


def lines(text: str) -> dict[str, Any]:
    """Return the properties in a file for librdkafka."""
    found = (line.split("=", 1) for line in text.splitlines() if not line.startswith("#"))
    return dict(found)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_spring_resolves_every_property_from_the_path_it_imports(scheme: Scheme) -> None:
    given = published(scheme)
    written = yaml.safe_load(io.StringIO(FORMATS["spring"](given)))["spring"]

    place, prefix = (
        written["config"]["import"].removeprefix("aws-parameterstore:").split("?prefix=")
    )
    assert place == f"/msklink/orders/{scheme}/"
    known = {f"{prefix}{name}": value for name, value in given.properties.items()}
    kafka = written["kafka"]
    resolved = {
        name: known[value.removeprefix("${").removesuffix("}")]
        for name, value in (kafka | kafka["properties"]).items()
        if name != "properties"
    }
    resolved["bootstrap.servers"] = resolved.pop("bootstrap-servers")
    assert resolved == given.properties


def test_spring_reads_the_password_from_the_secret_at_start() -> None:
    secret = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:AmazonMSK_ann-a1b2c3"
    text = FORMATS["spring"](scram("pass-word", secret))

    written = yaml.safe_load(text)["spring"]
    assert "pass-word" not in text
    assert written["config"]["import"] == [
        "aws-parameterstore:/msklink/orders/scram/?prefix=msklink.orders.",
        f"aws-secretsmanager:{secret}?prefix=msklink.orders.",
    ]
    assert written["kafka"]["properties"]["sasl.jaas.config"] == (
        "org.apache.kafka.common.security.scram.ScramLoginModule required "
        'username="${msklink.orders.username}" password="${msklink.orders.password}";'
    )


def test_spring_gets_a_key_store() -> None:
    text = FORMATS["spring"](certificate("/certs/key store.pem", "/certs/key store.pem"))

    properties = yaml.safe_load(text)["spring"]["kafka"]["properties"]
    assert properties["ssl.keystore.type"] == "PEM"
    assert properties["ssl.keystore.location"] == "/certs/key store.pem"


def test_the_guide_shows_what_the_command_prints() -> None:
    guide = (ROOT / "docs" / "client.md").read_text()

    assert FORMATS["spring"](published(Scheme.IAM)) in guide
