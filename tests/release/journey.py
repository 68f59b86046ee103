"""An installation that is upgraded and goes back while a client is connected."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from localcloud.build import built_template
from localcloud.cloud import Cloud, running_server
from localcloud.deploy import Deployed, deploy_client, deploy_owner
from localcloud.networks import make_networks
from localcloud.settings import PAUSED, Settings, free_port
from localcloud.trails import make_trails
from tests.e2e.deployed_cluster import DeployedCluster

CLUSTER = "ledger"
GRACE_HOURS = 24


@dataclass(frozen=True)
class Installation:
    """Both stacks on the embedded AWS, of the version that was deployed last."""

    cloud: Cloud

    def deployed_from(self, repository: Path, **chosen: str) -> "Installation":
        """Deploy or update the owner's stack, then those of the clients, as docs/upgrading.md."""
        return self.owner_from(repository, **chosen).clients_from(repository)

    def owner_from(self, repository: Path, **chosen: str) -> "Installation":
        """Deploy or update the owner's stack, with the parameters *chosen*."""
        cloud = self.cloud
        template = built_template(repository)
        made = deploy_owner(cloud.endpoint, template, cloud.clients, GRACE_HOURS, **chosen)
        return self._with(replace(cloud.deployed, owner=made))

    def clients_from(self, repository: Path) -> "Installation":
        """Deploy or update the stacks of the clients."""
        cloud, owner = self.cloud, self.cloud.deployed.owner
        made = {one: deploy_client(cloud.endpoint, one, owner, repository) for one in cloud.clients}
        return self._with(replace(cloud.deployed, clients=made))

    def _with(self, deployed: Deployed) -> "Installation":
        return replace(self, cloud=replace(self.cloud, deployed=deployed))

    def sweep(self) -> None:
        """Advance the clock until a sweep has ended, and no run is at work."""
        number = len(self.cloud.calls())
        end = self.cloud.now() + timedelta(minutes=61)
        self.cloud.until(lambda: self.cloud.now() >= end)
        self.cloud.until(DeployedCluster(self.cloud, "").is_idle)
        assert any("SweepClusters" in call.principal for call in self.cloud.calls(number))

    def update_operations(self) -> list[str]:
        """Return the operations of MSK that rebooted brokers for private connectivity."""
        kafka = self.cloud.client("kafka", self.cloud.owner)
        return sorted(
            operation["OperationArn"]
            for cluster in kafka.list_clusters_v2()["ClusterInfoList"]
            for operation in kafka.list_cluster_operations_v2(ClusterArn=cluster["ClusterArn"])[
                "ClusterOperationInfoList"
            ]
            if operation["OperationType"] == "UPDATE_CONNECTIVITY"
        )

    def connections(self, cluster_arn: str) -> dict[str, str]:
        """Return the state of each VPC connection of the clients to the cluster, by ARN."""
        return {
            one["VpcConnectionArn"]: one["State"]
            for account in self.cloud.clients
            for one in self.cloud.client("kafka", account).list_vpc_connections()["VpcConnections"]
            if one["TargetClusterArn"] == cluster_arn
        }

    def policy(self, cluster_arn: str) -> Any:
        kafka = self.cloud.client("kafka", self.cloud.owner)
        return json.loads(kafka.get_cluster_policy(ClusterArn=cluster_arn)["Policy"])

    def failures(self) -> list[str]:
        """Return the runs that failed, and the queues with events that failed."""
        runs = DeployedCluster(self.cloud, "").executions()
        queues = self.cloud.client("sqs", self.cloud.owner)
        kept = queues.list_queues(QueueNamePrefix="msklink").get("QueueUrls", [])
        return [one["name"] for one in runs if one["status"] not in {"RUNNING", "SUCCEEDED"}] + [
            url for url in kept if self._messages(url)
        ]

    def _messages(self, url: str) -> int:
        name = "ApproximateNumberOfMessages"
        queues = self.cloud.client("sqs", self.cloud.owner)
        found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(found["Attributes"][name])

    def bound(self, account: str, bounds: Mapping[str, Any]) -> None:
        """Write the owner's access bounds of *account*."""
        self.cloud.client("ssm", self.cloud.owner).put_parameter(
            Name=f"/msklink/{CLUSTER}/access/{account}",
            Value=json.dumps(bounds),
            Type="String",
            Overwrite=True,
        )


@contextmanager
def installed(repository: Path) -> Iterator[Installation]:
    """Yield an installation of the version in *repository*, on an embedded AWS of its own."""
    with TemporaryDirectory(prefix="localcloud-") as folder:
        settings = Settings(free_port(), PAUSED, Path(folder) / "state", GRACE_HOURS)
        with running_server(settings) as cloud:
            make_trails(cloud.endpoint)
            networks = make_networks(cloud.endpoint)
            yield Installation(replace(cloud, networks=networks)).deployed_from(repository)
