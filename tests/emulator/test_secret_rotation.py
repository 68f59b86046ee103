"""Rotation of secrets by a Lambda function in the embedded AWS."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from localcloud.cloud import Cloud
from tests.emulator.role_builders import error_of, make_role, policy

pytestmark = pytest.mark.xdist_group("secret-rotation")

MANAGER = "secretsmanager"
FIRST = '{"username": "billing", "password": "first"}'
DAY = timedelta(days=1).total_seconds()
STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]

# As AWS's template for a rotation function, with steps that fail by the secret's description.
CODE = """
import json, boto3

def handler(event, context):
    manager, parameters = boto3.client("secretsmanager"), boto3.client("ssm")
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    secret = manager.describe_secret(SecretId=arn)
    steps = f"/steps/{secret['Name']}"
    try:
        before = parameters.get_parameter(Name=steps)["Parameter"]["Value"] + " "
    except parameters.exceptions.ParameterNotFound:
        before = ""
    parameters.put_parameter(Name=steps, Value=before + step, Type="String", Overwrite=True)
    assert secret["RotationEnabled"] and "AWSPENDING" in secret["VersionIdsToStages"][token]
    if secret["Description"] == step:
        raise ValueError(step)
    pending = {"SecretId": arn, "VersionId": token, "VersionStage": "AWSPENDING"}
    if step == "createSecret":
        value = json.loads(manager.get_secret_value(SecretId=arn)["SecretString"])
        try:
            manager.get_secret_value(**pending)
        except manager.exceptions.ResourceNotFoundException:
            value["password"] = token
            manager.put_secret_value(
                SecretId=arn,
                ClientRequestToken=token,
                SecretString=json.dumps(value),
                VersionStages=["AWSPENDING"],
            )
    elif step == "testSecret":
        assert manager.get_secret_value(**pending)["SecretString"]
    elif step == "finishSecret":
        [current] = [
            version
            for version, stages in secret["VersionIdsToStages"].items()
            if "AWSCURRENT" in stages
        ]
        manager.update_secret_version_stage(
            SecretId=arn,
            VersionStage="AWSCURRENT",
            MoveToVersionId=token,
            RemoveFromVersionId=current,
        )
