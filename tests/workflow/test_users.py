"""SCRAM users that a client requests are created within the owner's bounds."""

import json
from typing import Any

import pytest

from localcloud.msk import Fault, MskError
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.client_events import request
from tests.support.functions import OWNER, REGION
from tests.support.user_team import BILLING, BOUNDS, NAME, Team


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


def test_bounds_that_cannot_be_read_are_reported_once(team: Team) -> None:
    team.accounts.allow(CLIENT, {"users": "all"})

    team.ask(BILLING, topics=[{"name": "billing.payments", "partitions": 3}])

    assert team.warnings() == ["MalformedAccessBounds"]


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
