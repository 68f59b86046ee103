"""
Tests that begin with a client that is served each have a copy of a world in which one is.

To come there takes longer than most of these tests. The world is prepared once in each process of
pytest-xdist, in a fork, and each test runs in a fork of that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol

from tests.support.aws import accounts_in_moto
from tests.support.forks import ForkFailed, Prepared
from tests.support.served import Served, serve
from tests.support.step_functions import engine_in_moto

WORLD: Final = pytest.StashKey[Served]()
_PREPARED: Final = pytest.StashKey[Prepared[Served, list[Any]]]()


def begins_served(item: pytest.Item) -> bool:
    """Return whether *item* begins in such a world, and in no other that its module makes."""
    if not isinstance(item, pytest.Function) or "served" not in item.fixturenames:
        return False
    has_own = any(hasattr(item.module, name) for name in ("accounts", "served"))
    has_durations = hasattr(item, "callspec") and "durations" in item.callspec.params
    return not has_own and not has_durations


def run_in_copy(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Run *item* in a copy of the prepared world, and report what it reports there."""
    session, hook = item.session, item.ihook
    if _PREPARED not in session.stash:
        session.stash[_PREPARED] = Prepared(partial(_world, session), partial(_run, session))
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in _reports(item):
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    session._setupstate.teardown_exact(nextitem)


def end_prepared(session: pytest.Session) -> None:
    """End the process of the prepared world, if a test had a copy of it."""
    if prepared := session.stash.get(_PREPARED, None):
        prepared.close()


def _reports(item: pytest.Item) -> Iterator[Any]:
    config = item.config
    try:
        told = item.session.stash[_PREPARED].work(item.session.items.index(item))
    except ForkFailed as failure:
        yield pytest.TestReport(
            item.nodeid, item.location, dict(item.keywords), "failed", str(failure), "call"
        )
        return
    for one in told:
        yield config.hook.pytest_report_from_serializable(config=config, data=one)


@contextmanager
def _world(session: pytest.Session) -> Iterator[Served]:
    session._setupstate.teardown_exact(None)  # it is of the test before
    with accounts_in_moto() as accounts, engine_in_moto(accounts) as engine:
        yield serve(accounts, engine)


def _run(session: pytest.Session, served: Served, number: int) -> list[Any]:
    config = session.config
    config.stash[WORLD] = served
    reports = runtestprotocol(session.items[number], log=False)
    return [config.hook.pytest_report_to_serializable(config=config, report=one) for one in reports]
