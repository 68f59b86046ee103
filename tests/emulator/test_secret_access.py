"""What a role needs for the calls of Secrets Manager that MSKLink makes, in the embedded AWS."""

from typing import Any

import pytest

from localcloud.cloud import Cloud
from tests.emulator.role_builders import Role, error_of, make_role, policy

pytestmark = pytest.mark.xdist_group("secret-access")

MANAGER = "secretsmanager"
MINE = "AmazonMSK_msklink_*"
VALUE = '{"username": "billing", "password": "hunter2"}'
KMS_DENIED = ("AccessDeniedException", "Access to KMS is not allowed")


def secret_arn(cloud: Cloud, name: str = MINE) -> str:
    return f"arn:aws:secretsmanager:{cloud.region}:{cloud.owner}:secret:{name}"


def denied(role: Role, action: str, resource: str) -> tuple[str, str]:
    return (
        "AccessDeniedException",
        f"User: {role.session_arn} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action",
    )


def make_secret(cloud: Cloud, name: str, **params: Any) -> str:
    made = cloud.client(MANAGER, cloud.owner).create_secret(Name=name, SecretString=VALUE, **params)
    return str(made["ARN"])


def make_key(cloud: Cloud) -> str:
    return str(cloud.client("kms", cloud.owner).create_key()["KeyMetadata"]["Arn"])


def test_creating_a_secret_needs_its_name_its_tags_and_the_key(cloud: Cloud) -> None:
    role, key = make_role(cloud, cloud.owner, "creator"), make_key(cloud)
    name = "AmazonMSK_msklink_created"
    params = {
        "Name": name,
        "KmsKeyId": key,
        "SecretString": VALUE,
        "Tags": [{"Key": "msklink/cluster", "Value": "orders"}],
    }
    create = role.client(MANAGER).create_secret

    assert error_of(create, **params) == denied(role, f"{MANAGER}:CreateSecret", name)
    role.allow(f"{MANAGER}:CreateSecret", secret_arn(cloud))
    assert error_of(create, **params) == denied(role, f"{MANAGER}:TagResource", name)
    role.allow(f"{MANAGER}:TagResource", secret_arn(cloud))
    assert error_of(create, **params) == KMS_DENIED
    role.allow("kms:GenerateDataKey", key)
    assert error_of(create, **params) == KMS_DENIED
    role.allow("kms:Decrypt", key)
    assert create(**params)["ARN"].startswith(secret_arn(cloud, name))


def test_a_role_creates_secrets_only_with_its_names_and_tags(cloud: Cloud) -> None:
    role = make_role(cloud, cloud.owner, "bounded-creator")
    tagged = {
        "StringEquals": {"aws:RequestTag/owner": "msklink"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["owner"]},
    }
    for action in ("CreateSecret", "TagResource"):
        role.allow(f"{MANAGER}:{action}", secret_arn(cloud, "AmazonMSK_msklink_a-??????"), tagged)
    create = role.client(MANAGER).create_secret
    tags = [{"Key": "owner", "Value": "msklink"}]

    code, _ = error_of(create, Name="AmazonMSK_msklink_ab", SecretString=VALUE, Tags=tags)
    assert code == "AccessDeniedException"
    for wrong in ([], [*tags, {"Key": "b", "Value": "c"}], [{"Key": "owner", "Value": "me"}]):
        code, _ = error_of(create, Name="AmazonMSK_msklink_a", SecretString=VALUE, Tags=wrong)
        assert code == "AccessDeniedException"
    assert create(Name="AmazonMSK_msklink_a", SecretString=VALUE, Tags=tags)["ARN"]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("describe_secret", {}),
        ("get_secret_value", {}),
        ("get_resource_policy", {}),
        ("put_resource_policy", {"ResourcePolicy": policy()}),
        ("tag_resource", {"Tags": [{"Key": "a", "Value": "b"}]}),
        ("put_secret_value", {"SecretString": VALUE}),
        ("restore_secret", {}),
        ("delete_secret", {"RecoveryWindowInDays": 7}),
        ("update_secret_version_stage", {"VersionStage": "a", "RemoveFromVersionId": "1" * 32}),
        ("rotate_secret", {}),
        ("cancel_rotate_secret", {}),
    ],
)
def test_a_missing_name_is_authorized_like_a_secret_of_that_name(
    cloud: Cloud, method: str, params: dict[str, Any]
) -> None:
    role = make_role(cloud, cloud.owner, method)
    client = role.client(MANAGER)
    action = f"{MANAGER}:{client.meta.method_to_api_mapping[method]}"
    role.allow(action, secret_arn(cloud, f"{MINE}-??????"))
    call = getattr(client, method)

    code, _ = error_of(call, SecretId="AmazonMSK_msklink_missing", **params)
    assert code == "ResourceNotFoundException"
    others = error_of(call, SecretId="AmazonMSK_others", **params)
    assert others == denied(role, action, "AmazonMSK_others")


