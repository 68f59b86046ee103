"""The Terraform module creates the same resources as client.yaml."""

import json
import re
from typing import Any

from tests.support.cloudformation import ROOT, filled_in, template
from tests.support.terraform import Module
from tests.template.stack_values import VALUES


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


KINDS = {
    "AWS::IAM::Role": "aws_iam_role",
    "AWS::Events::Rule": "aws_cloudwatch_event_rule",
    "AWS::SQS::Queue": "aws_sqs_queue",
    "AWS::SQS::QueuePolicy": "aws_sqs_queue_policy",
    "AWS::CloudWatch::Alarm": "aws_cloudwatch_metric_alarm",
    "AWS::Lambda::Function": "aws_lambda_function",
    "AWS::Logs::LogGroup": "aws_cloudwatch_log_group",
}
NAMES = {
    "ClientRole": "client",
    "PresenceRole": "presence",
    "ForwardRole": "forward",
    "TaggedVpcs": "tagged_vpcs",
    "UndeliveredEvents": "undelivered_events",
    "UndeliveredEventsPolicy": "undelivered_events",
    "EventsUndelivered": "events_undelivered",
    "ProbeRole": "probe",
    "ProbeLogs": "probe",
    "Probe": "probe",
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
    **{
        name: snake(name)
        for name in (
            "AlarmName",
            "AlarmDescription",
            "Namespace",
            "MetricName",
            "Statistic",
            "Period",
            "EvaluationPeriods",
            "Threshold",
            "ComparisonOperator",
            "TreatMissingData",
            "AlarmActions",
        )
    },
    "LogGroupName": "name",
    "RetentionInDays": "retention_in_days",
    "FunctionName": "function_name",
    "Runtime": "runtime",
    "Architectures": "architectures",
    "Handler": "handler",
    "MemorySize": "memory_size",
    "Timeout": "timeout",
    "Role": "role",
}
GENERATED = ("ForwardRole", "TaggedVpcs", "UndeliveredEvents", "ProbeRole")
"""What has no name in client.yaml, so that CloudFormation makes one up."""


PARAMETERS = template("client.yaml")["Parameters"]
VARIABLES = {f"var.{snake(name)}": VALUES[name] for name in PARAMETERS}
REFERENCES = {
    "data.aws_partition.current.partition": VALUES["AWS::Partition"],
    "data.aws_region.current.region": VALUES["AWS::Region"],
    "data.aws_caller_identity.current.account_id": VALUES["AWS::AccountId"],
    **{f"{address}.arn": f"<{name}.Arn>" for name, address in ADDRESSES.items()},
    **{f"{address}.name": f"<{name}>" for name, address in ADDRESSES.items()},
    **{f"{address}[0].arn": f"<{name}.Arn>" for name, address in ADDRESSES.items()},
    **{f"{address}[0].name": f"<{name}>" for name, address in ADDRESSES.items()},
    "length(var.probe_subnet_ids) > 0 ? 1 : 0": 1,
    'var.alarm_topic_arn == "" ? [] : [var.alarm_topic_arn]': [VALUES["AlarmTopicArn"]],
    "path.module": str(ROOT / "client/terraform"),
    "data.archive_file.probe[0].output_path": "<the code>",
    "data.archive_file.probe[0].output_base64sha256": "<its hash>",
    "aws_iam_role_policy.probe": "<the rights>",
    "aws_sqs_queue.undelivered_events.url": "<UndeliveredEvents>",
}
MODULE = Module(ROOT / "client/terraform", VARIABLES | REFERENCES)


def in_one_order(node: Any) -> Any:
    """Return *node* of a policy in one order, with lists of one as scalars."""
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
    """Return the resources of client.yaml as those of Terraform, by address."""
    found: dict[str, dict[str, Any]] = {}
    for name, resource in template("client.yaml")["Resources"].items():
        properties = filled_in(resource["Properties"], VALUES)
        address = ADDRESSES[name]
        more: dict[str, Any] = {"count": 1} if "Condition" in resource else {}
        for policy in properties.pop("Policies", []):
            found[address.replace("aws_iam_role", "aws_iam_role_policy")] = {
                "name": policy["PolicyName"],
                "role": f"<{name}>",
                "policy": policy["PolicyDocument"],
                **more,
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
        if inside := properties.pop("VpcConfig", None):
            more["vpc_config"] = [{snake(key): value for key, value in inside.items()}]
        for dimension in properties.pop("Dimensions", []):
            queue = dimension["Value"].replace(".QueueName", "")  # which Terraform calls its name
            more["dimensions"] = {dimension["Name"]: queue}
        properties.pop("Code", None)
        found[address] = {ARGUMENTS[key]: value for key, value in properties.items()} | more
    return found


def of_the_module() -> dict[str, dict[str, Any]]:
    """Return the resources of the module, without the code of the probe and its dependencies."""
    found = MODULE.resources()
    for name in GENERATED:
        assert found[ADDRESSES[name]].pop("name_prefix") == "msklink-"
    for argument in ("filename", "source_code_hash", "depends_on"):
        found[ADDRESSES["Probe"]].pop(argument)
    return found


def test_both_create_the_same_resources() -> None:
    assert set(of_the_module()) == set(of_the_template())


def test_both_give_the_resources_the_same_properties() -> None:
    made = of_the_module()
    for address, wanted in of_the_template().items():
        assert in_one_form(made[address]) == in_one_form(wanted), address


def test_both_have_the_same_parameters() -> None:
    variables = MODULE.variables()

    assert set(variables) == {snake(name) for name in PARAMETERS}
    for name, parameter in PARAMETERS.items():
        variable = variables[snake(name)]
        is_list = parameter["Type"] == "CommaDelimitedList"
        default = parameter.get("Default")
        assert variable["type"] == ("${list(string)}" if is_list else "string"), name
        assert variable.get("default") == (default.split() if is_list else default), name
        assert variable["description"] == parameter["Description"], name
        allowed = [one["condition"] for one in variable.get("validation", [])]
        # CloudFormation matches the whole value, Terraform any part; and it does not look ahead.
        refused, pattern = split_pattern(parameter.get("AllowedPattern", "").replace("\\", "\\\\"))
        wanted = [
            f'${{{negated}can(regex("{regex}", var.{snake(name)}))}}'
            for negated, regex in (("", pattern and f"^{pattern}$"), ("!", refused))
            if regex
        ]
        assert allowed == wanted, name


def split_pattern(pattern: str) -> tuple[str, str]:
    """Return the pattern in the negative lookahead of *pattern*, and the rest."""
    ahead = re.match(r"\(\?!(.+)\)(?=\[)", pattern)
    return (f"^({ahead[1]})", pattern[ahead.end() :]) if ahead else ("", pattern)


def test_both_have_the_same_outputs() -> None:
    outputs = filled_in(template("client.yaml")["Outputs"], VALUES)

    assert MODULE.outputs() == {
        snake(name): {"description": one["Description"], "value": one["Value"]}
        for name, one in outputs.items()
    }


def test_data_sources_of_the_module_are_declared() -> None:
    looked_up = {
        name.rpartition(".")[0].removesuffix("[0]")
        for name in REFERENCES
        if name.startswith("data.")
    }

    assert MODULE.data_sources() == looked_up


def test_both_have_the_same_probe() -> None:
    code = template("client.yaml")["Resources"]["Probe"]["Properties"]["Code"]["ZipFile"]

    assert (ROOT / "client/terraform/probe/index.py").read_text() == code
