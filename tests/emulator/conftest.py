import pytest

from tests.emulator.builders import Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()
