"""
An emulator of Amazon MSK, as far as multi-VPC private connectivity reaches.

`Msk.call` is the API of all accounts and Regions on a simulated clock; `wire.handle` speaks HTTP
with botocore. It behaves as AWS does where that is known. The following list has all
assumptions that could not be verified. A name in brackets is the field of `Assumptions` that
switches the assumption; one without a name is fixed.

question                              the answer here                      if it is wrong
------------------------------------  -----------------------------------  ------------------------
UpdateConnectivity: a scheme that     is switched off                      sending all three flags
the call leaves out                   [omitted_scheme_is_off]              is needless, not harmful
Describe before any update            shows all three flags as false       reading stays tolerant
                                      [fresh_shows_flags]
ListClustersV2                        shows what Describe does             a difference alone is no
                                      [list_leaves_out]                    reason for a run
CreateVpcConnection with tags         needs kafka:TagResource with the key our condition on it
                                      aws:RequestTag                       denies the call
DeleteVpcConnection                   checks aws:ResourceTag of            the same
                                      the connection
A cluster with unauthenticated        can have private connectivity        its refusal is passed on
access beside a scheme                [mixed_is_refused]
A cluster that is not ACTIVE, has     BadRequest in our words              other codes or texts to
the scheme off in its base, is        (serverless, DUAL, t3.small, old     recognise; we check all
unfit, or lets everyone in            Kafka, without a scheme, no ACLs)     of it before the call
allow.everyone.if.no.acl.found        is enforced for SCRAM and TLS        MSK may flip it by itself
The new CurrentVersion                comes when the update ends well      a version read during the
                                                                           update is stale
A failed update                       ends UPDATE_FAILED, keeps flags      a half-done update would
                                      and version                          need another look
An Express cluster during an update   stays ACTIVE                         its operation would not
                                      [express_stays_active]               have to be asked
ActiveOperationArn                    is there while an update goes on     waiting for it would not
                                      [active_operation]                   end, or end too early
Express brokers                       work like Standard                   its refusal is passed on
An upgrade to Express brokers         adds as many, with the next ids;     brokers to publish are
                                      private connectivity goes on         chosen too late or early
InstanceType of a cluster with both   is as the upgrade asked for it       the owner is not warned
kinds of brokers
The scheme's connections when it      DEACTIVATING when the update ends,   they may be cut at its
is switched off                       then INACTIVE for good               start
Cluster policy text                   is kept as it was put                comparing must be by
                                      [policy_is_normalised]               meaning, not text
A CurrentVersion given where there    is stale                             a first put races less
is no policy                                                               safely
ListClientVpcConnections where no     BadRequest                           nothing: no connections
scheme was ever on                    [unconnected_cannot_list]
Policy conditions                     only aws:PrincipalArn and            grants that use others
                                      aws:PrincipalAccount can be met      work on AWS, not here
NotPrincipal, unknown principals      are refused                          as above
A put that repeats an orphaned id,    is refused with a text that names    another text to read, or
or names a closed account             nobody [bad_principal_is_named]      fewer refusals of ours
A Resource that is another cluster    is refused; patterns are not         a statement in vain
PutClusterPolicy while UPDATING       works                                grants wait for ACTIVE
Another account's missing cluster     Forbidden, like a closed one         a clearer refusal
What a policy shows other accounts    all of Describe, zones and tags      zones must be passed on
CreateVpcConnection: cluster not      BadRequest                           waiting is needless
ACTIVE                                [busy_takes_connections]
CreateVpcConnection: the first of     is made at once                      the text may be another
an account                            [role_delay_seconds]                 than the one we know
A new cluster policy                  is in force at once                  a call that it allows is
                                      [policy_delay_seconds]               denied for a while
CreateVpcConnection: subnets          one per zone of the cluster, no      AWS may take fewer
                                      more and no fewer
CreateVpcConnection: subnets of an    BadRequest                           they could be chosen
Outpost, Local Zone, or IPv6 only
CreateVpcConnection in a shared VPC   Forbidden, with EC2's own text       another code to recognise
CreateVpcConnection: DNS attributes   BadRequest                           connection, but no names
off
CreateVpcConnection: own VPC of the   BadRequest                           a needless connection
cluster
A second connection of VPC, cluster   BadRequest, in whatever state the    a second connection is
and scheme                            first is, DELETING included          paid for
Deleting a connection that is         BadRequest                           retrying is needless
CREATING or DELETING
The endpoint                          goes when deletion is asked for      it goes a little later
Removing the policy statement         leaves connections as they are       offboarding is quicker
A deleted cluster                     leaves INACTIVE connections          less to clean up
Connections in the cluster's          CREATE_/DELETE_VPC_CONNECTION, and   nothing: the type we read
operations                            the cluster stays ACTIVE             is UPDATE_CONNECTIVITY
GetBootstrapBrokers                   names the next three brokers each    nothing: what is kept is
                                      time, in another order               any three of them
GetBootstrapBrokers while CREATING    409 Conflict                         another code to retry
A new cluster with the name of one    is refused with Conflict until that  a new one is made sooner
that is DELETING                      is gone
                                      [name_is_free_while_deleting]
Tags of a new cluster                 make no tag event                    an event more
                                      [tags_at_creation_emit]
Tagging that changes nothing          makes no tag event                   an event more
Characters in tags                    as documented, no colon or comma     a wider grammar
Page size when none is asked for      100 [default_page]                   more pages
A certificate authority of another    counts without being shared          mutual TLS fails until it
account                                                                    is shared
Associating secrets while UPDATING    works                                it waits for ACTIVE
A new password in a secret            counts at the next login; on AWS     a client with the old
                                      within 10 minutes                    password gets in longer
A secret with an alias for its key    is not processed: "Don't specify an  it would be
                                      alias" (msk-password-tutorial)
Codes of unprocessed secrets          InvalidSecretArn for all; seen for   tests must read the text
                                      name and access only
Two secrets with one user             the one associated last counts       the other password counts
Disassociating a secret               leaves MSK's statement in its        the statement is removed
                                      resource policy
A secret that is not credentials      is associated, and has no user       it is not processed
Topic operations                      need their kafka: action too, as in  a permission is needless
                                      the Service Authorization Reference
ListTopics                            needs DescribeTopic on all topics;   a narrower one is enough
                                      lists no internal ones               there are more of them
Topic operations by another account   need the same actions in the         they are always refused
                                      cluster policy
The view of topics                    is up to 60 seconds old, and taken   a change is seen sooner
                                      just before a change
A topic in DescribeTopic              is ACTIVE or not found; CREATING,    other states to wait for
                                      UPDATING, DELETING are only answers
Topic operations: cluster not ACTIVE  BadRequest, and for all that Kafka   other codes to recognise:
                                      would refuse                         KafkaRequest, Conflict
Configs of topics                     Base64 of a JSON object of strings,  the guide's key=value
                                      or of lines; an object is shown      lines must be read
                                      [topic_configs_are_json]
UpdateTopic with configs              replaces all of the topic's own      the others stay
Configs that a topic does not have    are the defaults of Kafka, whatever  other defaults
                                      the cluster's configuration has
Texts without a source in errors.py   our own words                        tests must not read them
Durations                             20 minutes to create a cluster, 15   only waiting times
                                      a broker to update it, 45 at
                                      least, 4 to connect a VPC
"""

