"""
Print for people and for programs: `table`, `json`, `yaml` and `text`, as the AWS CLI has them.

`text` has one line for each entry, tabs between its fields and None where there is no value.
"""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from msklink_client.tokens import package_missing

FORMATS = ("table", "json", "yaml", "text")
NO_VALUE = "-"

_GAP = "  "
_COLOURS = {"good": "32", "busy": "33", "bad": "31", "head": "1"}


def prepare(form: str) -> None:
    """Raise `MskLinkError` where *form* cannot be printed; call it before anything is changed."""
    if form == "yaml":
        _yaml()


def document(content: Any, form: str) -> str:
    """Return *content* as JSON or YAML."""
    if form == "yaml":
        return str(_yaml().safe_dump(content, sort_keys=False, allow_unicode=True, width=100))
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _yaml() -> Any:
    try:
        import yaml  # noqa: PLC0415 an extra
    except ImportError as error:
        raise package_missing("PyYAML", "yaml") from error
    return yaml


def text(rows: Iterable[Sequence[str | None]]) -> str:
    """Return one line for each row, with tabs between its fields."""
    lines = ("\t".join(plain(field) if field else "None" for field in row) for row in rows)
    return "".join(f"{line}\n" for line in lines)


def table(head: Sequence[str], rows: Iterable[Sequence[str | None]]) -> list[str]:
    """Return the lines of a table, whose columns are as wide as their longest field."""
    cells = [tuple(head), *(tuple(plain(one) if one else NO_VALUE for one in row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return [
        _GAP.join(field.ljust(width) for field, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def plain(field: str) -> str:
    """Return *field* in one line, without characters that control a terminal."""
    return "".join(one if one.isprintable() else " " for one in field)


def paint(line: str, colour: str, stream: TextIO | None = None) -> str:
    """Return *line* in a colour, if *stream* is a terminal and NO_COLOR is not set."""
    stream = stream or sys.stdout
    is_off = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    if is_off or not stream.isatty():
        return line
    return f"\x1b[{_COLOURS[colour]}m{line}\x1b[0m"
