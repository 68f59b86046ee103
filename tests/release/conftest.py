"""What `make release-check` runs before a release, apart from the other suites."""

from pathlib import Path

import pytest

from tests.release.earlier_version import RECORDED, checkout


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--upgrade-from",
        default="",
        help="commit or tag of the version to upgrade from; default: tests/release/"
        f"{RECORDED.name}",
    )


@pytest.fixture(scope="session")
def earlier(request: pytest.FixtureRequest) -> Path:
    """Return the folder of the version to upgrade from."""
    return checkout(
        request.config.getoption("--upgrade-from", default="") or RECORDED.read_text().strip()
    )
