from collections.abc import Iterator

import pytest

from msklink.settings import settings
from tests.support.aws import ENVIRONMENT, EXTERNAL_ID
from tests.support.page_samples import SampleAws


@pytest.fixture(autouse=True)
def owner_stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give this process the settings of an owner stack, and return its external id."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield EXTERNAL_ID
    settings.cache_clear()


@pytest.fixture
def aws() -> SampleAws:
    return SampleAws()
