from collections.abc import Callable, Iterator

import pytest

from msklink.settings import settings
from tests.support.aws import Accounts
from tests.support.onboarded_client import Served, serve
from tests.support.prepared import WORLD, end_prepared, run_in_copy, world_of
from tests.support.step_functions import Engine, engine_in_moto


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    if not (world := world_of(item)):
        return None
    run_in_copy(item, world, nextitem)
    return True


def pytest_sessionfinish(session: pytest.Session) -> None:
    end_prepared(session)


@pytest.fixture
def engine(request: pytest.FixtureRequest, accounts: Accounts) -> Iterator[Engine]:
    if world := request.config.stash.get(WORLD, None):
        yield world.engine
        return
    with engine_in_moto(accounts) as engine:
        yield engine


@pytest.fixture
def served(request: pytest.FixtureRequest, accounts: Accounts, engine: Engine) -> Served:
    return request.config.stash.get(WORLD, None) or serve(accounts, engine)


@pytest.fixture
def repair(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Says which kinds of drift are to be repaired."""

    def repair(kinds: str, **environment: str) -> None:
        for name, value in (environment | {"REPAIR": kinds}).items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    return repair
