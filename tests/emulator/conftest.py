import pytest

from tests.emulator.builders import Emulator


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()
