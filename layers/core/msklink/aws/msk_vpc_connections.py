"""Amazon MSK from the client's side: the managed VPC connections of an account."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from msklink.auth_scheme import Scheme
from msklink.aws.errors import aws_refusal, error_message, is_denied, is_transient
from msklink.connections.lifecycle import POLICY_DELAY, ROLE_DELAY
from msklink.connections.record import ConnectionRecord
from msklink.connections.vpc_connection import (
    DELETABLE_STATES,
    DELETING,
    VpcConnection,
    find_connection,
)
from msklink.errors import NotYet, Refused
from msklink.refusals import Code, refuse
from msklink.tags import MANAGED_BY

if TYPE_CHECKING:
    from mypy_boto3_kafka import KafkaClient

# MSK's text is not documented; every service that creates such a role uses these words.
ROLE_IN_THE_MAKING = "ervice-linked role"


def list_connections(kafka: "KafkaClient") -> list[VpcConnection]:
    """Return every connection of the client account in the Region; the API has no filter."""
    return [
        VpcConnection(
            arn=connection["VpcConnectionArn"],
            cluster_arn=connection["TargetClusterArn"],
            scheme=Scheme.of_authentication(connection["Authentication"]),
            state=connection.get("State", ""),
            vpc_id=connection.get("VpcId", ""),
        )
        for page in kafka.get_paginator("list_vpc_connections").paginate()
        for connection in page["VpcConnections"]
    ]


def create_connection(
    kafka: "KafkaClient", wanted: ConnectionRecord, stack_name: str
) -> VpcConnection:
    """
    Create the connection *wanted* in the client's account.

    The API has no client token, so list the connections first. Raises Refused where MSK will not
    create it. Raises NotYet while IAM creates its service-linked role, or while the cluster policy
    denies the call: a new policy may take time to apply.
    """
    scheme = wanted.scheme
    if scheme is None:
        raise ValueError("a connection has a scheme")
    try:
        answer = kafka.create_vpc_connection(
            TargetClusterArn=wanted.cluster_arn,
            Authentication=scheme.authentication,
            VpcId=wanted.vpc_id,
            ClientSubnets=list(wanted.subnet_ids),
            SecurityGroups=list(wanted.security_group_ids),
            Tags={MANAGED_BY: stack_name},
        )
    except ClientError as error:
        if is_denied(error):
            raise NotYet(error, POLICY_DELAY) from error
        if is_transient(error):
            raise
        if not isinstance(error, kafka.exceptions.BadRequestException):
            raise Refused(aws_refusal(error)) from error
        message = error_message(error)
        refused = Refused(refuse(Code.CONNECTION_REFUSED_BY_MSK, problem=message))
        if ROLE_IN_THE_MAKING in message:
            raise NotYet(refused, ROLE_DELAY) from error
        raise refused from error
    return VpcConnection(
        answer["VpcConnectionArn"], wanted.cluster_arn, scheme, answer["State"], wanted.vpc_id
    )


def is_ours(kafka: "KafkaClient", connection_arn: str, stack_name: str) -> bool:
    """Return whether this installation created the connection; lists do not show its tags."""
    try:
        described = kafka.describe_vpc_connection(Arn=connection_arn)
    except kafka.exceptions.NotFoundException:
        return False
    return described.get("Tags", {}).get(MANAGED_BY) == stack_name


def delete_connection(kafka: "KafkaClient", connection_arn: str) -> None:
    """Request the deletion, which takes minutes; succeed where the connection is gone already."""
    try:
        kafka.delete_vpc_connection(Arn=connection_arn)
    except kafka.exceptions.NotFoundException:
        return


def close_connection(
    kafka: "KafkaClient", record: ConnectionRecord, listed: Iterable[VpcConnection], stack_name: str
) -> ConnectionRecord:
    """
    Delete the connection of *record* if possible; return *record* with its state, or without it.

    A connection that people created by hand is left to them. One in another state is deleted later.
    """
    found = [one for one in listed if one.arn == record.connection_arn]
    connection = found[0] if found else find_connection(record, listed)
    if connection is None or not is_ours(kafka, connection.arn, stack_name):
        return record.with_(connection_state=None)
    state = connection.state
    if state in DELETABLE_STATES:
        delete_connection(kafka, connection.arn)
        state = DELETING
    return record.with_(connection_arn=connection.arn, connection_state=state)
