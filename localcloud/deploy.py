"""Deploy the owner stack, and then the client stacks in parallel, by `sam deploy`."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from localcloud.build import built_template, run_sam
from localcloud.settings import (
    CLIENTS,
    OWNER,
    REGION,
    REPOSITORY,
    clean_environment,
    credentials,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

OWNER_STACK = "msklink"
CLIENT_STACK = "msklink-client"


@dataclass(frozen=True)
class Deployed:
    """The outputs of the owner stack by name, and of the client stacks by account and name."""

    owner: Mapping[str, str]
    clients: Mapping[str, Mapping[str, str]]

    @property
    def bus_arn(self) -> str:
        return client_parameters(self.owner)["OwnerBusArn"]

    @property
    def external_id(self) -> str:
        return client_parameters(self.owner)["ExternalId"]


def session(account: str) -> boto3.Session:
    """Return a session as the root of *account*, which has all permissions."""
    return boto3.Session(
        aws_access_key_id=account, aws_secret_access_key="not-a-secret", region_name=REGION
    )


def deploy(
    endpoint: str, grace_hours: float, clients: Sequence[str] = CLIENTS, **chosen: str
) -> Deployed:
    """Deploy the stacks of the owner and of *clients*; *chosen* are owner stack parameters."""
    owner = deploy_owner(endpoint, built_template(), clients, grace_hours, **chosen)
    with ThreadPoolExecutor() as pool:
        made = pool.map(lambda account: deploy_client(endpoint, account, owner), clients)
        return Deployed(owner, dict(zip(clients, made, strict=True)))


def deploy_owner(
    endpoint: str, template: Path, clients: Sequence[str], grace_hours: float, **chosen: str
) -> Mapping[str, str]:
    parameters = {
        "ClientAccounts": ",".join(clients),
        "GraceHours": f"{grace_hours:.6f}",
        **chosen,
    }
    return _sam_deploy(endpoint, OWNER, OWNER_STACK, template, parameters, "--resolve-s3")


def deploy_client(
    endpoint: str,
    account: str,
    owner: Mapping[str, str],
    repository: Path = REPOSITORY,
    **chosen: str,
) -> Mapping[str, str]:
    """Deploy or update client.yaml, with the owner's outputs and the parameters *chosen*."""
    parameters = client_parameters(owner) | chosen
    return _sam_deploy(endpoint, account, CLIENT_STACK, repository / "client.yaml", parameters)


def client_parameters(owner: Mapping[str, str]) -> dict[str, str]:
    """The parameters of client.yaml, as the outputs of the *owner* stack have them."""
    parameters: dict[str, str] = json.loads(owner["ClientStack"])["parameters"]
    return parameters


def _sam_deploy(
    endpoint: str,
    account: str,
    stack: str,
    template: Path,
    parameters: Mapping[str, str],
    *options: str,
) -> Mapping[str, str]:
    """Deploy as a user does, and return the outputs of the stack."""
    run_sam(
        "deploy",
        *("--template-file", str(template), "--stack-name", stack, "--region", REGION),
        *("--no-confirm-changeset", "--no-fail-on-empty-changeset", *options),
        *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"),
        *("--parameter-overrides", *(f"{key}={value}" for key, value in parameters.items())),
        environment=clean_environment(endpoint) | credentials(account),
    )
    return outputs(_cloudformation(endpoint, account), stack)


def outputs(cloudformation: "CloudFormationClient", stack: str) -> Mapping[str, str]:
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}


def _cloudformation(endpoint: str, account: str) -> "CloudFormationClient":
    return session(account).client("cloudformation", endpoint_url=endpoint)
