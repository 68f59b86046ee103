from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.auth_scheme import ALL_SCHEMES, Scheme
from msklink.cluster.description import BUSY_STATES
from msklink.cluster.eligibility import (
    CLUSTER_RULES,
    cluster_refusal,
    cluster_warnings,
    owner_refusals,
    scheme_refusals,
)
from msklink.cluster.server_properties import ALLOW_EVERYONE
from msklink.refusals import Code
from msklink.tags import read_schemes
from tests.unit.factories import cluster

ACLS = f"{ALLOW_EVERYONE}=false"
AUTO = read_schemes("auto", "Tag")


def codes(properties: str | None = ACLS, tag: str = "auto", **changes: Any) -> dict[str, str]:
    """Return the refusal codes of the schemes of a cluster with *changes*."""
    asked = read_schemes(tag, "Tag")
    refusals = scheme_refusals(cluster(**changes), asked, "msklink", properties)
    return {scheme.value: refusal.code.value for scheme, refusal in refusals.items()}


# ------------------------------------------------------------------------- the cluster as a whole


def test_the_refusal_of_a_serverless_cluster_names_the_known_regions() -> None:
    refusal = cluster_refusal(cluster(serverless=True))

    assert refusal is not None
    assert "in some Regions" in refusal.message
    assert "doesn't currently support it" in refusal.message
    assert "provisioned cluster" in refusal.remedy


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        # Serverless clusters have their VPCs from creation.
        ({"serverless": True}, "ClusterServerless"),
        ({"serverless": True, "kafka_version": ""}, "ClusterServerless"),
        # No way leads back from these states, and back to ACTIVE from all others.
        ({"state": "FAILED"}, "ClusterUnusable"),
        ({"state": "DELETING"}, "ClusterUnusable"),
        *(({"state": state}, None) for state in sorted(BUSY_STATES)),
        ({"state": "ASCENDING"}, None),  # unknown to us
        ({"state": ""}, None),
        # Apache Kafka 2.7.1 or later; all spellings are in test_kafka_version.
        ({"kafka_version": "2.7.0"}, "KafkaTooOld"),
        ({"kafka_version": "2.7.1"}, None),
        ({"kafka_version": "nonsense"}, None),  # MSK decides
        # Not on the smallest brokers.
        ({"instance_type": "kafka.t3.small"}, "BrokersTooSmall"),
        ({"instance_type": "kafka.t3.medium"}, None),
        ({"instance_type": "kafka.m5.large"}, None),
        ({"instance_type": "express.m7g.large"}, None),  # reported as a warning
        ({"instance_type": ""}, None),
        # Not where no client is authenticated; with a scheme it is a warning.
        (
            {"unauthenticated": True, "authentication_schemes": frozenset()},
            "ClusterUnauthenticated",
        ),
        ({"unauthenticated": True}, None),
        # Not on dual-stack clusters.
        ({"network_type": "DUAL"}, "ClusterDualStack"),
        ({"network_type": "IPV6"}, "ClusterDualStack"),
        ({"network_type": "IPV4"}, None),
        ({"network_type": ""}, None),  # older than the choice
    ],
)
def test_a_cluster_that_breaks_a_rule_is_refused_with_all_its_schemes(
    changes: dict[str, Any], code: str | None
) -> None:
    refusal = cluster_refusal(cluster(**changes))

    assert (refusal and refusal.code) == code
    assert codes(**changes) == (dict.fromkeys(Scheme, code) if code else {})


BREACHES: list[tuple[dict[str, Any], str]] = [
    ({"serverless": True}, "ClusterServerless"),
    ({"state": "FAILED"}, "ClusterUnusable"),
    ({"kafka_version": "2.6.3"}, "KafkaTooOld"),
    ({"instance_type": "kafka.t3.small"}, "BrokersTooSmall"),
    ({"unauthenticated": True, "authentication_schemes": frozenset()}, "ClusterUnauthenticated"),
    ({"network_type": "DUAL"}, "ClusterDualStack"),
]


def test_every_rule_can_be_broken() -> None:
    assert len(BREACHES) == len(CLUSTER_RULES)


