"""Factories and Hypothesis strategies for the values that unit tests use."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.cluster.description import ClusterDescription
from msklink.connections.record import ConnectionRecord, State
from msklink.requests.records import OnboardingRequest
from msklink.vpc.description import SecurityGroup, Subnet, Vpc

OWNER, CLIENT, OTHER_CLIENT = "111111111111", "222222222222", "333333333333"
ARN = f"arn:aws:kafka:eu-west-1:{OWNER}:cluster/orders/0b1c2d3e-aaaa-bbbb-cccc-1234567890ab-1"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
KEY = "msklink/orders"
ZONES = ("euw1-az1", "euw1-az2", "euw1-az3")

thorough = settings(max_examples=1000)
"""For rules whose errors would affect others than MSKLink."""

account_ids = st.from_regex(r"[0-9]{12}", fullmatch=True)
schemes = st.frozensets(st.sampled_from(list(Scheme)))
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def cluster(**changes: Any) -> ClusterDescription:
    """Return an ACTIVE, eligible cluster with every authentication scheme on."""
    facts: dict[str, Any] = {
        "arn": ClusterArn.parse(ARN),
        "state": "ACTIVE",
        "version": "K1",
        "serverless": False,
        "zone_ids": ZONES,
        "authentication_schemes": frozenset(Scheme),
        "private_schemes": frozenset(),
        "tags": {"msklink": "auto"},
        "kafka_version": "3.6.0",
        "instance_type": "kafka.m7g.large",
        "network_type": "IPV4",
        "certificate_authorities": ("arn:aws:acm-pca:eu-west-1:111111111111:c/1",),
    }
    return ClusterDescription(**(facts | changes))


def subnet(name: str, zone_id: str = ZONES[0], free: int = 100, *, tagged: bool = False) -> Subnet:
    return Subnet(name, zone_id, "eu-west-1x", free, tagged)


def vpc(*subnets: Subnet, **changes: Any) -> Vpc:
    """Return a VPC with *subnets*, by default one `subnet-<zone id>` in each zone."""
    facts: dict[str, Any] = {
        "id": "vpc-1",
        "account": CLIENT,
        "owner": CLIENT,
        "cidrs": ("10.0.0.0/16",),
        "dns_support": True,
        "dns_hostnames": True,
        "subnets": subnets or tuple(subnet(f"subnet-{zone}", zone) for zone in ZONES),
        "security_groups": (SecurityGroup("sg-default"),),
        "tags": {},
    }
    return Vpc(**(facts | changes))


def connection(**changes: Any) -> ConnectionRecord:
    facts: dict[str, Any] = {
        "cluster_arn": ARN,
        "account": CLIENT,
        "vpc_id": "vpc-1",
        "scheme": Scheme.IAM,
        "state": State.PLANNED,
        "requested_at": NOW,
    }
    return ConnectionRecord(**(facts | changes))


def request(**changes: Any) -> OnboardingRequest:
    wanted: dict[str, Any] = {
        "cluster_arn": ARN,
        "account": CLIENT,
        "vpc_id": "vpc-1",
        "schemes": ("iam",),
        "requested_at": NOW,
    }
    return OnboardingRequest(**(wanted | changes))


def tagged(value: str, **changes: Any) -> Vpc:
    return vpc(tags={KEY: value}, **changes)
