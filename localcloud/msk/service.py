"""The MSK API as one method, `Msk.call`."""

import copy
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Protocol

from localcloud.msk import (
    brokers,
    cluster_operations,
    clusters,
    configurations,
    connections,
    connectivity,
    creation,
    nodes,
    policies,
    private_names,
    scram_secrets,
    tags,
    topics,
)
from localcloud.msk.assumptions import DEFAULTS, Assumptions
from localcloud.msk.authorities import Authorities, MemoryAuthorities
from localcloud.msk.clock import AS_ON_AWS, Clock, Durations
from localcloud.msk.errors import MskError, bad_request
from localcloud.msk.faults import Faults
from localcloud.msk.model import Caller, Json, TagChange, Tags
from localcloud.msk.network import Network
from localcloud.msk.private_names import BrokerName
from localcloud.msk.secret_store import MemorySecretStore, SecretStore
from localcloud.msk.shapes import operation_model, problems
from localcloud.msk.store import Call, Store
from localcloud.msk.topic_store import MemoryTopics, Topic, Topics


class Observer(Protocol):
    """Receives every call after its response, outside the lock."""

    def __call__(
        self,
        caller: Caller,
        operation: str,
        params: Json,
        result: Json | None,
        error: MskError | None,
    ) -> None: ...


TagHook = Callable[[TagChange], None]

OPERATIONS: Final[dict[str, Callable[[Call], Json]]] = {
    "CreateCluster": creation.create_cluster,
    "CreateClusterV2": creation.create_cluster_v2,
    "DescribeCluster": clusters.describe_cluster,
    "DescribeClusterV2": clusters.describe_cluster_v2,
    "ListClusters": clusters.list_clusters,
    "ListClustersV2": clusters.list_clusters_v2,
    "DeleteCluster": clusters.delete_cluster,
    "ListNodes": nodes.list_nodes,
    "UpdateBrokerCount": nodes.update_broker_count,
    "UpdateBrokerType": nodes.update_broker_type,
    "UpdateConnectivity": connectivity.update_connectivity,
    "DescribeClusterOperation": cluster_operations.describe_cluster_operation,
    "DescribeClusterOperationV2": cluster_operations.describe_cluster_operation_v2,
    "ListClusterOperations": cluster_operations.list_cluster_operations,
    "ListClusterOperationsV2": cluster_operations.list_cluster_operations_v2,
    "GetClusterPolicy": policies.get_cluster_policy,
    "PutClusterPolicy": policies.put_cluster_policy,
    "DeleteClusterPolicy": policies.delete_cluster_policy,
    "CreateVpcConnection": connections.create_vpc_connection,
    "DescribeVpcConnection": connections.describe_vpc_connection,
    "DeleteVpcConnection": connections.delete_vpc_connection,
    "ListVpcConnections": connections.list_vpc_connections,
    "ListClientVpcConnections": connections.list_client_vpc_connections,
    "RejectClientVpcConnection": connections.reject_client_vpc_connection,
    "GetBootstrapBrokers": brokers.get_bootstrap_brokers,
    "CreateConfiguration": configurations.create_configuration,
    "DescribeConfiguration": configurations.describe_configuration,
    "DescribeConfigurationRevision": configurations.describe_configuration_revision,
    "ListConfigurations": configurations.list_configurations,
    "DeleteConfiguration": configurations.delete_configuration,
    "BatchAssociateScramSecret": scram_secrets.batch_associate_scram_secret,
    "BatchDisassociateScramSecret": scram_secrets.batch_disassociate_scram_secret,
    "ListScramSecrets": scram_secrets.list_scram_secrets,
    "ListTopics": topics.list_topics,
    "DescribeTopic": topics.describe_topic,
    "DescribeTopicPartitions": topics.describe_topic_partitions,
    "CreateTopic": topics.create_topic,
    "UpdateTopic": topics.update_topic,
    "DeleteTopic": topics.delete_topic,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "ListTagsForResource": tags.list_tags_for_resource,
}


