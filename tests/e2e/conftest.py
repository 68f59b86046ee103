from collections.abc import Iterator

import pytest

from localcloud.cloud import Cloud, temporary_aws


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """Both stacks as `sam build` and `sam deploy` make them, on the embedded AWS."""
    with temporary_aws(time_scale=0.005, grace_hours=1) as cloud:
        yield cloud
