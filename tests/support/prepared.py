"""
Run tests that start with an onboarded client in a copy of prepared accounts.

Onboarding takes longer than most of these tests. It runs once in each worker of pytest-xdist, in a
fork, and each test runs in a fork of that.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol

from tests.support.aws import accounts_in_moto
from tests.support.forks import ForkFailed, Prepared
from tests.support.onboarded_client import OnboardedClient, onboard
from tests.support.step_functions import engine_in_moto

type Preparation = Callable[[], AbstractContextManager[OnboardedClient]]

ONBOARDED: Final = pytest.StashKey[OnboardedClient]()
_PREPARED: Final = pytest.StashKey[dict[Preparation, Prepared[OnboardedClient, list[Any]]]]()


def preparation_of(item: pytest.Item) -> Preparation | None:
    """
    Return what prepares the accounts in which *item* starts, or None where it makes its own.

    A module whose tests start with other accounts has a function `prepare` that makes them.
    """
    if not isinstance(item, pytest.Function) or "onboarded" not in item.fixturenames:
        return None
    if hasattr(item, "callspec") and "durations" in item.callspec.params:
        return None
    return getattr(item.module, "prepare", prepare_onboarded)


@contextmanager
def prepare_onboarded() -> Iterator[OnboardedClient]:
    with accounts_in_moto() as accounts, engine_in_moto(accounts) as engine:
        yield onboard(accounts, engine)


def run_in_copy(item: pytest.Item, prepare: Preparation, nextitem: pytest.Item | None) -> None:
    """Run *item* in a copy of what *prepare* makes, and report what it reports there."""
    session, hook = item.session, item.ihook
    processes = session.stash.setdefault(_PREPARED, {})
    if prepare not in processes:
        processes[prepare] = Prepared(partial(_begun, session, prepare), partial(_run, session))
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in _reports(item, processes[prepare]):
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    session._setupstate.teardown_exact(nextitem)


def end_prepared(session: pytest.Session) -> None:
    """
    End the processes in which accounts were prepared.

    The last goes first: it has copies of the pipes to those that were there when it was forked.
    """
    for prepared in reversed(session.stash.get(_PREPARED, {}).values()):
        prepared.close()


def _reports(item: pytest.Item, prepared: Prepared[OnboardedClient, list[Any]]) -> Iterator[Any]:
    config = item.config
    try:
        reports = prepared.work(item.session.items.index(item))
    except ForkFailed as failure:
        yield pytest.TestReport(
            item.nodeid, item.location, dict(item.keywords), "failed", str(failure), "call"
        )
        return
    for one in reports:
        yield config.hook.pytest_report_from_serializable(config=config, data=one)


@contextmanager
def _begun(session: pytest.Session, prepare: Preparation) -> Iterator[OnboardedClient]:
    session._setupstate.teardown_exact(None)  # the set-up of the test before
    with prepare() as onboarded:
        yield onboarded


def _run(session: pytest.Session, onboarded: OnboardedClient, number: int) -> list[Any]:
    config = session.config
    config.stash[ONBOARDED] = onboarded
    reports = runtestprotocol(session.items[number], log=False)
    return [config.hook.pytest_report_to_serializable(config=config, report=one) for one in reports]
