from collections.abc import Iterator

import pytest

from tests.support.aws import Accounts
from tests.support.step_functions import Engine, engine_in_moto


@pytest.fixture
def engine(accounts: Accounts) -> Iterator[Engine]:
    with engine_in_moto(accounts) as engine:
        yield engine
