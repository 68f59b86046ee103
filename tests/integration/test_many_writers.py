"""Fifty concurrent writers of one policy: a lost statement disconnects an application."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from msklink.aws import cluster_item
from tests.support.aws import Accounts
from tests.support.functions import invoke

FOREIGN, OURS = 20, 30
PATIENCE = 500


def add_foreign_statement(kafka: Any, cluster: str, number: int) -> None:
    """Read, merge and write with the version read, like another careful tool."""
    statement = {
        "Sid": f"Vendor{number}",
        "Effect": "Allow",
        "Principal": {"Service": "firehose.amazonaws.com"},
        "Action": "kafka:CreateVpcConnection",
        "Resource": cluster,
    }
    for _ in range(PATIENCE):
        expected = {}
        policy: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
        try:
            found = kafka.get_cluster_policy(ClusterArn=cluster)
            expected, policy = (
                {"CurrentVersion": found["CurrentVersion"]},
                json.loads(found["Policy"]),
            )
        except kafka.exceptions.NotFoundException:
            pass
        policy["Statement"].append(statement)
        try:
            kafka.put_cluster_policy(ClusterArn=cluster, Policy=json.dumps(policy), **expected)
        except ClientError:
            continue
        return
    raise AssertionError(f"writer {number} never got its turn")


def admit(cluster: str, account: str) -> None:
    """Run GrantAccess, with the state machine's retries of a lost race."""
    payload = {
        "run": "orders-run-1",
        "cluster_arn": cluster,
        "surveys": [{"account": account, "schemes": ["iam"]}],
    }
    for _ in range(PATIENCE):
        try:
            invoke("GrantAccessFunction", payload)
        except Exception as error:  # the state machine knows it by the name of its class
            if type(error).__name__ != "LostRace":
                raise
        else:
            return
    raise AssertionError(f"{account} never got its turn")


def test_fifty_writers_at_once_lose_no_statement(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In production only one of ours writes, because it holds the lease."""
    monkeypatch.setattr("msklink.services.policy_grants.handle_drift", lambda *_: None)
    cluster = accounts.make_cluster()
    cluster_item.take_lease(cluster, "orders-run-1")
    kafka = accounts.client("kafka")
    clients = [f"{number:012d}" for number in range(1, OURS + 1)]

    with ThreadPoolExecutor(FOREIGN + OURS) as pool:
        futures = [
            pool.submit(add_foreign_statement, kafka, cluster, number) for number in range(FOREIGN)
        ]
        futures += [pool.submit(admit, cluster, account) for account in clients]
        for future in futures:
            future.result()

    statements = accounts.policy(cluster)["Statement"]
    ours = [one for one in statements if one["Sid"] == "MsklinkClients"]
    assert sorted(one["Sid"] for one in statements if one not in ours) == sorted(
        f"Vendor{number}" for number in range(FOREIGN)
    )
    [statement] = ours
    assert statement["Principal"]["AWS"] == [f"arn:aws:iam::{one}:root" for one in clients]
