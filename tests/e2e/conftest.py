from collections.abc import Iterator

import pytest

from localcloud.cloud import Cloud, temporary_aws
from localcloud.settings import PAUSED


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """Both stacks as `sam build` and `sam deploy` make them, on the embedded AWS."""
    kinds = "connection,policy,parameters,security-group"
    with temporary_aws(PAUSED, 1, Repair=kinds, RejectUnknownConnections="true") as cloud:
        yield cloud


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The permissions come last: they are judged by what the others made the roles do."""
    items.sort(key=lambda item: item.path.match("e2e/test_permissions.py"))
