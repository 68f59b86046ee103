"""The texts of refusals: by code, a message with the facts, and a remedy that says what to do."""

from msklink.refusals.codes import Code

MESSAGES: dict[Code, tuple[str, str]] = {
    Code.MALFORMED_REQUEST: (
        "The event is not a valid request: {problem}.",
        "Send the event again. Its detail can have only the fields {allowed}, as in docs/client.md "
        "of MSKLink.",
    ),
    Code.MALFORMED_PLAN_REQUEST: (
        "The request for a plan is not valid: {problem}.",
        "Invoke the function again with a cluster and, if you want, the fields tags, clients and "
        "vpcs under if, as in docs/plan.md.",
    ),
    Code.MALFORMED_ACCOUNT_LIST: (
        "Tag {key} of the cluster contains {word!r}, which is not a 12-digit account id.",
        "Write account ids separated by spaces into tag {key}.",
    ),
    Code.TOO_MANY_ACCOUNTS: (
        "The cluster's tags list {count} client accounts. A run has room for {limit}, and serves "
        "those with connections or requests first. Not served: {left} accounts, from {first} on.",
        "Remove accounts that do not use the cluster from tag {key} and those like it. The cluster "
        "policy has room for about as many accounts as a run.",
    ),
    Code.VENDOR_IS_CLIENT: (
        "Account {account} is in both tags {clients} and {vendors} of the cluster. MSKLink treats "
        "it as a client.",
        "Remove {account} from tag {vendors} if it has the client stack, otherwise from tag "
        "{clients}.",
    ),
    Code.UNKNOWN_SCHEME: (
        "{where} contains {word!r}, which is not one of the authentication schemes iam, scram and "
        "tls.",
        "Write auto or off alone, or any of iam, scram and tls: separated by spaces in a tag, as a "
        "list in a request. Existing connections stay meanwhile.",
    ),
    Code.SCHEME_MISSING: (
        "{where} is empty, so it requests nothing.",
        "Write auto, off, or any of iam, scram and tls separated by spaces.",
    ),
    Code.CLUSTER_NOT_FOUND: (
        "There is no cluster {cluster} in account {owner} in this Region.",
        "Check the name or ARN, and that the cluster is in the Region of the VPC.",
    ),
    Code.CLUSTER_AMBIGUOUS: (
        "More than one cluster of account {owner} is called {cluster}: {arns}.",
        "Send an onboarding request with the ARN of the cluster that you mean.",
    ),
    Code.CLUSTER_NOT_MANAGED: (
        "The owner has not opted in cluster {cluster}.",
        "Ask the owner team to set tag {key} of the cluster to auto, or to iam, scram or tls.",
    ),
    Code.CLUSTER_NAME_TAKEN: (
        "The parameters under {path} belong to another cluster of the same name, {other}. MSKLink "
        "publishes nothing for {cluster}.",
        "Do nothing if that cluster is being deleted: {cluster} gets the name after that. If it is "
        "in another account or Region, rename one of the two, or delete the parameters under "
        "{path} if nobody uses that cluster.",
    ),
    Code.CLUSTER_REPLACED: (
        "Cluster {old} was deleted, and {new} has its name now.",
        "Do nothing: MSKLink removes the connections to the deleted cluster, and publishes the "
        "brokers of the new one under the same names.",
    ),
    Code.CLUSTER_SERVERLESS: (
        "The cluster is serverless. MSK's API turns on multi-VPC private connectivity for "
        "provisioned clusters only. AWS services connect to serverless clusters in some Regions; "
        "in others MSK answers that the Region doesn't currently support it.",
        "Use a provisioned cluster, or share an interface endpoint of the serverless cluster.",
    ),
    Code.CLUSTER_UNUSABLE: (
        "The cluster is {state}: {reason}.",
        "Repair or replace the cluster, then set its tags again.",
    ),
    Code.SCHEME_NOT_OFFERED: (
        "The owner offers {offered} on the cluster, not {scheme}.",
        "Request one of these schemes, or ask the owner team to add {scheme} to tag {key} of the "
        "cluster.",
    ),
    Code.SCHEME_OFF_ON_CLUSTER: (
        "Authentication by {scheme} is off in the security settings of the cluster.",
        "Ask the owner team to turn on {scheme} in the security settings of the cluster.",
    ),
    Code.KAFKA_TOO_OLD: (
        "The cluster runs Apache Kafka {version}. Private connectivity needs {minimum} or later.",
        "Ask the owner team to upgrade the cluster's Apache Kafka version.",
    ),
    Code.BROKERS_TOO_SMALL: (
        "The broker type is {instance_type}, for which MSK has no private connectivity.",
        "Ask the owner team to change the broker type, for instance to kafka.m7g.large.",
    ),
    Code.CLUSTER_UNAUTHENTICATED: (
        "The cluster has unauthenticated access only. Private connectivity needs authentication.",
        "Ask the owner team to turn on iam, scram or tls as well in the cluster's security "
        "settings. Clients without authentication keep their access.",
    ),
    Code.CLUSTER_DUAL_STACK: (
        "The cluster's network type is {network_type}. Private connectivity needs IPV4.",
        "Use another cluster: MSK cannot change a dual-stack cluster back to IPV4.",
    ),
    Code.ENCRYPTION_UNFIT: (
        "Encryption between clients and brokers is {encryption}. Scheme {scheme} needs {fit}.",
        "Ask the owner team to change encryption in transit in the cluster's security settings.",
    ),
    Code.NO_CERTIFICATE_AUTHORITY: (
        "The cluster has no certificate authority, which scheme tls needs to authenticate clients.",
        "Ask the owner team to add the ARN of a private certificate authority to the cluster.",
    ),
    Code.ACLS_NOT_ENFORCED: (
        "The cluster's configuration does not set {property} to false, which {scheme} needs.",
        "Ask the owner team to create Apache Kafka ACLs for every client first, and only then to "
        "set {property}=false in the cluster's configuration. The other order locks out every "
        "client. MSKLink never sets this property.",
    ),
    Code.VENDOR_SCHEME_UNNAMED: (
        "The accounts in tag {vendors} cannot connect yet: private connectivity is off, and auto "
        "in tag {key} does not name the scheme that they need.",
        "Replace auto in tag {key} of the cluster with the schemes, for example iam. Turning on a "
        "scheme reboots the brokers.",
    ),
    Code.MALFORMED_WINDOW: (
        "{where} has no valid maintenance window: {problem}. Until it has, MSKLink makes no update "
        "that reboots brokers.",
        "Ask the owner team to write always, or hours of the week such as sun 0200-sun 0500, "
        "several separated by ' / ', with a time zone such as Europe/Berlin at the end if they are "
        "not in UTC.",
    ),
    Code.MALFORMED_APPROVAL: (
        "Tag {key} of the cluster is {word!r}, which is neither required nor none. Until it is one "
        "of them, MSKLink makes no update that reboots brokers.",
        "Ask the owner team to set tag {key} of the cluster to required or none.",
    ),
    Code.AWAITING_APPROVAL: (
        "Turning on {schemes} reboots the brokers of cluster {cluster}, and waits for the approval "
        "of the owner.",
        "Wait, or ask the owner team to approve it: set tag {key} of the cluster to {value}.",
    ),
    Code.OUTSIDE_WINDOW: (
        "Turning on a scheme reboots the brokers of cluster {cluster}, and waits for the "
        "maintenance window that begins at {start} UTC.{warning}",
        "Wait, or ask the owner team to change tag {key} of the cluster.",
    ),
    Code.FROZEN: (
        "Cluster {cluster} is frozen by {what}, so MSKLink changes nothing for it.",
        "Wait, or ask the owner team to end the freeze by {what}.",
    ),
    Code.CONNECTIVITY_UPDATE_FAILED: (
        "MSK could not turn on private connectivity for {schemes}: {problem}",
        "Fix what MSK names, or ask AWS Support about {operation}. Then set tag {key} of the "
        "cluster again, or wait: MSKLink retries within a day.",
    ),
    Code.ACCOUNT_NOT_ALLOWED: (
        "The owner does not list account {account} as a client of the cluster.",
        "Ask the owner team to add {account} to tag {key} of the cluster.",
    ),
    Code.CLIENT_STACK_MISSING: (
        "Account {account} has no role {role} that trusts account {owner}.",
        "Deploy client.yaml in account {account} in this Region, with the parameters in output "
        "ClientStack of the owner stack.",
    ),
    Code.EXTERNAL_ID_WRONG: (
        "Role {role} exists, but requires another external id.",
        "Update the stack of client.yaml in account {account}: set ExternalId to {external_id}, as "
        "in output ClientStack of the owner stack.",
    ),
    Code.CLIENT_ROLE_BLOCKED: (
        "A policy explicitly denies sts:AssumeRole on role {role}: {problem}",
        "Ask the administrators of the organization's service control policies to allow "
        "sts:AssumeRole on {role}.",
    ),
    Code.CLIENT_ROLE_DENIED: (
        "Role {role} is not allowed to make a call that MSKLink needs: {problem}",
        "Update the stack of client.yaml in account {account} to the version of the owner stack. "
        "If that does not help, find the service control policy that denies the call.",
    ),
    Code.REFUSED_BY_AWS: (
        "AWS refused {operation} with {error}: {problem}",
        "Fix what AWS names: raise a quota in Service Quotas, or look up the error in the API "
        "reference of the service. Then send an onboarding request, or wait: MSKLink retries "
        "within a day.",
    ),
    Code.VPC_NOT_FOUND: (
        "There is no VPC {vpc_id} in account {account} in this Region.",
        "Check the VPC id, and that the VPC is in the Region of the cluster.",
    ),
    Code.VPC_OF_CLUSTER: (
        "VPC {vpc_id} is the VPC of the cluster itself.",
        "Use the cluster's ordinary bootstrap brokers within this VPC, and remove the tag.",
    ),
    Code.VPC_SHARED: (
        "VPC {vpc_id} belongs to account {owner}, which shares subnets with account {account}. "
        "Only account {owner} can create interface endpoints in it.",
        "Request the connection from account {owner}, as a client with its own stack: its "
        "endpoints serve the whole VPC. Or use a VPC that belongs to account {account}.",
    ),
    Code.VPC_DNS_OFF: (
        "VPC {vpc_id} has {attributes} off, so broker names do not resolve in it.",
        "Turn on DNS resolution and DNS hostnames for VPC {vpc_id}.",
    ),
    Code.SUBNET_MISSING_IN_ZONE: (
        "VPC {vpc_id} has no subnet with {addresses} in {zones}, where the cluster has "
        "brokers.{passed_over}",
        "Create a subnet in each of {zones} in VPC {vpc_id}. In account {account} that is "
        "{names}. Use the zone ids: the name of a zone differs between accounts.",
    ),
    Code.SUBNET_CHOICE_INVALID: (
        "The requested subnets {subnets} are not one subnet of VPC {vpc_id} in each of the "
        "cluster's zones {zones}.",
        "Name or tag exactly one subnet in each of {zones}, or none to let MSKLink choose.",
    ),
    Code.SUBNET_UNFIT: (
        "MSK cannot create endpoints in these subnets of VPC {vpc_id}: {subnets}.",
        "Name or tag subnets with IPv4 addresses in Availability Zones of the Region, or none to "
        "let MSKLink choose.",
    ),
    Code.SUBNET_FULL: (
        "These subnets of VPC {vpc_id} have too few free addresses: {subnets}. MSK creates "
        "{endpoints} endpoints, one for each scheme, and each takes an address in each subnet.",
        "Free addresses in these subnets, name or tag other subnets, or request fewer schemes.",
    ),
    Code.SECURITY_GROUP_INVALID: (
        "The requested security groups {groups} do not exist in VPC {vpc_id}.",
        "Name or tag security groups of VPC {vpc_id}, or none to let MSKLink create one.",
    ),
    Code.CONNECTION_REFUSED_BY_MSK: (
        "MSK refused to create the connection: {problem}",
        "Fix what MSK names. Then send an onboarding request, or wait: MSKLink retries within a "
        "day.",
    ),
    Code.CONNECTION_FAILED: (
        "Connection {connection_arn} is {state}.",
        "Delete the connection in the client account. Then send an onboarding request, or wait: "
        "MSKLink creates another within a day.",
    ),
    Code.CONNECTION_TIMED_OUT: (
        "Connection {connection_arn} was still {state} after {minutes} minutes.",
        "Check the connection in the MSK console of the client account. Once it is AVAILABLE, send "
        "an onboarding request, or wait: MSKLink publishes it within a day.",
    ),
    Code.POLICY_TOO_LARGE: (
        "The cluster policy would have {size} characters. MSK allows {limit}.",
        "Remove statements from the cluster policy that are no longer needed.",
    ),
    Code.PRINCIPAL_REJECTED: (
        "MSK rejects the cluster policy with account {account} in it: {problem}",
        "Check whether account {account} is closed. If it is not, replace the principals of "
        "deleted roles in other statements of the policy: {orphans}.",
    ),
    Code.ACCOUNT_NOT_ADMITTED: (
        "The cluster policy does not let account {account} connect. MSKLink does not change the "
        "policy, because another tool or person manages it.{unjudged}",
        "Ask the owner team to allow {actions} for account {account}, or its role {role}, in the "
        "cluster policy; conditions can be on aws:PrincipalAccount or aws:PrincipalArn only. Or "
        "ask them to let MSKLink write its statements again: with policy in parameter Repair of "
        "the owner stack, and without item {item} in its table.",
    ),
    Code.ACCESS_NOT_ALLOWED: (
        "Account {account} requests more access on cluster {cluster} than the owner allows: "
        "{asked}. The owner allows {bounds}.",
        "Request less, or ask the owner team, if they agree, to run in account {owner}: "
        "aws ssm put-parameter --name {parameter} --type String --overwrite --value '{value}', "
        "which allows each of the actions on each of the names. MSKLink then grants the access.",
    ),
    Code.MALFORMED_ACCESS_BOUNDS: (
        "Parameter {parameter} of account {owner} has no valid access bounds: {problem}. Until it "
        "has, MSKLink grants no access to topics, groups and transactional ids.",
        "Ask the owner team to write names and actions in this form into a parameter of type "
        "String, not SecureString: {example}. MSKLink then reads it again.",
    ),
    Code.TOPIC_NOT_ALLOWED: (
        "Account {account} requests topic {topic} on cluster {cluster}, which the owner does not "
        "allow: {problem}.",
        "Request what is allowed, or ask the owner team, if they agree, to run in account {owner}: "
        "aws ssm put-parameter --name {parameter} --type String --overwrite --value '{value}', "
        "with their own values. MSKLink then creates the topic.",
    ),
    Code.TOPIC_DIFFERS: (
        "Topic {topic} of cluster {cluster} exists and is not as requested: {problem}. MSKLink "
        "neither changes nor deletes topics.",
        "Request the topic as it is, or ask the owner team to change it. Then request it again.",
    ),
    Code.TOPIC_REFUSED: (
        "Amazon MSK does not create topic {topic} on cluster {cluster}: {error}: {problem}.",
        "Correct the topic and request it again.",
    ),
    Code.TOPICS_NOT_SUPPORTED: (
        "Topic {topic} cannot be created on cluster {cluster} by MSKLink: {problem}. Amazon MSK "
        "creates topics by its API on provisioned clusters of Apache Kafka 3.6 or later.",
        "Create the topic with a Kafka client, or ask the owner team to upgrade the cluster. "
        "Everything else that you requested is not affected.",
    ),
    Code.USER_NOT_ALLOWED: (
        "Account {account} requests user {user} on cluster {cluster}, which the owner does not "
        "allow: {problem}.",
        "Request another user, or ask the owner team, if they agree, to run in account {owner}: "
        "aws ssm put-parameter --name {parameter} --type String --overwrite --value '{value}'. "
        "MSKLink then creates the user.",
    ),
    Code.USER_TAKEN: (
        "User {user} of cluster {cluster} belongs to others: {problem}.",
        "Request a user with another name.",
    ),
    Code.USER_REFUSED: (
        "AWS does not create user {user} on cluster {cluster}: {error}: {problem}.",
        "Ask the owner team to correct what AWS names. Then request the user again, or wait: "
        "MSKLink retries within a day.",
    ),
    Code.USER_NOT_REQUESTED: (
        "No request of account {account} names user {user} of cluster {cluster} any more.",
        "Do nothing if that is intended; otherwise request the user again before its removal is "
        "due.",
    ),
    Code.VENDOR_REMOVED: (
        "Account {account} is no longer in tag {key} of the cluster. MSKLink revokes its grant.",
        "Do nothing if that is intended; otherwise add {account} to tag {key} again before its "
        "removal is due. Connections that the account made stay until it deletes them or the owner "
        "rejects them.",
    ),
    Code.NO_LONGER_ASKED: (
        "Neither a tag of VPC {vpc_id} nor a request asks for {scheme} any more.",
        "Do nothing if that is intended; otherwise set tag {key} of VPC {vpc_id} again before the "
        "removal is due.",
    ),
    Code.OFFBOARDING_REQUESTED: (
        "Account {account} requested to disconnect VPC {vpc_id} by {scheme}.",
        "Do nothing if that is intended; to connect it again, set tag {key} of VPC {vpc_id} again "
        "or send an onboarding request.",
    ),
    Code.DELETION_PROTECTED: (
        "MSKLink does not disconnect VPC {vpc_id} by {scheme}, because {guard} protects it. "
        "{reason}",
        "Set tag {key} of the VPC again to keep the connection, or remove the protection to "
        "disconnect it.",
    ),
    Code.CLIENT_UNREACHABLE: (
        "MSKLink revoked the access of connection {connection_arn} and rejected it from the "
        "owner's side, because it could not delete it in account {account}: {problem}",
        "Delete the connection in account {account}: AWS bills it until the client deletes it.",
    ),
    Code.SECURITY_GROUP_IN_USE: (
        "Security group {group}, which MSKLink created, is still in use in VPC {vpc_id}.",
        "Remove security group {group} from the resources that use it, and delete it.",
    ),
    Code.CONNECTION_REJECTED: (
        "The owner rejected connection {connection_arn}.",
        "Ask the owner team for the reason. Then delete the connection in account {account}: "
        "MSKLink creates another.",
    ),
    Code.SCHEME_TURNED_OFF: (
        "Private connectivity by {scheme} was on. Others turned it off, which ended its "
        "connections.",
        "Turn it on again, or remove {scheme} from tag {key} of the cluster. With connectivity in "
        "parameter Repair of the owner stack, MSKLink turns it on, which reboots the brokers.",
    ),
    Code.UNKNOWN_CONNECTION: (
        "Account {account}, which the owner does not list, has connection {connection_arn} to the "
        "cluster.",
        "Add {account} to tag {key} of the cluster if it may connect. Otherwise reject the "
        "connection, and remove the statement of the cluster policy that admits the account.",
    ),
    Code.ENDPOINT_TAGS_MISSING: (
        "VPC {vpc_id} has {connections} connections, but {endpoints} endpoints with the tags "
        "AWSMSKManaged and ClusterArn. MSK cannot manage an endpoint without them.",
        "Stop the tool that removes tags from MSK's endpoints, and set the tags AWSMSKManaged=true "
        "and ClusterArn with the cluster's ARN again.",
    ),
    Code.DRIFT_LEFT: (
        "Others changed the {what}, and MSKLink does not repair it. It is: {before}. It should be: "
        "{after}.",
        "Change it back, or add {kind} to parameter Repair of the owner stack.",
    ),
    Code.DRIFT_CONTESTED: (
        "MSKLink repaired the {what} three times within a day, and others changed it again. It is: "
        "{before}. It should be: {after}.",
        "Stop one of the two tools that manage it. Then delete item {item} of the cluster from the "
        "table of the owner stack.",
    ),
    Code.KAFKA_VERSION_UNKNOWN: (
        "MSKLink cannot read the Apache Kafka version {version}.",
        "Do nothing if it is 2.7.1 or later; MSK decides.",
    ),
    Code.BROKERS_EXPRESS: (
        "The broker type is {instance_type}. Users report that MSK refuses private connectivity "
        "for it.",
        "Do nothing if it works; otherwise use Standard brokers.",
    ),
    Code.BROKERS_MIXED: (
        "The cluster has both Standard and Express brokers, {instance_type}, as during an upgrade "
        "in place. AWS does not document how that affects private connectivity.",
        "Do nothing if clients stay connected. MSKLink publishes other brokers once a published "
        "one has left the cluster.",
    ),
    Code.UNAUTHENTICATED_ACCESS_ON: (
        "The cluster also has unauthenticated access. AWS's pages disagree about whether private "
        "connectivity works there.",
        "Do nothing if it works; MSK decides. Clients without authentication keep their access.",
    ),
    Code.NOBODY_LET_IN: (
        "The security groups {groups} have no inbound rule for TCP 14001 to 14100.",
        "Add an inbound rule for TCP 14001-14100 from the clients, or remove the tags from the "
        "groups to let MSKLink create one.",
    ),
    Code.PORTS_PARTLY_OPEN: (
        "The security groups {groups} have no inbound rule for TCP {ports}. The brokers listen on "
        "ports 14001 to 14100.",
        "Allow TCP 14001-14100 from the clients, or remove the tags from the groups to let MSKLink "
        "create one.",
    ),
}
