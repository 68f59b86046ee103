"""The command `msklink` and its subcommands."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from msklink.errors import Refused
from msklink_cli import change, clusters, plan, runs, show, watch
from msklink_cli.doctor.command import diagnose
from msklink_cli.errors import ERROR, CommandError, aws_error, unexpected_error
from msklink_cli.options import with_common_options
from msklink_cli.output import console
from msklink_cli.page import commands
from msklink_cli.version import version

app = typer.Typer(
    name="msklink",
    help="Show and steer what MSKLink does to the MSK clusters of a Region.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


_UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""The base of all errors in the words of a command; typer has no public name for it."""


def _print_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"msklink {version()}\n")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Version.")
    ] = False,
) -> None:
    pass


COMMANDS: dict[str, Callable[..., int | None]] = {
    "clusters": clusters.command,
    "show": show.command,
    "watch": watch.command,
    "runs": runs.command,
    "page": commands.page,
    "report": commands.report,
    "plan": plan.command,
    "doctor": diagnose,
    "enable": change.enable,
    "allow": change.allow,
    "deny": change.deny,
    "approve": change.approve,
    "freeze": change.freeze,
    "thaw": change.thaw,
}

for name, command in COMMANDS.items():
    app.command(name)(with_common_options(command))


def run(words: Sequence[str]) -> int:
    """
    Run the command, and return its exit code.

    An error is one line on standard error: its code, what is wrong, and the remedy.
    """
    try:
        answer = app(args=list(words), prog_name="msklink", standalone_mode=False)
    except OSError:  # the caller knows what a closed stream means
        raise
    except Exception as error:  # noqa: BLE001 people get no traceback
        if isinstance(error, _UsageError) and not str(error):
            return ERROR  # no words at all: typer has printed the help
        return _fail(_command_error(error))
    return answer if isinstance(answer, int) else 0


def _command_error(error: Exception) -> CommandError:
    match error:
        case CommandError():
            return error
        case Refused():
            return CommandError.of(error.refusal)
        case BotoCoreError() | ClientError():
            return aws_error(error)
        case typer.Abort():
            return CommandError("Declined", "nothing was changed", "")
    if isinstance(error, _UsageError):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else app.info.name
        text = getattr(error, "format_message", error.__str__)()  # names the option
        return CommandError("Usage", text, f"See {command} --help.")
    return unexpected_error(error)


def _fail(error: CommandError) -> int:
    console(stderr=True).print(f"msklink: {error.line}", style="red", soft_wrap=True)
    return ERROR
