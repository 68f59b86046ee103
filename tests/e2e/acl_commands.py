"""Run the kafka-acls commands of a status as the owner, whose tool needs Java."""

import argparse
import shlex
from collections.abc import Iterable, Iterator

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
)

from localcloud.cloud import Cloud
from localcloud.kafka import resolver
from localcloud.logins import owner_settings

RESOURCES = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional_id": ResourceType.TRANSACTIONAL_ID,
}


def run(cloud: Cloud, cluster_arn: str, commands: Iterable[str]) -> None:
    """Add the ACLs of *commands*; an option that kafka-acls does not have is an error."""
    acls = [acl for command in commands for acl in _acls(command)]
    with resolver.installed(cloud.kafka().port):
        admin = KafkaAdminClient(**owner_settings(cloud, cluster_arn))
        try:
            admin.create_acls(acls)
        finally:
            admin.close()


def _acls(command: str) -> Iterator[ACL]:
    program, *arguments = shlex.split(command)
    assert program == "bin/kafka-acls.sh"
    given = _parser().parse_args(arguments)
    pattern = ACLResourcePatternType[given.resource_pattern_type.upper()]
    for option, kind in RESOURCES.items():
        for name in getattr(given, option):
            for operation in given.operation:
                yield ACL(
                    given.allow_principal,
                    "*",
                    ACLOperation[operation.upper()],
                    ACLPermissionType.ALLOW,
                    ResourcePattern(kind, name, pattern),
                )


def _parser() -> argparse.ArgumentParser:
    """Return a parser of the options of kafka-acls (Apache Kafka documentation) that we use."""
    parser = argparse.ArgumentParser(exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--bootstrap-server", required=True)
    parser.add_argument("--command-config", required=True)
    parser.add_argument("--add", action="store_true", required=True)
    parser.add_argument("--allow-principal", required=True)
    parser.add_argument("--operation", action="append", required=True)
    parser.add_argument("--resource-pattern-type", default="literal")
    for option in RESOURCES:
        parser.add_argument(f"--{option.replace('_', '-')}", action="append", default=[])
    return parser
