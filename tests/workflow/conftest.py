from collections.abc import Callable, Iterator

import pytest

from msklink.settings import settings
from tests.support.aws import Accounts
from tests.support.onboarded_client import OnboardedClient, onboard
from tests.support.prepared import ONBOARDED, end_prepared, preparation_of, run_in_copy
from tests.support.replacement import Replacement
from tests.support.step_functions import Engine, engine_in_moto
from tests.support.user_team import Team


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    if not (prepared := preparation_of(item)):
        return None
    run_in_copy(item, prepared, nextitem)
    return True


def pytest_sessionfinish(session: pytest.Session) -> None:
    end_prepared(session)


@pytest.fixture
def engine(request: pytest.FixtureRequest, accounts: Accounts) -> Iterator[Engine]:
    if prepared := request.config.stash.get(ONBOARDED, None):
        yield prepared.engine
        return
    with engine_in_moto(accounts) as engine:
        yield engine


@pytest.fixture
def onboarded(
    request: pytest.FixtureRequest, accounts: Accounts, engine: Engine
) -> OnboardedClient:
    return request.config.stash.get(ONBOARDED, None) or onboard(accounts, engine)


@pytest.fixture
def replacement(onboarded: OnboardedClient) -> Replacement:
    return Replacement(onboarded, onboarded.cluster)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set parameters of the owner stack, as the environment of its functions."""

    def set_parameters(**environment: str) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    return set_parameters


@pytest.fixture
def repair(stack: Callable[..., None]) -> Callable[[str], None]:
    """Set which kinds of drift are repaired."""

    def repair(kinds: str, **environment: str) -> None:
        stack(REPAIR=kinds, **environment)

    return repair


@pytest.fixture
def team(accounts: Accounts, engine: Engine) -> Team:
    return Team(accounts, engine)
