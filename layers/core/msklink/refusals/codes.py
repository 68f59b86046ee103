"""The codes of refusals. They are a contract: users match on them, so they are never renamed."""

from enum import StrEnum


class Code(StrEnum):
    """Every code; the texts are in `messages`."""

    MALFORMED_REQUEST = "MalformedRequest"
    MALFORMED_PLAN_REQUEST = "MalformedPlanRequest"
    MALFORMED_ACCOUNT_LIST = "MalformedAccountList"
    VENDOR_IS_CLIENT = "VendorIsClient"
    UNKNOWN_SCHEME = "UnknownScheme"
    SCHEME_MISSING = "SchemeMissing"
    CLUSTER_NOT_FOUND = "ClusterNotFound"
    CLUSTER_AMBIGUOUS = "ClusterAmbiguous"
    CLUSTER_NOT_MANAGED = "ClusterNotManaged"
    CLUSTER_NAME_TAKEN = "ClusterNameTaken"
    CLUSTER_REPLACED = "ClusterReplaced"
    CLUSTER_SERVERLESS = "ClusterServerless"
    CLUSTER_UNUSABLE = "ClusterUnusable"
    SCHEME_NOT_OFFERED = "SchemeNotOffered"
    SCHEME_OFF_ON_CLUSTER = "SchemeOffOnCluster"
    KAFKA_TOO_OLD = "KafkaTooOld"
    BROKERS_TOO_SMALL = "BrokersTooSmall"
    CLUSTER_UNAUTHENTICATED = "ClusterUnauthenticated"
    CLUSTER_DUAL_STACK = "ClusterDualStack"
    ENCRYPTION_UNFIT = "EncryptionUnfit"
    NO_CERTIFICATE_AUTHORITY = "NoCertificateAuthority"
    ACLS_NOT_ENFORCED = "AclsNotEnforced"
    VENDOR_SCHEME_UNNAMED = "VendorSchemeUnnamed"
    MALFORMED_WINDOW = "MalformedWindow"
    MALFORMED_APPROVAL = "MalformedApproval"
    AWAITING_APPROVAL = "AwaitingApproval"
    OUTSIDE_WINDOW = "OutsideWindow"
    FROZEN = "Frozen"
    CONNECTIVITY_UPDATE_FAILED = "ConnectivityUpdateFailed"
    ACCOUNT_NOT_ALLOWED = "AccountNotAllowed"
    CLIENT_STACK_MISSING = "ClientStackMissing"
    EXTERNAL_ID_WRONG = "ExternalIdWrong"
    CLIENT_ROLE_BLOCKED = "ClientRoleBlocked"
    CLIENT_ROLE_DENIED = "ClientRoleDenied"
    REFUSED_BY_AWS = "RefusedByAws"
    VPC_NOT_FOUND = "VpcNotFound"
    VPC_OF_CLUSTER = "VpcOfCluster"
    VPC_SHARED = "VpcShared"
    VPC_DNS_OFF = "VpcDnsOff"
    SUBNET_MISSING_IN_ZONE = "SubnetMissingInZone"
    SUBNET_CHOICE_INVALID = "SubnetChoiceInvalid"
    SUBNET_UNFIT = "SubnetUnfit"
    SUBNET_FULL = "SubnetFull"
    SECURITY_GROUP_INVALID = "SecurityGroupInvalid"
    CONNECTION_REFUSED_BY_MSK = "ConnectionRefusedByMsk"
    CONNECTION_FAILED = "ConnectionFailed"
    CONNECTION_TIMED_OUT = "ConnectionTimedOut"
    POLICY_TOO_LARGE = "PolicyTooLarge"
    PRINCIPAL_REJECTED = "PrincipalRejected"
    ACCOUNT_NOT_ADMITTED = "AccountNotAdmitted"
    ACCESS_NOT_ALLOWED = "AccessNotAllowed"
    MALFORMED_ACCESS_BOUNDS = "MalformedAccessBounds"
    VENDOR_REMOVED = "VendorRemoved"
    NO_LONGER_ASKED = "NoLongerAsked"
    OFFBOARDING_REQUESTED = "OffboardingRequested"
    DELETION_PROTECTED = "DeletionProtected"
    CLIENT_UNREACHABLE = "ClientUnreachable"
    SECURITY_GROUP_IN_USE = "SecurityGroupInUse"
    CONNECTION_REJECTED = "ConnectionRejected"
    SCHEME_TURNED_OFF = "SchemeTurnedOff"
    UNKNOWN_CONNECTION = "UnknownConnection"
    ENDPOINT_TAGS_MISSING = "EndpointTagsMissing"
    DRIFT_LEFT = "DriftLeft"
    DRIFT_CONTESTED = "DriftContested"
    KAFKA_VERSION_UNKNOWN = "KafkaVersionUnknown"
    BROKERS_EXPRESS = "BrokersExpress"
    BROKERS_MIXED = "BrokersMixed"
    UNAUTHENTICATED_ACCESS_ON = "UnauthenticatedAccessOn"
    NOBODY_LET_IN = "NobodyLetIn"
    PORTS_PARTLY_OPEN = "PortsPartlyOpen"


WARNINGS = frozenset(
    {
        Code.KAFKA_VERSION_UNKNOWN,
        Code.BROKERS_EXPRESS,
        Code.BROKERS_MIXED,
        Code.NOBODY_LET_IN,
        Code.PORTS_PARTLY_OPEN,
        Code.UNAUTHENTICATED_ACCESS_ON,
    }
)
"""Codes of warnings, which have the form of a refusal although nothing is refused."""
