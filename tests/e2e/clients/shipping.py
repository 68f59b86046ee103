"""The cluster `shipping` with all schemes, and the environment of a client that may use it."""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.cloud import Cloud
from localcloud.kafka.in_vpc import environment
from localcloud.settings import REPOSITORY, clean_environment, credentials
from tests.client.guide import CLIENT as GUIDE
from tests.client.guide import CREDENTIALS, blocks, sections
from tests.e2e.aws_cli import environment as shell_environment
from tests.e2e.clients.owner import PASSWORD, PREFIX, SCHEMES, USER, Owner
from tests.e2e.deployed_cluster import CLIENT, DeployedCluster, request

FIELDS = ("produce", "consume", "create", "groups", "transactional_ids")
"""All fields of `access`."""

Json = dict[str, Any]


OF_THE_SECRET = sections(CREDENTIALS)["A secret made by hand"]


@dataclass(frozen=True)
class Shipping:
    """The connected cluster, and the environment of the client's processes."""

    cluster: DeployedCluster
    environment: Mapping[str, str]

    def brokers(self, scheme: str) -> list[str]:
        """Return what is published as `bootstrap.servers`, in order."""
        path = f"/msklink/shipping/{scheme}"
        servers = self.cluster.aws(CLIENT).parameters(path)[f"{path}/bootstrap.servers"]
        return sorted(servers.split(","))


@contextmanager
def connected_client(cloud: Cloud, folder: Path, topics: Iterable[str]) -> Iterator[Shipping]:
    """
    Connect the client by all schemes, with what docs/client.md and its pages say.

    *topics* exist then; brokers of MSK create none when they are used.
    """
    owner = Owner(cloud)
    authority = owner.logins.make_authority("shipping")
    cluster = owner.create_cluster(authority)
    cloud.until(lambda: cluster.state == "ACTIVE")
    secret = owner.logins.associate_user(cluster.arn, USER, PASSWORD)
    role, of_secret, of_key = map(json.loads, blocks(OF_THE_SECRET, "json"))
    owner.logins.share_secret(secret, of_secret, _for_secret(of_key, secret))
    owner.allow_access()
    access = {field: [f"{PREFIX}*"] for field in FIELDS}
    request(cloud, CLIENT, "shipping", SCHEMES, access=access)
    cloud.until(lambda: cluster.status(CLIENT, "shipping").get("state") == "published")
    _issue_certificate(cloud, authority, folder)
    given = {
        "SECRET": secret,
        "SCRAM_USER": USER,
        "SCRAM_PASSWORD": PASSWORD,
        "CERTIFICATES": str(folder),
        "PYTHONPATH": f"{REPOSITORY / 'client/python/src'}{os.pathsep}{REPOSITORY}",
    }
    with cloud.broker_ports() as kafka:
        names = [USER, f"CN={USER}"]
        owner.logins.allow_by_acls(cluster.arn, names, PREFIX, list(topics))
        process = clean_environment(cloud.endpoint) | environment(kafka) | given
        yield Shipping(cluster, process | _role(cloud, _for_secret(role, secret)))


def _for_secret(statements: Any, arn: str) -> Any:
    """Return statements of the page with the ARN of the secret in place of that of the page."""
    page = r"arn:aws:secretsmanager:eu-west-1:111111111111:secret:AmazonMSK_billing-a1b2c3"
    return json.loads(json.dumps(statements).replace(page, arn))


def _issue_certificate(cloud: Cloud, authority: str, folder: Path) -> None:
    """Get the certificate as the owner: AWS RAM, which shares authorities, is not emulated."""
    subprocess.run(
        [REPOSITORY / "client/certificate.sh", authority, USER, folder, "30"],
        env=shell_environment(cloud, cloud.owner),
        check=True,
        capture_output=True,
    )


def _role(cloud: Cloud, for_secret: list[Json]) -> dict[str, str]:
    """Return credentials of a role with the policy of docs/client.md, and *for_secret*."""
    [found] = re.findall(r"```json\n(\{\"Version\".*?)```", GUIDE.read_text(), re.DOTALL)
    policy = json.loads(found.replace("/orders/", "/shipping/"))
    policy["Statement"] += for_secret
    iam = cloud.client("iam", CLIENT)
    trust = {"Effect": "Allow", "Principal": {"AWS": CLIENT}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName="shipping", AssumeRolePolicyDocument=json.dumps({"Statement": trust})
    )["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="shipping", PolicyName="application", PolicyDocument=json.dumps(policy)
    )
    session = cloud.client("sts", CLIENT).assume_role(RoleArn=role, RoleSessionName="test")
    issued = session["Credentials"]
    return credentials(CLIENT) | {
        "AWS_ACCESS_KEY_ID": issued["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": issued["SecretAccessKey"],
        "AWS_SESSION_TOKEN": issued["SessionToken"],
    }
