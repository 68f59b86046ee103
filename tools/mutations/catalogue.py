"""
The mutations, chosen before any suite was measured.

Each is a mistake that a change could make and that a user would notice. Numbers are never given to
another mutation, so that results of different days can be compared.
"""

from tools.mutations.mutation import Mutation

CORE = "layers/core/msklink"
MACHINE = "statemachine/reconcile_cluster.asl.yaml"

CATALOGUE = (
    Mutation(
        1,
        f"{CORE}/cluster/private_connectivity.py",
        "UpdateConnectivity turns off a scheme that is on: all of its connections are cut off",
        "    on = cluster.private_schemes | wanted\n",
        "    on = wanted\n",
    ),
    Mutation(
        2,
        f"{CORE}/services/connectivity.py",
        "A failed UpdateConnectivity is not refused but started again: brokers reboot repeatedly",
        "    return dict.fromkeys(missing, failed)\n",
        "    return {}\n",
    ),
    Mutation(
        3,
        f"{CORE}/connections/lifecycle.py",
        "A connection counts at its first AVAILABLE: brokers are published too early",
        "        is_second = record.connection_state == AVAILABLE\n",
        "        is_second = True\n",
    ),
    Mutation(
        4,
        f"{CORE}/cluster/eligibility.py",
        "Mutual TLS is served without enforced ACLs: its clients may read and write every topic",
        "    if scheme is Scheme.IAM or not everyone_is_allowed",
        "    if scheme is not Scheme.SCRAM or not everyone_is_allowed",
    ),
    Mutation(
        5,
        f"{CORE}/connections/offboarding.py",
        "Grace begins again with each run: a connection that nobody wants stays and is billed",
        "record.removal.due <= due:",
        "record.removal.due <= now:",
    ),
    Mutation(
        6,
        f"{CORE}/settings.py",
        "Grace is one hour short: connections go earlier than GraceHours of the owner stack says",
        "timedelta(hours=self.grace_hours)",
        "timedelta(hours=self.grace_hours - 1)",
    ),
    Mutation(
        7,
        f"{CORE}/tags.py",
        "Accounts in msklink/clients/2 are forgotten: their connections are taken away",
        '        if tag != key and not tag.startswith(f"{key}/"):\n',
        "        if tag != key:\n",
    ),
    Mutation(
        8,
        f"{CORE}/requests/inbound_events.py",
        "A VPC id in a request may be any text: it is written into sort keys of the table",
        'VpcId = Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{8,17}$")]',
        "VpcId = Annotated[str, Field(max_length=256)]",
    ),
    Mutation(
        9,
        f"{CORE}/policy/access_bounds.py",
        "A request for orders* is within bounds of orders: clients read topics nobody allowed",
        'pattern.replace("*", _ANYTHING)',
        'pattern.replace("*", "")',
    ),
    Mutation(
        10,
        f"{CORE}/policy/document.py",
        "The cluster policy gives topics to accounts that it does not admit: they keep their data",
        "        if account in grant.accounts:\n",
        "        if account:\n",
    ),
    Mutation(
        11,
        f"{CORE}/services/succession.py",
        "A cluster in another account or Region can count as gone: its parameters are taken over",
        "        or arn._replace(text=cluster.text, uuid=cluster.uuid) != cluster\n",
        "",
    ),
    Mutation(
        12,
        f"{CORE}/connections/requested_vpcs.py",
        "A slip in the tag of a VPC takes away what is connected",
        "schemes=requested_vpc.requested.schemes | held\n",
        "schemes=requested_vpc.requested.schemes\n",
    ),
    Mutation(
        13,
        f"{CORE}/services/connection_changes.py",
        "A connection is saved as published before it is told: a crash between loses the event",
        """\
        notifications.client_onboarded(record, progress.get(record.item), run, now)
    dynamodb.save_all(changes, now)
""",
        """\
        dynamodb.save(record, now)
        notifications.client_onboarded(record, progress.get(record.item), run, now)
""",
    ),
    Mutation(
        14,
        f"{CORE}/services/failed_runs.py",
        "The lease of a failed run is not released: the sweep starts no other run for the cluster",
        "    lease.free_lease_of(cluster_arn, failure.run)\n",
        "",
    ),
    Mutation(
        15,
        f"{CORE}/services/connection_upkeep.py",
        "CreateVpcConnection whose answer got lost is taken for refused, and its team is told so",
        """\
        if made := vpc_connection.find_connection(
            record, msk_vpc_connections.list_connections(msk)
        ):
            return lifecycle.adopt(record, made)
""",
        "",
    ),
    Mutation(
        16,
        f"{CORE}/aws/session.py",
        "A wrong external id is told as a missing stack: its team gets the wrong remedy",
        "                RoleArn=account.presence_role,\n",
        "                RoleArn=account.role,\n",
    ),
    Mutation(
        17,
        f"{CORE}/aws/errors.py",
        "Names of sessions stay in refusals: each run tells the same refusal as a new one",
        '    text = re.sub(r"User: \\S+ is", "MSKLink is", message)\n',
        "    text = message\n",
    ),
    Mutation(
        18,
        f"{CORE}/aws/msk_cluster_policy.py",
        "The version of the cluster policy is read at the write: statements of others get lost",
        '    expected = {"CurrentVersion": version} if version else {}\n',
        """\
    version = read_policy(kafka, cluster_arn)[1]
    expected = {"CurrentVersion": version} if version else {}
""",
    ),
    Mutation(
        19,
        f"{CORE}/aws/cluster_item.py",
        "The lease is given up whatever was asked for meanwhile: that waits for the next sweep",
        'f"(holder = :run OR ({lost})) AND requested = :generation"',
        'f"(holder = :run OR ({lost})) AND requested >= :generation"',
    ),
    Mutation(
        20,
        f"{CORE}/aws/msk_vpc_connections.py",
        "Only the first page of ListVpcConnections is read: later connections are made twice",
        'for page in kafka.get_paginator("list_vpc_connections").paginate()\n',
        'for page in list(kafka.get_paginator("list_vpc_connections").paginate())[:1]\n',
    ),
    Mutation(
        21,
        f"{CORE}/aws/eventbridge.py",
        "An event that EventBridge does not take counts as put: nobody is told of it",
        "        raise TransientError(",
        "        TransientError(",
    ),
    Mutation(
        22,
        f"{CORE}/services/policy_grants.py",
        "A connection is rejected before its grant is revoked: the account can make another",
        """\
    for unreachable in abandoned:
        unreachable_clients.cut_off(task, unreachable, listed())
""",
        """\
    for unreachable in abandoned:
        unreachable_clients.cut_off(task, unreachable, listed())
""",
        moved_to="    revoked = _revoke(task.cluster, task.run, writer, has_nothing_left)\n",
    ),
    Mutation(
        23,
        f"{CORE}/services/connection_removal.py",
        "Brokers are withdrawn after the connection is deleted: applications read dead brokers",
        "            parameters.withdraw({one.scheme for one in due if one.scheme} - kept)\n",
        "        if ours:\n"
        "            parameters.withdraw({one.scheme for one in due if one.scheme} - kept)\n",
        moved_to="        in_use = _delete_groups(task, ",
    ),
    Mutation(
        24,
        f"{CORE}/services/sweep.py",
        "A sweep ends at the first cluster that fails: changes of the others go unseen",
        "            errors.append(error)\n",
        "            errors.append(error)\n            break\n",
    ),
    Mutation(
        25,
        MACHINE,
        "GrantAccess is not tried again after a lost race for the policy: the run fails",
        """\
        surveys: "{% $surveys %}"
    Assign:
      users: "{% $states.result.Payload.users %}"
    Output: "{% $states.result.Payload %}"
    Retry:
      - ErrorEquals: [TransientError, LostRace, Lambda.ClientExecutionTimeoutException,
""",
        """\
        surveys: "{% $surveys %}"
    Assign:
      users: "{% $states.result.Payload.users %}"
    Output: "{% $states.result.Payload %}"
    Retry:
      - ErrorEquals: [TransientError, Lambda.ClientExecutionTimeoutException,
""",
    ),
    Mutation(
        26,
        MACHINE,
        "One account in a run is disconnected: the others stay until later runs",
        "[($states.result[removal_due].account)[[0..99]]]",
        "[($states.result[removal_due].account)[[0..0]]]",
    ),
    Mutation(
        27,
        "client.yaml",
        "The client role does not check the external id: an owner can be made to use it",
        "              StringEquals: {sts:ExternalId: !Ref ExternalId}\n",
        "",
    ),
    Mutation(
        28,
        "client.yaml",
        "The client role may delete connections that people made by hand",
        "                Action: kafka:DescribeVpcConnection\n",
        "                Action: [kafka:DescribeVpcConnection, kafka:DeleteVpcConnection]\n",
    ),
    Mutation(
        29,
        "template.yaml",
        "With OrganizationId every account of AWS may put requests on the bus",
        """\
        Condition:
          StringEquals: {aws:PrincipalOrgID: !Ref OrganizationId}
""",
        "",
    ),
    Mutation(
        30,
        "template.yaml",
        "A run that times out does not release its lease and nobody is told",
        "status: [FAILED, TIMED_OUT, ABORTED]",
        "status: [FAILED, ABORTED]",
    ),
)