def test_tags_of_the_secret_and_of_the_request_are_conditions(cloud: Cloud) -> None:
    role = make_role(cloud, cloud.owner, "tagger")
    made = [{"Key": "msklink/cluster", "Value": "orders"}]
    mine = make_secret(cloud, "AmazonMSK_msklink_tagged", Tags=made)
    other = make_secret(cloud, "AmazonMSK_msklink_untagged")
    role.allow(
        f"{MANAGER}:TagResource",
        condition={
            "StringEquals": {"aws:ResourceTag/msklink/cluster": "orders"},
            "ForAllValues:StringEquals": {"aws:TagKeys": ["due"]},
        },
    )
    tag = role.client(MANAGER).tag_resource
    due, wrong = [{"Key": "due", "Value": "now"}], [{"Key": "msklink/cluster", "Value": "x"}]

    assert error_of(tag, SecretId=other, Tags=due)[0] == "AccessDeniedException"
    assert error_of(tag, SecretId=mine, Tags=wrong)[0] == "AccessDeniedException"
    tag(SecretId=mine, Tags=due)
    shown = cloud.client(MANAGER, cloud.owner).describe_secret(SecretId=mine)["Tags"]
    assert shown == [*made, *due]


def test_a_recovery_window_is_a_condition(cloud: Cloud) -> None:
    role = make_role(cloud, cloud.owner, "deleter")
    arn = make_secret(cloud, "AmazonMSK_msklink_windowed")
    role.allow(
        f"{MANAGER}:DeleteSecret",
        condition={
            "NumericGreaterThanEquals": {"secretsmanager:RecoveryWindowInDays": "7"},
            "Null": {"secretsmanager:ForceDeleteWithoutRecovery": "true"},
        },
    )
    delete = role.client(MANAGER).delete_secret

    code, _ = error_of(delete, SecretId=arn, ForceDeleteWithoutRecovery=True)
    assert code == "AccessDeniedException"
    assert delete(SecretId=arn, RecoveryWindowInDays=7)["ARN"] == arn


def test_naming_another_key_needs_that_key(cloud: Cloud) -> None:
    role, old, new = make_role(cloud, cloud.owner, "rekeyer"), make_key(cloud), make_key(cloud)
    arn = make_secret(cloud, "AmazonMSK_msklink_rekeyed", KmsKeyId=old)
    role.allow(f"{MANAGER}:UpdateSecret", arn)
    role.allow(["kms:GenerateDataKey", "kms:Decrypt"], old)
    update = role.client(MANAGER).update_secret

    assert error_of(update, SecretId=arn, KmsKeyId=new) == KMS_DENIED
    role.allow(["kms:GenerateDataKey", "kms:Decrypt"], new)
    update(SecretId=arn, KmsKeyId=new)
    shown = cloud.client(MANAGER, cloud.owner).describe_secret(SecretId=arn)["KmsKeyId"]
    assert shown == new


def test_a_direct_call_of_kms_shows_its_encryption_context_but_no_service(cloud: Cloud) -> None:
    role, key = make_role(cloud, cloud.owner, "direct"), make_key(cloud)
    context = {"SecretARN": "a"}
    sealed = cloud.client("kms", cloud.owner).encrypt(
        KeyId=key, Plaintext=b"text", EncryptionContext=context
    )["CiphertextBlob"]
    decrypt = role.client("kms").decrypt
    through = {"kms:ViaService": f"secretsmanager.{cloud.region}.amazonaws.com"}

    role.allow("kms:Decrypt", key, {"StringEquals": through})
    code, _ = error_of(decrypt, CiphertextBlob=sealed, EncryptionContext=context)
    assert code == "AccessDeniedException"
    role.allow("kms:Decrypt", key, {"StringEquals": {"kms:EncryptionContext:SecretARN": "a"}})
    opened = decrypt(CiphertextBlob=sealed, EncryptionContext=context)
    assert opened["Plaintext"] == b"text"


def test_another_account_cannot_decrypt_by_the_ciphertext(cloud: Cloud) -> None:
    role, key = make_role(cloud, cloud.clients[0], "foreign"), make_key(cloud)
    role.allow("kms:*")
    sealed = cloud.client("kms", cloud.owner).encrypt(KeyId=key, Plaintext=b"text")

    code, _ = error_of(role.client("kms").decrypt, CiphertextBlob=sealed["CiphertextBlob"])

    assert code == "AccessDeniedException"
