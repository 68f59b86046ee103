"""What a dry run would have changed in Amazon MSK."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.aws.dry_run.call import Answer, Call, PlannedError, is_last_page
from msklink.aws.msk_clusters import BROKER_STRINGS
from msklink.cluster.description import BUSY_STATES, ClusterDescription, schemes_on
from msklink.cluster.private_connectivity import connectivity_flags
from msklink.connections.vpc_connection import AVAILABLE, CREATING, DELETING, REJECTED

OPERATION = "planned-operation"

_OVER = {"EndTime": datetime(1970, 1, 1, tzinfo=UTC)}
"""What an operation has that has ended."""


class MskOverlay:
    """
    The clusters with their policies and connections, as a dry run would leave them.

    A dry run does not wait: an update or a connection in progress counts as ended.
    """

    def __init__(
        self,
        cluster_arn: str,
        tags: Mapping[str, str | None],
        brokers: Mapping[Scheme, str],
        enabling: frozenset[Scheme],
    ) -> None:
        self._cluster_arn = cluster_arn
        self._tags = tags
        """Tags that the cluster is assumed to have; None for one that it is assumed not to have."""
        self._brokers = brokers
        """The published brokers; MSK is assumed to keep them where a scheme was off."""
        self._enabling = enabling
        """Schemes that an update in progress turns on."""
        self._connectivity: dict[str, Any] = {}
        self._is_new = False
        """Whether the cluster is being created."""
        self._is_busy = False
        """Whether the cluster is in a state in which MSK has no API for topics."""
        self._has_connectivity = False
        """Whether any scheme is on now."""
        self._policy: str | None = None
        self._is_policy_changed = False
        self._created: dict[str, dict[str, Any]] = {}
        self._deleted: set[str] = set()
        self._rejected: set[str] = set()

    def answer(self, call: Call) -> Answer | None:
        return self._write(call) if call.writes else self._read(call.operation, call.parameters)

    def _write(self, call: Call) -> Answer | None:
        asked, answer = call.parameters, Answer()
        match call.operation:
            case "UpdateConnectivity":
                self._connectivity = asked["ConnectivityInfo"]["VpcConnectivity"]
                answer = {"ClusterArn": asked["ClusterArn"], "ClusterOperationArn": OPERATION}
            case "PutClusterPolicy":
                self._policy, self._is_policy_changed = asked["Policy"], True
                answer = {"CurrentVersion": "planned"}
            case "DeleteClusterPolicy":
                self._policy, self._is_policy_changed = None, True
            case "CreateVpcConnection":
                answer = self._create(call)
            case "DeleteVpcConnection":
                self._deleted.add(asked["Arn"])
                self._created.pop(asked["Arn"], None)
            case "CreateTopic":
                answer = {"TopicName": asked["TopicName"], "Status": "CREATING"}
            case "BatchAssociateScramSecret" | "BatchDisassociateScramSecret":
                answer = {"ClusterArn": asked["ClusterArn"], "UnprocessedScramSecrets": []}
            case "RejectClientVpcConnection":
                self._rejected.add(asked["VpcConnectionArn"])
            case _:
                return None
        return answer

    def _read(self, operation: str, asked: Mapping[str, Any]) -> Answer | None:
        match operation:
            case "DescribeClusterOperationV2" if asked["ClusterOperationArn"] == OPERATION:
                return {"ClusterOperationInfo": {**_OVER, "OperationState": "UPDATE_COMPLETE"}}
            case "ListClientVpcConnections" if self._connectivity and not self._has_connectivity:
                # MSK may refuse to list those of a cluster without private connectivity.
                answer: Answer = {"ClientVpcConnections": []}
                self._amend_list(answer, "ClientVpcConnections", [*self._created.values()])
                return answer
            case "GetBootstrapBrokers" if self._is_new:  # MSK has none yet
                return self._planned_brokers()
            case "GetClusterPolicy" if self._is_policy_changed:
                if self._policy is None:
                    raise PlannedError("NotFoundException", "the policy is deleted by then")
                return {"Policy": self._policy, "CurrentVersion": "planned"}
            case "DescribeTopic" if self._is_busy:  # MSK says nothing of topics until it is ACTIVE
                raise PlannedError("NotFoundException", "topics are not known yet")
            case "DescribeVpcConnection" if asked["Arn"] in self._created:
                return dict(self._created[asked["Arn"]])
        return None

    def _create(self, call: Call) -> Answer:
        asked, cluster = call.parameters, ClusterArn.parse(call.parameters["TargetClusterArn"])
        place = f"arn:{cluster.partition}:kafka:{cluster.region}:{call.account}:vpc-connection"
        number = len(self._created) + len(self._deleted) + 1
        arn = f"{place}/{cluster.account}/{cluster.name}/planned-{number}"
        made = {"VpcConnectionArn": arn, "State": AVAILABLE}
        self._created[arn] = {**asked, **made, "Owner": call.account}
        return made | {"State": CREATING}

    def amend(self, call: Call, answer: Answer) -> None:
        match call.operation:
            case "DescribeClusterV2":
                self._amend_cluster(answer["ClusterInfo"])
            case "DescribeClusterOperationV2":
                answer["ClusterOperationInfo"] = _OVER | answer["ClusterOperationInfo"]
            case "ListClustersV2":
                for info in answer["ClusterInfoList"]:
                    self._amend_cluster(info)
            case "GetBootstrapBrokers" if call.parameters["ClusterArn"] == self._cluster_arn:
                for name, text in self._planned_brokers().items():
                    answer.setdefault(name, text)
            case "ListVpcConnections":
                owned = [one for one in self._created.values() if one["Owner"] == call.account]
                self._amend_list(answer, "VpcConnections", owned)
            case "ListClientVpcConnections":
                self._amend_list(answer, "ClientVpcConnections", list(self._created.values()))

    def _amend_cluster(self, info: dict[str, Any]) -> None:
        if info["ClusterArn"] != self._cluster_arn:
            return
        tags = {**(info.get("Tags") or {}), **self._tags}
        info["Tags"] = {key: value for key, value in tags.items() if value is not None}
        self._is_new = info.get("State") == "CREATING"
        self._is_busy = info.get("State") in BUSY_STATES
        if self._is_busy:
            info["State"] = "ACTIVE"
        info.pop("ActiveOperationArn", None)
        cluster = ClusterDescription.read(info)
        self._has_connectivity = bool(cluster.private_schemes)
        if self._enabling and not self._connectivity:
            self._connectivity = connectivity_flags(cluster, self._enabling)
        if self._connectivity:
            brokers = info["Provisioned"]["BrokerNodeGroupInfo"]
            brokers.setdefault("ConnectivityInfo", {})["VpcConnectivity"] = self._connectivity

    def _planned_brokers(self) -> Answer:
        """Return the broker strings of the schemes that the dry run turns on."""
        return {
            BROKER_STRINGS[scheme]: self._brokers.get(
                scheme, f"brokers-of-{scheme}-after-the-reboot"
            )
            for scheme in schemes_on(self._connectivity.get("ClientAuthentication", {}))
        }

    def _amend_list(self, answer: Answer, name: str, created: list[dict[str, Any]]) -> None:
        listed = [
            one
            for one in answer[name]
            if one["VpcConnectionArn"] not in self._deleted and one.get("State") != DELETING
        ]
        for one in listed:
            if one.get("State") == CREATING:
                one["State"] = AVAILABLE
            if one["VpcConnectionArn"] in self._rejected:
                one["State"] = REJECTED
        answer[name] = listed + (created if is_last_page(answer) else [])