from localcloud.msk.assumptions import Assumptions
from localcloud.msk.authorities import Authorities, MemoryAuthorities
from localcloud.msk.clock import Clock, Durations, ManualClock
from localcloud.msk.errors import MskError
from localcloud.msk.faults import Fault
from localcloud.msk.model import Caller, Scheme, TagChange
from localcloud.msk.network import Endpoint, MemoryNetwork, Network, SecurityGroup, Subnet, Vpc
from localcloud.msk.private_names import Address, BrokerName
from localcloud.msk.secret_store import MemorySecretStore, Secret, SecretStore
from localcloud.msk.service import Msk, Observer, TagHook
from localcloud.msk.topic_store import MemoryTopics, Topic, Topics, placed

__all__ = [
    "Address",
    "Assumptions",
    "Authorities",
    "BrokerName",
    "Caller",
    "Clock",
    "Durations",
    "Endpoint",
    "Fault",
    "ManualClock",
    "MemoryAuthorities",
    "MemoryNetwork",
    "MemorySecretStore",
    "MemoryTopics",
    "Msk",
    "MskError",
    "Network",
    "Observer",
    "Scheme",
    "Secret",
    "SecretStore",
    "SecurityGroup",
    "Subnet",
    "TagChange",
    "TagHook",
    "Topic",
    "Topics",
    "Vpc",
    "placed",
]
