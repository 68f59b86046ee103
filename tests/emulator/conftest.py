from collections.abc import Iterator

import pytest

from localcloud.cloud import Cloud, running_server
from localcloud.settings import PAUSED, Settings, free_port
from tests.emulator.builders import Emulator


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Start an embedded AWS whose clock stands still."""
    state = tmp_path_factory.mktemp("localcloud") / "state"
    with running_server(Settings(free_port(), PAUSED, state)) as running:
        yield running