"""


@dataclass
class Rotated:
    """A secret of the owner, and the function that rotates it."""

    cloud: Cloud
    manager: Any
    function: str
    name: str
    arn: str

    def rotate(self, **params: Any) -> Any:
        params = {"RotationRules": {"AutomaticallyAfterDays": 30}} | params
        return self.manager.rotate_secret(
            SecretId=self.arn, RotationLambdaARN=self.function, **params
        )

    def steps(self) -> list[str]:
        """Return the steps that the function was invoked with."""
        self.cloud.settle()
        ssm = self.cloud.client("ssm", self.cloud.owner)
        found = ssm.get_parameters(Names=[f"/steps/{self.name}"])["Parameters"]
        return str(found[0]["Value"]).split() if found else []

    def password(self, stage: str = "AWSCURRENT") -> str:
        self.cloud.settle()
        shown = self.manager.get_secret_value(SecretId=self.arn, VersionStage=stage)
        return str(json.loads(shown["SecretString"])["password"])

    def stages(self) -> dict[str, list[str]]:
        self.cloud.settle()
        shown: dict[str, list[str]] = self.describe()["VersionIdsToStages"]
        return shown

    def describe(self) -> Any:
        return self.manager.describe_secret(SecretId=self.arn)


@pytest.fixture(scope="module")
def function(cloud: Cloud) -> str:
    """Create the rotation function, which Secrets Manager may invoke."""
    return make_function(cloud, "rotation", permitted=True)


@pytest.fixture
def make(cloud: Cloud, function: str) -> Callable[..., Rotated]:
    def make(name: str, failing: str = "") -> Rotated:
        manager = cloud.client(MANAGER, cloud.owner)
        arn = manager.create_secret(Name=name, SecretString=FIRST, Description=failing)["ARN"]
        return Rotated(cloud, manager, function, name, arn)

    return make


def make_function(cloud: Cloud, name: str, *, permitted: bool) -> str:
    role = make_role(cloud, cloud.owner, f"{name}-role")
    role.allow([f"{MANAGER}:*", "ssm:*"])
    cloud.client("iam", cloud.owner).update_assume_role_policy(
        RoleName=role.name,
        PolicyDocument=policy(
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ),
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("index.py", CODE)
    functions = cloud.client("lambda", cloud.owner)
    arn = functions.create_function(
        FunctionName=name,
        Role=role.arn,
        Runtime="python3.13",
        Handler="index.handler",
        Timeout=60,
        Code={"ZipFile": archive.getvalue()},
    )["FunctionArn"]
    if permitted:
        functions.add_permission(
            FunctionName=name,
            StatementId="rotation",
            Action="lambda:InvokeFunction",
            Principal="secretsmanager.amazonaws.com",
            SourceAccount=cloud.owner,
        )
    return str(arn)


def test_a_rotation_makes_a_new_current_version(make: Callable[..., Rotated]) -> None:
    secret = make("rotated")

    token = secret.rotate()["VersionId"]

    assert secret.steps() == STEPS
    assert (secret.password(), secret.password("AWSPREVIOUS")) == (token, "first")
    shown = secret.describe()
    assert shown["RotationEnabled"]
    assert shown["RotationLambdaARN"] == secret.function
    assert shown["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert shown["NextRotationDate"] - shown["LastRotatedDate"] < timedelta(days=30, seconds=1)


def test_a_later_rotation_needs_no_parameters(make: Callable[..., Rotated]) -> None:
    secret = make("again")
    first = secret.rotate()["VersionId"]
    secret.steps()

    second = secret.manager.rotate_secret(SecretId="again")["VersionId"]

    assert (secret.password(), secret.password("AWSPREVIOUS")) == (second, first)
    assert secret.describe()["RotationRules"] == {"AutomaticallyAfterDays": 30}


@pytest.mark.parametrize("step", STEPS)
def test_a_failed_step_leaves_the_current_version_and_the_pending_one(
    make: Callable[..., Rotated], step: str
) -> None:
    secret = make(f"fails-{step}", failing=step)
    [before] = secret.stages()

    token = secret.rotate()["VersionId"]

    assert secret.steps() == STEPS[: STEPS.index(step) + 1]
    assert secret.stages() == {before: ["AWSCURRENT"], token: ["AWSPENDING"]}
    assert secret.password() == "first"
    assert "LastRotatedDate" not in secret.describe()


def test_a_rotation_that_is_not_complete_blocks_the_next(make: Callable[..., Rotated]) -> None:
    secret = make("blocked", failing="setSecret")
    token = secret.rotate()["VersionId"]
    secret.steps()

    assert error_of(secret.rotate) == (
        "InvalidRequestException",
        "A previous rotation isn't complete. That rotation will be reattempted.",
    )
    secret.manager.update_secret(SecretId=secret.arn, Description="works")
    secret.manager.update_secret_version_stage(
        SecretId=secret.arn, VersionStage="AWSPENDING", RemoveFromVersionId=token
    )
    assert secret.rotate()["VersionId"] == secret.password()


def test_turning_rotation_on_later_only_tests_it(make: Callable[..., Rotated]) -> None:
    secret = make("tested")
    before = secret.stages()

    answer = secret.rotate(RotateImmediately=False)

    assert "VersionId" not in answer
    assert secret.steps() == ["testSecret"]
    assert (secret.stages(), secret.password()) == (before, "first")
    assert secret.describe()["RotationEnabled"]


def test_the_schedule_rotates_and_a_new_value_counts_as_rotation(
    cloud: Cloud, make: Callable[..., Rotated]
) -> None:
    secret = make("scheduled")
    secret.rotate(RotateImmediately=False, RotationRules={"AutomaticallyAfterDays": 10})
    secret.steps()

    cloud.advance(6 * DAY)
    secret.manager.put_secret_value(SecretId=secret.arn, SecretString=FIRST)
    cloud.advance(6 * DAY)
    assert secret.password() == "first"
    cloud.advance(5 * DAY)
    once = secret.password()
    cloud.advance(11 * DAY)
    twice = secret.password()

    assert len({"first", once, twice}) == 3
    assert secret.steps() == ["testSecret", *STEPS, *STEPS]
    secret.manager.cancel_rotate_secret(SecretId=secret.arn)


def test_a_rate_and_a_cron_are_schedules(cloud: Cloud, make: Callable[..., Rotated]) -> None:
    secrets = [make("rate"), make("cron")]
    for secret, schedule in zip(secrets, ["rate(12 hours)", "cron(0 8 * * ? *)"], strict=True):
        secret.rotate(RotateImmediately=False, RotationRules={"ScheduleExpression": schedule})
        secret.steps()

    cloud.advance(DAY)

    assert [len(secret.steps()) for secret in secrets] == [1 + 2 * 4, 1 + 4]
    for secret in secrets:
        secret.manager.cancel_rotate_secret(SecretId=secret.arn)


def test_a_cancelled_rotation_is_not_repeated(cloud: Cloud, make: Callable[..., Rotated]) -> None:
    secret = make("cancelled", failing="testSecret")
    token = secret.rotate(RotationRules={"AutomaticallyAfterDays": 1})["VersionId"]
    secret.steps()

    assert secret.manager.cancel_rotate_secret(SecretId="cancelled")["VersionId"] == token
    steps = secret.steps()
    cloud.advance(3 * DAY)

    assert secret.steps() == steps
    assert not secret.describe()["RotationEnabled"]
    code, _ = error_of(secret.manager.cancel_rotate_secret, SecretId="missing")
    assert code == "ResourceNotFoundException"


def test_a_deleted_secret_is_not_rotated(cloud: Cloud, make: Callable[..., Rotated]) -> None:
    secret = make("deleted")
    secret.rotate(RotateImmediately=False, RotationRules={"AutomaticallyAfterDays": 1})
    secret.manager.delete_secret(SecretId=secret.arn, RecoveryWindowInDays=7)

    assert error_of(secret.rotate)[0] == "InvalidRequestException"
    cloud.advance(3 * DAY)
    assert secret.steps() == ["testSecret"]
    secret.manager.restore_secret(SecretId=secret.arn)
    assert secret.password() == "first"


def test_the_functions_policy_must_let_secrets_manager_in(
    cloud: Cloud, make: Callable[..., Rotated]
) -> None:
    secret = make("uninvited")
    secret.function = make_function(cloud, "uninvited", permitted=False)
    refused = (
        "AccessDeniedException",
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function "
        "policy grants access to the principal secretsmanager.amazonaws.com.",
    )

    assert error_of(secret.rotate) == refused
    permit = cloud.client("lambda", cloud.owner).add_permission
    given = {
        "FunctionName": "uninvited",
        "Action": "lambda:InvokeFunction",
        "Principal": "secretsmanager.amazonaws.com",
    }
    permit(StatementId="other", SourceAccount=cloud.clients[0], **given)
    assert error_of(secret.rotate) == refused
    assert not secret.describe()["RotationEnabled"]
    permit(StatementId="own", SourceAccount=cloud.owner, **given)
    assert secret.rotate()["VersionId"] == secret.password()


def test_the_caller_needs_to_rotate_and_to_invoke_the_function(
    cloud: Cloud, make: Callable[..., Rotated]
) -> None:
    secret, role = make("permitted"), make_role(cloud, cloud.owner, "rotator")
    secret.manager = role.client(MANAGER)

    assert "secretsmanager:RotateSecret" in error_of(secret.rotate)[1]
    role.allow(f"{MANAGER}:RotateSecret", secret.arn)
    assert f"lambda:InvokeFunction on resource: {secret.function}" in error_of(secret.rotate)[1]
    role.allow("lambda:InvokeFunction", secret.function)
    token = secret.rotate()["VersionId"]
    cloud.settle()
    shown = cloud.client(MANAGER, cloud.owner).get_secret_value(SecretId=secret.arn)
    assert json.loads(shown["SecretString"])["password"] == token


def test_a_secret_without_a_function_cannot_rotate(make: Callable[..., Rotated]) -> None:
    secret = make("none")

    assert error_of(secret.manager.rotate_secret, SecretId="none") == (
        "InvalidRequestException",
        "No Lambda rotation function ARN is associated with this secret.",
    )
