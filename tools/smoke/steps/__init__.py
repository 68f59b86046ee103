"""The steps of the smoke test, in their order."""

from tools.smoke.step import Step
from tools.smoke.steps import (
    account,
    cleanup,
    cluster,
    connection,
    fresh,
    install,
    network,
    offboard,
    onboard,
    redeploy,
    scheme_off,
    states,
    topics,
    update,
    upkeep,
)

STEPS = (
    Step(
        "states",
        "runs every state of the state machine on AWS's engine with mocked results (TestState)",
        minutes=3,
        run=states.run,
        creates=False,
    ),
    Step(
        "account",
        "looks at zones, roles and trails of both accounts, read-only",
        minutes=1,
        run=account.run,
        creates=False,
    ),
    Step(
        "network",
        "creates VPCs in both accounts, and a queue with a rule that sees AWS's events",
        minutes=2,
        run=network.run,
    ),
    Step(
        "cluster",
        "creates the own cluster, or finds the one that is named",
        minutes=30,
        run=cluster.run,
    ),
    Step(
        "fresh",
        "asks MSK about the cluster before private connectivity; puts policies on an own one",
        minutes=3,
        run=fresh.run,
    ),
    Step(
        "update",
        "turns on SCRAM of the own cluster (its brokers reboot), and asks MSK meanwhile",
        minutes=45,
        run=update.run,
        own_cluster_only=True,
    ),
    Step(
        "connection",
        "connects a VPC by MSK's API alone, and tries what MSK should refuse",
        minutes=15,
        run=connection.run,
        own_cluster_only=True,
    ),
    Step(
        "topics",
        "creates, changes and deletes a topic by MSK's API",
        minutes=6,
        run=topics.run,
        own_cluster_only=True,
    ),
    Step(
        "install",
        "deploys MSKLink under its own namespace, or uses what is there, and invokes a function",
        minutes=8,
        run=install.run,
    ),
    Step(
        "onboard",
        "tags cluster and client VPC, and watches MSKLink turn on IAM (a reboot) and connect",
        minutes=55,
        run=onboard.run,
    ),
    Step(
        "upkeep",
        "sweeps twice, aborts a run, and shuts the client out of the bus for a moment",
        minutes=10,
        run=upkeep.run,
    ),
    Step(
        "offboard",
        "removes the tags, and watches MSKLink delete the connection",
        minutes=10,
        run=offboard.run,
    ),
    Step(
        "scheme-off",
        "leaves IAM out of an update of the own cluster, which may reboot its brokers",
        minutes=50,
        run=scheme_off.run,
        own_cluster_only=True,
    ),
    Step(
        "redeploy",
        "deletes both stacks, and deploys them again under the same names",
        minutes=12,
        run=redeploy.run,
    ),
    Step(
        "cleanup",
        "deletes everything that the smoke test has created",
        minutes=25,
        run=cleanup.run,
    ),
)
NAMES = [step.name for step in STEPS]
