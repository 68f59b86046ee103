from collections.abc import Iterator

import pytest

from localcloud.cloud import Cloud, embedded_aws


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """Both stacks as `sam build` and `sam deploy` make them, on the embedded AWS."""
    with embedded_aws(scale=0.005) as cloud:
        yield cloud
