"""The message to the owner about a change that waits: what an owner has to know to decide."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from msklink.arns import ClusterArn
from msklink.change_control.holds import RecordedHold
from msklink.change_control.terms import STACK_FREEZE
from msklink.change_control.windows import MaintenanceWindows
from msklink.refusals import Code


@dataclass(frozen=True)
class HeldChange:
    """The facts of a change that waits."""

    cluster: ClusterArn
    hold: RecordedHold
    accounts: Collection[str]
    """Client accounts that wait for it."""
    brokers: int
    minutes: int
    """The expected minutes of the update; 0 where no broker reboots."""
    window: str
    """The text of the maintenance window."""
    freeze: str
    """What freezes the cluster; empty where nothing does."""
    plan: str
    """What the run would do, in a few sentences; empty where it is not known."""
    key: str
    """The prefix of the keys of tags."""


@dataclass(frozen=True)
class ChangeRequest:
    """One text for each question of an owner."""

    change: str
    effect: str
    clients: str
    plan: str
    time: str
    go: str
    """How to let it begin."""
    stop: str


def change_request(held: HeldChange) -> ChangeRequest:
    """Return the message about *held*."""
    reason = held.hold.hold.reason
    match reason.code:
        case Code.AWAITING_APPROVAL:
            asks, time = "waits for your approval", _time_of_approval(held)
            approval = " ".join(held.hold.hold.approval)
            go = f"To approve: {_tag(held, f"'{held.key}/approved={approval}'")}"
            stop = "To decline: do nothing. The clients go on waiting, and their status says so."
        case Code.OUTSIDE_WINDOW:
            asks, time = "waits for the maintenance window", _time_of_window(held)
            always = _tag(held, f"{held.key}/window=always")
            go = f"To begin at once, and have no window from then on: {always}"
            stop = f"To stop it, and all other changes: {_tag(held, f'{held.key}/freeze=stop')}"
        case Code.FROZEN:
            asks, time = "is held by a freeze", "It goes on by itself when the freeze ends."
            go = f"To end the freeze: {_end_of_freeze(held)}"
            stop = "To go on holding it: do nothing."
        case _:
            asks, time = "waits for a correction of your terms", reason.message
            go, stop = reason.remedy, "To go on holding it: do nothing."
    return ChangeRequest(
        change=f"MSK cluster {held.cluster.name}: {_change(held)} {asks}.",
        effect=_effect(held),
        clients=_clients(held),
        plan=_plan(held),
        time=time,
        go=go,
        stop=stop,
    )


def _change(held: HeldChange) -> str:
    schemes = " and ".join(held.hold.schemes)
    if not schemes:
        return "the removal of connections"
    does = "turning on" if held.minutes else "connecting clients by"
    return f"{does} {schemes} {'for private connectivity' if held.minutes else ''}".strip()


def _effect(held: HeldChange) -> str:
    if not held.minutes:
        return "Effect: no broker reboots."
    return (
        f"Effect: MSK reboots the {held.brokers} brokers one after the other, expected to take "
        f"{held.minutes} minutes. Clients reconnect once for each broker. MSK takes no other "
        "update of the cluster meanwhile."
    )


def _clients(held: HeldChange) -> str:
    if not held.accounts:
        return "Accounts that wait: none; it is for a vendor, or repairs what others turned off."
    return f"Accounts that wait: {', '.join(sorted(held.accounts))}."


def _plan(held: HeldChange) -> str:
    if not held.plan:
        return "Plan: not known this time. The next run plans again."
    where = f"parameter /{held.key}/{held.cluster.name}/plan"
    return f"Plan: {held.plan} All calls: {where}."


def _time_of_approval(held: HeldChange) -> str:
    windows = MaintenanceWindows.parse(held.window)
    if not windows.windows:
        return "Begins: as soon as you approve it; no maintenance window is set."
    return f"Begins: in the first maintenance window after your approval ({held.window})."


def _time_of_window(held: HeldChange) -> str:
    until = held.hold.hold.until or held.hold.since
    zone = MaintenanceWindows.parse(held.window).zone
    warning = held.hold.hold.warning
    return f"Begins: by itself on {_local(until, zone)}, in window {held.window}.{warning}"


def _local(time: datetime, zone: tzinfo) -> str:
    utc = "" if zone is UTC else f" ({time.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"
    return f"{time.astimezone(zone):%a %Y-%m-%d %H:%M} {zone}{utc}"


def _tag(held: HeldChange, tag: str) -> str:
    return f"aws kafka tag-resource --resource-arn {held.cluster.text} --tags {tag}"


def _end_of_freeze(held: HeldChange) -> str:
    if held.freeze == STACK_FREEZE:
        return "deploy the owner stack with Freeze=false"
    arn, key = held.cluster.text, f"{held.key}/freeze"
    return f"aws kafka untag-resource --resource-arn {arn} --tag-keys {key}"
