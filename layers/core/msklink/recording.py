"""Writing down what has become of connections, having told those concerned.

First told, then written: if a function dies in between, it is told again, and never not at all.
"""

from collections.abc import Iterable
from datetime import datetime

from msklink import telling
from msklink.aws import table
from msklink.records import Connection, changed


def record_changes(
    before: Iterable[Connection], after: Iterable[Connection], run: str, now: datetime
) -> list[Connection]:
    """Tell of refusals that are new, and write those of *after* that differ from *before*."""
    changes = changed(before, after)
    telling.connections_refused(changes, run)
    table.save_all(changes, now)
    return changes


def record_onboarded(
    before: Iterable[Connection], after: Iterable[Connection], run: str, now: datetime
) -> list[Connection]:
    """The same for connections whose brokers are published now."""
    changes = changed(before, after)
    for record in changes:
        telling.client_onboarded(record, run, now)
    table.save_all(changes, now)
    return changes
