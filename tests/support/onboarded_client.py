"""A client that is served, beside another that is to stay so, and what people then do."""

from dataclasses import dataclass
from typing import Any

from msklink.aws import dynamodb
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.step_functions import Engine, tag_event

TAGS = {"msklink": "iam", "msklink/clients": f"{CLIENT} {OTHER_CLIENT}"}
FIREHOSE = {
    "Sid": "Firehose",
    "Effect": "Allow",
    "Principal": {"Service": "firehose.amazonaws.com"},
    "Action": "kafka:CreateVpcConnection",
    "Resource": "*",
}


@dataclass
class OnboardedClient:
    """The cluster and the first client's VPC."""

    accounts: Accounts
    engine: Engine
    cluster: str
    vpc_id: str

    # ------------------------------------------------------------------ what people do

    def remove_vpc_tag(self) -> None:
        self.accounts.untag_vpc(CLIENT, self.vpc_id)
        self.reconcile()

    def set_vpc_tag_off(self) -> None:
        self.accounts.tag_vpc(CLIENT, self.vpc_id, "off")
        self.reconcile()

    def remove_from_client_list(self) -> None:
        self.accounts.tag_cluster(self.cluster, msklink__clients=OTHER_CLIENT)
        self.reconcile()

    def restore_tags(self) -> None:
        self.accounts.tag_vpc(CLIENT, self.vpc_id, "iam")
        self.accounts.tag_cluster(self.cluster, msklink__clients=TAGS["msklink/clients"])
        self.reconcile()

    def request_offboarding(self) -> dict[str, Any]:
        return self._send("Client Offboarding Requested")

    def request_onboarding(self) -> dict[str, Any]:
        return self._send("Client Onboarding Requested", schemes=["iam"])

    def _send(self, kind: str, **detail: Any) -> dict[str, Any]:
        """The event, which may come again."""
        event = {
            "id": "1",
            "source": "a.client",
            "detail-type": kind,
            "account": CLIENT,
            "time": self.accounts.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "detail": {"cluster": "orders", "vpc_id": self.vpc_id, **detail},
        }
        self.engine.receive(event)
        return event

    def reconcile(self) -> None:
        self.engine.receive(tag_event(self.cluster))

    def sweep(self) -> int:
        return self.engine.sweep()

    def advance_hours(self, hours: float) -> None:
        self.accounts.clock.advance(hours * 3600)

    # ---------------------------------------------------------------- what people see

    def connections(self, account: str = CLIENT) -> list[str]:
        return [one["State"] for one in self.accounts.connections(account)]

    def managed_groups(self, account: str = CLIENT) -> list[str]:
        described = self.accounts.client("ec2", account).describe_security_groups(
            Filters=[{"Name": "tag-key", "Values": ["msklink/managed-by"]}]
        )
        return [group["GroupId"] for group in described["SecurityGroups"]]

    def granted(self) -> list[str]:
        """The accounts in our statement, which stands beside that of Firehose."""
        firehose, *ours = self.accounts.policy(self.cluster)["Statement"]
        assert firehose == FIREHOSE
        return [arn.split(":")[4] for one in ours for arn in one["Principal"]["AWS"]]

    def brokers(self) -> list[str]:
        """Those that the client reads, in that order, without their domains."""
        text = self.accounts.parameters(CLIENT)["/msklink/orders/iam/bootstrap.servers"]
        return [host.partition(".")[0] for host in text.split(",")]

    def parameters(self) -> list[str]:
        return sorted(self.accounts.parameters(CLIENT))

    def status_entry(self) -> dict[str, Any]:
        """What the client's status says of its connection."""
        entry: dict[str, Any] = self.accounts.status(CLIENT)["vpcs"][self.vpc_id]["iam"]
        return entry

    def take_events(self) -> list[tuple[str, str]]:
        """What was told since the last look, and the code of its reason."""
        told = self.accounts.take_events()
        return [(one["detail_type"], one.get("refusal", {}).get("code", "")) for one in told]

    def assert_is_offboarded(self) -> None:
        assert self.parameters() == ["/msklink/orders/status"]
        assert self.connections() == []
        assert self.managed_groups() == []
        assert self.granted() == [OTHER_CLIENT]
        items = self.accounts.items(self.cluster)
        assert not [item for item in items if item.startswith(f"client#{CLIENT}")]
        assert self.accounts.status(OWNER)["clients"] == {OTHER_CLIENT: "published"}
        assert dynamodb.read_cluster(self.cluster).holder is None

    def assert_is_onboarded(self) -> None:
        assert "/msklink/orders/iam/bootstrap.servers" in self.parameters()
        assert self.connections() == ["AVAILABLE"]
        assert len(self.managed_groups()) == 1
        assert self.granted() == [CLIENT, OTHER_CLIENT]


def onboard(accounts: Accounts, engine: Engine) -> OnboardedClient:
    cluster = accounts.make_cluster(tags=TAGS)
    accounts.put_policy(cluster, FIREHOSE)
    accounts.make_tagged_vpc(OTHER_CLIENT)
    onboarded = OnboardedClient(accounts, engine, cluster, accounts.make_tagged_vpc(CLIENT))
    onboarded.reconcile()
    accounts.take_events()
    return onboarded
