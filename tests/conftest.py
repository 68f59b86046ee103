import gc
import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from localcloud.msk import Durations
from tests.support.aws import ENVIRONMENT, SHORT_DURATIONS, Accounts, accounts_in_moto
from tests.support.prepared import ONBOARDED

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_configure() -> None:
    """Set what a logger reads when its module is imported, which may be before any test."""
    for name in ("POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL"):
        os.environ[name] = ENVIRONMENT[name]


def pytest_collection_finish() -> None:
    """Exempt boto3 and moto from garbage collection, which would take a third of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 1_000)


@pytest.fixture
def durations() -> Durations:
    """Return the durations of MSK's operations; a test can parametrize this."""
    return SHORT_DURATIONS


@pytest.fixture
def accounts(request: pytest.FixtureRequest, durations: Durations) -> Iterator[Accounts]:
    prepared = request.config.stash.get(ONBOARDED, None)
    with nullcontext(prepared.accounts) if prepared else accounts_in_moto(durations) as accounts:
        yield accounts
        assert not accounts.ungranted


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """Yield Chromium for one module: while it is open, its thread can run no other event loop."""
    from tests.support.browser import chromium_browser  # noqa: PLC0415 few tests need it

    with chromium_browser() as browser:
        yield browser


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], Callable[[], None]]:
    """Return a function that makes an operation of a service other than MSK fail, until undone."""
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # all calls pass here

    def fail(service: str, operation: str, code: str) -> Callable[[], None]:
        def answer(client: Any, name: str, parameters: dict[str, Any]) -> Any:
            if (client.meta.service_model.service_name, name) != (service, operation):
                return call(client, name, parameters)
            kind = client.exceptions.from_code(code) or ClientError
            raise kind({"Error": {"Code": code, "Message": "It failed."}}, name)

        monkeypatch.setattr(BaseClient, "_make_api_call", answer)
        return lambda: monkeypatch.setattr(BaseClient, "_make_api_call", call)

    return fail
