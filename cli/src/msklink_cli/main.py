"""The command `msklink` and its subcommands."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from msklink.errors import Refused
from msklink_cli import __version__, change, clusters, plan, runs, show, watch
from msklink_cli.doctor.command import diagnose
from msklink_cli.errors import ERROR, CommandError, aws_error
from msklink_cli.options import with_common_options
from msklink_cli.output import console
from msklink_cli.page import commands

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
        sys.stdout.write(f"msklink {__version__}\n")
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


def main(words: Sequence[str] | None = None) -> None:
    """Run the command with *words*, by default those of the process, and exit with its code."""
    sys.exit(run(sys.argv[1:] if words is None else words))


def run(words: Sequence[str]) -> int:
    """
    Run the command, and return its exit code.

    An error is one line on standard error: its code, what is wrong, and the remedy.
    """
    try:
        answer = app(args=list(words), prog_name="msklink", standalone_mode=False)
    except CommandError as error:
        return _fail(error)
    except Refused as error:
        return _fail(CommandError.of(error.refusal))
    except (BotoCoreError, ClientError) as error:
        return _fail(aws_error(error))
    except _UsageError as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else app.info.name
        return _fail(CommandError("Usage", str(error), f"See {command} --help."))
    except (KeyboardInterrupt, typer.Abort):
        return _fail(CommandError("Interrupted", "nothing more is done", ""))
    return answer if isinstance(answer, int) else 0


def _fail(error: CommandError) -> int:
    console(stderr=True).print(f"msklink: {error.line}", style="red", soft_wrap=True)
    return ERROR


if __name__ == "__main__":
    main()
