"""SCRAM secrets: what MSK accepts, what it lists, and which passwords brokers know."""

import json

import pytest

from localcloud.msk import MemorySecretStore
from localcloud.msk.errors import (
    ALREADY_ASSOCIATED,
    DEFAULT_KEY_OF_SECRET,
    INVALID_SECRET_ARN,
    NAME_OF_SECRET,
    NOT_ON_SERVERLESS,
    SECRET_NOT_READABLE,
)
from localcloud.msk.secret_store import DEFAULT_KEY, with_msk_statement
from tests.emulator.builders import CLIENT, OWNER, REGION, ZONES, Emulator, Json, policy, statement


def secret_arn(name: str = "AmazonMSK_billing", account: str = OWNER.account) -> str:
    return f"arn:aws:secretsmanager:{REGION}:{account}:secret:{name}-AbC123"


def credentials(username: str = "billing", password: str = "hunter2") -> str:
    return json.dumps({"username": username, "password": password})


@pytest.fixture
def cluster(emulator: Emulator) -> str:
    return emulator.cluster()


def associate(emulator: Emulator, cluster: str, *arns: str) -> list[Json]:
    """Associate *arns*, and return what was not processed."""
    answer = emulator.call(
        OWNER, "BatchAssociateScramSecret", ClusterArn=cluster, SecretArnList=list(arns)
    )
    unprocessed: list[Json] = answer["UnprocessedScramSecrets"]
    return unprocessed


def disassociate(emulator: Emulator, cluster: str, *arns: str) -> list[Json]:
    answer = emulator.call(
        OWNER, "BatchDisassociateScramSecret", ClusterArn=cluster, SecretArnList=list(arns)
    )
    unprocessed: list[Json] = answer["UnprocessedScramSecrets"]
    return unprocessed


def associated(emulator: Emulator, cluster: str) -> list[str]:
    arns: list[str] = emulator.call(OWNER, "ListScramSecrets", ClusterArn=cluster)["SecretArnList"]
    return arns


def test_brokers_know_exactly_the_users_of_associated_secrets(
    emulator: Emulator, cluster: str
) -> None:
    mine = emulator.secrets.put(secret_arn(), credentials())
    emulator.secrets.put(secret_arn("AmazonMSK_audit"), credentials("audit"))

    assert associate(emulator, cluster, mine) == []

    assert associated(emulator, cluster) == [mine]
    assert emulator.msk.scram_password(cluster, "billing") == "hunter2"
    assert emulator.msk.scram_password(cluster, "audit") is None
    assert emulator.msk.scram_password(f"{cluster}-other", "billing") is None


def test_a_disassociated_user_is_unknown(emulator: Emulator, cluster: str) -> None:
    arn = emulator.secrets.put(secret_arn(), credentials())
    associate(emulator, cluster, arn)

    assert disassociate(emulator, cluster, arn) == []

    assert associated(emulator, cluster) == []
    assert emulator.msk.scram_password(cluster, "billing") is None


def test_a_new_password_counts_at_the_next_login(emulator: Emulator, cluster: str) -> None:
    arn = emulator.secrets.put(secret_arn(), credentials())
    associate(emulator, cluster, arn)

    emulator.secrets.put(arn, credentials(password="changed"))

    assert emulator.msk.scram_password(cluster, "billing") == "changed"


def test_of_two_secrets_with_a_user_the_last_associated_counts(
    emulator: Emulator, cluster: str
) -> None:
    first = emulator.secrets.put(secret_arn(), credentials(password="first"))
    second = emulator.secrets.put(secret_arn("AmazonMSK_b"), credentials(password="second"))

    associate(emulator, cluster, first, second)

    assert emulator.msk.scram_password(cluster, "billing") == "second"


@pytest.mark.parametrize(
    "value",
    ["", "billing", "[]", '{"username": "billing"}', credentials().replace('"hunter2"', "1")],
)
def test_a_secret_of_another_form_has_no_user(emulator: Emulator, cluster: str, value: str) -> None:
    arn = emulator.secrets.put(secret_arn(), credentials())
    associate(emulator, cluster, arn)
    assert emulator.msk.scram_password(cluster, "billing") == "hunter2"

    emulator.secrets.put(arn, value)

    assert emulator.msk.scram_password(cluster, "billing") is None


