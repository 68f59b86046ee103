"""A key of CloudFormation whose policy gives each account the secrets with its id in the name."""

import json

import pytest

from localcloud.cloud import Cloud
from tests.emulator.role_builders import Json, Role, error_of, make_role, policy

pytestmark = pytest.mark.xdist_group("secrets-key")

MANAGER = "secretsmanager"
STACK = "keys"
VALUE = '{"username": "billing", "password": "hunter2"}'
KMS_DENIED = ("AccessDeniedException", "Access to KMS is not allowed")
TEMPLATE = """
Resources:
  SecretsKey:
    Type: AWS::KMS::Key
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      Description: SCRAM users
      EnableKeyRotation: true
      Tags: [{Key: application, Value: msklink}]
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Sid: Owner
            Effect: Allow
            Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
            Action: kms:*
            Resource: "*"
          - Sid: ClientAccounts
            Effect: Allow
            Principal: {AWS: "*"}
            Action: kms:Decrypt
            Resource: "*"
            Condition:
              StringEquals:
                kms:ViaService: !Sub secretsmanager.${AWS::Region}.amazonaws.com
              StringLike:
                kms:EncryptionContext:SecretARN: !Sub "arn:${AWS::Partition}:secretsmanager:\\
                  ${AWS::Region}:${AWS::AccountId}:secret:\\
                  AmazonMSK_msklink_${!aws:PrincipalAccount}_*"
  Rotation:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: rotation
      Runtime: python3.13
      Handler: index.handler
      Role: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/rotation"
      Code: {ZipFile: "def handler(event, context): pass"}
      Environment: {Variables: {KEY: !GetAtt SecretsKey.Arn}}
  RotationPermission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Rotation
      Action: lambda:InvokeFunction
      Principal: secretsmanager.amazonaws.com
      SourceAccount: !Ref AWS::AccountId
Outputs:
  KeyArn: {Value: !GetAtt SecretsKey.Arn}
"""


@pytest.fixture(scope="module")
def key(cloud: Cloud) -> str:
    """Deploy the stack, and return the ARN of its key."""
    cloud.client("iam", cloud.owner).create_role(
        RoleName="rotation",
        AssumeRolePolicyDocument=policy(
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ),
    )
    stacks = cloud.client("cloudformation", cloud.owner)
    stacks.create_stack(StackName=STACK, TemplateBody=TEMPLATE)
    stacks.get_waiter("stack_create_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600}
    )
    [output] = stacks.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
    return str(output["OutputValue"])


def make_secret(cloud: Cloud, key: str, account: str, sharing: str | list[str]) -> str:
    """Create the secret of *account*, whose policy admits the accounts *sharing*."""
    manager = cloud.client(MANAGER, cloud.owner)
    name = f"AmazonMSK_msklink_{account}_orders_{len(manager.list_secrets()['SecretList'])}"
    arn = manager.create_secret(Name=name, KmsKeyId=key, SecretString=VALUE)["ARN"]
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": sharing},
        "Action": [f"{MANAGER}:GetSecretValue", f"{MANAGER}:DescribeSecret"],
        "Resource": "*",
    }
    manager.put_resource_policy(SecretId=arn, ResourcePolicy=policy(statement))
    return str(arn)


def make_reader(cloud: Cloud, account: str, name: str, key: str) -> Role:
    """Return a role of an application, with everything that its own account can give."""
    role = make_role(cloud, account, name)
    role.allow([f"{MANAGER}:*"])
    role.allow("kms:*", key)
    return role


def read(role: Role, secret: str) -> str:
    return str(role.client(MANAGER).get_secret_value(SecretId=secret)["SecretString"])


def test_an_account_reads_the_secret_with_its_id_in_the_name(cloud: Cloud, key: str) -> None:
    mine, other = cloud.clients
    secret = make_secret(cloud, key, mine, mine)

    assert read(make_reader(cloud, mine, "reader", key), secret) == VALUE
    stranger = make_reader(cloud, other, "reader", key).client(MANAGER)
    code, text = error_of(stranger.get_secret_value, SecretId=secret)
    assert (code, "no resource-based policy" in text) == ("AccessDeniedException", True)


