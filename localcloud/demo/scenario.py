"""The actions of the teams: one creates and tags a cluster, two others tag a VPC each."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.cloud import Cloud
from localcloud.logins import OwnerLogins, allowed
from localcloud.settings import credentials

CLUSTER = "orders"
SCHEMES = "iam scram tls"
WISHES = {"222222222222": SCHEMES, "333333333333": "iam scram"}
"""The tag value of each client account's VPC."""

APPLICATION = "222222222222"
"""The account whose application writes and reads."""

PREFIX = "billing."
"""The names of its topics, groups and transactional ids begin so."""
TOPIC = f"{PREFIX}payments"
USER, PASSWORD = "billing", "correct horse"


@dataclass(frozen=True)
class Scenario:
    cloud: Cloud

    def kafka(self) -> Any:
        return self.cloud.client("kafka", self.cloud.owner)

    @property
    def logins(self) -> OwnerLogins:
        return OwnerLogins(self.cloud)

    def has_cluster(self, arn: str) -> bool:
        """Return whether MSK has made the cluster, which takes it about 20 minutes."""
        state: str = self.kafka().describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]["State"]
        return state == "ACTIVE"

    def tag(self, arn: str) -> None:
        """Opt in and list the clients as the owner, and tag a VPC as each client."""
        for account, schemes in WISHES.items():
            self.cloud.client("ec2", account).create_tags(
                Resources=[self.cloud.networks[account].vpc_id],
                Tags=[{"Key": f"msklink/{CLUSTER}", "Value": schemes}],
            )
        self.kafka().tag_resource(
            ResourceArn=arn,
            Tags={"msklink": SCHEMES, "msklink/clients": " ".join(WISHES)},
        )

    def allow_access(self) -> None:
        """Write the owner's access bounds for the client's names."""
        self.cloud.client("ssm", self.cloud.owner).put_parameter(
            Name=f"/msklink/{CLUSTER}/access/{APPLICATION}",
            Value=json.dumps(
                {"names": [f"{PREFIX}*"], "actions": ["produce", "consume", "create"]}
            ),
            Type="String",
        )

    def request_access(self) -> None:
        """Request access by IAM as the client, which adds it to the cluster policy."""
        names = [f"{PREFIX}*"]
        detail = {
            "cluster": CLUSTER,
            "vpc_id": self.cloud.networks[APPLICATION].vpc_id,
            "schemes": WISHES[APPLICATION].split(),
            "access": dict.fromkeys(("produce", "consume", "create", "groups"), names),
        }
        self.cloud.client("events", APPLICATION).put_events(
            Entries=[
                {
                    "EventBusName": self.cloud.deployed.bus_arn,
                    "Source": "payments-team",
                    "DetailType": "Client Onboarding Requested",
                    "Detail": json.dumps(detail),
                }
            ]
        )

    def give_logins(self, arn: str, authority: str, folder: Path) -> dict[str, str]:
        """
        Give the application a user and a certificate, and allow both by Kafka's ACLs.

        Returns its environment: its credentials, and what it logs in with.
        """
        secret = self.logins.associate_user(arn, USER, PASSWORD)
        self.logins.share_secret(
            secret,
            allowed(APPLICATION, "secretsmanager:GetSecretValue"),
            allowed(APPLICATION, "kms:Decrypt"),
        )
        certificate, key = self.logins.issue_certificate(authority, USER, folder)
        self.logins.allow_by_acls(arn, [USER, f"CN={USER}"], PREFIX)
        return credentials(APPLICATION) | {
            "SECRET": secret,
            "CERTIFICATE_FILE": str(certificate),
            "KEY_FILE": str(key),
        }
