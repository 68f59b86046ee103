"""
The topics of a cluster: create, describe, list, update, delete (developer guide, "Topic
operations").

What is read comes from a view of the topics that is up to a minute old: "these topic API responses
reflect data that updates approximately every minute". A view is taken when one is needed and the
last is too old, and just before a change. What is changed is checked against the brokers.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from localcloud.msk import topic_configs
from localcloud.msk.authorization import find_cluster
from localcloud.msk.connectivity import is_recent
from localcloud.msk.errors import (
    CONFIGS_OR_PARTITIONS,
    NOT_ON_SERVERLESS,
    MskError,
    bad_request,
    not_found,
)
from localcloud.msk.model import Cluster, Json, TopicView
from localcloud.msk.pages import page
from localcloud.msk.store import Call, Store
from localcloud.msk.topic_permissions import EVERY_TOPIC, topic_arn, topic_permissions
from localcloud.msk.topic_store import Topic, placed

_LONGEST_NAME: Final = 249
_NAME: Final = re.compile(r"(?!\.{1,2}$)[a-zA-Z0-9._-]+")
_OLDEST_KAFKA: Final = (3, 6, 0)


@dataclass(frozen=True)
class _Listed:
    number: int
    topic: Topic


@dataclass(frozen=True)
class _Partition:
    number: int


def list_topics(call: Call) -> Json:
    cluster = _find_cluster(call)
    prefix: str = call.params.get("TopicNameFilter", "")
    topics = _view(call.store, cluster).topics
    found = [
        _Listed(cluster.number_of_topic(name), topic)
        for name, topic in sorted(topics.items())
        if name.startswith(prefix)
    ]
    shown, more = page(call, found)
    return {"Topics": [_listed(cluster, item.topic) for item in shown], **more}


def describe_topic(call: Call) -> Json:
    cluster = _find_cluster(call)
    topic = _shown(call, cluster)
    as_json = call.store.assumptions.topic_configs_are_json
    return {
        **_answer(cluster, topic.name, "ACTIVE"),
        "PartitionCount": topic.partitions,
        "ReplicationFactor": topic.replicas,
        "Configs": topic_configs.encoded(topic.configs, as_json=as_json),
        "ReplicaIds": _replica_ids(cluster, topic),
    }


def describe_topic_partitions(call: Call) -> Json:
    cluster = _find_cluster(call)
    topic = _shown(call, cluster)
    shown, more = page(call, [_Partition(number + 1) for number in range(topic.partitions)])
    return {"Partitions": [_partition(cluster, topic, item.number - 1) for item in shown], **more}


def create_topic(call: Call) -> Json:
    cluster, params = _find_cluster(call), call.params
    name: str = params["TopicName"]
    topic = Topic(
        name,
        params["PartitionCount"],
        params["ReplicationFactor"],
        topic_configs.decoded(params.get("Configs", "")),
    )
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise bad_request(
            f"The topic name {name} is not valid. Use up to {_LONGEST_NAME} letters, digits, dots, "
            "hyphens and underscores.",
            "topicName",
        )
    if topic.replicas > len(cluster.brokers):
        raise bad_request(
            f"The replication factor {topic.replicas} is larger than the number of brokers, "
            f"{len(cluster.brokers)}.",
            "replicationFactor",
        )
    present = _on_brokers(call.store, cluster)
    if name in present:
        raise MskError(
            "TopicExistsException", f"Topic '{name}' already exists.", invalid_parameter="topicName"
        )
    for other in present:
        # Kafka's metrics have an underscore for each dot (Kafka, org.apache.kafka.common.Topic).
        if other.replace(".", "_") == name.replace(".", "_"):
            raise bad_request(f"Topic '{name}' collides with existing topic: {other}.", "topicName")
    _view(call.store, cluster)
    call.store.topics.create(cluster.arn, topic)
    return _answer(cluster, name, "CREATING")


def update_topic(call: Call) -> Json:
    cluster, params = _find_cluster(call), call.params
    if ("Configs" in params) is ("PartitionCount" in params):
        raise bad_request(CONFIGS_OR_PARTITIONS, "configs")
    configs = topic_configs.decoded(params.get("Configs", ""))
    topic = _on_brokers(call.store, cluster).get(params["TopicName"])
    if topic is None:
        raise _no_topic(call)
    count: int = params.get("PartitionCount", topic.partitions)
    if "PartitionCount" in params and count <= topic.partitions:
        raise bad_request(
            f"The topic has {topic.partitions} partitions. The number can only grow.",
            "partitionCount",
        )
    _view(call.store, cluster)
    if "PartitionCount" in params:
        call.store.topics.add_partitions(cluster.arn, topic, count)
    else:
        call.store.topics.configure(cluster.arn, topic, configs)
    return _answer(cluster, topic.name, "UPDATING")


def delete_topic(call: Call) -> Json:
    cluster = _find_cluster(call)
    name: str = call.params["TopicName"]
    if name not in _on_brokers(call.store, cluster):
        raise _no_topic(call)
    _view(call.store, cluster)
    call.store.topics.delete(cluster.arn, name)
    return _answer(cluster, name, "DELETING")


def _find_cluster(call: Call) -> Cluster:
    """Return the cluster if the caller may use its topics, and it has the API for them."""
    name = call.params.get("TopicName", EVERY_TOPIC)
    arn: str = call.params["ClusterArn"]
    cluster = find_cluster(call, permissions=topic_permissions(call.operation, arn, name))
    if cluster.serverless:
        raise bad_request(NOT_ON_SERVERLESS, "clusterArn")
    if not is_recent(cluster.settings["KafkaVersion"], _OLDEST_KAFKA):
        raise bad_request("Topic operations need Apache Kafka 3.6.0 or later.", "clusterArn")
    if cluster.state != "ACTIVE":
        raise bad_request(f"The cluster is {cluster.state}. It must be ACTIVE.", "clusterArn")
    return cluster


def _on_brokers(store: Store, cluster: Cluster) -> dict[str, Topic]:
    return {topic.name: topic for topic in store.topics.all(cluster.arn)}


def _view(store: Store, cluster: Cluster) -> TopicView:
    """Return the topics as the API shows them now."""
    oldest = store.now() - timedelta(seconds=store.durations.refresh_topics)
    if cluster.topic_view is None or cluster.topic_view.taken <= oldest:
        cluster.topic_view = TopicView(store.now(), _on_brokers(store, cluster))
    return cluster.topic_view


def _shown(call: Call, cluster: Cluster) -> Topic:
    topic = _view(call.store, cluster).topics.get(call.params["TopicName"])
    if topic is None:
        raise _no_topic(call)
    return topic


def _no_topic(call: Call) -> MskError:
    return not_found(f"The topic {call.params['TopicName']} does not exist.", "topicName")


def _answer(cluster: Cluster, name: str, status: str) -> Json:
    return {"TopicArn": topic_arn(cluster.arn, name), "TopicName": name, "Status": status}


def _listed(cluster: Cluster, topic: Topic) -> Json:
    return {
        "TopicArn": topic_arn(cluster.arn, topic.name),
        "TopicName": topic.name,
        "PartitionCount": topic.partitions,
        "ReplicationFactor": topic.replicas,
        "OutOfSyncReplicaCount": 0,
        "ReplicaIds": _replica_ids(cluster, topic),
    }


def _partition(cluster: Cluster, topic: Topic, number: int) -> Json:
    replicas = placed(list(cluster.brokers), number, topic.replicas)
    return {"Partition": number, "Leader": replicas[0], "Replicas": replicas, "Isr": replicas}


def _replica_ids(cluster: Cluster, topic: Topic) -> list[int]:
    brokers = list(cluster.brokers)
    partitions = range(topic.partitions)
    return sorted({one for n in partitions for one in placed(brokers, n, topic.replicas)})
