"""Read and build Amazon resource names."""

import re
from typing import NamedTuple, Self

# Service authorization reference, Amazon MSK, resource type cluster.
_CLUSTER = re.compile(
    r"arn:(aws[\w-]*):kafka:([\w-]+):(\d{12}):cluster/([\w.-]+)/([\w-]+)", re.ASCII
)
_CLUSTER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")


def is_cluster_name(text: str) -> bool:
    """Return whether a cluster can have the name *text* (MSK API reference, CreateCluster)."""
    return bool(_CLUSTER_NAME.fullmatch(text))


class ClusterArn(NamedTuple):
    """`arn:<partition>:kafka:<region>:<account>:cluster/<name>/<uuid>`, in parts."""

    text: str
    partition: str
    region: str
    account: str
    name: str
    uuid: str

    @classmethod
    def find(cls, text: str) -> Self | None:
        """Return the parts of *text*, or None where it is not the ARN of an MSK cluster."""
        match = _CLUSTER.fullmatch(text)
        return cls(text, *match.groups()) if match else None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the parts of *text*; raises ValueError where it is no ARN of an MSK cluster."""
        found = cls.find(text)
        if found is None:
            raise ValueError(f"{text!r} is not the ARN of an MSK cluster")
        return found


CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def console_link(execution_arn: str) -> str:
    """Return the address of a run's page in the Step Functions console; empty where unknown."""
    _, partition, _, region, _ = execution_arn.split(":", 4)
    if partition not in CONSOLES:
        return ""
    page = f"states/home?region={region}#/v2/executions/details/{execution_arn}"
    return f"https://{region}.{CONSOLES[partition]}/{page}"
