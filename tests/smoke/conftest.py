from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.smoke.builders import SmokeInMoto, smoke_in_moto


@pytest.fixture
def smoked(tmp_path: Path) -> Iterator[SmokeInMoto]:
    """Yield a smoke test of two accounts in moto, with a user who agrees to everything."""
    with smoke_in_moto(tmp_path) as found:
        yield found
