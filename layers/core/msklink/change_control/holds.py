"""Decide what the owner's terms hold, until when, and what lets it go."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from pydantic import BaseModel

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.change_control.terms import ChangeTerms
from msklink.change_control.windows import Opening
from msklink.refusals import Code, Refusal, refuse


class Hold(BaseModel, frozen=True):
    """Why a change waits for the owner's terms."""

    reason: Refusal
    """Its code is AwaitingApproval, OutsideWindow or Frozen, or that of malformed terms."""
    until: datetime | None = None
    """When it ends by itself; None where only the owner ends it."""
    approval: tuple[Scheme, ...] = ()
    """What the tag for approvals must name to let it go; empty where it waits for none."""
    warning: str = ""
    """That no window is long enough; empty where one is."""

    def is_over(self, now: datetime) -> bool:
        """Return whether it has ended by itself."""
        return self.until is not None and self.until <= now


class RecordedHold(BaseModel, frozen=True):
    """The hold of a cluster that was reported to the owner."""

    hold: Hold
    schemes: tuple[Scheme, ...] = ()
    """The schemes that are not turned on meanwhile."""
    since: datetime
    """When the first of them began to wait."""

    def is_like(self, hold: Hold, schemes: Collection[Scheme]) -> bool:
        """Return whether one of *schemes*, or a removal, waited for the same reason as *hold*."""
        is_same = self.schemes == schemes or bool({*self.schemes}.intersection(schemes))
        return is_same and self.hold.reason.code is hold.reason.code


def freeze_hold(freeze: str, cluster: ClusterArn) -> Hold | None:
    """Return the hold of every change to *cluster*, if *freeze* says what freezes it."""
    if not freeze:
        return None
    return Hold(reason=refuse(Code.FROZEN, cluster=cluster.name, what=freeze))


def reboot_holds(
    terms: ChangeTerms,
    cluster: ClusterArn,
    off: Iterable[Scheme],
    needed: timedelta,
    now: datetime,
) -> dict[Scheme, Hold]:
    """
    Return the holds of turning on the schemes that are *off*, which takes *needed* and reboots.

    A scheme that is not in the result may be turned on now.
    """
    schemes = sorted(off)
    if frozen := freeze_hold(terms.freeze, cluster):
        return dict.fromkeys(schemes, frozen)
    if terms.windows is None or terms.refusals:
        return dict.fromkeys(schemes, Hold(reason=terms.refusals[0]))
    unapproved = [
        one for one in schemes if terms.is_approval_required and one not in terms.approved
    ]
    approvals = {
        one: _awaiting_approval(cluster, terms.key, [one], terms.approved.union([one]))
        for one in unapproved
    }
    opening = terms.windows.next_opening(needed, now)
    if opening.start <= now:
        return approvals
    window = Hold(
        reason=refuse(
            Code.OUTSIDE_WINDOW,
            cluster=cluster.name,
            start=f"{opening.start:%Y-%m-%d %H:%M}",
            warning=_warning(opening, needed),
            key=f"{terms.key}/window",
        ),
        until=opening.start,
        warning=_warning(opening, needed),
    )
    return dict.fromkeys(schemes, window) | approvals


def common_holds(
    cluster: ClusterArn, key: str, holds: Mapping[Scheme, Hold]
) -> Iterator[tuple[Hold, tuple[Scheme, ...]]]:
    """Yield each reason in *holds* once, with its schemes."""
    by_code: dict[Code, dict[Scheme, Hold]] = {}
    for scheme, hold in holds.items():
        by_code.setdefault(hold.reason.code, {})[scheme] = hold
    for alike in by_code.values():
        yield _common_hold(cluster, key, alike), tuple(sorted(alike))


def _common_hold(cluster: ClusterArn, key: str, holds: Mapping[Scheme, Hold]) -> Hold:
    """Return one hold for schemes with holds of the same code; one approval is for all of them."""
    approval = {scheme for hold in holds.values() for scheme in hold.approval}
    if approval:
        return _awaiting_approval(cluster, key, holds, approval)
    return next(iter(holds.values()))


def _warning(opening: Opening, needed: timedelta) -> str:
    minutes = int(needed.total_seconds() // 60)
    text = f" No window is long enough for the {minutes} minutes that it may take."
    return text if opening.is_too_short else ""


def _awaiting_approval(
    cluster: ClusterArn, key: str, unapproved: Iterable[Scheme], approval: Iterable[Scheme]
) -> Hold:
    """Return the hold of schemes that the owner has not approved; the tag *approval* lets it go."""
    words = tuple(sorted(approval))
    return Hold(
        reason=refuse(
            Code.AWAITING_APPROVAL,
            cluster=cluster.name,
            schemes=" and ".join(sorted(unapproved)),
            key=f"{key}/approved",
            value=" ".join(words),
        ),
        approval=words,
    )
