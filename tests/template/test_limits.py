"""Values that AWS would refuse later are refused at deployment or cannot be chosen."""

import json
import re
from typing import Any

import pytest
from pydantic import ValidationError

from msklink.settings import Settings
from tests.support.cloudformation import ROOT, filled_in, resources, template
from tests.support.terraform import Module
from tests.unit.test_settings import ENVIRONMENT

# --------------------------------------------------------------------------------- namespace

NAMESPACES = [
    ("msklink", True),
    ("m2", True),
    ("a-team", True),
    ("awake", True),
    ("sgx", True),
    ("sms", True),
    ("default-2", True),
    ("n" * 20, True),
    ("aws", False),
    ("awsmsk", False),
    ("ssm", False),
    ("ssm-links", False),
    ("sg", False),
    ("sg-links", False),
    ("default", False),
    ("n", False),
    ("n" * 21, False),
    ("Msklink", False),
    ("AWS", False),
    ("2msk", False),
    ("msk/link", False),
    ("", False),
]


def cloudformation_takes(name: str, value: str) -> bool:
    pattern = template(name)["Parameters"]["Namespace"]["AllowedPattern"]
    return re.fullmatch(pattern, value) is not None


def terraform_takes(value: str) -> bool:
    """Evaluate the conditions, each `can(regex("…", var.namespace))`, possibly negated."""
    rules = Module(ROOT / "client/terraform", {}).variables()["namespace"]["validation"]
    conditions = [
        re.fullmatch(r'\$\{(!?)can\(regex\("(.+)", var\.namespace\)\)}', rule["condition"])
        for rule in rules
    ]
    return all(one and bool(one[1]) != bool(re.search(one[2], value)) for one in conditions)


def functions_take(value: str) -> bool:
    try:
        Settings.model_validate(ENVIRONMENT | {"NAMESPACE": value})
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("value", "allowed"), NAMESPACES)
def test_a_reserved_namespace_is_refused_everywhere(value: str, *, allowed: bool) -> None:
    assert {
        "template.yaml": cloudformation_takes("template.yaml", value),
        "client.yaml": cloudformation_takes("client.yaml", value),
        "Terraform": terraform_takes(value),
        "functions": functions_take(value),
    } == dict.fromkeys(("template.yaml", "client.yaml", "Terraform", "functions"), allowed)


# ------------------------------------------------------------------------------- stack name

LONGEST_NAMES = {
    "Name": 80,  # of a state machine, the shortest limit of what has a Name
    "FunctionName": 64,
    "LogGroupName": 512,
}


def test_the_longest_stack_name_makes_no_name_too_long() -> None:
    """A stack name has up to 128 characters (CloudFormation API reference, CreateStack)."""
    name = "s" * 128
    longest = {
        "Namespace": "n" * 20,
        "AWS::StackName": name,
        "AWS::StackId": f"arn:aws:cloudformation:eu-west-1:111111111111:stack/{name}/a-unique-id",
    }

    for logical_id, resource in template()["Resources"].items():
        properties = filled_in(resource.get("Properties", {}), longest)
        for key, limit in LONGEST_NAMES.items():
            assert len(properties.get(key, "")) <= limit, logical_id


def test_all_names_of_the_state_machine_are_equal() -> None:
    [machine] = resources("AWS::Serverless::StateMachine").values()
    name = filled_in(machine["Name"], {"Namespace": "links"})

    text = (ROOT / "template.yaml").read_text()
    named = re.findall(r":(?:stateMachine|execution):([^:\n]+)-reconcile-cluster", text)

    assert name == "links-reconcile-cluster"
    assert set(named) == {"${Namespace}"}


# ---------------------------------------------------------------------------- client accounts

CLIENT_ACCOUNTS = template()["Parameters"]["ClientAccounts"]
MOST = 240
POLICY_LIMIT = 10_240
"""Characters of the policy of one event bus (EventBridge quotas)."""


def account_ids(count: int) -> list[str]:
    return [f"{number:012d}" for number in range(count)]


@pytest.mark.parametrize(
    ("value", "allowed"),
    [
        ("", True),
        ("222222222222", True),
        ("222222222222,333333333333", True),
        ("222222222222, 333333333333", True),
        (",".join(account_ids(MOST)), True),
        (",".join(account_ids(MOST + 1)), False),
        ("22222222222", False),
        ("222222222222 333333333333", False),
        ("222222222222,", False),
        ("*", False),
    ],
    ids=lambda value: str(value)[:26],
)
def test_client_accounts_are_a_list_of_240_ids_at_most(value: str, *, allowed: bool) -> None:
    assert bool(re.fullmatch(CLIENT_ACCOUNTS["AllowedPattern"], value)) is allowed


def test_the_error_for_more_accounts_names_the_organization() -> None:
    assert str(MOST) in CLIENT_ACCOUNTS["ConstraintDescription"]
    assert "OrganizationId" in CLIENT_ACCOUNTS["ConstraintDescription"]
    assert "OrganizationId" in CLIENT_ACCOUNTS["Description"]
    assert str(MOST) in (ROOT / "README.md").read_text()


def test_the_most_accounts_fit_into_the_policy_of_the_bus_in_every_partition() -> None:
    """EventBridge stores an account as its root ARN. The organization has a statement too."""
    arn = f"arn:aws-us-gov:events:us-gov-west-1:111111111111:event-bus/{'n' * 20}"
    values = {"Bus.Arn": arn, "OrganizationId": f"o-{'0' * 32}"}
    statements: list[dict[str, Any]] = []
    for policy in resources("AWS::Events::EventBusPolicy").values():
        statement = filled_in(policy["Statement"], values) | {"Sid": policy["StatementId"]}
        if isinstance(statement["Principal"], dict):
            roots = [f"arn:aws-us-gov:iam::{account}:root" for account in account_ids(MOST)]
            statement["Principal"] = {"AWS": roots}
        statements.append({**statement, "Resource": arn})
    policy = {"Version": "2012-10-17", "Statement": statements}

    assert len(statements) == 2
    assert len(json.dumps(policy, separators=(",", ":"))) <= POLICY_LIMIT
