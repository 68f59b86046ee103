"""Permissions that the end-to-end tests do not use, and the reason why they are granted."""

_LOGGING = (
    "Step Functions needs it where a machine writes logs (Step Functions guide, logging to "
    "CloudWatch); the embedded AWS delivers none"
)

_REDRIVING = (
    "a redriven run checks by it whether it may take its lease back "
    "(`tests/integration/test_release_lease.py`); the embedded AWS cannot redrive"
)
_OWNER_AS_CLIENT = (
    "for an owner that connects VPCs of its own account (`tests/workflow/test_main_line.py`); in "
    "the end-to-end tests the owner has no client stack"
)

_MSK_ROLE = (
    "a dependent action of CreateVpcConnection (service authorization reference), for the role "
    "that MSK makes on the first connection of an account; the embedded AWS makes it in one step"
)

_LAMBDA_VPC = (
    "Lambda attaches the probe to its VPC and writes its log; the embedded AWS runs it as a "
    "local process"
)
_BROKERS = (
    "brokers check it when the probe logs in (`tests/emulator/test_kafka_probe.py`); where the "
    "embedded AWS runs the probe, broker names do not resolve"
)

_REQUESTED_AGAIN = (
    "for a user that exists and is requested again, or that others have broken "
    "(`tests/workflow/test_broken_users.py`); in the end-to-end tests no user is requested twice"
)

_REPLACED_CLUSTER = (
    "for a new cluster with the name of a deleted one (`tests/workflow/test_replaced.py`); the "
    "end-to-end tests delete none"
)

UNUSED = {
    ("InspectClusterFunctionRole", "states:StartExecution"): _REPLACED_CLUSTER,
    ("SurveyClientFunctionRole", "kafka:DescribeClusterV2"): _REPLACED_CLUSTER,
    ("PublishSummaryFunctionRole", "kafka:DescribeClusterV2"): _REPLACED_CLUSTER,
    ("surveying", "ssm:DeleteParameters"): _REPLACED_CLUSTER,
    **{
        ("ProbeRole", action): _LAMBDA_VPC
        for action in (
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:CreateNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:DeleteNetworkInterface",
            "ec2:UnassignPrivateIpAddresses",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        )
    },
    ("ProbeRole", "kafka-cluster:Connect"): _BROKERS,
    ("ProbeRole", "kafka-cluster:DescribeCluster"): _BROKERS,
    **{
        (role, action): _MSK_ROLE
        for role in ("ClientRole", "connecting")
        for action in ("iam:AttachRolePolicy", "iam:PutRolePolicy")
    },
    ("GrantAccessFunctionRole", "kafka:DeleteClusterPolicy"): (
        "for the last account that is removed from the list, where the policy has no other "
        "statement; in the end-to-end tests another account remains"
    ),
    ("EnableConnectivityFunctionRole", "kafka:DescribeClusterOperationV2"): (
        "for an ACTIVE cluster that names an operation, which may have ended "
        "(`tests/workflow/test_long_updates.py`); in the end-to-end tests none does"
    ),
    ("ConnectClientFunctionRole", "kafka:DescribeClusterV2"): (
        "for a connection that MSK refuses, perhaps because the cluster is being updated "
        "(`tests/workflow/test_open_questions.py`); in the end-to-end tests MSK refuses none"
    ),
    ("RevokeAccessFunctionRole", "kafka:DescribeClusterV2"): (
        "for a cluster without private connectivity, whose connections MSK may not list "
        "(`tests/integration/test_revoke_access.py`); in the end-to-end tests it is on when a "
        "client is offboarded"
    ),
    ("EnableConnectivityFunctionRole", "states:DescribeExecution"): _REDRIVING,
    ("GrantAccessFunctionRole", "states:DescribeExecution"): _REDRIVING,
    ("CreateTopicsFunctionRole", "states:DescribeExecution"): _REDRIVING,
    ("CreateUsersFunctionRole", "states:DescribeExecution"): _REDRIVING,
    ("RemoveUsersFunctionRole", "states:DescribeExecution"): _REDRIVING,
    ("RemoveUsersFunctionRole", "kms:RetireGrant"): (
        "a dependent action of BatchDisassociateScramSecret (service authorization reference); the "
        "embedded AWS keeps no grants"
    ),
    ("PlanClusterFunctionRole", "secretsmanager:GetResourcePolicy"): (
        "for a user that exists and is requested again (`tests/faults/test_plan.py`); in the "
        "end-to-end tests only new users are planned"
    ),
    ("CreateUsersFunctionRole", "secretsmanager:GetResourcePolicy"): _REQUESTED_AGAIN,
    ("CreateUsersFunctionRole", "kafka:BatchDisassociateScramSecret"): _REQUESTED_AGAIN,
    ("CreateUsersFunctionRole", "kms:RetireGrant"): _REQUESTED_AGAIN,
    ("CreateUsersFunctionRole", "secretsmanager:CancelRotateSecret"): (
        "for users whose passwords are rotated no more (`tests/faults/scenarios.py`); in the "
        "end-to-end tests UserRotationDays stays as it is"
    ),
    **{
        ("CreateUsersFunctionRole", f"secretsmanager:{action}"): _REQUESTED_AGAIN
        for action in ("PutSecretValue", "RestoreSecret")
    },
    ("RevokeAccessFunctionRole", "ssm:GetParameters"): (
        "for an account that is offboarded while another has access to topics "
        "(`tests/faults/scenarios.py`); in the end-to-end tests no such clients share a cluster"
    ),
    ("PublishSummaryFunctionRole", "events:PutEvents"): _OWNER_AS_CLIENT,
    **{
        ("ReconcileClusterRole", f"logs:{action}"): _LOGGING
        for action in (
            "CreateLogDelivery",
            "GetLogDelivery",
            "UpdateLogDelivery",
            "DeleteLogDelivery",
            "ListLogDeliveries",
            "PutResourcePolicy",
            "DescribeResourcePolicies",
            "DescribeLogGroups",
        )
    },
}
"""The reason, by role and action."""

MANAGED = {
    "AWSLambdaBasicExecutionRole": "Lambda writes the logs of a function with its role",
    "AWSXrayWriteOnlyAccess": "Lambda and Step Functions write traces with the role (Tracing)",
}
"""AWS managed policies that SAM attaches to the roles that it creates, and their purpose."""
