"""Published parameters as Java, librdkafka and Spring read them."""

import io
from typing import Any

import javaproperties
import pytest
import yaml
from confluent_kafka import Producer

from msklink.auth_scheme import Scheme
from msklink.parameters import client_properties
from msklink_client.formats import FORMATS, Published
from tests.client.conftest import BROKERS
from tests.support.cloudformation import ROOT


def published(scheme: Scheme) -> Published:
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


@pytest.mark.parametrize("scheme", list(Scheme))
def test_librdkafka_accepts_the_file(scheme: Scheme) -> None:
    lines = FORMATS["librdkafka"](published(scheme)).splitlines()

    config: dict[str, Any] = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    Producer(config | {"sasl.username": "ann", "sasl.password": "pass"})


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


def test_the_guide_shows_what_the_command_prints() -> None:
    guide = (ROOT / "docs" / "client.md").read_text()

    assert FORMATS["spring"](published(Scheme.IAM)) in guide