@given(st.sets(st.integers(0, len(BREACHES) - 1), min_size=1))
def test_the_first_broken_rule_is_reported(broken: set[int]) -> None:
    changes = {key: value for one in broken for key, value in BREACHES[one][0].items()}

    refusal = cluster_refusal(cluster(**changes))

    assert refusal
    assert refusal.code == BREACHES[min(broken)][1]


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"state": "FAILED", "reason": "no free addresses"}, ["FAILED: no free addresses"]),
        ({"state": "DELETING"}, ["DELETING", "gives no reason"]),
        ({"kafka_version": "2.4.1.1"}, ["2.4.1.1", "2.7.1 or later"]),
        ({"instance_type": "kafka.t3.small"}, ["kafka.t3.small"]),
        ({"network_type": "DUAL"}, ["DUAL"]),
    ],
)
def test_a_refusal_contains_the_facts(changes: dict[str, Any], facts: list[str]) -> None:
    refusal = cluster_refusal(cluster(**changes))

    assert refusal
    assert all(fact in refusal.message for fact in facts)


# --------------------------------------------------------------------------------- scheme by scheme


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        # The owner offers what the tag says.
        ({"tag": "iam"}, {"scram": "SchemeNotOffered", "tls": "SchemeNotOffered"}),
        ({"tag": "iam scram tls"}, {}),
        ({"tag": "nonsense"}, dict.fromkeys(Scheme, "SchemeNotOffered")),
        # A scheme must be on in the cluster before it can be on for private connectivity.
        ({"authentication_schemes": ALL_SCHEMES - {Scheme.TLS}}, {"tls": "SchemeOffOnCluster"}),
        ({"authentication_schemes": frozenset()}, dict.fromkeys(Scheme, "SchemeOffOnCluster")),
        (
            {"private_schemes": ALL_SCHEMES, "authentication_schemes": frozenset({Scheme.IAM})},
            {
                "scram": "SchemeOffOnCluster",
                "tls": "SchemeOffOnCluster",
            },
        ),
        # No scheme without TLS; plaintext beside it is for clients without authentication.
        ({"client_broker_encryption": "TLS"}, {}),
        ({"client_broker_encryption": "TLS_PLAINTEXT", "unauthenticated": True}, {}),
        ({"client_broker_encryption": "PLAINTEXT"}, dict.fromkeys(Scheme, "EncryptionUnfit")),
        # Client certificates need an authority.
        ({"certificate_authorities": ()}, {"tls": "NoCertificateAuthority"}),
        # SCRAM and mutual TLS need ACLs; IAM does not.
        ({"properties": None}, {"scram": "AclsNotEnforced", "tls": "AclsNotEnforced"}),
        ({"properties": ""}, {"scram": "AclsNotEnforced", "tls": "AclsNotEnforced"}),
        (
            {"properties": f"{ALLOW_EVERYONE}=true"},
            {
                "scram": "AclsNotEnforced",
                "tls": "AclsNotEnforced",
            },
        ),
        ({"properties": f"{ALLOW_EVERYONE}=FALSE"}, {}),
        # An error of the cluster comes before one of the tag, and that before one of the scheme.
        ({"tag": "iam", "serverless": True}, dict.fromkeys(Scheme, "ClusterServerless")),
        (
            {"tag": "iam", "authentication_schemes": frozenset()},
            {
                "iam": "SchemeOffOnCluster",
                "scram": "SchemeNotOffered",
                "tls": "SchemeNotOffered",
            },
        ),
        (
            {
                "client_broker_encryption": "PLAINTEXT",
                "authentication_schemes": frozenset({Scheme.IAM}),
            },
            {
                "iam": "EncryptionUnfit",
                "scram": "SchemeOffOnCluster",
                "tls": "SchemeOffOnCluster",
            },
        ),
        (
            {"certificate_authorities": (), "properties": None},
            {
                "scram": "AclsNotEnforced",
                "tls": "NoCertificateAuthority",
            },
        ),
    ],
)
def test_a_scheme_that_is_not_possible_is_refused(
    changes: dict[str, Any], expected: dict[str, str]
) -> None:
    assert codes(**changes) == expected


