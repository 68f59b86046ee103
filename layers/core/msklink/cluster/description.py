"""The description of a cluster, from one reading of DescribeClusterV2.

Sources: the MSK page "multi-VPC private connectivity in a single Region" (requirements), and
DescribeClusterV2 in botocore's model (field names).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.tags import RequestedSchemes, read_client_accounts, read_schemes

# In HEALING, MAINTENANCE and REBOOTING_BROKER a cluster serves data, but refuses updates
# (MSK developer guide, cluster states).
BUSY_STATES = frozenset({"CREATING", "UPDATING", "HEALING", "MAINTENANCE", "REBOOTING_BROKER"})

GONE = "gone"
"""Replaces the fingerprint of a deleted cluster."""

UNSEEN = "unseen"
"""Replaces the fingerprint of a cluster that AWS refused to describe; no cluster has it."""

NO_ACCOUNTS = frozenset[str]()

UNUSABLE_STATES = frozenset({"FAILED", "DELETING"})


@dataclass(frozen=True)
class ClusterDescription:
    """One reading of DescribeClusterV2; any update of the cluster makes *version* stale."""

    arn: ClusterArn
    state: str
    version: str
    serverless: bool
    zone_ids: tuple[str, ...]
    authentication_schemes: frozenset[Scheme]
    """Schemes that are on in the cluster's own authentication."""
    private_schemes: frozenset[Scheme]
    """Schemes that are on for multi-VPC private connectivity."""
    tags: Mapping[str, str]
    reason: str = ""
    kafka_version: str = ""
    instance_type: str = ""
    unauthenticated: bool = False
    network_type: str = ""
    client_broker_encryption: str = "TLS"
    """MSK's default, which it does not report."""
    certificate_authorities: tuple[str, ...] = ()
    configuration: tuple[str, int] | None = None
    """ARN and revision; None where the cluster has MSK's default configuration."""
    subnet_ids: tuple[str, ...] = ()
    brokers: int = 0
    """The number of brokers; it determines the number of published addresses."""
    active_operation: str = ""
    """
    ARN of an operation in progress; the state may be ACTIVE meanwhile.

    The operation may have ended, or may create a connection. `msk_clusters.describe_updates` keeps
    only one that is in progress and blocks updates.
    """

    @classmethod
    def read(cls, info: Mapping[str, Any]) -> "ClusterDescription":
        """Read the cluster in *info*, ClusterInfo of DescribeClusterV2; any level may be absent."""
        provisioned = info.get("Provisioned") or {}
        brokers = provisioned.get("BrokerNodeGroupInfo") or {}
        connectivity = brokers.get("ConnectivityInfo") or {}
        private = connectivity.get("VpcConnectivity") or {}
        authentication = provisioned.get("ClientAuthentication") or {}
        software = provisioned.get("CurrentBrokerSoftwareInfo") or {}
        encryption = provisioned.get("EncryptionInfo") or {}
        return cls(
            arn=ClusterArn.parse(info["ClusterArn"]),
            state=info.get("State", ""),
            version=info.get("CurrentVersion", ""),
            serverless=info.get("ClusterType") == "SERVERLESS",
            zone_ids=tuple(sorted(brokers.get("ZoneIds") or ())),
            authentication_schemes=schemes_on(authentication),
            private_schemes=schemes_on(private.get("ClientAuthentication") or {}),
            tags=info.get("Tags") or {},
            reason=(info.get("StateInfo") or {}).get("Message", ""),
            kafka_version=software.get("KafkaVersion", ""),
            instance_type=brokers.get("InstanceType", ""),
            unauthenticated=bool((authentication.get("Unauthenticated") or {}).get("Enabled")),
            network_type=connectivity.get("NetworkType", ""),
            client_broker_encryption=(encryption.get("EncryptionInTransit") or {}).get(
                "ClientBroker", "TLS"
            ),
            certificate_authorities=tuple(
                sorted((authentication.get("Tls") or {}).get("CertificateAuthorityArnList") or ())
            ),
            configuration=_configuration(software),
            subnet_ids=tuple(sorted(brokers.get("ClientSubnets") or ())),
            brokers=provisioned.get("NumberOfBrokerNodes", 0),
            active_operation=info.get("ActiveOperationArn", ""),
        )

    def fingerprint(self, namespace: str, *terms: object) -> str:
        """
        Return a digest of all properties on which a run acts, and of the owner's *terms*.

        A run reads them with DescribeClusterV2 and the sweep with ListClustersV2, which may have
        lists in another order, so lists are sorted.

        The version and passing states are left out, because they change during updates. Private
        connectivity is left out as well: a scheme that others turned off is turned on again only
        after the next request, because that reboots the brokers.
        """
        facts = replace(
            self,
            state=self.state if self.state in UNUSABLE_STATES else "",
            version="",
            reason="",
            active_operation="",
            private_schemes=frozenset(),
            tags={key: value for key, value in self.tags.items() if key.startswith(namespace)},
        )
        text = json.dumps([asdict(facts), *map(str, terms)], sort_keys=True, default=sorted)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def requested_schemes(self, namespace: str) -> RequestedSchemes:
        """Return the schemes for which the owner opted in; none where it has not opted in."""
        return read_schemes(self.tags.get(namespace), f"Tag {namespace} of the cluster")

    def is_managed(self, namespace: str) -> bool:
        """Return whether the owner opted in, also where the tag has invalid words only."""
        asked = self.requested_schemes(namespace)
        return bool(asked.schemes or asked.refusals)

    def client_accounts(self, namespace: str) -> frozenset[str]:
        """Return the accounts that may connect; none where the owner has not opted in."""
        return (
            read_client_accounts(self.tags, namespace).accounts
            if self.is_managed(namespace)
            else NO_ACCOUNTS
        )


def _configuration(software: Mapping[str, Any]) -> tuple[str, int] | None:
    arn, revision = software.get("ConfigurationArn"), software.get("ConfigurationRevision")
    return (arn, revision) if arn and revision else None


def schemes_on(authentication: Mapping[str, Any]) -> frozenset[Scheme]:
    """Return the schemes that are on in *authentication*, a ClientAuthentication of MSK."""
    sasl = authentication.get("Sasl") or {}
    switches = {
        Scheme.IAM: sasl.get("Iam"),
        Scheme.SCRAM: sasl.get("Scram"),
        Scheme.TLS: authentication.get("Tls"),
    }
    return frozenset(scheme for scheme, switch in switches.items() if (switch or {}).get("Enabled"))


def is_settled(cluster: ClusterDescription) -> bool:
    """Return whether MSK would accept an update now."""
    return cluster.state not in BUSY_STATES and not cluster.active_operation
