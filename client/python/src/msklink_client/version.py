"""The version of this package."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version


def version() -> str:
    """Return the version that is installed, or that there is none, as in a checkout."""
    try:
        return installed_version("msklink-client")
    except PackageNotFoundError:
        return "(not installed)"
