"""The texts of refusals: by code a message with the facts, and a remedy to carry out."""

from msklink.refusals.codes import Code

MESSAGES: dict[Code, tuple[str, str]] = {
    Code.MALFORMED_REQUEST: (
        "The event is not a valid request: {problem}.",
        "Send the event again with a detail of no other fields than {allowed}, as the README has "
        "it.",
    ),
    Code.MALFORMED_ACCOUNT_LIST: (
        "Tag {key} of the cluster holds {word!r}, which is not a 12-digit account id.",
        "Write account ids separated by spaces into tag {key}.",
    ),
    Code.VENDOR_IS_CLIENT: (
        "Account {account} is in the tags {clients} and {vendors} of the cluster, and is served as "
        "a client.",
        "Take {account} out of tag {vendors} if it has the client stack, otherwise out of tag "
        "{clients}.",
    ),
    Code.UNKNOWN_SCHEME: (
        "{where} holds {word!r}, which is not one of the authentication schemes iam, scram and "
        "tls.",
        "Write auto or off alone, or any of iam, scram and tls: in a tag separated by spaces, in a "
        "request as a list. What is connected by now stays meanwhile.",
    ),
    Code.SCHEME_MISSING: (
        "{where} is empty, which asks for nothing.",
        "Write auto, off, or any of iam, scram and tls separated by spaces.",
    ),
    Code.CLUSTER_NOT_FOUND: (
        "There is no cluster {cluster} in account {owner} in this Region.",
        "Check the name or ARN, and that the cluster is in the Region of the VPC.",
    ),
    Code.CLUSTER_AMBIGUOUS: (
        "More than one cluster of account {owner} is called {cluster}: {arns}.",
        "Send a request by event with the ARN of the cluster that is meant.",
    ),
    Code.CLUSTER_NOT_MANAGED: (
        "Cluster {cluster} is not opted in.",
        "Ask the owner team to set tag {key} on the cluster to auto or to schemes.",
    ),
    Code.CLUSTER_NAME_TAKEN: (
        "The parameters under {path} belong to another cluster of the same name, {other}, so that "
        "nothing is published for {cluster}.",
        "None while that cluster is being deleted: the name is taken over once it is gone. If it "
        "is in another account or Region, rename one of the two, or delete the parameters under "
        "{path} if it is no longer used.",
    ),
    Code.CLUSTER_REPLACED: (
        "Cluster {old} was deleted, and {new} has its name now.",
        "None: what was made for the deleted cluster is taken away, and the brokers of the new one "
        "are published under the same names.",
    ),
    Code.CLUSTER_SERVERLESS: (
        "The cluster is serverless; MSK's API turns multi-VPC private connectivity on for "
        "provisioned clusters only. AWS services connect to serverless clusters in some Regions; "
        "in others MSK answers that the Region doesn't currently support it.",
        "Use a provisioned cluster, or share an interface endpoint of the serverless cluster.",
    ),
    Code.CLUSTER_UNUSABLE: (
        "The cluster is {state}: {reason}.",
        "Repair or replace the cluster, then set its tags again.",
    ),
    Code.SCHEME_NOT_OFFERED: (
        "The cluster is tagged for {offered} only.",
        "Ask for one of these schemes, or ask the owner team to add {scheme} to tag {key} of the "
        "cluster.",
    ),
    Code.SCHEME_OFF_ON_CLUSTER: (
        "Authentication by {scheme} is off on the cluster itself.",
        "Ask the owner team to turn {scheme} on in the security settings of the cluster.",
    ),
    Code.KAFKA_TOO_OLD: (
        "The cluster runs Apache Kafka {version}; private connectivity needs {minimum} or later.",
        "Ask the owner team to upgrade the cluster's Apache Kafka version.",
    ),
    Code.BROKERS_TOO_SMALL: (
        "The brokers are {instance_type}, for which MSK has no private connectivity.",
        "Ask the owner team to change the broker type, for instance to kafka.m7g.large.",
    ),
    Code.CLUSTER_UNAUTHENTICATED: (
        "The cluster has unauthenticated access only; private connectivity needs a scheme.",
        "Ask the owner team to turn iam, scram or tls on beside it in the cluster's security "
        "settings. Clients without authentication go on as before.",
    ),
    Code.CLUSTER_DUAL_STACK: (
        "The cluster's network type is {network_type}; private connectivity needs IPV4.",
        "Use another cluster: MSK does not turn a dual-stack cluster back to IPV4.",
    ),
    Code.ENCRYPTION_UNFIT: (
        "Encryption between clients and brokers is {encryption}; {scheme} needs {fit}.",
        "Ask the owner team to change encryption in transit in the cluster's security settings.",
    ),
    Code.NO_CERTIFICATE_AUTHORITY: (
        "The cluster has no certificate authority by which it could know a tls client.",
        "Ask the owner team to add the ARN of a private certificate authority to the cluster.",
    ),
    Code.ACLS_NOT_ENFORCED: (
        "The cluster's configuration does not set {property} to false, which {scheme} needs.",
        "ACLs first: ask the owner team to set Apache Kafka ACLs for every client, and only then "
        "{property}=false in the cluster's configuration. In the other order every client is "
        "locked out; MSKLink never sets it.",
    ),
    Code.VENDOR_SCHEME_UNNAMED: (
        "The accounts in tag {vendors} cannot connect yet: private connectivity is off, and auto "
        "in tag {key} does not say by which scheme they will.",
        "Write schemes in place of auto into tag {key} of the cluster, such as iam. Turning one on "
        "reboots the brokers.",
    ),
    Code.CONNECTIVITY_UPDATE_FAILED: (
        "MSK could not turn private connectivity on for {schemes}: {problem}",
        "Mend what MSK names, or ask AWS Support about {operation}; then set tag {key} of the "
        "cluster again. It is tried again by itself as well, within a day.",
    ),
    Code.ACCOUNT_NOT_ALLOWED: (
        "Account {account} is not on the list of the cluster.",
        "Ask the owner team to add {account} to tag {key} of the cluster.",
    ),
    Code.CLIENT_STACK_MISSING: (
        "Account {account} has no role {role} that trusts account {owner}.",
        "Deploy client.yaml in account {account} in this Region, with the parameters that the "
        "owner stack has as outputs.",
    ),
    Code.EXTERNAL_ID_WRONG: (
        "Role {role} is there, but wants another external id.",
        "Update the stack of client.yaml in account {account} with ExternalId {external_id}, as "
        "in output ClientStack of the owner stack.",
    ),
    Code.CLIENT_ROLE_BLOCKED: (
        "A policy denies that role {role} is assumed: {problem}",
        "Ask who manages the organization's service control policies to allow sts:AssumeRole on "
        "{role}.",
    ),
    Code.CLIENT_ROLE_DENIED: (
        "Role {role} may not do what is needed: {problem}",
        "Update the stack of client.yaml in account {account} to the version of the owner stack, "
        "and look for a service control policy that denies the call.",
    ),
    Code.REFUSED_BY_AWS: (
        "AWS refused {operation} with {error}: {problem}",
        "Mend what AWS names: quotas are raised in Service Quotas, and the error is explained in "
        "the API reference of the service. It is tried again by itself, within a day, and at once "
        "on an onboarding request.",
    ),
    Code.VPC_NOT_FOUND: (
        "There is no VPC {vpc_id} in account {account} in this Region.",
        "Check the VPC id, and that the VPC is in the Region of the cluster.",
    ),
    Code.VPC_OF_CLUSTER: (
        "VPC {vpc_id} is the one that the cluster is in.",
        "Use the cluster's ordinary bootstrap brokers from within this VPC, and take the tag away.",
    ),
    Code.VPC_SHARED: (
        "VPC {vpc_id} belongs to account {owner}, which shares subnets of it with account "
        "{account}; only account {owner} can create interface endpoints in it.",
        "Let account {owner} ask for the connection, as a client with a stack of its own: its "
        "endpoints serve the whole VPC. Or use a VPC that belongs to account {account}.",
    ),
    Code.VPC_DNS_OFF: (
        "VPC {vpc_id} has {attributes} off, without which broker names do not resolve in it.",
        "Turn DNS resolution and DNS hostnames on for VPC {vpc_id}.",
    ),
    Code.SUBNET_MISSING_IN_ZONE: (
        "VPC {vpc_id} has no subnet with {addresses} in {zones}, where the cluster has "
        "brokers.{passed_over}",
        "Create a subnet in each of {zones} in VPC {vpc_id}. In account {account} that is "
        "{names}: go by the zone id, as a zone's name means another zone in other accounts.",
    ),
    Code.SUBNET_CHOICE_INVALID: (
        "The subnets asked for, {subnets}, do not give one subnet of VPC {vpc_id} in each of the "
        "cluster's zones {zones}.",
        "Name or tag exactly one subnet in each of {zones}, or none to let MSKLink choose.",
    ),
    Code.SUBNET_UNFIT: (
        "The endpoints of a connection cannot be in these subnets of VPC {vpc_id}: {subnets}.",
        "Name or tag subnets with IPv4 addresses in Availability Zones of the Region, or none to "
        "let MSKLink choose.",
    ),
    Code.SUBNET_FULL: (
        "These subnets of VPC {vpc_id} are too full: {subnets}. Each of the {endpoints} endpoints "
        "to be made, one for each scheme, takes an address of each subnet.",
        "Free addresses in these subnets, name or tag other subnets, or ask for fewer schemes.",
    ),
    Code.SECURITY_GROUP_INVALID: (
        "The security groups asked for, {groups}, are not all groups of VPC {vpc_id}.",
        "Name or tag security groups of VPC {vpc_id}, or none to let MSKLink make one.",
    ),
    Code.CONNECTION_REFUSED_BY_MSK: (
        "MSK refused to create the connection: {problem}",
        "Mend what MSK names. It is tried again by itself, within a day, and at once on an "
        "onboarding request.",
    ),
    Code.CONNECTION_FAILED: (
        "Connection {connection_arn} is {state}.",
        "Delete the connection in the client account. Another is made by itself, within a day, and "
        "at once on an onboarding request.",
    ),
    Code.CONNECTION_TIMED_OUT: (
        "Connection {connection_arn} was still {state} after {minutes} minutes.",
        "Look at the connection in the MSK console of the client account. Once it is AVAILABLE it "
        "is taken up by itself, within a day, and at once on an onboarding request.",
    ),
    Code.POLICY_TOO_LARGE: (
        "The cluster policy would have {size} characters; MSK allows {limit}.",
        "Remove statements from the cluster policy that are no longer needed.",
    ),
    Code.PRINCIPAL_REJECTED: (
        "MSK does not take the cluster policy with account {account} in it: {problem}",
        "See whether account {account} is closed; if it is not, replace principals of deleted "
        "roles in the policy's other statements: {orphans}.",
    ),
    Code.ACCOUNT_NOT_ADMITTED: (
        "The cluster policy does not let account {account} connect, and MSKLink leaves it as it "
        "is, because somebody else manages it.{unjudged}",
        "Ask the owner team to allow {actions} for account {account}, or its role {role}, in the "
        "cluster policy, with conditions on aws:PrincipalAccount or aws:PrincipalArn at most; or "
        "to let MSKLink write its statements again: policy in parameter Repair of the owner stack, "
        "and no item {item} in its table.",
    ),
    Code.ACCESS_NOT_ALLOWED: (
        "Account {account} asks for more on cluster {cluster} than the owner allows it: {asked}. "
        "Allowed is {bounds}.",
        "Ask for less, or ask the owner team to allow it in account {owner}, if they agree, by: "
        "aws ssm put-parameter --name {parameter} --type String --overwrite --value '{value}', "
        "which allows each of the actions on each of the names. MSKLink then grants it by itself.",
    ),
    Code.MALFORMED_ACCESS_BOUNDS: (
        "Parameter {parameter} of account {owner} cannot be read as bounds of access: {problem}. "
        "Until it can, nothing is granted on topics, groups or transactional ids.",
        "Ask the owner team to write names and actions into it in this form, as a String and no "
        "SecureString: {example}. MSKLink then reads it again by itself.",
    ),
    Code.VENDOR_REMOVED: (
        "Account {account} is no longer in tag {key} of the cluster, so that its grant goes.",
        "None if that is meant; otherwise put {account} back into tag {key} before the time is up. "
        "Connections that the account made stay until it deletes them or they are rejected.",
    ),
    Code.NO_LONGER_ASKED: (
        "Neither a tag of VPC {vpc_id} nor a request asks for {scheme} any more.",
        "None if that is meant; otherwise set tag {key} of VPC {vpc_id} again before the time is "
        "up.",
    ),
    Code.OFFBOARDING_REQUESTED: (
        "Account {account} requested that VPC {vpc_id} is disconnected by {scheme}.",
        "None; to connect it again, set tag {key} of VPC {vpc_id} again or send an onboarding "
        "request.",
    ),
    Code.DELETION_PROTECTED: (
        "VPC {vpc_id} is not disconnected by {scheme}, because {guard} protects it. {reason}",
        "Set its tag {key} again to keep it, or take the protection away to let it go.",
    ),
    Code.CLIENT_UNREACHABLE: (
        "Connection {connection_arn} could not be deleted in account {account}, so that its access "
        "was revoked and it was rejected from the owner's side: {problem}",
        "Delete the connection in account {account}: billing goes on until the client deletes it.",
    ),
    Code.SECURITY_GROUP_IN_USE: (
        "Security group {group}, made by MSKLink, is used by others in VPC {vpc_id}.",
        "Detach security group {group} from what uses it, and delete it.",
    ),
    Code.CONNECTION_REJECTED: (
        "Connection {connection_arn} was rejected on the owner's side.",
        "Ask the owner team why; then delete the connection in account {account}, and MSKLink "
        "makes another.",
    ),
    Code.SCHEME_TURNED_OFF: (
        "Private connectivity by {scheme} was on and somebody has turned it off, which cuts its "
        "connections off.",
        "Turn it on again, or take {scheme} out of tag {key} of the cluster. With connectivity in "
        "parameter Repair of the owner stack MSKLink turns it on, which reboots the brokers.",
    ),
    Code.UNKNOWN_CONNECTION: (
        "Account {account}, which is not on the list of the cluster, has connection "
        "{connection_arn} to it.",
        "Add {account} to tag {key} of the cluster if it may, otherwise reject the connection and "
        "look for what in the cluster policy admits the account.",
    ),
    Code.ENDPOINT_TAGS_MISSING: (
        "VPC {vpc_id} has {connections} connections, but {endpoints} endpoints with the tags "
        "AWSMSKManaged and ClusterArn, without which MSK cannot manage them.",
        "Exempt endpoints of MSK from what removes tags, and put AWSMSKManaged=true and ClusterArn "
        "with the cluster's ARN back on.",
    ),
    Code.DRIFT_LEFT: (
        "The {what} was changed by somebody else and is left so. It is: {before}. It should be: "
        "{after}.",
        "Put it back, or add {kind} to parameter Repair of the owner stack.",
    ),
    Code.DRIFT_CONTESTED: (
        "The {what} was changed back three times within a day, and somebody else changed it again. "
        "It is: {before}. It should be: {after}.",
        "Find out who else manages it, and let one of both have it; then delete item {item} of the "
        "cluster from the table of the owner stack.",
    ),
    Code.KAFKA_VERSION_UNKNOWN: (
        "The Apache Kafka version {version} is not one that MSKLink can read.",
        "None if it is 2.7.1 or later; MSK decides.",
    ),
    Code.BROKERS_EXPRESS: (
        "The brokers are {instance_type}; users report that MSK refuses these.",
        "None if it works; otherwise use Standard brokers.",
    ),
    Code.BROKERS_MIXED: (
        "The brokers are {instance_type}: Standard and Express ones, as during an upgrade in "
        "place. AWS does not say how private connectivity takes that.",
        "None if clients go on as before. Others are published once a broker that is published "
        "has left the cluster.",
    ),
    Code.UNAUTHENTICATED_ACCESS_ON: (
        "The cluster has unauthenticated access beside its schemes. AWS's pages disagree about "
        "whether private connectivity works there.",
        "None if it works; MSK decides. Clients without authentication go on as before.",
    ),
    Code.NOBODY_LET_IN: (
        "The security groups {groups} let nobody in on TCP 14001 to 14100.",
        "Add an inbound rule for TCP 14001-14100 from the clients, or take the tags off the "
        "groups to let MSKLink make one.",
    ),
    Code.PORTS_PARTLY_OPEN: (
        "The security groups {groups} let nobody in on TCP {ports}; the brokers listen on ports "
        "from 14001 to 14100.",
        "Let the clients in on TCP 14001-14100, or take the tags off the groups to let MSKLink "
        "make one.",
    ),
}
