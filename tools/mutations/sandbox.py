"""A copy of the repository, in which one suite runs at a time against one mutation or none."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tools.mutations.mutation import Mutation

ROOT = Path(__file__).parents[2]

CATALOGUE_TEST = "tests/unit/test_mutations.py"
"""It reads the files that are mutated, so that it would find every mutation."""

SHORTEST_LIMIT_SECONDS = 15 * 60
"""For one run of a suite. One that takes longer hangs, which somebody would notice."""

LIMIT_FACTOR = 3
"""Of the time without a mutation, where that is more: others may use the machine."""

PASSED, FAILED, INTERRUPTED = 0, 1, 2
"""Exit codes of pytest; with -x and pytest-xdist a failed test interrupts the run."""

_BAD_TEST = re.compile(r"^(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", re.MULTILINE)


class TestsBroken(Exception):
    """Pytest ended for another reason than a test that failed."""


class Outcome(NamedTuple):
    first_failure: str
    """The first test that failed, or that the time was up; empty where all passed."""
    seconds: float

    @property
    def found(self) -> bool:
        return bool(self.first_failure)


class Sandbox:
    """A copy of the repository in *folder*, with the same virtual environment."""

    def __init__(self, folder: Path) -> None:
        self._copy = folder / "repository"
        self._temporary = folder / "tmp"
        self._output = folder / "output.txt"
        self._temporary.mkdir()
        for path in _files():
            target = self._copy / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, target)
        (self._copy / ".venv").symlink_to((ROOT / ".venv").resolve())

    @contextmanager
    def mutated(self, mutation: Mutation) -> Iterator[None]:
        """Have the *mutation* in the copy until the block is left."""
        path = self._copy / mutation.path
        text = path.read_text()
        path.write_text(mutation.applied_to(text))
        try:
            yield
        finally:
            path.write_text(text)

    def run(self, suite: str, expression: str, usual_seconds: float | None = None) -> Outcome:
        """
        Run a *suite* until its first failure. Raises TestsBroken.

        It takes *usual_seconds* without a mutation. As long as that is unknown it has no limit.
        """
        # What hypothesis remembers of one mutation would make the next one easier to find.
        shutil.rmtree(self._copy / ".hypothesis", ignore_errors=True)
        limit = None
        if usual_seconds is not None:
            limit = max(SHORTEST_LIMIT_SECONDS, LIMIT_FACTOR * usual_seconds)
        began = time.monotonic()
        code = self._pytest(suite, expression, limit)
        seconds = time.monotonic() - began
        if code is None:
            return Outcome(f"a time-out after {seconds / 60:.0f} minutes", seconds)
        if code == PASSED:
            return Outcome("", seconds)
        output = self._output.read_text(errors="replace")
        bad = _BAD_TEST.search(output)
        if code not in {FAILED, INTERRUPTED} or bad is None:
            raise TestsBroken(f"pytest ended with {code}:\n{output[-2000:]}")
        return Outcome(bad[1], seconds)

    def _pytest(self, suite: str, expression: str, limit_seconds: float | None) -> int | None:
        """Return the exit code, or None when the time is up."""
        command = [
            str(self._copy / ".venv/bin/pytest"),
            *("-x", "-q", "-p", "no:cacheprovider", "-n", "2", "--dist", "loadgroup"),
            *("--hypothesis-seed=0", "--ignore", CATALOGUE_TEST, "-k", expression),
            *("--basetemp", str(self._temporary / "pytest"), f"tests/{suite}"),
        ]
        with (
            self._output.open("w") as output,
            # A group of its own, so that it ends with all its workers and with nobody else.
            subprocess.Popen(
                command,
                cwd=self._copy,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):
            try:
                return process.wait(limit_seconds)
            except subprocess.TimeoutExpired:
                return None
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def _environment(self) -> Mapping[str, str]:
        """
        Return the environment of pytest, without paths to the original and with one hash seed.

        No bytecode is written: Python compares its source by size and second, which a mutation may
        leave as they are.
        """
        kept = {name: text for name, text in os.environ.items() if not name.startswith("PYT")}
        return kept | {
            "PATH": f"{self._copy / '.venv/bin'}:{os.environ['PATH']}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "TMPDIR": str(self._temporary),
        }


@contextmanager
def sandbox() -> Iterator[Sandbox]:
    """Make the copy, which goes when the block is left."""
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        yield Sandbox(Path(folder))


def _files() -> list[str]:
    """Files of the working tree that are tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = filter(None, listed.stdout.split("\0"))
    return [path for path in paths if (ROOT / path).is_file()]
