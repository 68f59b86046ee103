"""The Terraform module makes what client.yaml makes."""

import json
import re
from typing import Any

from tests.support.cloudformation import ROOT, filled_in, template
from tests.support.terraform import Module
from tests.template.given import VALUES

KINDS = {
    "AWS::IAM::Role": "aws_iam_role",
    "AWS::Events::Rule": "aws_cloudwatch_event_rule",
    "AWS::SQS::Queue": "aws_sqs_queue",
    "AWS::SQS::QueuePolicy": "aws_sqs_queue_policy",
}
NAMES = {
    "ClientRole": "client",
    "PresenceRole": "presence",
    "ForwardRole": "forward",
    "TaggedVpcs": "tagged_vpcs",
    "UndeliveredEvents": "undelivered_events",
    "UndeliveredEventsPolicy": "undelivered_events",
}
ADDRESSES = {
    name: f"{KINDS[resource['Type']]}.{NAMES[name]}"
    for name, resource in template("client.yaml")["Resources"].items()
}
ARGUMENTS = {
    "RoleName": "name",
    "Description": "description",
    "MaxSessionDuration": "max_session_duration",
    "AssumeRolePolicyDocument": "assume_role_policy",
    "EventPattern": "event_pattern",
    "MessageRetentionPeriod": "message_retention_seconds",
    "SqsManagedSseEnabled": "sqs_managed_sse_enabled",
    "PolicyDocument": "policy",
    "Queue": "queue_url",
}
GENERATED = ("ForwardRole", "TaggedVpcs", "UndeliveredEvents")
"""What has no name in client.yaml, so that CloudFormation makes one up."""


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


VARIABLES = {f"var.{snake(name)}": VALUES[name] for name in template("client.yaml")["Parameters"]}
REFERENCES = {
    "data.aws_partition.current.partition": VALUES["AWS::Partition"],
    "data.aws_region.current.region": VALUES["AWS::Region"],
    "data.aws_caller_identity.current.account_id": VALUES["AWS::AccountId"],
    **{f"{address}.arn": f"<{name}.Arn>" for name, address in ADDRESSES.items()},
    **{f"{address}.name": f"<{name}>" for name, address in ADDRESSES.items()},
    "aws_sqs_queue.undelivered_events.url": "<UndeliveredEvents>",
}
MODULE = Module(ROOT / "client/terraform", VARIABLES | REFERENCES)


def in_one_order(node: Any) -> Any:
    """*node* of a policy, in which neither the order nor the brackets around one say anything."""
    match node:
        case dict():
            return {key: in_one_order(child) for key, child in node.items()}
        case [one]:
            return in_one_order(one)
        case list():
            return sorted((in_one_order(child) for child in node), key=json.dumps)
    return node


def in_one_form(arguments: dict[str, Any]) -> dict[str, Any]:
    policies = {"assume_role_policy", "policy"}
    return {
        key: in_one_order(value) if key in policies else value for key, value in arguments.items()
    }


def of_the_template() -> dict[str, dict[str, Any]]:
    """The resources of client.yaml as those of Terraform, by address."""
    found: dict[str, dict[str, Any]] = {}
    for name, resource in template("client.yaml")["Resources"].items():
        properties = filled_in(resource["Properties"], VALUES)
        address = ADDRESSES[name]
        for policy in properties.pop("Policies", []):
            found[address.replace("aws_iam_role", "aws_iam_role_policy")] = {
                "name": policy["PolicyName"],
                "role": f"<{name}>",
                "policy": policy["PolicyDocument"],
            }
        for target in properties.pop("Targets", []):
            found[f"aws_cloudwatch_event_target.{snake(target['Id'])}"] = {
                "rule": f"<{name}>",
                "target_id": target["Id"],
                "arn": target["Arn"],
                "role_arn": target["RoleArn"],
                "dead_letter_config": [{"arn": target["DeadLetterConfig"]["Arn"]}],
            }
        for queue in properties.pop("Queues", []):
            properties["Queue"] = queue
        found[address] = {ARGUMENTS[key]: value for key, value in properties.items()}
    return found


def of_the_module() -> dict[str, dict[str, Any]]:
    found = MODULE.resources()
    for name in GENERATED:
        assert found[ADDRESSES[name]].pop("name_prefix") == "msklink-"
    return found


def test_both_make_the_same_things() -> None:
    assert set(of_the_module()) == set(of_the_template())


def test_both_make_them_the_same_way() -> None:
    made = of_the_module()
    for address, wanted in of_the_template().items():
        assert in_one_form(made[address]) == in_one_form(wanted), address


def test_both_take_the_same_parameters() -> None:
    variables = MODULE.variables()
    parameters = template("client.yaml")["Parameters"]

    assert set(variables) == {snake(name) for name in parameters}
    for name, parameter in parameters.items():
        variable = variables[snake(name)]
        assert variable["type"] == parameter["Type"].lower(), name
        assert variable.get("default") == parameter.get("Default"), name
        assert variable["description"] == parameter["Description"], name
        allowed = [one["condition"] for one in variable.get("validation", [])]
        pattern = parameter.get("AllowedPattern", "").replace("\\", "\\\\")
        # CloudFormation matches the whole value, Terraform any part.
        wanted = f'${{can(regex("^{pattern}$", var.{snake(name)}))}}'
        assert allowed == ([wanted] if pattern else []), name


def test_both_tell_the_same() -> None:
    outputs = filled_in(template("client.yaml")["Outputs"], VALUES)

    assert MODULE.outputs() == {
        snake(name): {"description": one["Description"], "value": one["Value"]}
        for name, one in outputs.items()
    }


def test_what_the_module_looks_up_is_declared() -> None:
    looked_up = {name.rpartition(".")[0] for name in REFERENCES if name.startswith("data.")}

    assert MODULE.data_sources() == looked_up
