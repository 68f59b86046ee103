"""What `request` and `leave` have in common: their changes, and what they say of MSKLink."""

import argparse
import json
import shlex
from collections.abc import Mapping
from typing import Any

import boto3

from msklink_client import statuses
from msklink_client.account import Account, Vpc
from msklink_client.arguments import Cluster
from msklink_client.changes import Change
from msklink_client.errors import MskLinkError
from msklink_client.statuses import ClusterStatus


def known_status(session: boto3.Session, namespace: str, cluster: Cluster) -> ClusterStatus | None:
    """Return what is published for *cluster*, if anything, and if it is the one of that ARN."""
    found = next(iter(statuses.read(session, namespace, cluster.name)), None)
    if found and found.arn and cluster.arn and found.arn != cluster.arn:
        raise MskLinkError(
            "WrongCluster",
            f"/{namespace}/{cluster.name} in this account is of {found.arn}, not of {cluster.arn}.",
            "A tag names a cluster by its name alone. Give the name, or the ARN of that cluster.",
        )
    return found


def about(account: Account, cluster: str, vpc_id: str) -> dict[str, str]:
    return {
        "account": account.id,
        "region": account.region,
        "cluster": cluster,
        "vpc_id": vpc_id,
    }


def watch(given: argparse.Namespace, cluster: str) -> str:
    """Return the command that shows the status, with the options that were given."""
    options = {"--profile": given.profile, "--region": given.region}
    if given.namespace != "msklink":
        options["--namespace"] = given.namespace
    words = [word for option, value in options.items() if value for word in (option, value)]
    return shlex.join(["msklink-client", "status", cluster, *words])


def untag(account: Account, vpc: Vpc, key: str, value: str) -> Change:
    return Change(
        f"Remove tag {key} = {value!r} from {vpc.name}.",
        {"call": "ec2:DeleteTags", "vpc_id": vpc.id, "key": key, "value": value},
        lambda: account.remove_tag(vpc.id, key, value),
    )


def event(account: Account, bus: str, detail_type: str, detail: Mapping[str, Any]) -> Change:
    return Change(
        f"Send event {detail_type!r} to {bus}: {json.dumps(detail)}",
        {"call": "events:PutEvents", "bus": bus, "detail_type": detail_type, "detail": detail},
        lambda: account.send(bus, detail_type, detail),
    )


def onboarding() -> list[str]:
    """Say what MSKLink does with a request."""
    return [
        "MSKLink checks the cluster and the VPC, and refuses with a remedy what does not fit.",
        "A scheme that is on takes about five minutes. Turning one on reboots the brokers of the "
        "cluster one by one, 30 to 75 minutes, when the owner's terms allow it.",
    ]


def after_grace(scheme: str) -> str:
    return (
        f"Its connection by {scheme} is removed after the owner's grace period, GraceHours, "
        "24 hours by default."
    )
