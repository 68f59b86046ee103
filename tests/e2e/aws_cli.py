"""Run the AWS CLI as a person in one of the accounts."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.cloud import Cloud

AWS = Path(sys.executable).with_name("aws")


@dataclass(frozen=True)
class AwsCli:
    cloud: Cloud
    account: str

    def __call__(self, *words: str) -> Any:
        """Run `aws` with *words*, and return its parsed output. Raises RuntimeError if it fails."""
        done = subprocess.run(
            [AWS, *words, "--output", "json"],
            env=environment(self.cloud, self.account),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return json.loads(done.stdout) if done.stdout.strip() else None

    def parameters(self, path: str) -> dict[str, str]:
        found = self("ssm", "get-parameters-by-path", "--path", path, "--recursive")["Parameters"]
        return {parameter["Name"]: parameter["Value"] for parameter in found}

    def versions(self, path: str) -> dict[str, int]:
        found = self("ssm", "get-parameters-by-path", "--path", path, "--recursive")["Parameters"]
        return {parameter["Name"]: parameter["Version"] for parameter in found}


def environment(cloud: Cloud, account: str) -> dict[str, str]:
    """Return the shell environment of a person in *account*."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_DEFAULT_REGION": cloud.region,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_PAGER": "",
    }
