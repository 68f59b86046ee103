from collections.abc import Iterator

import pytest

from localcloud.cloud import Cloud, temporary_aws
from localcloud.settings import PAUSED


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """Start the embedded AWS with both stacks, deployed by `sam build` and `sam deploy`."""
    chosen = {
        "Repair": "connection,policy,parameters,security-group",
        "RejectUnknownConnections": "true",
        "UserRotationDays": "30",
    }
    with temporary_aws(PAUSED, 1, **chosen) as cloud:
        yield cloud


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run test_permissions.py last: it evaluates the calls of all other tests."""
    last = ("e2e/test_clients.py", "e2e/test_permissions.py")
    items.sort(key=lambda item: [item.path.match(name) for name in reversed(last)])
