"""Which resource policies of secrets let MSK read."""

import json
from typing import Any
from unittest.mock import Mock

import pytest

from msklink.aws import secrets

READ = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
OURS = READ | {"Sid": "MSKLinkClient", "Principal": {"AWS": "arn:aws:iam::222222222222:root"}}


@pytest.mark.parametrize(
    ("statement", "admits"),
    [
        ({"Sid": "AWSKafkaResourcePolicy", "Principal": {"Service": "kafka.amazonaws.com"}}, True),
        ({"Sid": "Other", "Principal": {"Service": ["kafka.amazonaws.com"]}}, True),
        ({"Sid": "AWSKafkaResourcePolicy", "Principal": {"AWS": "arn:aws:iam::1:role/k"}}, True),
        ({"Sid": "AWSKafkaResourcePolicy", "Effect": "Deny", "Principal": "*"}, False),
        ({"Sid": "Theirs", "Principal": {"AWS": "arn:aws:iam::333333333333:root"}}, False),
    ],
)
def test_the_statement_of_msk_is_known_by_its_id_or_principal(
    monkeypatch: pytest.MonkeyPatch, statement: dict[str, Any], *, admits: bool
) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [OURS, READ | statement]})
    answers = Mock(get_resource_policy=Mock(return_value={"ResourcePolicy": policy}))
    monkeypatch.setattr(secrets, "client", lambda: answers)

    assert secrets.admits_msk("arn:secret") is admits


def test_a_secret_without_a_policy_is_closed_to_msk(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Mock(get_resource_policy=Mock(return_value={"ARN": "arn:secret"}))
    monkeypatch.setattr(secrets, "client", lambda: answers)

    assert not secrets.admits_msk("arn:secret")
