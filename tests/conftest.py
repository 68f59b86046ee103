from collections.abc import Iterator

import pytest

from localcloud.msk import Durations
from tests.support.aws import BRISK, Accounts, accounts_in_moto


@pytest.fixture
def durations() -> Durations:
    """How long MSK takes; a test that wants other durations parametrizes this."""
    return BRISK


@pytest.fixture
def accounts(durations: Durations) -> Iterator[Accounts]:
    with accounts_in_moto(durations) as accounts:
        yield accounts
        assert not accounts.ungranted
