"""
The permissions that each request needs, as Kafka's broker asks for them.

The tables are those of Kafka's documentation ("Operations and resources on protocols").
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from localcloud.kafka.authorization import CLUSTER_NAME, Operation, Resource
from localcloud.kafka.wire import Api

Permission = tuple[Operation, Resource, str]


@dataclass(frozen=True)
class Items:
    """
    The items of a request that are judged one by one, such as its topics.

    The names of fields are those of kio. *name* is the field of an item that has its name, where
    the item is not the name itself; "" for items that are all the cluster.
    """

    operation: Operation
    resource: Resource
    asked: str
    answered: str
    name: str = "name"
    partitions: str = ""
    partition_answers: str = ""


READ, WRITE, DESCRIBE, DELETE = (
    Operation.READ,
    Operation.WRITE,
    Operation.DESCRIBE,
    Operation.DELETE,
)
TOPIC, GROUP, CLUSTER, TRANSACTIONAL_ID = (
    Resource.TOPIC,
    Resource.GROUP,
    Resource.CLUSTER,
    Resource.TRANSACTIONAL_ID,
)

ITEMS: Final[Mapping[int, Items]] = {
    Api.PRODUCE: Items(
        WRITE,
        TOPIC,
        "topic_data",
        "responses",
        partitions="partition_data",
        partition_answers="partition_responses",
    ),
    Api.FETCH: Items(READ, TOPIC, "topics", "responses", "topic", "partitions", "partitions"),
    Api.LIST_OFFSETS: Items(
        DESCRIBE, TOPIC, "topics", "topics", "name", "partitions", "partitions"
    ),
    Api.OFFSET_COMMIT: Items(READ, TOPIC, "topics", "topics", "name", "partitions", "partitions"),
    Api.OFFSET_FETCH: Items(
        DESCRIBE, TOPIC, "topics", "topics", "name", "partition_indexes", "partitions"
    ),
    Api.DESCRIBE_GROUPS: Items(DESCRIBE, GROUP, "groups", "groups", "group_id"),
    Api.CREATE_TOPICS: Items(Operation.CREATE, TOPIC, "topics", "topics"),
    Api.DELETE_TOPICS: Items(DELETE, TOPIC, "topic_names", "responses"),
    Api.DELETE_RECORDS: Items(
        DELETE, TOPIC, "topics", "topics", "name", "partitions", "partitions"
    ),
    Api.ADD_PARTITIONS_TO_TXN: Items(
        WRITE,
        TOPIC,
        "v3_and_below_topics",
        "results_by_topic_v3_and_below",
        "name",
        "partitions",
        "results_by_partition",
    ),
    Api.TXN_OFFSET_COMMIT: Items(
        READ, TOPIC, "topics", "topics", "name", "partitions", "partitions"
    ),
    Api.DESCRIBE_CONFIGS: Items(
        Operation.DESCRIBE_CONFIGS, TOPIC, "resources", "results", "resource_name"
    ),
    Api.INCREMENTAL_ALTER_CONFIGS: Items(
        Operation.ALTER_CONFIGS, TOPIC, "resources", "responses", "resource_name"
    ),
    Api.CREATE_ACLS: Items(Operation.ALTER, CLUSTER, "creations", "results", name=""),
    Api.DELETE_ACLS: Items(Operation.ALTER, CLUSTER, "filters", "filter_results", name=""),
    Api.DELETE_GROUPS: Items(DELETE, GROUP, "groups_names", "results", "group_id"),
}

_CLUSTER_NAME: Final = ""
"""Stands in the table for the cluster itself, which requests do not name."""

_ONE_GROUP: Final = (READ, GROUP, "group_id")
_ONE_TRANSACTION: Final = (WRITE, TRANSACTIONAL_ID, "transactional_id")

_WHOLE: Final[Mapping[int, tuple[tuple[Operation, Resource, str], ...]]] = {
    Api.PRODUCE: (_ONE_TRANSACTION,),
    Api.OFFSET_COMMIT: (_ONE_GROUP,),
    Api.OFFSET_FETCH: ((DESCRIBE, GROUP, "group_id"),),
    Api.JOIN_GROUP: (_ONE_GROUP,),
    Api.HEARTBEAT: (_ONE_GROUP,),
    Api.LEAVE_GROUP: (_ONE_GROUP,),
    Api.SYNC_GROUP: (_ONE_GROUP,),
    Api.INIT_PRODUCER_ID: (_ONE_TRANSACTION,),
    Api.ADD_PARTITIONS_TO_TXN: ((WRITE, TRANSACTIONAL_ID, "v3_and_below_transactional_id"),),
    Api.ADD_OFFSETS_TO_TXN: (_ONE_TRANSACTION, _ONE_GROUP),
    Api.END_TXN: (_ONE_TRANSACTION,),
    Api.TXN_OFFSET_COMMIT: (_ONE_TRANSACTION, _ONE_GROUP),
    Api.DESCRIBE_ACLS: ((DESCRIBE, CLUSTER, _CLUSTER_NAME),),
}
"""By API: operation, type of resource, and the field of the request with its name."""

_BROKER: Final = 4
"""A broker as the resource of a configuration (Kafka's ConfigResource)."""


def of_request(api: int, payload: Any) -> Iterator[Permission]:
    """Return the permissions without which nothing of the request is done."""
    if api == Api.FIND_COORDINATOR:
        kind = TRANSACTIONAL_ID if getattr(payload, "key_type", 0) else GROUP
        yield DESCRIBE, kind, payload.key
    elif api == Api.INIT_PRODUCER_ID and payload.transactional_id is None:
        yield Operation.IDEMPOTENT_WRITE, CLUSTER, CLUSTER_NAME
    for operation, resource, field in _WHOLE.get(api, ()):
        name = getattr(payload, field) if field else CLUSTER_NAME
        if name is not None:  # a producer without transactions has no transactional id
            yield operation, resource, name


def of_item(items: Items, item: Any) -> Permission:
    """Return the permission without which *item* of a request is left out."""
    if items.resource is CLUSTER or getattr(item, "resource_type", None) == _BROKER:
        return items.operation, CLUSTER, CLUSTER_NAME
    name = item if isinstance(item, str) else getattr(item, items.name)
    return items.operation, items.resource, name