def test_acls_are_requested_before_the_property_that_blocks_clients() -> None:
    refusal = scheme_refusals(cluster(), AUTO, "msklink")[Scheme.SCRAM]

    assert "ACLs for every client first, and only then" in refusal.remedy
    assert refusal.remedy.index("Apache Kafka ACLs") < refusal.remedy.index(ALLOW_EVERYONE)


@pytest.mark.parametrize("scheme", Scheme)
def test_the_required_encryption_is_named(scheme: Scheme) -> None:
    unfit = cluster(client_broker_encryption="PLAINTEXT")

    message = scheme_refusals(unfit, AUTO, "msklink", ACLS)[scheme].message
    assert f"{scheme} needs TLS or TLS_PLAINTEXT." in message


def test_no_remedy_disconnects_clients_without_authentication() -> None:
    anonymous = cluster(unauthenticated=True, authentication_schemes=frozenset())

    refusal = cluster_refusal(anonymous)
    [warning] = cluster_warnings(cluster(unauthenticated=True))

    assert refusal
    for one in (refusal, warning):
        assert one.remedy.endswith("Clients without authentication keep their access.")


# -------------------------------------------------------------------------------------- warnings


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"kafka_version": "2.6.3"}, []),  # refused, so no warning
        ({"kafka_version": "nonsense"}, ["KafkaVersionUnknown"]),
        ({"kafka_version": ""}, ["KafkaVersionUnknown"]),
        ({"kafka_version": "", "serverless": True}, []),
        ({"instance_type": "express.m7g.large"}, ["BrokersExpress"]),
        ({"instance_type": "kafka.m7g.large"}, []),
        ({"unauthenticated": True}, ["UnauthenticatedAccessOn"]),
        (
            {"unauthenticated": True, "authentication_schemes": frozenset()},
            [],
        ),  # refused, so no warning
        (
            {"instance_type": "express.m7g.large", "kafka_version": "5"},
            ["KafkaVersionUnknown", "BrokersExpress"],
        ),
    ],
)
def test_an_unverified_combination_is_tried_with_a_warning(
    changes: dict[str, Any], expected: list[str]
) -> None:
    assert [warning.code for warning in cluster_warnings(cluster(**changes))] == expected


# ----------------------------------------------------------------------- warnings for the owner


@pytest.mark.parametrize(
    ("tag", "offered", "expected"),
    [
        ("auto", {Scheme.IAM}, []),  # auto names no scheme
        ("auto", set(), [Code.SCHEME_OFF_ON_CLUSTER] * 3),
        ("iam tls", {Scheme.IAM}, [Code.SCHEME_OFF_ON_CLUSTER]),
        ("iam imam", {Scheme.IAM}, [Code.UNKNOWN_SCHEME]),
        ("iam", {Scheme.IAM}, []),
    ],
)
def test_the_owner_is_warned_of_schemes_in_the_tag_that_are_not_possible(
    tag: str, offered: set[Scheme], expected: list[Code]
) -> None:
    asked = read_schemes(tag, "Tag")
    refusals = scheme_refusals(
        cluster(authentication_schemes=frozenset(offered)), asked, "msklink", ACLS
    )

    assert [refusal.code for refusal in owner_refusals(asked, refusals)] == expected


@pytest.mark.parametrize(
    ("tag", "expected"), [("auto", []), ("iam scram", [Code.ACLS_NOT_ENFORCED]), ("iam", [])]
)
def test_the_owner_is_warned_of_acls_if_the_tag_names_a_scheme_that_needs_them(
    tag: str, expected: list[Code]
) -> None:
    asked = read_schemes(tag, "Tag")
    refusals = scheme_refusals(cluster(), asked, "msklink", server_properties=None)

    assert [refusal.code for refusal in owner_refusals(asked, refusals)] == expected


@pytest.mark.parametrize("changes", [changes for changes, _ in BREACHES])
def test_one_cause_is_reported_to_the_owner_once(changes: dict[str, Any]) -> None:
    refusals = scheme_refusals(cluster(**changes), AUTO, "msklink", ACLS)

    assert len(owner_refusals(AUTO, refusals)) == 1
