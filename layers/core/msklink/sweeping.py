"""What a sweep finds in the records of a cluster, seen beside the client accounts."""

from collections.abc import Iterable, Sequence

from msklink.offboarding import Terms, VpcTags, is_protected
from msklink.records import Connection, State


def by_account(records: Iterable[Connection]) -> dict[str, list[Connection]]:
    found: dict[str, list[Connection]] = {}
    for record in records:
        found.setdefault(record.account, []).append(record)
    return found


def can_go_on(records: Sequence[Connection], tags: VpcTags, terms: Terms) -> bool:
    """
    Whether something can be done in an account that was seen now, which could not be before.

    The account as a whole was out of reach, a connection was left there for that reason, or was
    protected from deletion and is so no longer.
    """
    return any(
        (record.concerns_account and record.wanted)
        or record.state is State.ABANDONED
        or (record.leaving and not record.leaving.due and not is_protected(record, tags, terms))
        for record in records
    )
