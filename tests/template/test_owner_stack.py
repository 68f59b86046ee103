"""The facts that the owner stack publishes for clients."""

import json
import re
from typing import Any

import pytest

from msklink.arns import is_cluster_name
from msklink.client_role import ClientAccount
from tests.support.cloudformation import (
    ROOT,
    definition_text,
    filled_in,
    handlers,
    resources,
    template,
)
from tests.support.functions import OWNER, REGION

CLUSTER = f"arn:aws:kafka:{REGION}:{OWNER}:cluster/orders/0-1"
VALUES = {
    "AWS::Region": REGION,
    "AWS::AccountId": OWNER,
    "AWS::StackName": "the-owner-stack",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{OWNER}:stack/the-owner-stack/a-unique-id",
    "Namespace": "msklink",
    "Bus.Arn": f"arn:aws:events:{REGION}:{OWNER}:event-bus/msklink",
}
CHOSEN = VALUES | {"HasExternalId": True, "ExternalId": "a-chosen-id"}

ARCHITECTURE = {"Fn::FindInMap": ["Build", "Lambda", "Architecture"]}

[PARAMETER] = resources("AWS::SSM::Parameter").values()


def parameter_value(values: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(filled_in(PARAMETER["Value"], values))
    return found


def test_the_published_parameters_are_those_of_the_client_stack() -> None:
    parameters = template("client.yaml")["Parameters"]

    given = parameter_value(VALUES)["parameters"]

    # Each client chooses its probe and the recipients of its alarms.
    assert set(given) == {name for name in parameters if not name.startswith(("Probe", "Alarm"))}
    for name, value in given.items():
        assert re.fullmatch(parameters[name].get("AllowedPattern", ".+"), value), name


def test_the_command_for_clients_gives_the_same() -> None:
    command = filled_in(template()["Outputs"]["ClientStackCommand"]["Value"], CHOSEN)

    given = dict(word.split("=") for word in command.partition("overrides ")[2].split())

    assert given == parameter_value(CHOSEN)["parameters"]


@pytest.mark.parametrize(
    ("values", "external_id", "source"),
    [
        (VALUES, "a-unique-id", "id of the owner stack"),
        (CHOSEN, "a-chosen-id", "parameter ExternalId of the owner stack"),
    ],
)
def test_the_external_id_is_the_one_that_functions_use(
    values: dict[str, Any], external_id: str, source: str
) -> None:
    used = template()["Globals"]["Function"]["Environment"]["Variables"]["EXTERNAL_ID"]

    published = parameter_value(values)

    assert published["external_id_source"] == source
    assert published["parameters"]["ExternalId"] == external_id
    assert filled_in(used, values) == external_id


def test_the_role_is_the_one_that_functions_assume() -> None:
    role = ClientAccount.beside(CLUSTER, "222222222222", "msklink").role

    assert parameter_value(VALUES)["role_name"] == role.rpartition("/")[2]


def test_the_parameter_name_is_no_cluster_name() -> None:
    _, namespace, name = filled_in(PARAMETER["Name"], VALUES).split("/")

    assert namespace == "msklink"
    assert not is_cluster_name(name)


def test_the_topic_admits_eventbridge_without_a_condition_and_cloudwatch_with_one() -> None:
    """EventBridge user guide: no Condition blocks in topic policies for EventBridge."""
    [policy] = resources("AWS::SNS::TopicPolicy").values()
    statements = policy["PolicyDocument"]["Statement"]

    assert {one["Principal"]["Service"]: "Condition" in one for one in statements} == {
        "events.amazonaws.com": False,
        "cloudwatch.amazonaws.com": True,
    }


def test_the_version_is_that_of_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    newest = re.findall(r"^## \[(.+)\]", changelog, re.MULTILINE)[0]
    version = parameter_value(VALUES)["version"]

    assert re.fullmatch(r"\d+\.\d+\.\d+(-dev)?", version)
    assert version.endswith("-dev") if newest == "Unreleased" else version == newest


def test_only_named_accounts_or_the_organization_may_put_events() -> None:
    of_organization = {"StringEquals": {"aws:PrincipalOrgID": {"Ref": "OrganizationId"}}}
    statements = [
        policy["Statement"] for policy in resources("AWS::Events::EventBusPolicy").values()
    ]

    anybody = [one for one in statements if one["Principal"] in ("*", {"AWS": "*"})]

    assert [one["Condition"] for one in anybody] == [of_organization]


def test_the_console_asks_for_every_parameter_in_the_order_of_the_template() -> None:
    groups = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    asked = [name for group in groups for name in group["Parameters"]]

    assert asked == list(template()["Parameters"])


def test_the_functions_of_a_run_are_in_the_order_of_its_states() -> None:
    called = re.findall(r"FunctionName: \$\{(\w+)}", definition_text())
    in_order = [name for name in dict.fromkeys(called) if name != "RecordFailureFunction"]

    # Functions that several states share come before the last.
    in_order.insert(-1, "RecordFailureFunction")
    assert [name for name in handlers() if name in called] == in_order
