"""Read the AWS accounts of a test: what people see, and a snapshot to compare."""

import json
from abc import ABC, abstractmethod
from typing import Any

import boto3

from localcloud.msk import Msk
from tests.support.functions import NAMESPACE, OWNER

TABLE = "connectivity"


class AwsView(ABC):
    msk: Msk
    clients: list[str]

    @abstractmethod
    def session(self, account: str = OWNER) -> boto3.Session: ...

    @abstractmethod
    def client(self, service: str, account: str = OWNER) -> Any: ...

    # ----------------------------------------------------------- what people see

    def parameters(self, account: str, path: str = "/msklink/orders") -> dict[str, str]:
        pages = (
            self.client("ssm", account)
            .get_paginator("get_parameters_by_path")
            .paginate(Path=path, Recursive=True)
        )
        return {found["Name"]: found["Value"] for page in pages for found in page["Parameters"]}

    def status(self, account: str, cluster: str = "orders") -> dict[str, Any]:
        status: dict[str, Any] = json.loads(
            self.parameters(account)[f"/{NAMESPACE}/{cluster}/status"]
        )
        return status

    def is_onboarded(self, account: str) -> bool:
        """Return whether an application in *account* finds the brokers for iam."""
        return f"/{NAMESPACE}/orders/iam/bootstrap.servers" in self.parameters(account)

    def policy(self, cluster_arn: str) -> dict[str, Any]:
        text = self.client("kafka").get_cluster_policy(ClusterArn=cluster_arn)["Policy"]
        policy: dict[str, Any] = json.loads(text)
        return policy

    def connections(self, account: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client("kafka", account).list_vpc_connections()[
            "VpcConnections"
        ]
        return found

    def items(self, cluster_arn: str) -> dict[str, dict[str, Any]]:
        """Return the items of a cluster in the table, by sort key."""
        found = self.session().resource("dynamodb").Table(TABLE).scan()["Items"]
        return {str(item["item"]): item for item in found if item["cluster_arn"] == cluster_arn}

    def record(
        self, cluster_arn: str, account: str, vpc_id: str, scheme: str = "iam"
    ) -> dict[str, Any]:
        """Return the item of one connection."""
        found: dict[str, Any] = self.items(cluster_arn)[f"client#{account}#{vpc_id}#{scheme}"]
        return found

    def take_events(self, detail_type: str | None = None) -> list[dict[str, Any]]:
        """Return the details of events since the last call, of one detail type or of all.

        Each has its detail type under `detail_type`.
        """
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName="events")["QueueUrl"]
        envelopes = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                envelopes.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [
            envelope["detail"] | {"detail_type": envelope["detail-type"]}
            for envelope in envelopes
            if detail_type in {None, envelope["detail-type"]}
        ]

    # -------------------------------------------------- what a second run must not change

    def snapshot(self, cluster_arn: str) -> dict[str, Any]:
        """Return everything that a run can change, with versions, without the counts of runs."""
        items = self.items(cluster_arn)
        for counter in ("requested", "last_run_number"):
            items.get("cluster", {}).pop(counter, None)
        return {
            "items": items,
            "parameters": {account: self.versions(account) for account in [OWNER, *self.clients]},
            "connections": {account: self.connections(account) for account in self.clients},
            "security groups": {
                account: self.client("ec2", account).describe_security_groups()["SecurityGroups"]
                for account in self.clients
            },
            "writes to MSK": self.writes(),
        }

    def versions(self, account: str) -> dict[str, int]:
        pages = (
            self.client("ssm", account)
            .get_paginator("get_parameters_by_path")
            .paginate(Path="/", Recursive=True)
        )
        return {found["Name"]: found["Version"] for page in pages for found in page["Parameters"]}

    def writes(self) -> dict[tuple[str, str], int]:
        """Count the calls that change MSK, by account and operation."""
        reads = ("Describe", "Get", "List")
        return {call: n for call, n in self.msk.calls.items() if not call[1].startswith(reads)}
