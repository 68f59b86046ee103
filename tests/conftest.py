import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from localcloud.msk import Durations
from tests.support.aws import BRISK, Accounts, accounts_in_moto


@pytest.fixture(scope="session", autouse=True)
def _rare_garbage_collection() -> Iterator[None]:
    """What boto3 and moto keep is large and stays; looking through it takes a third of the time."""
    gc.collect()
    gc.freeze()
    thresholds = gc.get_threshold()
    gc.set_threshold(200_000, 20, 1_000)
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.fixture
def durations() -> Durations:
    """How long MSK takes; a test that wants other durations parametrizes this."""
    return BRISK


@pytest.fixture
def accounts(durations: Durations) -> Iterator[Accounts]:
    with accounts_in_moto(durations) as accounts:
        yield accounts
        assert not accounts.ungranted


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], Callable[[], None]]:
    """Makes an operation of a service other than MSK answer with an error code, until undone."""
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # the one way of all calls

    def fail(service: str, operation: str, code: str) -> Callable[[], None]:
        def answer(client: Any, name: str, parameters: dict[str, Any]) -> Any:
            if (client.meta.service_model.service_name, name) != (service, operation):
                return call(client, name, parameters)
            kind = client.exceptions.from_code(code) or ClientError
            raise kind({"Error": {"Code": code, "Message": "It failed."}}, name)

        monkeypatch.setattr(BaseClient, "_make_api_call", answer)
        return lambda: monkeypatch.setattr(BaseClient, "_make_api_call", call)

    return fail
