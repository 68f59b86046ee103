"""Parameters: read by path, written only when different."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import boto3

from msklink.aws.session import CONFIG, own
from msklink.tags import MANAGED_BY

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

TIER: Final = "Intelligent-Tiering"


def client(session: boto3.Session | None = None) -> "SSMClient":
    return (session or own()).client("ssm", config=CONFIG)


def read_parameters(ssm: "SSMClient", path: str) -> dict[str, str]:
    """All parameters below *path*, by full name."""
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
    return {
        parameter["Name"]: parameter["Value"] for page in pages for parameter in page["Parameters"]
    }


def write_different(
    ssm: "SSMClient",
    wanted: Mapping[str, str],
    existing: Mapping[str, str],
    stack_name: str,
) -> list[str]:
    """
    Write those of *wanted* (by full name, in this order) that differ from *existing*.

    Returns the names written. Intelligent-Tiering makes room beyond 4 KB for a status with many
    VPCs. PutParameter refuses tags together with Overwrite, so the tag comes with the first write.
    """
    different = [name for name, value in wanted.items() if existing.get(name) != value]
    for name in different:
        if name in existing:
            ssm.put_parameter(
                Name=name, Value=wanted[name], Type="String", Tier=TIER, Overwrite=True
            )
        else:
            ssm.put_parameter(
                Name=name,
                Value=wanted[name],
                Type="String",
                Tier=TIER,
                Description="Written by MSKLink",
                Tags=[{"Key": MANAGED_BY, "Value": stack_name}],
            )
    return different
