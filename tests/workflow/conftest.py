from collections.abc import Callable, Iterator

import pytest

from msklink.settings import settings
from tests.support.aws import Accounts
from tests.support.served import Served, serve
from tests.support.step_functions import Engine, engine_in_moto


@pytest.fixture
def engine(accounts: Accounts) -> Iterator[Engine]:
    with engine_in_moto(accounts) as engine:
        yield engine


@pytest.fixture
def served(accounts: Accounts, engine: Engine) -> Served:
    return serve(accounts, engine)


@pytest.fixture
def repair(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Says which kinds of drift are to be repaired."""

    def repair(kinds: str, **environment: str) -> None:
        for name, value in (environment | {"REPAIR": kinds}).items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    return repair