def test_a_deleted_secret_has_no_user_but_stays_associated(
    emulator: Emulator, cluster: str
) -> None:
    arn = emulator.secrets.put(secret_arn(), credentials())
    associate(emulator, cluster, arn)

    emulator.secrets.delete(arn)

    assert emulator.msk.scram_password(cluster, "billing") is None
    assert associated(emulator, cluster) == [arn]


@pytest.mark.parametrize(
    ("name", "key", "message"),
    [
        ("billing", "key-1", NAME_OF_SECRET),
        ("AmazonMSK_billing", DEFAULT_KEY, DEFAULT_KEY_OF_SECRET),
        ("AmazonMSK_billing", f"arn:aws:kms:{REGION}:1:{DEFAULT_KEY}", DEFAULT_KEY_OF_SECRET),
        ("AmazonMSK_billing", "alias/mine", SECRET_NOT_READABLE),
        ("AmazonMSK_billing", None, SECRET_NOT_READABLE),
    ],
)
def test_an_unsuitable_secret_is_not_processed_and_others_are(
    emulator: Emulator, cluster: str, name: str, key: str | None, message: str
) -> None:
    wrong, right = secret_arn(name), secret_arn("AmazonMSK_right")
    if key:
        emulator.secrets.put(wrong, credentials(), key)
    emulator.secrets.put(right, credentials("right"))

    unprocessed = associate(emulator, cluster, wrong, right)

    assert unprocessed == [
        {"SecretArn": wrong, "ErrorCode": "InvalidSecretArn", "ErrorMessage": message}
    ]
    assert associated(emulator, cluster) == [right]


def test_a_secret_is_associated_once(emulator: Emulator, cluster: str) -> None:
    arn = emulator.secrets.put(secret_arn(), credentials())
    associate(emulator, cluster, arn)

    [again] = associate(emulator, cluster, arn)

    assert again["ErrorMessage"] == ALREADY_ASSOCIATED
    assert associated(emulator, cluster) == [arn]


def test_disassociating_another_secret_is_not_processed(emulator: Emulator, cluster: str) -> None:
    [error] = disassociate(emulator, cluster, secret_arn())

    assert error["ErrorMessage"] == INVALID_SECRET_ARN


@pytest.mark.parametrize(
    "arn",
    [
        secret_arn(account=CLIENT.account),
        secret_arn().replace(REGION, "eu-central-1"),
        secret_arn().removesuffix("-AbC123"),
        "AmazonMSK_billing",
    ],
)
def test_a_secret_of_another_account_or_region_is_refused(
    emulator: Emulator, cluster: str, arn: str
) -> None:
    mine = emulator.secrets.put(secret_arn(), credentials())
    emulator.secrets.put(arn, credentials())

    error = emulator.refusal(
        OWNER, "BatchAssociateScramSecret", ClusterArn=cluster, SecretArnList=[mine, arn]
    )

    assert (error.code, error.message) == ("BadRequestException", INVALID_SECRET_ARN)
    assert error.invalid_parameter == "secretArnList"
    assert associated(emulator, cluster) == []


@pytest.mark.parametrize("count", [0, 11])
def test_a_call_takes_from_one_to_ten_secrets(emulator: Emulator, cluster: str, count: int) -> None:
    arns = [
        emulator.secrets.put(secret_arn(f"AmazonMSK_{number}"), credentials(f"user{number}"))
        for number in range(count)
    ]

    error = emulator.refusal(
        OWNER, "BatchAssociateScramSecret", ClusterArn=cluster, SecretArnList=arns
    )

    assert (error.code, error.invalid_parameter) == ("BadRequestException", "secretArnList")
    assert associated(emulator, cluster) == []


