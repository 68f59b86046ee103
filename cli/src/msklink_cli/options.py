"""The options that every command has, as every command of the AWS CLI has them."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any

import typer

from msklink.settings import NAMESPACE
from msklink_cli.errors import CommandError
from msklink_cli.output import Format, Result, show
from msklink_cli.stack import Place, connect

_PANEL = "Options of every command"


@dataclass(frozen=True)
class Common:
    """The values of the options that every command has."""

    place: Place
    form: Format | None
    query: str | None

    @property
    def namespace(self) -> str:
        return self.place.namespace

    def show(self, result: Result) -> None:
        show(result, self.form, self.query)


def _check_namespace(value: str) -> str:
    if not re.fullmatch(NAMESPACE, value):
        raise CommandError(
            "MalformedNamespace",
            f"{value!r} cannot be a namespace",
            "Use parameter Namespace of the owner stack; it is msklink unless you chose another.",
        )
    return value


def _of_every_command(
    profile: Annotated[
        str, typer.Option(metavar="NAME", help="Profile of the AWS configuration.")
    ] = "",
    region: Annotated[str, typer.Option(metavar="REGION", help="Region of the owner stack.")] = "",
    namespace: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            envvar="MSKLINK_NAMESPACE",
            callback=_check_namespace,
            help="Parameter Namespace of the owner stack.",
        ),
    ] = "msklink",
    output: Annotated[
        Format | None,
        typer.Option(envvar="MSKLINK_OUTPUT", case_sensitive=False, help="Format of the result."),
    ] = None,
    query: Annotated[
        str | None, typer.Option(metavar="JMESPATH", help="Chooses a part of the result.")
    ] = None,
) -> Common:
    return Common(Place(namespace, profile, region), output, query)


_OPTIONS = inspect.signature(_of_every_command).parameters
for _parameter in _OPTIONS.values():
    _parameter.annotation.__metadata__[0].rich_help_panel = _PANEL


def with_common_options(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """
    Return *command* with the options of every command instead of its first parameter.

    That parameter is a Common. The owner stack is found before the command runs.
    """

    @wraps(command)
    def run(**words: Any) -> int | None:
        common = _of_every_command(**{name: words.pop(name) for name in _OPTIONS})
        connect(common.place)
        return command(common, **words)

    _, *own = inspect.signature(command).parameters.values()
    parameters = [one.replace(kind=one.KEYWORD_ONLY) for one in (*own, *_OPTIONS.values())]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run
