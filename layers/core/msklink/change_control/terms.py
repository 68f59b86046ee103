"""The owner's terms for changes to a cluster: its tags, over the parameters of the owner stack."""

from collections.abc import Mapping
from dataclasses import dataclass

from msklink.auth_scheme import Scheme
from msklink.change_control.windows import ALWAYS, MaintenanceWindows, MalformedWindow
from msklink.refusals import Code, Refusal, refuse
from msklink.tags import read_schemes

REQUIRED, NONE = "required", "none"

STACK_FREEZE = "parameter Freeze of the owner stack"


@dataclass(frozen=True)
class StackTerms:
    """The parameters of the owner stack, which hold for every cluster without a tag of its own."""

    window: str = ""
    """Parameter MaintenanceWindow; empty means always."""
    approval: str = NONE
    """Parameter RebootApproval."""
    freeze: bool = False


@dataclass(frozen=True)
class ChangeTerms:
    """When MSKLink may change a cluster."""

    key: str
    """The prefix of the keys of the tags: the namespace."""
    windows: MaintenanceWindows | None = ALWAYS
    """None where the owner's text is no window: then no update reboots brokers."""
    window: str = "always"
    """The text of the windows, as the owner wrote it."""
    is_approval_required: bool = False
    approved: frozenset[Scheme] = frozenset()
    freeze: str = ""
    """What freezes the cluster; empty where nothing does."""
    refusals: tuple[Refusal, ...] = ()
    """Words of the owner that mean nothing. Until they are mended, no update reboots brokers."""


def read_terms(tags: Mapping[str, str], namespace: str, stack: StackTerms) -> ChangeTerms:
    """Return the terms for the cluster with *tags*."""
    tag = tags.get(f"{namespace}/window")
    windows, no_window = _read_window(tag, namespace, stack.window)
    required, no_approval = _read_approval(tags.get(f"{namespace}/approval"), namespace, stack)
    key = f"{namespace}/approved"
    approved = read_schemes(tags.get(key), f"Tag {key} of the cluster")
    return ChangeTerms(
        key=namespace,
        windows=windows,
        window=tag or stack.window or "always",
        is_approval_required=required,
        approved=approved.schemes,
        freeze=_freeze(tags, namespace, stack),
        refusals=(*no_window, *no_approval, *approved.refusals),
    )


def _read_window(
    tag: str | None, namespace: str, parameter: str
) -> tuple[MaintenanceWindows | None, tuple[Refusal, ...]]:
    where, text = f"Tag {namespace}/window of the cluster", tag
    if text is None:
        where, text = "Parameter MaintenanceWindow of the owner stack", parameter or "always"
    try:
        return MaintenanceWindows.parse(text), ()
    except MalformedWindow as error:
        return None, (refuse(Code.MALFORMED_WINDOW, where=where, problem=str(error)),)


def _read_approval(
    tag: str | None, namespace: str, stack: StackTerms
) -> tuple[bool, tuple[Refusal, ...]]:
    if tag is None:
        return stack.approval != NONE, ()
    word = tag.strip().lower()
    if word in {REQUIRED, NONE}:
        return word == REQUIRED, ()
    return True, (refuse(Code.MALFORMED_APPROVAL, key=f"{namespace}/approval", word=tag),)


def _freeze(tags: Mapping[str, str], namespace: str, stack: StackTerms) -> str:
    key = f"{namespace}/freeze"
    if key in tags:
        return f"tag {key} of the cluster"
    return STACK_FREEZE if stack.freeze else ""