def test_a_secret_shared_too_widely_is_closed_by_the_key(cloud: Cloud, key: str) -> None:
    mine, other = cloud.clients
    secret = make_secret(cloud, key, mine, [mine, other])
    stranger = make_reader(cloud, other, "stranger", key).client(MANAGER)

    assert error_of(stranger.get_secret_value, SecretId=secret) == KMS_DENIED
    assert stranger.describe_secret(SecretId=secret)["ARN"] == secret
    assert read(make_reader(cloud, mine, "too-wide", key), secret) == VALUE


def test_an_application_needs_its_own_permission_for_the_key(cloud: Cloud, key: str) -> None:
    mine = cloud.clients[0]
    secret = make_secret(cloud, key, mine, mine)
    role = make_role(cloud, mine, "application")
    role.allow(f"{MANAGER}:GetSecretValue", secret)

    assert error_of(role.client(MANAGER).get_secret_value, SecretId=secret) == KMS_DENIED
    via = f"secretsmanager.{cloud.region}.amazonaws.com"
    anything = f"arn:aws:kms:{cloud.region}:{cloud.owner}:key/*"
    role.allow("kms:Decrypt", anything, {"StringEquals": {"kms:ViaService": via}})
    assert read(role, secret) == VALUE


def test_the_key_opens_nothing_without_secrets_manager(cloud: Cloud, key: str) -> None:
    mine = cloud.clients[0]
    secret = make_secret(cloud, key, mine, mine)
    role = make_reader(cloud, mine, "direct", key)
    context = {"SecretARN": secret}
    sealed = cloud.client("kms", cloud.owner).encrypt(
        KeyId=key, Plaintext=b"text", EncryptionContext=context
    )["CiphertextBlob"]

    assert read(role, secret) == VALUE
    for named in ({}, {"KeyId": key}):
        decrypt = role.client("kms").decrypt
        code, _ = error_of(decrypt, CiphertextBlob=sealed, EncryptionContext=context, **named)
        assert code == "AccessDeniedException"


def test_the_root_of_an_account_is_bound_by_the_name_too(cloud: Cloud, key: str) -> None:
    mine, other = cloud.clients
    secret = make_secret(cloud, key, mine, [mine, other])

    shown = cloud.client(MANAGER, mine).get_secret_value(SecretId=secret)["SecretString"]
    assert shown == VALUE
    assert error_of(cloud.client(MANAGER, other).get_secret_value, SecretId=secret) == KMS_DENIED


def test_the_stack_made_the_key_and_the_permission_as_written(cloud: Cloud, key: str) -> None:
    kms = cloud.client("kms", cloud.owner)

    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    tags = kms.list_resource_tags(KeyId=key)["Tags"]
    assert {"TagKey": "application", "TagValue": "msklink"} in tags
    written = json.loads(kms.get_key_policy(KeyId=key)["Policy"])["Statement"][1]
    assert written["Condition"]["StringLike"]["kms:EncryptionContext:SecretARN"] == (
        f"arn:aws:secretsmanager:{cloud.region}:{cloud.owner}:secret:"
        "AmazonMSK_msklink_${aws:PrincipalAccount}_*"
    )
    functions = cloud.client("lambda", cloud.owner)
    [permission] = _statements(functions.get_policy(FunctionName="rotation")["Policy"])
    assert permission["Principal"] == {"Service": "secretsmanager.amazonaws.com"}
    config = functions.get_function_configuration(FunctionName="rotation")
    assert config["Environment"]["Variables"]["KEY"] == key


def test_the_key_outlives_its_stack(cloud: Cloud, key: str) -> None:
    mine = cloud.clients[0]
    secret = make_secret(cloud, key, mine, mine)
    role = make_reader(cloud, mine, "survivor", key)
    stacks = cloud.client("cloudformation", cloud.owner)

    stacks.delete_stack(StackName=STACK)
    stacks.get_waiter("stack_delete_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600}
    )

    assert cloud.client("kms", cloud.owner).describe_key(KeyId=key)["KeyMetadata"]["Enabled"]
    assert read(role, secret) == VALUE


def _statements(document: str) -> list[Json]:
    statements: list[Json] = json.loads(document)["Statement"]
    return statements
