from collections.abc import Iterator

import pytest

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
