from itertools import permutations
from typing import Any

import pytest

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.parameters import client_properties, status
from msklink.parameters.brokers import choose_brokers
from msklink.parameters.published import name_refusal, parameters, status_parameter
from msklink.runs.cluster_record import PublishedBrokers
from tests.unit.factories import ARN, NOW

HOSTS = ["b-1.iam.orders:14001", "b-2.iam.orders:14002", "b-3.iam.orders:14003"]


@pytest.mark.parametrize(
    ("scheme", "protocol", "mechanism"),
    [
        (Scheme.IAM, "SASL_SSL", "AWS_MSK_IAM"),
        (Scheme.SCRAM, "SASL_SSL", "SCRAM-SHA-512"),
        (Scheme.TLS, "SSL", None),
    ],
)
def test_the_properties_make_a_client(scheme: Scheme, protocol: str, mechanism: str | None) -> None:
    properties = client_properties.client_properties(scheme, ",".join(HOSTS))

    assert properties["security.protocol"] == protocol
    assert properties.get("sasl.mechanism") == mechanism
    assert int(properties["connections.max.idle.ms"]) < 350_000


def test_secrets_are_never_published() -> None:
    assert "sasl.jaas.config" not in client_properties.client_properties(Scheme.SCRAM, "b-1:14001")


def test_brokers_are_sorted_whatever_order_msk_returns() -> None:
    published = {
        client_properties.client_properties(Scheme.IAM, ",".join(order))["bootstrap.servers"]
        for order in permutations(HOSTS)
    }

    assert published == {",".join(HOSTS)}


@pytest.mark.parametrize("scheme", list(Scheme))
def test_bootstrap_servers_is_written_last(scheme: Scheme) -> None:
    assert [*client_properties.client_properties(scheme, "b")][-1] == "bootstrap.servers"


def test_parameters_are_named_by_cluster_scheme_and_property() -> None:
    named = parameters("msklink", "orders", {Scheme.TLS: "t", Scheme.IAM: "i"})

    assert named["/msklink/orders/iam/bootstrap.servers"] == "i"
    assert named["/msklink/orders/tls/security.protocol"] == "SSL"
    assert [name.split("/")[3] for name in named] == ["iam"] * 6 + ["tls"] * 3


def test_the_status_is_written_only_if_its_content_changes() -> None:
    content: dict[str, Any] = {"cluster_arn": ARN, "state": "planned", "vpcs": {}}
    name = "/msklink/orders/status"

    written = status_parameter({}, "msklink", "orders", content, NOW)

    assert [*written] == [name]
    assert status_parameter(written, "msklink", "orders", content, NOW) == {}
    changed = content | {"state": "published"}
    assert [*status_parameter(written, "msklink", "orders", changed, NOW)] == [name]


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        (None, False),
        ("not JSON", False),
        (status.render({"cluster_arn": ARN}, NOW), False),
        (status.render({"cluster_arn": ARN + "-other"}, NOW), True),
    ],
)
def test_the_status_of_another_cluster_takes_the_name(value: str | None, taken: bool) -> None:
    existing = {"/msklink/orders/status": value} if value else {}

    refusal = name_refusal(existing, "msklink", ClusterArn.parse(ARN))

    assert bool(refusal) is taken
    if refusal:
        assert refusal.code == "ClusterNameTaken"
        assert ARN + "-other" in refusal.message


FIRST = "b-1.iam.orders:14001,b-2.iam.orders:14002,b-3.iam.orders:14003"
NEXT = "b-4.iam.orders:14004,b-5.iam.orders:14005,b-6.iam.orders:14006"
RENAMED = NEXT.replace("orders", "orders2")


@pytest.mark.parametrize(
    ("published", "of", "found", "count", "chosen"),
    [
        ({}, 0, {Scheme.IAM: NEXT}, 6, {Scheme.IAM: NEXT}),
        ({Scheme.IAM: FIRST}, 6, {Scheme.IAM: NEXT}, 6, {Scheme.IAM: FIRST}),
        ({Scheme.IAM: FIRST}, 3, {Scheme.IAM: NEXT}, 6, {Scheme.IAM: NEXT}),  # brokers were added
        ({Scheme.IAM: NEXT}, 6, {Scheme.IAM: FIRST}, 3, {Scheme.IAM: FIRST}),  # or removed
        ({Scheme.IAM: FIRST}, 6, {}, 6, {}),  # the scheme was turned off
        ({Scheme.IAM: FIRST}, 6, {Scheme.IAM: RENAMED}, 6, {Scheme.IAM: RENAMED}),  # and on anew
        ({Scheme.IAM: FIRST[:40]}, 6, {Scheme.IAM: NEXT}, 6, {Scheme.IAM: NEXT}),  # more of them
        (
            {Scheme.IAM: FIRST},
            6,
            {Scheme.IAM: NEXT, Scheme.TLS: "b-9.tls.orders:1,b-8.tls.orders:2"},
            6,
            {Scheme.IAM: FIRST, Scheme.TLS: "b-8.tls.orders:2,b-9.tls.orders:1"},
        ),
    ],
)
def test_published_brokers_stay_while_they_belong_to_the_cluster(
    published: dict[Scheme, str],
    of: int,
    found: dict[Scheme, str],
    count: int,
    chosen: dict[Scheme, str],
) -> None:
    brokers = choose_brokers(
        PublishedBrokers(strings=published, broker_count=of), found, count, None
    )

    assert (brokers.strings, brokers.broker_count) == (chosen, count)


@pytest.mark.parametrize(
    ("ids", "chosen"),
    [
        (None, FIRST),
        ({1, 2, 3}, FIRST),
        ({1, 2, 3, 4, 5, 6}, FIRST),
        ({2, 3, 4}, NEXT),  # one that was published has gone
        ({4, 5, 6}, NEXT),
    ],
)
def test_brokers_that_left_the_cluster_are_no_longer_published(
    ids: set[int] | None, chosen: str
) -> None:
    published = PublishedBrokers(strings={Scheme.IAM: FIRST}, broker_count=3)

    brokers = choose_brokers(published, {Scheme.IAM: NEXT}, 3, ids)

    assert brokers.strings == {Scheme.IAM: chosen}


def test_broker_names_of_an_unknown_form_stay_published() -> None:
    published = PublishedBrokers(strings={Scheme.IAM: "broker-1.orders:14001"}, broker_count=3)

    brokers = choose_brokers(published, {Scheme.IAM: "broker-2.orders:14001"}, 3, {2})

    assert brokers.strings == published.strings
