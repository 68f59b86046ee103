"""The permissions that client.yaml gives the owner, and that the owner stack needs them."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from msklink.auth_scheme import Scheme
from msklink.parameters.published import parameters_path, status_name
from msklink.tags import client_key
from tests.support.cloudformation import filled_in, resources, template
from tests.support.functions import NAMESPACE, OWNER, REGION
from tests.support.permissions import permissions_of
from tests.template.stack_values import CLIENT, STACK, VALUES

ROLES = filled_in(resources("AWS::IAM::Role", "client.yaml"), VALUES)
ASSUMED = ("ClientRole", "PresenceRole")

# Condition keys that AWS evaluates (service authorization reference, EC2, MSK, Systems Manager,
# IAM). With any other, a statement allows nothing.
RESOURCE_TAG, REQUEST_TAG, TAG_KEYS = "aws:ResourceTag", "aws:RequestTag", "aws:TagKeys"
EVALUATED = {
    "ec2:CreateSecurityGroup": {REQUEST_TAG, TAG_KEYS},
    "ec2:AuthorizeSecurityGroupIngress": {RESOURCE_TAG},
    "ec2:AuthorizeSecurityGroupEgress": {RESOURCE_TAG},
    "ec2:RevokeSecurityGroupIngress": {RESOURCE_TAG},
    "ec2:RevokeSecurityGroupEgress": {RESOURCE_TAG},
    "ec2:DeleteSecurityGroup": {RESOURCE_TAG},
    "ec2:CreateTags": {REQUEST_TAG, TAG_KEYS, RESOURCE_TAG, "ec2:CreateAction"},
    "ec2:CreateVpcEndpoint": {REQUEST_TAG, TAG_KEYS},
    "ec2:DeleteVpcEndpoints": {RESOURCE_TAG},
    "kafka:TagResource": {REQUEST_TAG, TAG_KEYS, RESOURCE_TAG},
    "kafka:DeleteVpcConnection": {RESOURCE_TAG},
    "iam:CreateServiceLinkedRole": {"iam:AWSServiceName"},
    "ssm:AddTagsToResource": {REQUEST_TAG, TAG_KEYS, RESOURCE_TAG},
    "ssm:DeleteParameters": {RESOURCE_TAG},
}
TAGGING = {"ec2:CreateTags", "kafka:TagResource", "ssm:AddTagsToResource"}


def statements() -> Iterator[dict[str, Any]]:
    """Return the statements of the client role."""
    for policy in ROLES["ClientRole"]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def trust(role: str) -> dict[str, Any]:
    [statement] = ROLES[role]["AssumeRolePolicyDocument"]["Statement"]
    found: dict[str, Any] = statement
    return found


def admits(role: str, principal: str) -> bool:
    return fnmatchcase(principal, trust(role)["Condition"]["ArnLike"]["aws:PrincipalArn"])


def paths_of_owner() -> dict[str, str]:
    """Return the path of each owner role, by the logical id of the resource that uses it."""
    default = template()["Globals"]["Function"]["RolePath"]
    functions = resources("AWS::Serverless::Function")
    paths = {name: one.get("RolePath", default) for name, one in functions.items()}
    for name, one in resources("AWS::Serverless::StateMachine").items():
        paths[name] = one.get("RolePath", "/")
    for name, one in resources("AWS::IAM::Role").items():
        paths[name] = one.get("Path", "/")
    found: dict[str, str] = filled_in(paths, VALUES)
    return found


def roles_assumed(function: str) -> set[str]:
    """Return the roles that a function of the owner stack may assume."""
    return {
        filled_in({"Fn::Sub": one.resource}, VALUES)
        for one in permissions_of("template.yaml", f"{function}Role")
        if one.action == "sts:AssumeRole"
    }


# ------------------------------------------------------------------------------------------ trust


@pytest.mark.parametrize("role", ASSUMED)
def test_each_role_trusts_exactly_the_functions_that_assume_it(role: str) -> None:
    let_in = {
        name
        for name, path in paths_of_owner().items()
        if admits(role, f"arn:aws:iam::{OWNER}:role{path}a-generated-name")
    }

    functions = resources("AWS::Serverless::Function")
    assert let_in == {name for name in functions if roles_assumed(name)}


def test_functions_assume_only_roles_of_the_client_stack() -> None:
    names = {f"arn:aws:iam::*:role/{ROLES[role]['RoleName']}" for role in ASSUMED}

    for function in resources("AWS::Serverless::Function"):
        assert roles_assumed(function) in (set(), names), function


@pytest.mark.parametrize(
    "principal",
    [
        f"arn:aws:iam::{OWNER}:role/somebody",
        f"arn:aws:iam::{OWNER}:role/{NAMESPACE}/somebody",
        f"arn:aws:iam::{OWNER}:role/{NAMESPACE}-2/reaches-clients/{REGION}/somebody",
        f"arn:aws:iam::{OWNER}:role/{NAMESPACE}/reaches-clients/eu-west-2/somebody",
        f"arn:aws:iam::{OWNER}:user/{NAMESPACE}/reaches-clients/{REGION}/somebody",
        f"arn:aws:iam::999999999999:role/{NAMESPACE}/reaches-clients/{REGION}/somebody",
    ],
)
@pytest.mark.parametrize("role", ASSUMED)
def test_the_roles_trust_nobody_else(role: str, principal: str) -> None:
    assert not admits(role, principal)


def test_the_role_with_permissions_requires_the_external_id() -> None:
    wanted = {role: trust(role)["Condition"].get("StringEquals") for role in ASSUMED}

    assert wanted == {
        "ClientRole": {"sts:ExternalId": VALUES["ExternalId"]},
        "PresenceRole": None,
    }
    assert "Policies" not in ROLES["PresenceRole"]


# ---------------------------------------------------------------------------------- permissions


def test_every_condition_key_is_one_that_aws_evaluates() -> None:
    for statement in statements():
        keys = {key for block in statement.get("Condition", {}).values() for key in block}
        for action in listed(statement["Action"]):
            kinds = {key.partition("/")[0] for key in keys}
            assert kinds <= EVALUATED.get(action, set()), action


def test_only_our_tags_can_be_set_at_creation() -> None:
    """MSK also needs its own tags on endpoints to create them."""
    for statement in statements():
        if not TAGGING & set(listed(statement["Action"])):
            continue
        condition = statement["Condition"]
        if "vpc-endpoint/" in statement["Resource"]:
            assert condition == {"StringEquals": {"ec2:CreateAction": "CreateVpcEndpoint"}}
        else:
            assert condition["StringEquals"]["aws:RequestTag/msklink/managed-by"] == STACK
            assert any(operator.startswith("ForAllValues:") for operator in condition)


def test_endpoints_are_created_and_deleted_with_the_tags_of_msk_only() -> None:
    found = {
        action: statement["Condition"]
        for statement in statements()
        for action in listed(statement["Action"])
        if any("vpc-endpoint/" in resource for resource in listed(statement["Resource"]))
        and action != "ec2:CreateTags"
    }

    assert found == {
        "ec2:CreateVpcEndpoint": {
            "StringEquals": {"aws:RequestTag/AWSMSKManaged": "true"},
            "StringLike": {"aws:RequestTag/ClusterArn": "*"},
        },
        "ec2:DeleteVpcEndpoints": {
            "StringEquals": {"aws:ResourceTag/AWSMSKManaged": "true"},
            "StringLike": {"aws:ResourceTag/ClusterArn": "*"},
        },
    }


def test_parameters_are_accessible_under_the_prefix_only() -> None:
    prefix = f"arn:aws:ssm:{REGION}:{CLIENT}:parameter/{NAMESPACE}"
    reached = {
        resource
        for statement in statements()
        if any(action.startswith("ssm:") for action in listed(statement["Action"]))
        for resource in listed(statement["Resource"])
    }

    assert reached == {prefix, f"{prefix}/*"}


def test_only_read_actions_are_granted_on_all_resources() -> None:
    for statement in statements():
        if "*" in listed(statement["Resource"]):
            verbs = {action.partition(":")[2] for action in listed(statement["Action"])}
            assert all(verb.startswith(("Describe", "List")) for verb in verbs)


# ---------------------------------------------------------------------------------------- StackSet


def test_names_contain_the_region() -> None:
    """IAM is global; a name without the Region would conflict in the second Region."""
    named = {
        name: value
        for name, resource in template("client.yaml")["Resources"].items()
        for key, value in resource["Properties"].items()
        if key in {"Name", "RoleName", "QueueName", "ManagedPolicyName"}
    }

    assert set(named) == set(ASSUMED)
    assert all("${AWS::Region}" in value["Fn::Sub"] for value in named.values())


def test_the_longest_names_fit() -> None:
    """64 characters (IAM API reference, CreateRole)."""
    longest = VALUES | {"Namespace": "n" * 20, "AWS::Region": "ap-southeast-1"}
    roles = filled_in(resources("AWS::IAM::Role", "client.yaml"), longest)

    assert all(len(role.get("RoleName", "")) <= 64 for role in roles.values())


def test_undelivered_events_are_kept() -> None:
    rule = resources("AWS::Events::Rule", "client.yaml")["TaggedVpcs"]
    [policy] = resources("AWS::SQS::QueuePolicy", "client.yaml").values()
    [target] = rule["Targets"]
    [statement] = policy["PolicyDocument"]["Statement"]

    queue = {"Fn::GetAtt": ["UndeliveredEvents", "Arn"]}
    assert target["DeadLetterConfig"] == {"Arn": queue}
    assert statement["Resource"] == queue
    assert json.dumps(statement["Condition"]).count("TaggedVpcs") == 1


# ----------------------------------------------------------------------------------------- outputs


def test_the_outputs_say_what_to_tag_and_where_to_read() -> None:
    outputs = filled_in(template("client.yaml")["Outputs"], VALUES)

    assert outputs["VpcTagKey"]["Value"] == client_key(NAMESPACE, "<cluster name>")
    assert all(scheme in outputs["VpcTagValues"]["Value"] for scheme in Scheme)
    status = status_name(NAMESPACE, "<cluster name>")
    assert f"--name {status} " in outputs["StatusCommand"]["Value"]
    brokers = f"{parameters_path(NAMESPACE, '<cluster name>')}/<scheme>"
    assert outputs["BrokersCommand"]["Value"].endswith(f"--path {brokers}")
