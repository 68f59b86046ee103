"""Print a result as people or programs want it, with the formats of the AWS CLI."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import jmespath
import yaml
from jmespath.exceptions import JMESPathError
from rich.console import Console

from msklink_cli.errors import CommandError

WIDTH_OF_FILES = 200
"""Columns where the output is no terminal, so that programs and files get whole lines."""


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    TEXT = "text"


@dataclass(frozen=True)
class Result:
    """What a command found: *data* for programs, and how to draw it for people."""

    data: Any
    """Of JSON's types."""
    draw: Callable[[Console], None]


def console(*, stderr: bool = False) -> Console:
    """Return a console without colours where there is no terminal or NO_COLOR is set."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH_OF_FILES
    return Console(stderr=stderr, width=width, highlight=False, emoji=False, markup=False)


def show(result: Result, form: Format | None, query: str | None) -> None:
    """
    Print *result*; a *query* in JMESPath chooses a part of its data, as in the AWS CLI.

    The default is a table, and JSON for a query.
    """
    if query is None and form in {None, Format.TABLE}:
        result.draw(console())
        return
    if form is Format.TABLE:
        raise CommandError(
            "QueryWithoutFormat",
            "the result of --query has no table",
            "Use --output json, yaml or text with --query.",
        )
    data = result.data if query is None else _select(query, result.data)
    sys.stdout.write(_WRITERS[form or Format.JSON](data))


def _select(query: str, data: Any) -> Any:
    try:
        return jmespath.search(query, data)
    except JMESPathError as error:
        reason = str(error).splitlines()[0]
        raise CommandError(
            "MalformedQuery",
            f"--query is no JMESPath expression: {reason}",
            "See https://jmespath.org, or leave it out.",
        ) from error


def _json(data: Any) -> str:
    return json.dumps(data, indent=4, ensure_ascii=False) + "\n"


def _yaml(data: Any) -> str:
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    return text.removesuffix("...\n")


def _text(data: Any) -> str:
    return "".join(f"{line}\n" for line in _lines(data, ""))


def _lines(data: Any, name: str) -> Iterator[str]:
    """Yield one line for each object, with its values separated by tabs, as the AWS CLI does."""
    match data:
        case dict():
            plain = [_word(data[key]) for key in sorted(data) if not _nested(data[key])]
            if plain:
                yield "\t".join([*([name.upper()] if name else []), *plain])
            for key in sorted(data):
                if _nested(data[key]):
                    yield from _lines(data[key], key)
        case list() if any(map(_nested, data)):
            for one in data:
                yield from _lines(one, name)
        case list():
            if data:
                yield "\t".join([*([name.upper()] if name else []), *map(_word, data)])
        case _:
            yield _word(data)


def _nested(value: Any) -> bool:
    return isinstance(value, dict | list)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value) if value is not None else "None"


_WRITERS: dict[Format, Callable[[Any], str]] = {
    Format.JSON: _json,
    Format.YAML: _yaml,
    Format.TEXT: _text,
}
