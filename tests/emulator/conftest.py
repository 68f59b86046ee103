import pytest

from tests.emulator.scenery import Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()