def test_ten_secrets_are_associated_at_once(emulator: Emulator, cluster: str) -> None:
    arns = [
        emulator.secrets.put(secret_arn(f"AmazonMSK_{number}"), credentials(f"user{number}"))
        for number in range(10)
    ]

    assert associate(emulator, cluster, *arns) == []
    assert associated(emulator, cluster) == arns


def test_a_cluster_without_scram_takes_no_secret(emulator: Emulator) -> None:
    iam_only = emulator.cluster(ClientAuthentication={"Sasl": {"Iam": {"Enabled": True}}})

    error = emulator.refusal(
        OWNER,
        "BatchAssociateScramSecret",
        ClusterArn=iam_only,
        SecretArnList=[emulator.secrets.put(secret_arn(), credentials())],
    )

    assert (error.code, error.invalid_parameter) == ("BadRequestException", "clusterArn")


def test_a_serverless_cluster_takes_no_secret(emulator: Emulator) -> None:
    block = {
        "VpcConfigs": [{"SubnetIds": [f"subnet-vpc-owner-{zone}" for zone in ZONES]}],
        "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
    }
    made = emulator.call(OWNER, "CreateClusterV2", ClusterName="small", Serverless=block)
    emulator.later(20)

    error = emulator.refusal(
        OWNER,
        "BatchAssociateScramSecret",
        ClusterArn=made["ClusterArn"],
        SecretArnList=[secret_arn()],
    )

    assert error.message == NOT_ON_SERVERLESS


def test_another_account_sees_no_secrets(emulator: Emulator, cluster: str) -> None:
    everything = policy(statement(Action=["kafka:*"]))
    emulator.call(OWNER, "PutClusterPolicy", ClusterArn=cluster, Policy=everything)

    error = emulator.refusal(CLIENT, "ListScramSecrets", ClusterArn=cluster)

    assert error.code == "ForbiddenException"


def test_secrets_are_listed_in_pages(emulator: Emulator, cluster: str) -> None:
    arns = [
        emulator.secrets.put(secret_arn(f"AmazonMSK_{number}"), credentials(f"user{number}"))
        for number in range(3)
    ]
    associate(emulator, cluster, *arns)

    first = emulator.call(OWNER, "ListScramSecrets", ClusterArn=cluster, MaxResults=2)
    rest = emulator.call(
        OWNER,
        "ListScramSecrets",
        ClusterArn=cluster,
        MaxResults=2,
        NextToken=first["NextToken"],
    )

    assert first["SecretArnList"] + rest["SecretArnList"] == arns
    assert "NextToken" not in rest


def test_msk_adds_its_statement_once_and_keeps_those_of_the_owner() -> None:
    owners = {"Effect": "Allow", "Principal": {"AWS": CLIENT.account}, "Action": "*"}
    before = json.dumps({"Version": "2012-10-17", "Statement": owners})

    once = with_msk_statement(before, secret_arn())

    statements = json.loads(once)["Statement"]
    assert statements[0] == owners
    assert statements[1]["Principal"] == {"Service": "kafka.amazonaws.com"}
    assert json.loads(with_msk_statement(once, secret_arn())) == json.loads(once)


def test_the_default_of_kafka_lets_everyone_in_without_an_acl(emulator: Emulator) -> None:
    strict = emulator.cluster()
    silent = emulator.configuration(b"num.partitions=3", "silent")
    unset = emulator.cluster("unset", ConfigurationInfo={"Arn": silent, "Revision": 1})
    block = emulator.provisioned()
    del block["ConfigurationInfo"]
    made = emulator.call(OWNER, "CreateClusterV2", ClusterName="plain", Provisioned=block)

    allowed = emulator.msk.everyone_allowed_without_acl

    assert not allowed(strict)
    assert allowed(unset)
    assert allowed(made["ClusterArn"])


def test_a_secret_that_msk_was_not_admitted_to_cannot_be_read() -> None:
    store = MemorySecretStore()
    arn = store.put(secret_arn(), credentials())
    before = store.value(arn)

    store.admit_msk(OWNER, arn)

    assert (before, store.value(arn)) == (None, credentials())
