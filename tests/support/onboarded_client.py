"""An onboarded client, beside a second one that must not change, and actions of people."""

from dataclasses import dataclass
from typing import Any

from msklink.aws import cluster_item
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
    """A cluster with two onboarded clients; *vpc_id* is the VPC of the first."""

    accounts: Accounts
    engine: Engine
    cluster: str
    vpc_id: str

    # ----------------------------------------------------------- changes by people

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
        """Send the event, and return it for a test that repeats it."""
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

    # ------------------------------------------------------------- what people see

    def connections(self, account: str = CLIENT) -> list[str]:
        return [one["State"] for one in self.accounts.connections(account)]

    def managed_groups(self, account: str = CLIENT) -> list[str]:
        described = self.accounts.client("ec2", account).describe_security_groups(
            Filters=[{"Name": "tag-key", "Values": ["msklink/managed-by"]}]
        )
        return [group["GroupId"] for group in described["SecurityGroups"]]

    def granted(self) -> list[str]:
        """Return the accounts in our statement; the statement of Firehose must be unchanged."""
        firehose, *ours = self.accounts.policy(self.cluster)["Statement"]
        assert firehose == FIREHOSE
        return [arn.split(":")[4] for one in ours for arn in one["Principal"]["AWS"]]

    def brokers(self) -> list[str]:
        """Return the bootstrap brokers that the client reads, in order, without their domains."""
        text = self.accounts.parameters(CLIENT)["/msklink/orders/iam/bootstrap.servers"]
        return [host.partition(".")[0] for host in text.split(",")]

    def parameters(self) -> list[str]:
        return sorted(self.accounts.parameters(CLIENT))

    def status_entry(self) -> dict[str, Any]:
        """Return the entry of the connection in the client's status parameter."""
        entry: dict[str, Any] = self.accounts.status(CLIENT)["vpcs"][self.vpc_id]["iam"]
        return entry

    def take_events(self) -> list[tuple[str, str]]:
        """Return the events since the last call, as (detail type, refusal code or "")."""
        events = self.accounts.take_events()
        return [(one["detail_type"], one.get("refusal", {}).get("code", "")) for one in events]

    def assert_is_offboarded(self) -> None:
        assert self.parameters() == ["/msklink/orders/status"]
        assert self.connections() == []
        assert self.managed_groups() == []
        assert self.granted() == [OTHER_CLIENT]
        items = self.accounts.items(self.cluster)
        assert not [item for item in items if item.startswith(f"client#{CLIENT}")]
        assert self.accounts.status(OWNER)["clients"] == {OTHER_CLIENT: "published"}
        assert cluster_item.read_cluster(self.cluster).holder is None

    def assert_is_onboarded(self) -> None:
        assert "/msklink/orders/iam/bootstrap.servers" in self.parameters()
        assert self.connections() == ["AVAILABLE"]
        assert len(self.managed_groups()) == 1
        assert self.granted() == [CLIENT, OTHER_CLIENT]


def onboard(accounts: Accounts, engine: Engine) -> OnboardedClient:
    """Create a cluster and onboard two clients, one tagged VPC each."""
    cluster = accounts.make_cluster(tags=TAGS)
    accounts.put_policy(cluster, FIREHOSE)
    accounts.make_tagged_vpc(OTHER_CLIENT)
    onboarded = OnboardedClient(accounts, engine, cluster, accounts.make_tagged_vpc(CLIENT))
    onboarded.reconcile()
    accounts.take_events()
    return onboarded
