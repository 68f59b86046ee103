"""Start the command, and end it as a shell expects; Ctrl-C is handled before imports begin."""

import signal
import sys
from contextlib import suppress
from os import devnull
from pathlib import Path
from typing import Final

INTERRUPTED: Final = 128 + signal.SIGINT
CLOSED_PIPE: Final = 128 + signal.SIGPIPE


def main() -> None:
    """Run the command with the words of the process, and exit with its code."""
    try:
        _prepare_streams()
        from msklink_cli.main import run

        code = run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = CLOSED_PIPE
    except OSError as error:
        code = _fail(f"OutputFailed: {error.strerror or error}. Check where the output goes.")
    _leave(code)


def _prepare_streams() -> None:
    """Replace streams that are closed, and characters that a terminal does not have."""
    sys.stdin = sys.stdin or Path(devnull).open(encoding="utf-8")
    sys.stdout = sys.stdout or Path(devnull).open("w", encoding="utf-8")
    sys.stderr = sys.stderr or Path(devnull).open("w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # both are files


def _fail(text: str) -> int:
    with suppress(OSError):
        sys.stderr.write(f"msklink: {text}\n")
    return 1


def _leave(code: int) -> None:
    """Exit without flushing what cannot be written, which Python would report."""
    try:
        sys.stdout.flush()
    except OSError:
        sys.stdout = Path(devnull).open("w", encoding="utf-8")
    sys.exit(code)


if __name__ == "__main__":
    main()
