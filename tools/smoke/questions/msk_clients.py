"""
Open questions of the emulator of MSK about connections, tags, secrets and topics.

Text and assumption are those of the list in localcloud/msk/__init__.py; a test compares them.
"""

from tools.smoke.answers import Question

SECRETS = (
    "The smoke test creates no secrets: their key costs $1 a month, and can be deleted "
    "after seven days at the earliest."
)

CLIENTS = (
    Question(
        "missing_cluster",
        "Another account's missing cluster",
        "Forbidden, like a closed one",
        step="connection",
    ),
    Question(
        "shown_by_policy",
        "What a policy shows other accounts",
        "all of Describe, zones and tags",
        step="connection",
    ),
    Question(
        "busy_takes_connections",
        "CreateVpcConnection: cluster not ACTIVE",
        "BadRequest",
        step="update",
    ),
    Question(
        "role_delay_seconds",
        "CreateVpcConnection: the first of an account",
        "is made at once",
        step="connection",
    ),
    Question(
        "policy_delay_seconds",
        "A new cluster policy",
        "is in force at once",
        step="connection",
    ),
    Question(
        "connection_subnets",
        "CreateVpcConnection: subnets",
        "one per zone of the cluster, no more and no fewer",
        step="connection",
    ),
    Question(
        "connection_places",
        "CreateVpcConnection: subnets of an Outpost, Local Zone, or IPv6 only",
        "BadRequest",
        why_not="It needs an Outpost, a Local Zone or an IPv6-only subnet.",
    ),
    Question(
        "connection_shared_vpc",
        "CreateVpcConnection in a shared VPC",
        "Forbidden, with EC2's own text",
        why_not="It needs a VPC that a third account shares.",
    ),
    Question(
        "connection_dns",
        "CreateVpcConnection: DNS attributes off",
        "BadRequest",
        step="connection",
    ),
    Question(
        "connection_own_vpc",
        "CreateVpcConnection: own VPC of the cluster",
        "BadRequest",
        step="connection",
    ),
    Question(
        "second_connection",
        "A second connection of VPC, cluster and scheme",
        "BadRequest, in whatever state the first is, DELETING included",
        step="connection",
    ),
    Question(
        "deletion_while_creating",
        "Deleting a connection that is CREATING or DELETING",
        "BadRequest",
        step="connection",
    ),
    Question(
        "endpoint_gone",
        "The endpoint",
        "goes when deletion is asked for",
        step="connection",
    ),
    Question(
        "statement_removed",
        "Removing the policy statement",
        "leaves connections as they are",
        step="connection",
    ),
    Question(
        "deleted_cluster",
        "A deleted cluster",
        "leaves INACTIVE connections",
        why_not="A connection without its cluster could be left behind, and billed.",
    ),
    Question(
        "connection_operations",
        "Connections in the cluster's operations",
        "CREATE_/DELETE_VPC_CONNECTION, and the cluster stays ACTIVE",
        step="connection",
    ),
    Question(
        "bootstrap_order",
        "GetBootstrapBrokers",
        "names the next three brokers each time, in another order",
        why_not="It needs more than three brokers.",
    ),
    Question(
        "bootstrap_while_creating",
        "GetBootstrapBrokers while CREATING",
        "409 Conflict",
        step="cluster",
    ),
    Question(
        "name_is_free_while_deleting",
        "A new cluster with the name of one that is DELETING",
        "is refused with Conflict until that is gone",
        step="cleanup",
    ),
    Question(
        "tags_at_creation_emit",
        "Tags of a new cluster",
        "make no tag event",
        step="fresh",
    ),
    Question(
        "tagging_again",
        "Tagging that changes nothing",
        "makes no tag event",
        step="fresh",
    ),
    Question(
        "tag_characters",
        "Characters in tags",
        "as documented, no colon or comma",
        step="fresh",
    ),
    Question(
        "default_page",
        "Page size when none is asked for",
        "100",
        step="fresh",
    ),
    Question(
        "foreign_authority",
        "A certificate authority of another account",
        "counts without being shared",
        why_not="It needs a private certificate authority, at $400 a month.",
    ),
    Question(
        "secrets_while_updating",
        "Associating secrets while UPDATING",
        "works",
        why_not=SECRETS,
    ),
    Question(
        "new_password",
        "A new password in a secret",
        "counts at the next login; on AWS within 10 minutes",
        why_not=SECRETS,
    ),
    Question(
        "secret_alias",
        "A secret with an alias for its key",
        'is not processed: "Don\'t specify an alias" (msk-password-tutorial)',
        why_not=SECRETS,
    ),
    Question(
        "secret_codes",
        "Codes of unprocessed secrets",
        "InvalidSecretArn for all; seen for name and access only",
        why_not=SECRETS,
    ),
    Question(
        "two_secrets",
        "Two secrets with one user",
        "the one associated last counts",
        why_not=SECRETS,
    ),
    Question(
        "secret_policy",
        "Disassociating a secret",
        "leaves MSK's statement in its resource policy",
        why_not=SECRETS,
    ),
    Question(
        "no_credentials",
        "A secret that is not credentials",
        "is associated, and has no user",
        why_not=SECRETS,
    ),
    Question(
        "topic_permissions",
        "Topic operations",
        "need their kafka: action too, as in the Service Authorization Reference",
        why_not="It needs a role without each permission.",
    ),
    Question(
        "list_topics",
        "ListTopics",
        "needs DescribeTopic on all topics; lists no internal ones",
        why_not="It needs a role without each permission.",
    ),
    Question(
        "topics_elsewhere",
        "Topic operations by another account",
        "need the same actions in the cluster policy",
        why_not="It needs a role without each permission.",
    ),
    Question(
        "topic_view",
        "The view of topics",
        "is up to 60 seconds old, and taken just before a change",
        step="topics",
    ),
    Question(
        "topic_states",
        "A topic in DescribeTopic",
        "is ACTIVE or not found; CREATING, UPDATING, DELETING are only answers",
        step="topics",
    ),
    Question(
        "topics_while_updating",
        "Topic operations: cluster not ACTIVE",
        "BadRequest, and for all that Kafka would refuse",
        step="update",
    ),
    Question(
        "topic_configs_are_json",
        "Configs of topics",
        "Base64 of a JSON object of strings, or of lines; an object is shown",
        step="topics",
    ),
    Question(
        "topic_update",
        "UpdateTopic with configs",
        "replaces all of the topic's own",
        step="topics",
    ),
    Question(
        "topic_defaults",
        "Configs that a topic does not have",
        "are the defaults of Kafka, whatever the cluster's configuration has",
        why_not="The defaults of Kafka depend on its version.",
    ),
    Question(
        "texts",
        "Texts without a source in errors.py",
        "our own words",
        why_not="Every answer of this report has the text of AWS; compare it with "
        "localcloud/msk/errors.py.",
    ),
    Question(
        "durations",
        "Durations",
        "20 minutes to create a cluster, 15 a broker to update it, 45 at least, 4 to connect a VPC",
        step="connection",
    ),
)
