"""SCRAM users that a client requests are created within the owner's bounds, and removed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.msk import Fault, MskError
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.client_events import request
from tests.support.functions import OWNER, REGION
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

    def remove_vpc_tag(self) -> None:
        self.accounts.untag_vpc(CLIENT, self.vpc_id)

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
        return [arn.partition(":secret:")[2][:-7] for arn in found["SecretArnList"]]

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


@pytest.fixture
def team(accounts: Accounts, engine: Engine) -> Team:
    return Team(accounts, engine)


def test_one_event_brings_a_user_that_can_log_in(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)

    team.ask(BILLING)

    assert team.entry()["state"] == "published"
    assert team.user()["state"] == "ready"
    assert team.user()["secret_arn"] == team.secrets()[NAME]["ARN"] == team.parameter()
    assert team.value()["username"] == "billing"
    assert team.password() == team.value()["password"]
    assert len(team.value()["password"]) >= 32
    assert team.events("Client Refused") == []


def test_exactly_the_client_account_reads_the_secret(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)

    team.ask(BILLING)

    ours = team.policy()["MSKLinkClient"]
    assert ours["Principal"] == {"AWS": f"arn:aws:iam::{CLIENT}:root"}
    assert team.policy().keys() == {"AWSKafkaResourcePolicy", "MSKLinkClient"}
    assert team.secrets()[NAME]["KmsKeyId"] == f"arn:aws:kms:{REGION}:{OWNER}:key/of-users"


def test_no_password_is_published(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)

    team.ask(BILLING)

    seen = json.dumps([team.accounts.parameters(CLIENT), team.accounts.parameters(OWNER)])
    seen += str([team.accounts.take_events(), team.accounts.items(team.cluster)])
    assert team.value()["password"] not in seen


def test_the_owner_reads_which_acls_the_user_needs(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)

    team.ask(
        BILLING,
        topics=[{"name": "billing.payments", "partitions": 3}],
        access={"groups": ["billing.*"]},
    )

    [created] = team.events("Kafka User Created")
    assert created["acls"] == team.user()["acls"]
    assert [command.partition("User:billing ")[2] for command in created["acls"]] == [
        "--operation Write --operation Describe --topic billing.payments",
        "--operation Read --operation Describe --topic billing.payments",
        "--operation Read --operation Describe --resource-pattern-type prefixed --group billing.",
    ]


def test_a_user_is_created_once(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    password = team.password()

    team.ask(BILLING)
    team.reconcile()

    assert team.password() == password
    assert len(team.events("Kafka User Created")) == 1


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"users": None}, "it allows this account no users"),
        ({"users": ["sales*"]}, "the name is none of sales*"),
    ],
)
def test_a_user_beyond_the_bounds_is_refused_and_the_client_connected(
    team: Team, bounds: dict[str, Any], words: str
) -> None:
    team.accounts.allow(CLIENT, BOUNDS | bounds)

    team.ask(BILLING)

    assert team.entry()["state"] == "published"
    assert team.user() == {"state": "refused"}
    [refused] = team.events("Client Refused")
    assert refused["refusal"]["code"] == "UserNotAllowed"
    assert words in refused["refusal"]["message"]
    assert team.secrets() == {}
    assert team.parameter() is None


def test_bounds_written_later_bring_the_user(team: Team) -> None:
    team.ask(BILLING)
    assert team.warnings() == ["UserNotAllowed"]

    team.accounts.allow(CLIENT, BOUNDS)
    team.engine.sweep()

    assert team.user()["state"] == "ready"
    assert team.warnings() == []


def test_another_account_cannot_have_a_user_that_is_taken(team: Team) -> None:
    team.accounts.allow("default", BOUNDS)
    team.ask(BILLING)
    password = team.password()
    team.accounts.make_tagged_vpc(OTHER_CLIENT, "scram")

    team.ask(BILLING, account=OTHER_CLIENT)

    [refused] = team.events("Client Refused")
    assert (refused["account"], refused["refusal"]["code"]) == (OTHER_CLIENT, "UserTaken")
    assert "another account has requested it" in refused["refusal"]["message"]
    assert team.password() == password
    assert list(team.secrets()) == [NAME]


def test_a_user_stays_with_its_account_when_another_one_was_refused(team: Team) -> None:
    team.accounts.allow("default", BOUNDS)
    team.ask(BILLING)
    password = team.password()
    team.accounts.make_tagged_vpc(OTHER_CLIENT, "scram")
    team.ask(BILLING, account=OTHER_CLIENT)

    team.accounts.clock.advance(60)
    team.ask(BILLING)
    team.ask(BILLING, account=OTHER_CLIENT)

    assert team.user()["state"] == "ready"
    assert team.warnings() == []
    assert team.password() == password


def test_a_taken_user_is_free_when_its_account_has_left(team: Team) -> None:
    team.accounts.allow("default", BOUNDS)
    team.ask(BILLING)
    team.accounts.make_tagged_vpc(OTHER_CLIENT, "scram")
    team.ask(BILLING, account=OTHER_CLIENT)

    team.leave()
    team.ask(BILLING, account=OTHER_CLIENT)

    assert team.associated() == [NAME.replace(CLIENT, OTHER_CLIENT)]


def test_a_refused_user_leaves_nothing_when_it_is_not_requested_any_more(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    full = MskError("BadRequestException", "The cluster has 1000 users.")
    team.accounts.msk.faults.add(Fault("BatchAssociateScramSecret", times=None, error=full))
    team.ask(BILLING)
    assert "DeletedDate" not in team.secrets()[NAME]

    team.ask()
    team.engine.sweep()

    assert "DeletedDate" in team.secrets()[NAME]
    assert team.warnings() == []
    assert "users" not in team.entry()
    assert team.events("Kafka User Removed") == []


def test_a_user_whom_the_owner_has_created_is_taken(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    secrets = team.accounts.client("secretsmanager")
    own = secrets.create_secret(
        Name="AmazonMSK_billing",
        KmsKeyId="key-1",
        SecretString=json.dumps({"username": "billing", "password": "hunter2"}),
    )["ARN"]
    team.accounts.client("kafka").batch_associate_scram_secret(
        ClusterArn=team.cluster, SecretArnList=[own]
    )

    team.ask(BILLING)

    assert team.warnings() == ["UserTaken"]
    assert team.password() == "hunter2"
    assert team.parameter() is None


def test_a_secret_of_others_with_its_name_is_left(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    secrets = team.accounts.client("secretsmanager")
    secrets.create_secret(Name=NAME, SecretString="theirs")

    team.ask(BILLING)

    assert team.warnings() == ["UserTaken"]
    assert secrets.get_secret_value(SecretId=NAME)["SecretString"] == "theirs"
    assert team.associated() == []


def test_what_msk_refuses_is_reported_in_its_words(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    full = MskError("BadRequestException", "The cluster has 1000 users.")
    team.accounts.msk.faults.add(Fault("BatchAssociateScramSecret", times=None, error=full))

    team.ask(BILLING)

    assert team.entry()["state"] == "published"
    assert team.warnings() == ["UserRefused"]
    assert "The cluster has 1000 users." in team.entry()["warnings"][0]["message"]
    assert team.parameter() is None


def test_the_same_request_again_finds_that_the_cause_is_gone(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    full = MskError("BadRequestException", "The cluster has 1000 users.")
    team.accounts.msk.faults.add(Fault("BatchAssociateScramSecret", times=None, error=full))
    team.ask(BILLING)
    team.accounts.msk.faults.clear()

    team.ask(BILLING)

    assert team.user()["state"] == "ready"
    assert team.warnings() == []


def test_clients_are_connected_where_aws_does_not_answer_and_the_sweep_goes_on(
    team: Team,
) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    busy = MskError("TooManyRequestsException", "slow down", 429)
    team.accounts.msk.faults.add(Fault("BatchAssociateScramSecret", times=None, error=busy))

    team.ask(BILLING)

    assert team.entry()["state"] == "published"
    assert team.user() == {"state": "asked"}
    team.accounts.msk.faults.clear()
    assert team.engine.sweep() == 1
    assert team.user()["state"] == "ready"
    assert team.engine.sweep() == 0


# -------------------------------------------------------------------------------- what others do


def test_the_sweep_finds_a_user_that_others_have_disassociated(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    team.accounts.client("kafka").batch_disassociate_scram_secret(
        ClusterArn=team.cluster, SecretArnList=[team.secrets()[NAME]["ARN"]]
    )
    assert team.password() is None

    assert team.engine.sweep() == 1

    assert team.password() == team.value()["password"]
    assert team.engine.sweep() == 0


def test_the_same_request_repairs_a_policy_that_others_have_replaced(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    theirs = {
        "Sid": "Theirs",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER_CLIENT}:root"},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    team.accounts.client("secretsmanager").put_resource_policy(
        SecretId=NAME,
        ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [theirs]}),
    )

    team.accounts.clock.advance(60)
    team.ask(BILLING)

    assert team.policy().keys() == {"AWSKafkaResourcePolicy", "MSKLinkClient"}
    assert team.password() == team.value()["password"]


def test_the_same_request_restores_a_secret_that_others_have_deleted(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    team.accounts.client("secretsmanager").delete_secret(SecretId=NAME, RecoveryWindowInDays=7)

    team.accounts.clock.advance(60)
    team.ask(BILLING)

    assert team.user()["state"] == "ready"
    assert team.warnings() == []
    assert team.password() == team.value()["password"]


def test_a_refused_repair_is_shown_as_refused(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    full = MskError("BadRequestException", "The cluster has 1000 users.")
    team.accounts.msk.faults.add(Fault("BatchAssociateScramSecret", times=None, error=full))
    team.accounts.client("kafka").batch_disassociate_scram_secret(
        ClusterArn=team.cluster, SecretArnList=[team.secrets()[NAME]["ARN"]]
    )

    team.engine.sweep()

    assert team.user()["state"] == "refused"
    assert team.warnings() == ["UserRefused"]


def test_a_vpc_that_is_not_connected_brings_no_user(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)

    team.engine.receive(request(CLIENT, vpc_id="vpc-00000001", schemes=["scram"], users=[BILLING]))

    assert team.secrets() == {}
    assert team.accounts.status(CLIENT)["vpcs"]["vpc-00000001"]["scram"]["refusal"]["code"] == (
        "VpcNotFound"
    )


def test_nobody_takes_a_user_over_without_a_new_request(team: Team) -> None:
    team.accounts.allow("default", BOUNDS)
    team.ask(BILLING)
    team.accounts.make_tagged_vpc(OTHER_CLIENT, "scram")
    team.ask(BILLING, account=OTHER_CLIENT)

    team.leave()
    team.reconcile()

    assert team.associated() == []


def test_access_of_a_user_is_no_access_by_iam(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)

    team.ask(BILLING, access={"produce": ["billing.*"]})

    assert team.user()["acls"]
    assert "kafka-cluster:" not in json.dumps(team.accounts.policy(team.cluster))


# ---------------------------------------------------------------------------------------- removal


def test_a_user_goes_with_the_last_connection_of_its_account(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)

    [run] = team.leave()

    assert team.password() is None
    assert team.associated() == []
    assert "DeletedDate" in team.secrets()[NAME]
    assert team.parameter() is None
    states = team.engine.states(run)
    assert states.index("CloseConnections") < states.index("RemoveUsers")
    [removed] = team.events("Kafka User Removed")
    assert removed["commands"].endswith("--list --principal User:billing")
    assert not [item for item in team.accounts.items(team.cluster) if item.startswith("user#")]


def test_a_user_stays_through_the_grace_period_of_the_connection(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    team.accounts.tag_cluster(team.cluster, msklink__clients=OTHER_CLIENT)
    team.reconcile()

    assert team.password() is not None

    team.advance_hours(25)
    team.engine.sweep()
    assert team.password() is None
    assert team.accounts.connections(CLIENT) == []


def test_a_user_that_is_not_requested_any_more_is_removed_after_the_grace_period(
    team: Team,
) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)

    team.ask()

    [scheduled] = team.events("Kafka User Removal Scheduled")
    assert scheduled["refusal"]["code"] == "UserNotRequested"
    assert team.user()["due"]
    assert team.warnings() == ["UserNotRequested"]
    assert team.password() is not None
    team.advance_hours(25)
    team.engine.sweep()
    assert team.password() is None
    assert team.parameter() is None
    assert team.entry()["state"] == "published"
    assert "users" not in team.entry()


def test_a_request_within_the_grace_period_keeps_the_user(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    password = team.password()
    team.ask()

    team.ask(BILLING)
    team.advance_hours(25)
    team.engine.sweep()

    assert team.password() == password
    assert "due" not in team.user()
    assert team.warnings() == []


def test_a_user_that_the_owner_allows_no_more_is_removed_after_the_grace_period(
    team: Team,
) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    team.accounts.allow(CLIENT, BOUNDS | {"users": []})

    team.engine.sweep()

    assert team.warnings() == ["UserNotAllowed"]
    assert team.user()["due"]
    team.advance_hours(25)
    team.engine.sweep()
    assert team.password() is None
    assert team.user() == {"state": "refused"}


def test_deletion_protection_keeps_a_user(team: Team, stack: Callable[..., None]) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    stack(DELETION_PROTECTION="true")

    team.ask()
    team.advance_hours(25)
    team.engine.sweep()

    assert team.password() is not None
    assert team.user()["state"] == "ready"


def test_a_user_that_is_requested_again_after_its_removal_gets_a_new_password(
    team: Team,
) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    password = team.password()
    team.ask()
    team.advance_hours(25)
    team.engine.sweep()

    team.ask(BILLING)

    assert team.password() not in {None, password}
    assert team.user()["state"] == "ready"
    assert "DeletedDate" not in team.secrets()[NAME]


def test_users_of_a_deleted_cluster_are_removed(team: Team) -> None:
    team.accounts.allow(CLIENT, BOUNDS)
    team.ask(BILLING)
    team.accounts.client("kafka").delete_cluster(ClusterArn=team.cluster)
    team.advance_hours(1)

    team.engine.sweep()
    team.advance_hours(25)
    team.engine.sweep()

    assert "DeletedDate" in team.secrets()[NAME]
