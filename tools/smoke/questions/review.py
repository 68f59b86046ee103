"""The questions of a review by reading (what will differ on AWS), with the step of each."""

from tools.smoke.answers import Question

REVIEW = (
    Question(
        "A1",
        "The message about an aborted run",
        "EventBridge may publish it to the topic of alerts",
        step="upkeep",
    ),
    Question(
        "A2",
        "The security group in a VPC with IPv6",
        "has no rule that MSKLink did not create",
        step="onboard",
    ),
    Question(
        "A3",
        "The functions as `sam build` and `sam deploy` made them",
        "run in their architecture",
        step="install",
    ),
    Question(
        "A4",
        "Each state of the state machine with 0, 1 and many clients",
        "does on AWS's engine what it does on the one of the tests",
        step="states",
    ),
    Question(
        "B1",
        "A call of a function that hangs",
        "ends with an error that Retry names",
        why_not="Nobody can make AWS hang; the state machine's errors are answered by A4.",
    ),
    Question(
        "B2",
        "Throttling in the owner account",
        "ends with an error that is retried",
        why_not="It would slow down everything else in the account.",
    ),
    Question(
        "B3",
        "240 accounts in ClientAccounts",
        "fit into a parameter and into the policy of the bus",
        why_not="EventBridge accepts accounts that exist only.",
    ),
    Question(
        "B4",
        "Names that AWS reserves",
        "are refused as parameters",
        why_not="It is a pattern of the template, which tests check.",
    ),
    Question(
        "B5",
        "PutParameter after a lost answer",
        "raises ParameterAlreadyExists, and the parameter is read again",
        why_not="Nobody can make AWS lose an answer.",
    ),
    Question(
        "C1",
        "The first CreateVpcConnection after PutClusterPolicy",
        "is allowed at once, or within the half minute that MSKLink waits",
        step="connection",
    ),
    Question(
        "C2",
        "The first connection of an account without AWSServiceRoleForKafka",
        "is made, or fails with a text about the role that MSKLink knows",
        step="connection",
    ),
    Question(
        "C3",
        "ListClientVpcConnections before private connectivity was on",
        "lists nothing, or is a BadRequest that MSKLink reads as nothing",
        step="fresh",
    ),
    Question(
        "C4",
        "The fingerprint of a cluster by DescribeClusterV2 and by ListClustersV2",
        "is the same, so that a sweep starts no run",
        step="fresh",
    ),
    Question(
        "C5",
        "The conditions on tags in the policy of the client role",
        "allow CreateVpcConnection and DeleteVpcConnection",
        step="onboard",
    ),
    Question(
        "C6",
        "boto3 of the Lambda runtime",
        "knows every field of MSK that MSKLink reads",
        step="onboard",
    ),
    Question(
        "C7",
        "ActiveOperationArn when idle, and while a connection is made",
        "is absent",
        step="connection",
    ),
    Question(
        "C8",
        "A tag event that the owner's bus does not admit",
        "is in the queue of the client stack",
        step="upkeep",
    ),
    Question(
        "tag_events",
        "A tag on the cluster or on a VPC",
        "makes an event aws.tag, and one of CloudTrail",
        step="onboard",
    ),
    Question(
        "denied_calls",
        "Calls of MSKLink that are denied, in CloudTrail",
        "are none",
        step="offboard",
    ),
    Question("lease", "The lease of an aborted run", "is released", step="upkeep"),
    Question("sweeps", "Two sweeps after the onboarding", "start no run", step="upkeep"),
    Question("published", "The client properties", "are in the client account", step="onboard"),
    Question(
        "redeploy",
        "Both stacks, deleted and deployed again under the same names",
        "are there again",
        step="redeploy",
    ),
)
