"""Find out why nothing is published, as far as the status parameter and other Regions tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from msklink_client.errors import MskLinkError
from msklink_client.login_options import SCHEMES
from msklink_client.parallel import in_parallel

if TYPE_CHECKING:
    from msklink_client.parameters import Parameters

_quick = Config(connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 1})


def why_nothing(parameters: Parameters, scheme: str) -> MskLinkError:
    """Return what to tell somebody who looks for *scheme* where it is not."""
    cluster = parameters.cluster
    try:
        status = parameters.status()
    except MskLinkError as error:
        return _not_onboarded(
            f"Nothing is published for {cluster} by {scheme}, and the status cannot be read.",
            error.remedy,
        )
    if status is None:
        return unknown(parameters)
    published = sorted(name for name, entry in entries(status) if _state(entry) == "published")
    if published and scheme not in published:
        return MskLinkError(
            "SchemeNotPublished",
            f"{cluster} is connected by {' and '.join(published)}, not by {scheme}.",
            f"Use scheme {published[0]} (--scheme {published[0]}), or add {scheme} to the tag "
            f"{parameters.namespace}/{cluster} of the VPC.",
        )
    return _in_state(cluster, scheme, status, parameters.namespace)


def _in_state(cluster: str, scheme: str, status: dict[str, Any], namespace: str) -> MskLinkError:
    """Return the refusal that the status holds, or how far things are."""
    ours = [entry for name, entry in entries(status) if name in {scheme, "tag"}]
    for entry in (*ours, status):
        refusal = entry.get("refusal") or {}
        if refusal:
            return _not_onboarded(
                f"{cluster} is {entry.get('state', status.get('state'))} by {scheme}, "
                f"{refusal.get('code')}: {refusal.get('message', '')}",
                refusal.get("remedy", "See the status of the cluster's owner."),
            )
        if entry.get("failure"):
            return _not_onboarded(
                f"Connecting to {cluster} by {scheme} failed: {entry['failure']}",
                "MSKLink tries again by itself; if it stays so, ask the owner of the cluster.",
            )
    for entry in ours:
        if entry.get("waiting"):
            return _waiting(cluster, scheme, entry["waiting"])
    others = sorted({name for name, _ in entries(status)} & {*SCHEMES})
    if not ours and (others or status.get("state") == "idle"):
        return _not_requested(cluster, scheme, others, namespace)
    return _on_its_way(cluster, scheme, _state(ours[0] if ours else status), status)


def _on_its_way(cluster: str, scheme: str, state: str, status: dict[str, Any]) -> MskLinkError:
    if state == "waiting":  # the status is too long for reasons
        return _waiting(cluster, scheme, {})
    if state == "published":
        return _not_onboarded(
            f"{cluster} is published by {scheme}, but parameters of it are missing.",
            "MSKLink looks every hour and puts them back.",
        )
    return _not_onboarded(
        f"{cluster} is {state} by {scheme}, since {status.get('updated')}.",
        "Wait: enabling a scheme takes 30 to 75 minutes, connecting about 5.",
    )


def _not_requested(cluster: str, scheme: str, others: list[str], namespace: str) -> MskLinkError:
    instead = f", only by {' and '.join(others)}" if others else ""
    return _not_onboarded(
        f"No VPC of this account requests {cluster} by {scheme}{instead}.",
        f"Request it: msklink-client request {cluster} --vpc vpc-… --schemes "
        f"{','.join([*others, scheme])}, which sets the tag {namespace}/{cluster} of the VPC.",
    )


def _waiting(cluster: str, scheme: str, hold: dict[str, Any]) -> MskLinkError:
    """Return what the owner of the cluster decides: an approval, a maintenance window, a freeze."""
    why = ": ".join(filter(None, [hold.get("code"), hold.get("message")]))
    until = datetime.fromisoformat(hold["until"]) if hold.get("until") else None
    end = f" It goes on by itself at {until:%Y-%m-%d %H:%M %Z}." if until else ""
    return MskLinkError(
        "Waiting",
        f"{cluster} waits for its owner by {scheme}{', ' if why else ''}{why or '.'}{end}",
        hold.get("remedy", "Wait, or ask the owner of the cluster what it waits for."),
        until,
    )


def unknown(parameters: Parameters) -> MskLinkError:
    """Return why there is not even a status: another Region, or nobody has asked for it."""
    cluster, region = parameters.cluster, parameters.region
    elsewhere = list(_other_regions(parameters))
    if elsewhere:
        return MskLinkError(
            "WrongRegion",
            f"{cluster} is published in {' and '.join(elsewhere)}, and this looks in {region}.",
            f"Set AWS_DEFAULT_REGION={elsewhere[0]}.",
        )
    tag = f"{parameters.namespace}/{cluster}"
    return _not_onboarded(
        f"MSKLink has said nothing of a cluster {cluster} in this account in {region}.",
        f"Tag your VPC {tag} = auto, have the owner of the cluster list your account, "
        f"and look for the parameter /{tag}/status; a misspelt name looks the same.",
    )


def _other_regions(parameters: Parameters) -> Iterator[str]:
    """Regions in which the cluster has a status, as far as the credentials may look there."""
    session, here = parameters.session, parameters.region
    partition = session.get_partition_for_region(here)
    regions = [
        region
        for region in session.get_available_regions("ssm", partition_name=partition)
        if region != here
    ]
    clients = [session.client("ssm", region_name=region, config=_quick) for region in regions]

    def has_status(ssm: Any) -> bool:
        try:
            ssm.get_parameter(Name=f"{parameters.path}/status")
        except (BotoCoreError, ClientError):  # not there, not allowed, a Region that is off
            return False
        return True

    answers = in_parallel(has_status, clients)
    yield from (region for region, found in zip(regions, answers, strict=True) if found)


def entries(status: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what the status says of each VPC, by scheme; one that is too long has only counts."""
    vpcs = status.get("vpcs")
    for schemes in vpcs.values() if isinstance(vpcs, dict) else ():
        if isinstance(schemes, dict):
            yield from ((name, entry) for name, entry in schemes.items() if isinstance(entry, dict))


def _state(entry: dict[str, Any]) -> str:
    return str(entry.get("state", ""))


def _not_onboarded(message: str, remedy: str) -> MskLinkError:
    return MskLinkError("NotOnboarded", message, remedy)
