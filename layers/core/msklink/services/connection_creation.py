"""Creating a connection in a client account, or waiting until MSK takes it."""

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.aws import msk_clusters, msk_vpc_connections
from msklink.cluster.description import BUSY_STATES
from msklink.connections import lifecycle, vpc_connection
from msklink.connections.record import ConnectionRecord, Hold, State
from msklink.errors import NotYet, Refused
from msklink.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_kafka import KafkaClient

logger = Logger(child=True)


def create_or_hold(msk: "KafkaClient", record: ConnectionRecord) -> ConnectionRecord:
    """
    Return *record* with its new connection, on hold, or refused by MSK.

    Raises what MSK said in the end where it denies the call for longer than a policy may need.
    """
    try:
        connection = msk_vpc_connections.create_connection(msk, record, settings().stack_name)
    except NotYet as error:
        held = lifecycle.put_on_hold(record, clock.now(), error.longest)
        if held is None:
            raise error.final from error
        logger.info("connection not made yet", item=record.item, said=str(error))
        return held
    except Refused as error:
        # MSK refuses a second connection also when botocore asks again after a lost answer.
        if made := vpc_connection.find_connection(
            record, msk_vpc_connections.list_connections(msk)
        ):
            return lifecycle.adopt(record, made)
        if _is_busy(record.cluster_arn):
            now = clock.now()
            held_up = Hold(since=now, tried=now, is_cluster=True)
            return record.with_(state=State.CONNECTING, refusal=None, hold=held_up)
        return record.with_(state=State.REFUSED, refusal=error.refusal, hold=None)
    logger.info("connection created", connection=connection.arn, item=record.item)
    return lifecycle.adopt(record, connection)


def _is_busy(cluster_arn: str) -> bool:
    """Whether somebody changes the cluster, in which case MSK's words are not known."""
    cluster = msk_clusters.describe_cluster(msk_clusters.client(), cluster_arn)
    return cluster is not None and cluster.state in BUSY_STATES
