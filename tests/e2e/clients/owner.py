"""What the owner of the cluster `shipping` prepares, beside tags, for clients by all schemes."""

import json
from dataclasses import dataclass
from typing import Final

from localcloud.cloud import Cloud
from localcloud.logins import OwnerLogins
from tests.e2e.deployed_cluster import CLIENT, DeployedCluster

SCHEMES: Final = ("iam", "scram", "tls")
USER, PASSWORD = "billing", "correct=horse,battery"
PREFIX = "billing."
"""All names of the client begin with it, as in docs/client.md."""


@dataclass(frozen=True)
class Owner:
    cloud: Cloud

    @property
    def logins(self) -> OwnerLogins:
        return OwnerLogins(self.cloud)

    def create_cluster(self, authority: str) -> DeployedCluster:
        tags = {"msklink": " ".join(SCHEMES), "msklink/clients": CLIENT}
        arn = self.logins.make_cluster("shipping", authority, tags)
        return DeployedCluster(self.cloud, arn)

    def allow_access(self) -> None:
        """Define what the client may request for iam."""
        bounds = {"names": [f"{PREFIX}*"], "actions": ["produce", "consume", "create"]}
        self.cloud.client("ssm", self.cloud.owner).put_parameter(
            Name=f"/msklink/shipping/access/{CLIENT}", Value=json.dumps(bounds), Type="String"
        )
