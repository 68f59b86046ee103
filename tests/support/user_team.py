"""A client account with a SCRAM user, and what people see of it."""

import json
from typing import Any

from localcloud.msk import Secret
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.client_events import request
from tests.support.functions import OWNER
from tests.support.step_functions import Engine, tag_event

TAGS = {"msklink": "iam scram", "msklink/clients": f"{CLIENT} {OTHER_CLIENT}"}
BOUNDS: dict[str, Any] = {
    "names": ["billing.*"],
    "actions": ["produce", "consume"],
    "topics": {"partitions": 6},
    "users": ["billing*"],
}
BILLING = {"name": "billing"}
NAME = f"AmazonMSK_msklink_{CLIENT}_orders_billing"
PARAMETER = "/msklink/orders/users/billing"


class Team:
    """A client account with a VPC that has a connection by scram, and what people see."""

    def __init__(self, accounts: Accounts, engine: Engine) -> None:
        self.accounts, self.engine = accounts, engine
        self.cluster = accounts.make_cluster(tags=TAGS)
        self.vpc_id = accounts.make_tagged_vpc(CLIENT, "scram")
        self.reconcile()
        accounts.take_events()

    def ask(self, *users: dict[str, Any], account: str = CLIENT, **changes: Any) -> list[str]:
        vpc_id = self.accounts.vpcs_with_subnets(account)[0]
        detail = {"vpc_id": vpc_id, "schemes": ["scram"], "users": users} | changes
        return self.engine.receive(request(account, **detail))

    def leave(self) -> list[str]:
        self.accounts.clock.advance(60)
        event = request(CLIENT) | {"detail-type": "Client Offboarding Requested"}
        return self.engine.receive(event | {"detail": {"cluster": "orders", "vpc_id": self.vpc_id}})

    def reconcile(self) -> None:
        self.engine.receive(tag_event(self.cluster))

    def advance_hours(self, hours: float) -> None:
        self.accounts.clock.advance(hours * 3600)

    def entry(self) -> dict[str, Any]:
        found: dict[str, Any] = self.accounts.status(CLIENT)["vpcs"][self.vpc_id]["scram"]
        return found

    def user(self, name: str = "billing") -> dict[str, Any]:
        found: dict[str, Any] = self.entry().get("users", {}).get(name, {})
        return found

    def warnings(self) -> list[str]:
        return [warning["code"] for warning in self.entry().get("warnings", [])]

    def secrets(self) -> dict[str, Any]:
        """Return the secrets of the owner account by name, those scheduled for deletion too."""
        found = self._secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]
        return {one["Name"]: one for one in found}

    def value(self, name: str = NAME) -> dict[str, str]:
        found: dict[str, str] = json.loads(
            self._secrets.get_secret_value(SecretId=name)["SecretString"]
        )
        return found

    def policy(self, name: str = NAME) -> dict[str, dict[str, Any]]:
        text = self._secrets.get_resource_policy(SecretId=name)["ResourcePolicy"]
        return {one["Sid"]: one for one in json.loads(text)["Statement"]}

    def associated(self) -> list[str]:
        found = self.accounts.client("kafka").list_scram_secrets(ClusterArn=self.cluster)
        return [Secret(arn).name for arn in found["SecretArnList"]]

    def password(self, user: str = "billing") -> str | None:
        """Return the password with which a client logs in."""
        return self.accounts.msk.scram_password(self.cluster, user)

    def parameter(self) -> str | None:
        return self.accounts.parameters(CLIENT).get(PARAMETER)

    def events(self, kind: str) -> list[dict[str, Any]]:
        return self.accounts.take_events(kind)

    @property
    def _secrets(self) -> Any:
        return self.accounts.client("secretsmanager", OWNER)
