"""The resources of MSK: clusters, their operations and policy, configurations, connections."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from localcloud.msk.topic_store import Topic

Json = dict[str, Any]
Tags = dict[str, str]


@dataclass(frozen=True)
class Caller:
    """The signer of a request; *arn* is the session ARN for an assumed role."""

    account: str
    region: str
    arn: str


class Scheme(StrEnum):
    IAM = "iam"
    SCRAM = "scram"
    TLS = "tls"

    @property
    def authentication(self) -> str:
        """The name in CreateVpcConnection."""
        return "TLS" if self is Scheme.TLS else f"SASL_{self.name}"


Schemes = frozenset[Scheme]
NO_SCHEMES: Schemes = frozenset()


def schemes_in(authentication: Json | None) -> Schemes:
    """Read the flags of a ClientAuthentication block, the cluster's own or of VpcConnectivity."""
    block = authentication or {}
    sasl = block.get("Sasl", {})
    flags = {
        Scheme.IAM: sasl.get("Iam", {}),
        Scheme.SCRAM: sasl.get("Scram", {}),
        Scheme.TLS: block.get("Tls", {}),
    }
    return frozenset(scheme for scheme, flag in flags.items() if flag.get("Enabled", False))


@dataclass(frozen=True)
class Connectivity:
    """The connectivity of a provisioned cluster from outside its VPC."""

    schemes: Schemes = NO_SCHEMES
    mentions_schemes: bool = False
    public_access: str = "DISABLED"
    network_type: str = "IPV4"
    zookeeper_access: bool = True

    def described(self) -> Json:
        """
        Return it as ConnectivityInfo.

        Terraform's acceptance tests see all three flags of a new cluster. If the assumption is
        switched, VpcConnectivity is missing until an update has set it.
        """
        info: Json = {
            "PublicAccess": {"Type": self.public_access},
            "NetworkType": self.network_type,
        }
        if self.mentions_schemes:
            info["VpcConnectivity"] = {
                "ClientAuthentication": {
                    "Sasl": {
                        "Iam": {"Enabled": Scheme.IAM in self.schemes},
                        "Scram": {"Enabled": Scheme.SCRAM in self.schemes},
                    },
                    "Tls": {"Enabled": Scheme.TLS in self.schemes},
                }
            }
        return info


@dataclass
class Operation:
    arn: str
    kind: str
    started: datetime
    state: str
    ended: datetime | None = None
    error: Json | None = None
    source: Json | None = None
    target: Json | None = None
    connection: Json | None = None


@dataclass(frozen=True)
class ClusterPolicy:
    text: str
    version: str


@dataclass(frozen=True)
class ScramSecret:
    """A secret that is associated with a cluster; *number* counts associations."""

    number: int
    arn: str


@dataclass(frozen=True)
class TopicView:
    """The topics of a cluster, by name, as they were at a time."""

    taken: datetime
    topics: dict[str, Topic]


@dataclass
class Cluster:
    """
    A cluster, provisioned or serverless; *settings* is that block of the request, completed.

    *number* counts clusters in the order of creation and is what pages are cut by.
    """

    number: int
    arn: str
    name: str
    account: str
    region: str
    created: datetime
    version: str
    settings: Json
    serverless: bool
    vpc_ids: frozenset[str]
    tags: Tags
    host_suffix: str
    state: str = "CREATING"
    connectivity: Connectivity = Connectivity()
    policy: ClusterPolicy | None = None
    policy_in_force: ClusterPolicy | None = None
    operations: list[Operation] = field(default_factory=list)
    active_operation: Operation | None = None
    brokers: dict[int, str] = field(default_factory=dict)
    """Instance type of each broker, by its id."""
    answers: int = 0
    """Number of GetBootstrapBrokers calls."""
    scram_secrets: dict[str, ScramSecret] = field(default_factory=dict)
    """The associated secrets by ARN, in the order of association."""
    topic_view: TopicView | None = None
    """What topic operations show, if any was called."""
    topic_numbers: dict[str, int] = field(default_factory=dict)

    def number_of_topic(self, name: str) -> int:
        """Return the number by which pages of topics are cut."""
        return self.topic_numbers.setdefault(name, len(self.topic_numbers) + 1)

    def set_brokers(self, brokers: dict[int, str], instance_type: str) -> None:
        """Replace the brokers; *instance_type* is what Describe shows of them."""
        self.brokers = brokers
        self.settings["NumberOfBrokerNodes"] = len(brokers)
        self.settings["BrokerNodeGroupInfo"]["InstanceType"] = instance_type

    @property
    def kind(self) -> str:
        return "SERVERLESS" if self.serverless else "PROVISIONED"

    @property
    def zone_ids(self) -> list[str]:
        zone_ids: list[str] = self.settings["BrokerNodeGroupInfo"]["ZoneIds"]
        return zone_ids

    @property
    def is_express(self) -> bool:
        nodes = self.settings.get("BrokerNodeGroupInfo", {})
        return bool(nodes.get("InstanceType", "").startswith("express."))

    @property
    def base_schemes(self) -> Schemes:
        return schemes_in(self.settings.get("ClientAuthentication"))

    @property
    def authority_arns(self) -> list[str]:
        """The certificate authorities of mutual TLS."""
        tls = self.settings.get("ClientAuthentication", {}).get("Tls", {})
        arns: list[str] = tls.get("CertificateAuthorityArnList", [])
        return arns


@dataclass
class Connection:
    """An MSK managed VPC connection; it belongs to the client's account."""

    number: int
    arn: str
    account: str
    region: str
    cluster_arn: str
    scheme: Scheme
    vpc_id: str
    subnet_ids: list[str]
    security_group_ids: list[str]
    created: datetime
    tags: Tags
    endpoint_id: str
    state: str = "CREATING"


@dataclass(frozen=True)
class Configuration:
    number: int
    arn: str
    account: str
    region: str
    name: str
    description: str
    kafka_versions: tuple[str, ...]
    created: datetime
    server_properties: bytes


@dataclass(frozen=True)
class TagChange:
    """
    A change of a resource's tags.

    *changed_keys* are those created, updated and deleted; *tags* are all tags afterwards;
    *version* counts the changes of this resource.
    """

    caller: Caller
    resource_arn: str
    resource_type: str
    changed_keys: tuple[str, ...]
    tags: Tags
    version: int
