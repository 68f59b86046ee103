"""Let the client go, and see that MSKLink could do all that it tried."""

import json

from tools.smoke.kinds import installation, msk
from tools.smoke.kinds.observers import observed
from tools.smoke.smoke import Smoke
from tools.smoke.steps.network import CLIENT_VPC
from tools.smoke.steps.upkeep import wait_until_idle

MINUTES = 90


def run(smoke: Smoke) -> None:
    vpc_id, arn = str(smoke.state.find("vpc", CLIENT_VPC)), smoke.cluster_arn
    smoke.client.client("ec2").delete_tags(
        Resources=[vpc_id], Tags=[{"Key": installation.vpc_tag(smoke)}]
    )
    _request(smoke, vpc_id)
    smoke.until(
        lambda: not msk.connections(smoke, "client", vpc_id), "the connection is gone", MINUTES
    )
    smoke.confirm(
        "connection_deletion_tags",
        "MSKLink has deleted its connection",
        {"call": "kafka:ListVpcConnections", "connections": []},
    )
    smoke.kafka.untag_resource(ResourceArn=arn, TagKeys=installation.tag_keys(smoke))
    wait_until_idle(smoke)
    _judge_denials(smoke)
    for entry in [one for one in smoke.state.resources if one["kind"] == "onboarding"]:
        installation.KINDS["onboarding"].delete(smoke, entry)
        smoke.state.drop(entry)


def _request(smoke: Smoke, vpc_id: str) -> None:
    """Request the end of the connection by an event, which needs no grace period."""
    name = smoke.cluster_arn.split("/")[1]
    smoke.client.client("events").put_events(
        Entries=[
            {
                "EventBusName": smoke.state.fact("bus"),
                "Source": "smoke-test",
                "DetailType": "Client Offboarding Requested",
                "Detail": json.dumps({"cluster": name, "vpc_id": vpc_id, "schemes": ["iam"]}),
            }
        ]
    )


def _judge_denials(smoke: Smoke) -> None:
    """Look for denied calls of MSKLink in what the trails of both accounts have shown."""
    if not smoke.state.fact("has_trail"):
        smoke.leave_open("denied_calls", "There is no trail.")
        return
    roles = {"owner", "client"} if smoke.has_two_accounts else {"owner"}
    events = [one for role in sorted(roles) for one in observed(smoke, role)]
    ours = [one for one in events if f"assumed-role/{smoke.options.namespace}" in one["caller"]]
    denied = [
        one
        for one in ours
        if any(word in str(one.get("errorCode", "")) for word in ("Denied", "Forbidden"))
    ]
    smoke.judge(
        "denied_calls",
        confirmed=not denied,
        reason=f"{len(denied)} of {len(ours)} calls that change MSK",
        evidence=denied[:5],
    )
