"""Delete everything; on the way, ask whether the name of a cluster is free while it goes."""

import json
from collections.abc import Iterator

from tools.smoke import cleanup
from tools.smoke.accounts import Outcome, attempt
from tools.smoke.creation import ensure
from tools.smoke.kinds import msk
from tools.smoke.smoke import Smoke, StepFailed
from tools.smoke.steps import cluster, update
from tools.smoke.steps.fresh import private_schemes

REFUSED = "refused"


def run(smoke: Smoke) -> None:
    if smoke.has_own_cluster:
        _ask_for_the_name(smoke)
    if cleanup.clean_up(smoke):
        raise StepFailed(
            "ResourcesLeft",
            "not everything could be deleted",
            "Run make smoke CLEANUP=1 again, or the commands below.",
        )
    for line in stays(smoke):
        smoke.say(line, "yellow")


def stays(smoke: Smoke) -> Iterator[str]:
    """Yield what the smoke test leaves on purpose, with the command that takes it back."""
    if smoke.state.fact("own_stack"):
        yield "The bucket of the SAM CLI stays, in stack aws-sam-cli-managed-default."
    if smoke.state.fact("turned_on"):
        kept = sorted(private_schemes(smoke.cluster()) - {"Iam"})
        flags = update.authentication(iam=False, scram="Scram" in kept, tls="Tls" in kept)
        yield (
            "IAM stays on for private connectivity of the cluster, at $0.0225 an hour. To turn it "
            "off, which reboots its brokers: aws kafka update-connectivity --cluster-arn "
            f"{smoke.cluster_arn} --current-version {smoke.cluster()['CurrentVersion']} "
            f"--connectivity-info '{json.dumps(flags)}' --region {smoke.owner.region}"
        )


def _ask_for_the_name(smoke: Smoke) -> None:
    """Create a cluster with the name of one that is DELETING, and see whether MSK refuses it."""
    arn = smoke.cluster_arn
    msk.begin_deletion(smoke, arn)
    if msk.state(smoke, arn) != "DELETING":
        smoke.leave_open("name_is_free_while_deleting", "The cluster was gone at once.")
        return
    name, configuration = arn.split("/")[1], str(smoke.state.find("configuration", smoke.name))
    asked: list[Outcome] = []

    def create() -> str:
        parameters = cluster.description(smoke, name, configuration)
        asked.append(attempt(smoke.kafka.create_cluster_v2, **parameters))
        return str((asked[0].answer or {}).get("ClusterArn", REFUSED))

    # Recorded first, so that an interrupt leaves no cluster behind.
    if ensure(smoke, "owner", "second cluster", name, create) == REFUSED:
        smoke.state.drop(smoke.state.resources[-1])
    if asked:
        smoke.judge(
            "name_is_free_while_deleting",
            confirmed=asked[0].code == "ConflictException",
            reason=asked[0].code or "a second cluster of the name is being created",
            evidence=asked[0].evidence,
        )
