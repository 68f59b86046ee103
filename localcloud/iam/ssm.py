"""The checks of Parameter Store calls (Service Authorization Reference, AWS Systems Manager)."""

from typing import Any

from ministack.services import ssm

from localcloud.iam.checks import Check, Request, request_tags


def ssm_checks(request: Request) -> list[Check]:
    body = request.json()
    match request.operation:
        case "GetParametersByPath":
            # The resource is the path as written, also a recursive one: "/a" is parameter/a, as
            # AWS's refusals have it (aws/aws-dotnet-extensions-configuration#108).
            checks = [Check(request.action, _arn(request, str(body.get("Path", ""))))]
        case "GetParameters":
            checks = [Check(request.action, _arn(request, name)) for name in body.get("Names", [])]
        case "DeleteParameters":
            arns = [_arn(request, name) for name in body.get("Names", [])]
            checks = [Check(request.action, arn, _keys(arn)) for arn in arns]
        case "PutParameter":
            tags = _request_tags(body)
            keys = tags | {"ssm:Overwrite": str(body.get("Overwrite", False)).lower()}
            parameter = _arn(request, str(body.get("Name", "")))
            checks = [Check(request.action, parameter, keys)]
            if tags:
                checks.append(Check("ssm:AddTagsToResource", parameter, keys))
        case "AddTagsToResource":
            parameter = _arn(request, str(body.get("ResourceId", "")))
            checks = [Check(request.action, parameter, _keys(parameter) | _request_tags(body))]
        case "DescribeParameters":
            checks = [Check(request.action, f"arn:aws:ssm:{request.region}:{request.account}:*")]
        case _:
            checks = []
    return checks


def _request_tags(body: dict[str, Any]) -> dict[str, Any]:
    return request_tags({tag["Key"]: tag["Value"] for tag in body.get("Tags", [])})


def _keys(arn: str) -> dict[str, str]:
    return {f"aws:ResourceTag/{key}": value for key, value in ssm._tags.get(arn, {}).items()}


def _arn(request: Request, name: str) -> str:
    if name.startswith("arn:"):
        return name
    name = name.partition(":")[0]  # a version or label selector is not part of the resource
    return f"arn:aws:ssm:{request.region}:{request.account}:parameter/{name.removeprefix('/')}"
