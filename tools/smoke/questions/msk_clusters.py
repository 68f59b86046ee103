"""
Open questions of the emulator of MSK about clusters and their policies.

Text and assumption are those of the list in localcloud/msk/__init__.py; a test compares them.
"""

from tools.smoke.answers import Question

CLUSTERS = (
    Question(
        "omitted_scheme_is_off",
        "UpdateConnectivity: a scheme that the call leaves out",
        "is switched off",
        step="scheme-off",
    ),
    Question(
        "fresh_shows_flags",
        "Describe before any update",
        "shows all three flags as false",
        step="fresh",
    ),
    Question(
        "list_leaves_out",
        "ListClustersV2",
        "shows what Describe does",
        step="fresh",
    ),
    Question(
        "connection_tags",
        "CreateVpcConnection with tags",
        "needs kafka:TagResource with the key aws:RequestTag",
        step="onboard",
    ),
    Question(
        "connection_deletion_tags",
        "DeleteVpcConnection",
        "checks aws:ResourceTag of the connection",
        step="offboard",
    ),
    Question(
        "mixed_is_refused",
        "A cluster with unauthenticated access beside a scheme",
        "can have private connectivity",
        step="update",
    ),
    Question(
        "unfit_cluster",
        "A cluster that is not ACTIVE, has the scheme off in its base, is unfit, or lets "
        "everyone in",
        "BadRequest in our words (serverless, DUAL, t3.small, old Kafka, without a "
        "scheme, no ACLs)",
        step="update",
    ),
    Question(
        "acl_default",
        "allow.everyone.if.no.acl.found",
        "is enforced for SCRAM and TLS",
        why_not="It needs a cluster that lets everyone in. If MSK does not enforce it, its "
        "brokers reboot.",
    ),
    Question(
        "new_version",
        "The new CurrentVersion",
        "comes when the update ends well",
        step="update",
    ),
    Question(
        "failed_update",
        "A failed update",
        "ends UPDATE_FAILED, keeps flags and version",
        why_not="Nobody can bring about an update that fails.",
    ),
    Question(
        "express_stays_active",
        "An Express cluster during an update",
        "stays ACTIVE",
        step="onboard",
    ),
    Question(
        "active_operation",
        "ActiveOperationArn",
        "is there while an update goes on",
        step="update",
    ),
    Question(
        "express_brokers",
        "Express brokers",
        "work like Standard",
        step="onboard",
    ),
    Question(
        "express_upgrade",
        "An upgrade to Express brokers",
        "adds as many, with the next ids; private connectivity goes on",
        why_not="An upgrade in place cannot be undone.",
    ),
    Question(
        "express_instance_type",
        "InstanceType of a cluster with both kinds of brokers",
        "is as the upgrade asked for it",
        why_not="An upgrade in place cannot be undone.",
    ),
    Question(
        "connections_switched_off",
        "The scheme's connections when it is switched off",
        "DEACTIVATING when the update ends, then INACTIVE for good",
        step="scheme-off",
    ),
    Question(
        "policy_is_normalised",
        "Cluster policy text",
        "is kept as it was put",
        step="fresh",
    ),
    Question(
        "version_without_policy",
        "A CurrentVersion given where there is no policy",
        "is stale",
        step="fresh",
    ),
    Question(
        "unconnected_cannot_list",
        "ListClientVpcConnections where no scheme was ever on",
        "BadRequest",
        step="fresh",
    ),
    Question(
        "policy_conditions",
        "Policy conditions",
        "only aws:PrincipalArn and aws:PrincipalAccount can be met",
        why_not="It takes a connection for each condition.",
    ),
    Question(
        "not_principal",
        "NotPrincipal, unknown principals",
        "are refused",
        step="fresh",
    ),
    Question(
        "bad_principal_is_named",
        "A put that repeats an orphaned id, or names a closed account",
        "is refused with a text that names nobody",
        step="fresh",
    ),
    Question(
        "resource_of_another",
        "A Resource that is another cluster",
        "is refused; patterns are not",
        step="fresh",
    ),
    Question(
        "policy_while_updating",
        "PutClusterPolicy while UPDATING",
        "works",
        step="update",
    ),
)
