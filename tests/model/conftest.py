from collections.abc import Iterator

import pytest

from msklink.settings import settings
from tests.model.invocations import Clients
from tests.support.aws import ENVIRONMENT


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """Replace the boto3 clients of our code."""
    clients = Clients()
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("msklink.aws.dynamodb.client", lambda: clients)
    for service in ("step_functions", "eventbridge", "scheduler"):
        monkeypatch.setattr(f"msklink.aws.{service}.client", lambda: clients)
    # The plan of what is held is for people: nothing is decided by it.
    monkeypatch.setattr("msklink.aws.ssm.delete_plan", lambda _: None)
    monkeypatch.setattr("msklink.clock.now", clients.now)
    monkeypatch.setattr("msklink.services.notifications._measure", lambda *_, **__: None)
    settings.cache_clear()
    yield clients
    settings.cache_clear()
