"""SCRAM users that others have broken are found and repaired."""

import json

from localcloud.msk import Fault, MskError
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.user_team import BILLING, BOUNDS, NAME, Team


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
