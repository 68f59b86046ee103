"""Read the permissions of each role from the templates and the session policies of the code."""

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from localcloud.settings import REGION
from msklink.client_role import ClientAccount
from tests.support.cloudformation import template

TEMPLATES = {"template.yaml": "Owner account", "client.yaml": "Client account"}


class Permission(NamedTuple):
    """An action on a resource that a statement allows."""

    role: str  # logical id of the role, or name of a session of the client role
    action: str
    resource: str  # in the form of `!Sub`
    conditional: bool


def permissions() -> list[Permission]:
    """Return the permissions of all roles, in template order, and of all client role sessions."""
    by_role = [permissions_of(name, role) for name in TEMPLATES for role in roles(name)]
    return [each for found in (*by_role, *sessions().values()) for each in found]


def permissions_of(name: str, role: str) -> list[Permission]:
    """What the policies of *role* in the template *name* allow, those of AWS apart."""
    properties = deployable(name)[role]["Properties"]
    policies = properties.get("Policies", [])
    inline = sorted(policies, key=lambda one: str(one["PolicyName"]))  # as IAM lists them
    attached = [
        deployable(name)[arn["Ref"]]["Properties"]
        for arn in properties.get("ManagedPolicyArns", [])
        if isinstance(arn, dict)
    ]
    return [
        each for policy in (*inline, *attached) for each in allowed(role, policy["PolicyDocument"])
    ]


def sessions() -> dict[str, list[Permission]]:
    """Return the permissions in the session policies for the client role, by session."""
    account = ClientAccount(
        partition="${AWS::Partition}",
        region="${AWS::Region}",
        owner="${OwnerAccountId}",
        id="${AWS::AccountId}",
        namespace="${Namespace}",
    )
    scopes = {
        "scanning": account.scanning(),
        "surveying": account.surveying("<cluster>"),
        "connecting": account.connecting("<cluster>"),
        "disconnecting": account.disconnecting("<cluster>"),
        "publishing": account.publishing("<cluster>"),
    }
    return {name: list(allowed(name, json.loads(scope))) for name, scope in scopes.items()}


def allowed(role: str, document: dict[str, Any]) -> Iterator[Permission]:
    """Yield the permissions in *document*, in an order that deployment does not change."""
    for statement in document["Statement"]:
        if statement["Effect"] == "Deny":
            continue
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                yield Permission(role, action, _written(resource), "Condition" in statement)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _written(value: Any) -> str:
    match value:
        case {"Fn::Sub": [text, more]}:
            return re.sub(
                r"\$\{(\w+)}", lambda at: _written(more[at[1]]) if at[1] in more else at[0], text
            )
        case {"Fn::Sub": text}:
            return str(text)
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"${{{resource}.{attribute}}}"
        case {"Ref": name}:
            return f"${{{name}}}"
        case _:
            assert isinstance(value, str)
            return value


def roles(name: str) -> list[str]:
    """Return the logical ids of the roles in the template *name*, with those that SAM creates."""
    return [key for key, found in deployable(name).items() if found["Type"] == "AWS::IAM::Role"]


def managed_policies(name: str, role: str) -> set[str]:
    """Return the names of the AWS managed policies of *role*."""
    arns = deployable(name)[role]["Properties"].get("ManagedPolicyArns", [])
    return {arn.rpartition("/")[2] for arn in arns if isinstance(arn, str)}


@cache
def deployable(name: str) -> dict[str, dict[str, Any]]:
    """Return the resources of the template *name* after SAM's transform, by logical id."""
    whole = copy.deepcopy(template(name))
    if "Transform" in whole:
        whole["Globals"]["Function"]["CodeUri"] = "s3://built/functions"
        for resource in whole["Resources"].values():
            for place in ("ContentUri", "DefinitionUri"):
                if place in resource.get("Properties", {}):
                    resource["Properties"][place] = "s3://built/file"
        sam = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
        whole = sam.translate(whole, parameter_values={})
    found: dict[str, dict[str, Any]] = whole["Resources"]
    return found
