"""The commands with which an owner remedies a refusal; its own text is for the client team."""

from msklink.change_control.terms import STACK_FREEZE
from msklink.refusals import Code, Refusal
from msklink.tags import read_schemes
from msklink_cli.report import ClientReport, ClusterDetail


def owner_command(
    refusal: Refusal, cluster: ClusterDetail, client: ClientReport | None = None
) -> str:
    """Return the command that remedies *refusal*; empty where it takes more than one command."""
    match refusal.code:
        case Code.AWAITING_APPROVAL:
            return f"msklink approve {cluster.name}"
        case Code.FROZEN if cluster.freeze and cluster.freeze != STACK_FREEZE:
            return f"msklink thaw {cluster.name}"
        case Code.ACCOUNT_NOT_ALLOWED if client:
            return f"msklink allow {cluster.name} {client.account}"
        case Code.SCHEME_NOT_OFFERED if client and client.scheme in cluster.authentication:
            offered = read_schemes(cluster.asked, "")  # without words that mean nothing
            if not offered.auto:
                schemes = sorted({*offered.schemes, client.scheme})
                return f"msklink enable {cluster.name} {' '.join(schemes)}"
        case Code.CLUSTER_NOT_MANAGED:
            return f"msklink enable {cluster.name} auto"
    return ""
