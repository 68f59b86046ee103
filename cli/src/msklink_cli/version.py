"""The version of this command."""

import re
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path


def version() -> str:
    """Return the version that is installed; in a checkout without, that of template.yaml."""
    try:
        return installed_version("msklink")
    except PackageNotFoundError:
        template = Path(__file__).parents[3] / "template.yaml"
        found = re.search(r"MSKLink: \{Version: ([^}]+)}", template.read_text(encoding="utf-8"))
        if not found:
            raise ValueError("template.yaml has no version in its mapping Release") from None
        return found[1]
