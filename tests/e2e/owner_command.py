"""Run `msklink` as a person of the owner team, with a role that has one policy of the stack."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import boto3

from localcloud.cloud import Cloud
from localcloud.settings import REPOSITORY
from tests.e2e.aws_cli import environment

LONGEST_SESSION = 43_200
"""Seconds (IAM user guide, maximum session duration)."""

SOURCES = ("cli/src", "layers/core")


@dataclass(frozen=True)
class Msklink:
    cloud: Cloud
    role_arn: str

    def _credentials(self) -> dict[str, str]:
        """Return credentials for the longest session, as tests let hours pass."""
        given = self.cloud.client("sts", self.cloud.owner).assume_role(
            RoleArn=self.role_arn, RoleSessionName="test", DurationSeconds=LONGEST_SESSION
        )["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        }

    def client(self, service: str) -> Any:
        """Return a boto3 client with the role."""
        given = self._credentials()
        return boto3.client(  # type: ignore[call-overload]  # any service
            service,
            endpoint_url=self.cloud.endpoint,
            region_name=self.cloud.region,
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=given["AWS_SESSION_TOKEN"],
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the command in the background, without a terminal."""
        return subprocess.Popen(
            [sys.executable, "-m", "msklink_cli.entry", *words],
            env=environment(self.cloud, self.cloud.owner)
            | self._credentials()
            | {"PYTHONPATH": ":".join(str(REPOSITORY / one) for one in SOURCES)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run the command, and return its exit code, output and errors."""
        with self.start(*words) as process:
            out, err = process.communicate()
        return process.returncode, out, err

    def read(self, *words: str) -> Any:
        """Run the command, and return its data. Raises RuntimeError if it fails."""
        code, out, err = self.run(*words, "--output", "json")
        if code not in {0, 2}:
            raise RuntimeError(err)
        return json.loads(out)


def person(cloud: Cloud, name: str, policy: str | None) -> Msklink:
    """Create a role that has only the managed *policy*, and return the command of its user."""
    iam = cloud.client("iam", cloud.owner)
    trust = {"Effect": "Allow", "Principal": {"AWS": cloud.owner}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Statement": trust}),
        MaxSessionDuration=LONGEST_SESSION,
    )["Role"]
    if policy:
        iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    return Msklink(cloud, role["Arn"])
