"""Tag the cluster and the client VPC, and watch MSKLink connect them."""

import json
from typing import Any

from tools.smoke.accounts import attempt
from tools.smoke.creation import ensure
from tools.smoke.kinds import installation
from tools.smoke.smoke import Smoke, StepFailed
from tools.smoke.steps import onboarded, upkeep, while_enabling
from tools.smoke.steps.fresh import private_schemes
from tools.smoke.steps.network import CLIENT_VPC

MINUTES = 300

Json = dict[str, Any]


def run(smoke: Smoke) -> None:
    _check(smoke)
    if "Iam" not in private_schemes(smoke.cluster()) and not smoke.has_own_cluster:
        ask_for_the_reboot(smoke)
        smoke.state.note(turned_on=True)
    arn, vpc_id = smoke.cluster_arn, str(smoke.state.find("vpc", CLIENT_VPC))
    ensure(smoke, "owner", "onboarding", smoke.options.namespace, lambda: arn)
    namespace, clients = installation.tag_keys(smoke)
    smoke.kafka.tag_resource(ResourceArn=arn, Tags={namespace: "iam", clients: smoke.client.id})
    smoke.client.client("ec2").create_tags(
        Resources=[vpc_id], Tags=[{"Key": installation.vpc_tag(smoke), "Value": "iam"}]
    )

    if refusal(smoke, vpc_id):  # of an earlier start; no event follows when no tag changes
        upkeep.start_run(smoke)

    def is_published() -> bool:
        while_enabling.look(smoke)
        return has_ended_well(smoke, vpc_id)

    smoke.until(is_published, "MSKLink has published the brokers", MINUTES)
    onboarded.judge(smoke, vpc_id)


def ask_for_the_reboot(smoke: Smoke) -> None:
    """
    Have the user type the name of a cluster that is not our own, before its brokers reboot.

    Raises StepFailed for another answer, and in scripts without --allow-reboot.
    """
    name = smoke.cluster_arn.split("/")[1]
    if smoke.options.allow_reboot == name:
        return
    if smoke.options.yes or smoke.options.allow_reboot:
        raise StepFailed(
            "RebootNotAllowed",
            f"IAM is off for private connectivity of {name}, and turning it on reboots its brokers",
            f"Use --allow-reboot {name} if they may reboot now.",
        )
    smoke.say(
        f"IAM is off for private connectivity of {name}. MSKLink would turn it on: the brokers "
        "reboot one after the other, for 30 to 75 minutes. It stays on, at $0.0225 an hour.",
        "bold yellow",
    )
    if (
        smoke.screen.typed(f"Type the name of the cluster to let its brokers reboot ({name})")
        != name
    ):
        raise StepFailed(
            "RebootDeclined",
            f"the brokers of {name} may not reboot",
            "Leave out --cluster to have an own one.",
        )


def _check(smoke: Smoke) -> None:
    """Raise StepFailed for a cluster that IAM clients cannot use."""
    authentication = smoke.cluster()["Provisioned"].get("ClientAuthentication", {})
    if not authentication.get("Sasl", {}).get("Iam", {}).get("Enabled"):
        raise StepFailed(
            "NoIam",
            "the cluster has no IAM access control",
            "Name a cluster that has, or leave out --cluster for an own one.",
        )


def status(smoke: Smoke) -> Json:
    """Return the status that MSKLink has written into the client account; empty if none."""
    name = f"/{installation.vpc_tag(smoke)}/status"
    found = attempt(smoke.client.client("ssm").get_parameter, Name=name)
    return json.loads(found.answer["Parameter"]["Value"]) if found.answer else {}


def _entry(smoke: Smoke, vpc_id: str) -> Json:
    """Return the status of the VPC."""
    entry: Json = status(smoke).get("vpcs", {}).get(vpc_id, {}).get("iam", {})
    return entry


def refusal(smoke: Smoke, vpc_id: str) -> Json | None:
    """Return why MSKLink does not connect the VPC."""
    entry = _entry(smoke, vpc_id)
    if entry.get("state") == "published":
        return None
    found: Json | None = entry.get("refusal") or status(smoke).get("refusal")
    return found


def has_ended_well(smoke: Smoke, vpc_id: str) -> bool:
    """Return whether the VPC is connected. Raises StepFailed once MSKLink refuses it for good."""
    refused = refusal(smoke, vpc_id)
    if refused and upkeep.holder(smoke) is None:
        raise StepFailed(
            "RefusedByMsklink",
            f"{refused['code']}: {refused['message']}",
            refused.get("remedy", "See docs/refusals.md."),
        )
    return _entry(smoke, vpc_id).get("state") == "published"