class Msk:
    """MSK in all accounts and Regions. Thread-safe."""

    def __init__(  # noqa: PLR0913 only the first two are needed
        self,
        clock: Clock,
        network: Network,
        durations: Durations = AS_ON_AWS,
        observers: Iterable[Observer] = (),
        *,
        tag_hooks: Iterable[TagHook] = (),
        assumptions: Assumptions = DEFAULTS,
        secrets: SecretStore | None = None,
        authorities: Authorities | None = None,
        topic_store: Topics | None = None,
    ) -> None:
        self.observers = list(observers)
        self.tag_hooks = list(tag_hooks)
        self.faults = Faults()
        self.calls: Counter[tuple[str, str]] = Counter()
        self._store = Store(
            clock,
            network,
            durations,
            assumptions,
            secrets or MemorySecretStore(),
            authorities or MemoryAuthorities(),
            topic_store or MemoryTopics(),
        )
        self._lock = threading.RLock()

    def call(self, caller: Caller, operation: str, params: Json) -> Json:
        """
        Perform an operation; names are those of boto3, timestamps aware, blobs bytes.

        Raises MskError as the API would.
        """
        result: Json | None = None
        error: MskError | None = None
        with self._lock:
            self.calls[caller.account, operation] += 1
            try:
                result = self._answer(caller, operation, copy.deepcopy(params))
            except MskError as refusal:
                error = refusal
            tag_changes, self._store.tag_changes = self._store.tag_changes, []
        for observer in self.observers:
            observer(caller, operation, params, result, error)
        for change in tag_changes:
            for hook in self.tag_hooks:
                hook(change)
        if error:
            raise error
        return result or {}

    def _answer(self, caller: Caller, operation: str, params: Json) -> Json:
        if operation not in OPERATIONS:
            raise MskError("NotImplementedException", f"{operation} is not emulated.")
        model = operation_model(operation)
        for where, problem in problems(model.input_shape, params) if model.input_shape else ():
            raise bad_request(f"{where} {problem}.", where)
        fault = self.faults.take(operation, caller.account)
        if fault.meanwhile:
            fault.meanwhile()
        if fault.error and fault.when == "before":
            raise fault.error
        self._store.timeline.settle()
        answer = OPERATIONS[operation](Call(self._store, caller, operation, params, fault))
        wrong = list(problems(model.output_shape, answer)) if model.output_shape else []
        assert not wrong, f"the answer of {operation} does not fit its model: {wrong}"
        if fault.error:
            raise fault.error
        return copy.deepcopy(answer)

    def tags_of(self, resource_arn: str) -> Tags:
        """Return the tags of a resource without an API call; a missing resource has none."""
        with self._lock:
            self._store.timeline.settle()
            store = self._store
            resource = store.clusters.get(resource_arn) or store.connections.get(resource_arn)
            return dict(resource.tags) if resource else {}

    def find_broker(self, host: str) -> BrokerName | None:
        """Return the broker with the host name *host*, if there is one."""
        with self._lock:
            self._store.timeline.settle()
            return private_names.find_broker(self._store, host)

    def broker_names(self) -> list[str]:
        """Return the host names of all brokers in private connectivity."""
        with self._lock:
            self._store.timeline.settle()
            return private_names.broker_names(self._store)

    def unreachable_reason(self, broker: BrokerName, account: str | None) -> str | None:
        """Return why a client cannot reach *broker*; its *account* may be unknown."""
        with self._lock:
            self._store.timeline.settle()
            return private_names.unreachable_reason(self._store, broker, account)

    def data_denial(
        self, caller: Caller, cluster_arn: str, action: str, resource: str
    ) -> str | None:
        """Return why the cluster policy denies an IAM client *action*; None if it does not."""
        with self._lock:
            self._store.timeline.settle()
            return private_names.data_denial(self._store, caller, cluster_arn, action, resource)

    def topics_of(self, cluster_arn: str) -> list[Topic]:
        """Return the topics of a cluster as they are, without the lag of the API."""
        with self._lock:
            return list(self._store.topics.all(cluster_arn))

    def scram_password(self, cluster_arn: str, username: str) -> str | None:
        """Return the password of a user of the cluster's SCRAM secrets, read now; None if none."""
        with self._lock:
            self._store.timeline.settle()
            return scram_secrets.scram_password(self._store, cluster_arn, username)

    def certificate_authorities(self, cluster_arn: str) -> list[bytes]:
        """Return the certificates (PEM) of the cluster's authorities that exist and are ACTIVE."""
        with self._lock:
            self._store.timeline.settle()
            cluster = self._store.clusters.get(cluster_arn)
            arns = cluster.authority_arns if cluster else []
            found = [self._store.authorities.certificate(arn) for arn in arns]
        return [certificate for certificate in found if certificate]

    def everyone_allowed_without_acl(self, cluster_arn: str) -> bool:
        """Return what `allow.everyone.if.no.acl.found` is in the cluster's configuration."""
        with self._lock:
            self._store.timeline.settle()
            cluster = self._store.clusters.get(cluster_arn)
            return cluster is None or connectivity.allows_everyone(self._store, cluster)

    def next_due(self) -> datetime | None:
        """Return when the next operation ends; None if there is none."""
        with self._lock:
            return self._store.timeline.next_due()

    def settle(self) -> None:
        """Run all steps that are due."""
        with self._lock:
            self._store.timeline.settle()

    def force_connection(self, connection_arn: str, state: str) -> None:
        """Set the state of a connection, such as INACTIVE."""
        with self._lock:
            self._store.timeline.settle()
            self._store.connections[connection_arn].state = state

    def force_brokers(self, cluster_arn: str, count: int) -> None:
        """Set the number of brokers immediately."""
        with self._lock:
            self._store.timeline.settle()
            cluster = self._store.clusters[cluster_arn]
            instance_type = cluster.settings["BrokerNodeGroupInfo"]["InstanceType"]
            cluster.set_brokers(dict.fromkeys(range(1, count + 1), instance_type), instance_type)

    def force_state(self, cluster_arn: str, state: str) -> None:
        """Set the state of a cluster, such as HEALING."""
        with self._lock:
            self._store.timeline.settle()
            self._store.clusters[cluster_arn].state = state

    def force_kafka_version(self, cluster_arn: str, version: str) -> None:
        """Set the Apache Kafka version of a cluster, even to one that MSK no longer creates."""
        with self._lock:
            self._store.clusters[cluster_arn].settings["KafkaVersion"] = version

    def forget_authorities(self, cluster_arn: str) -> None:
        """Remove the certificate authorities of a cluster, which MSK requires today."""
        with self._lock:
            authentication = self._store.clusters[cluster_arn].settings["ClientAuthentication"]
            authentication["Tls"]["CertificateAuthorityArnList"] = []

    def force_encryption(self, cluster_arn: str, client_broker: str) -> None:
        """Set an encryption between clients and brokers, even one that MSK would refuse."""
        with self._lock:
            encryption = self._store.clusters[cluster_arn].settings["EncryptionInfo"]
            encryption["EncryptionInTransit"]["ClientBroker"] = client_broker

    def assume(self, **answers: Any) -> None:
        """Change assumptions, by the fields of `Assumptions`."""
        with self._lock:
            self._store.assumptions = replace(self._store.assumptions, **answers)

    def rename(self, cluster_arn: str, name: str) -> None:
        """Rename a cluster, even to a name in use."""
        with self._lock:
            self._store.clusters[cluster_arn].name = name

    def close_account(self, account: str) -> None:
        """Close *account*, so that no policy can name it."""
        with self._lock:
            self._store.closed_accounts.add(account)

    def forget_role(self, role_arn: str) -> None:
        """Replace a deleted role in every cluster policy by its unique id, as IAM does."""
        with self._lock:
            for cluster in self._store.clusters.values():
                if cluster.policy:
                    orphan = "AROA" + role_arn.encode().hex().upper()[-17:]
                    text = cluster.policy.text.replace(f'"{role_arn}"', f'"{orphan}"')
                    cluster.policy = replace(cluster.policy, text=text)
