"""The blocks of code in the pages for client teams."""

import re
from pathlib import Path

from tests.support.cloudformation import ROOT

DOCS = ROOT / "docs"
CLIENT = DOCS / "client.md"
CREDENTIALS = DOCS / "credentials.md"
LANGUAGES = DOCS / "languages.md"
USERS = DOCS / "users.md"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sections(page: Path) -> dict[str, str]:
    """Return the text below each heading, up to the next one; # alone may begin a comment."""
    parts = re.split(r"^##+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def blocks(text: str, language: str) -> list[str]:
    return [block for name, block in _BLOCK.findall(text) if name == language]


def all_blocks(page: Path, language: str) -> list[str]:
    return blocks(page.read_text(), language)
