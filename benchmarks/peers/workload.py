"""The work: clients that request a connection at the start, and more during the first update."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.peers.zone_names import zone_names_by_account
from localcloud.msk import Assumptions
from localcloud.msk.assumptions import DEFAULTS
from localcloud.msk.clock import AS_ON_AWS
from msklink.auth_scheme import Scheme
from tests.support.aws import ALL_SCHEMES_ON, Accounts, accounts_in_moto
from tests.support.functions import OWNER

LATER_SCHEMES = (Scheme.IAM, Scheme.SCRAM, Scheme.TLS, Scheme.IAM, Scheme.SCRAM)
"""Schemes of the requests during the first update, which turns on iam."""

FOR_PEOPLE = Assumptions(omitted_scheme_is_off=False, busy_takes_connections=True)
"""
The page's request for an update names one scheme; whether that turns the others off is not known.
Nor is whether a cluster takes connections during an update.
"""

ACCOUNTS_IN_A_TAG = 19
"""Of 12 digits and a space each, in the 255 characters of a tag value."""


@dataclass(frozen=True, order=True)
class Size:
    clients: int
    """With a request at the start, for iam."""
    requests: int
    """More clients, with one request each, at equal intervals during the first update."""


SIZES = tuple(Size(clients, requests) for requests in (1, 5) for clients in (1, 10, 100))
SMALL = tuple(size for size in SIZES if size.clients == 1)
"""Sizes that the tests measure again."""


@dataclass(frozen=True)
class Request:
    account: str
    scheme: Scheme
    seconds: float
    """When it arrives, after the start."""


def requests_of(size: Size) -> list[Request]:
    interval = AS_ON_AWS.update_connectivity / (size.requests + 1)
    arrivals = [(Scheme.IAM, 0.0)] * size.clients
    arrivals += [
        (LATER_SCHEMES[number], interval * (number + 1)) for number in range(size.requests)
    ]
    return [
        Request(f"{200_000_000_000 + number}", scheme, seconds)
        for number, (scheme, seconds) in enumerate(arrivals)
    ]


def last_arrival(size: Size) -> float:
    return max(request.seconds for request in requests_of(size))


@contextmanager
def installation(assumptions: Assumptions = DEFAULTS) -> Iterator[Accounts]:
    with zone_names_by_account(), accounts_in_moto(AS_ON_AWS, assumptions) as accounts:
        yield accounts


def make_cluster(accounts: Accounts, tags: dict[str, str] | None = None) -> str:
    """Create a cluster in two of the Region's three zones, so that zone names can mislead."""
    nodes = {
        "ClientSubnets": accounts.subnets(OWNER, accounts.make_network(OWNER))[:2],
        "InstanceType": "kafka.m5.large",
    }
    return accounts.make_cluster(
        tags=tags,
        BrokerNodeGroupInfo=nodes,
        NumberOfBrokerNodes=2,
        ClientAuthentication=ALL_SCHEMES_ON,
    )


def updates(accounts: Accounts, cluster_arn: str) -> int:
    """Return how many updates of connectivity, with a rolling reboot each, the cluster had."""
    pages = (
        accounts.client("kafka")
        .get_paginator("list_cluster_operations_v2")
        .paginate(ClusterArn=cluster_arn)
    )
    operations = [one for page in pages for one in page["ClusterOperationInfoList"]]
    return sum(one["OperationType"] == "UPDATE_CONNECTIVITY" for one in operations)
