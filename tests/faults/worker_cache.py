"""What every process of a test run needs and one of them makes."""

import fcntl
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def cached_across_workers[Made](name: str, make: Callable[[], Made]) -> Made:
    """Return what *make* makes, here or in another process of this test run."""
    folder = _folder()
    if folder is None:
        return make()
    with _locked(folder, name, fcntl.LOCK_EX):
        return _load_or_make(folder / name, make)


def fill_cache[Made](name: str, make: Callable[[], Made]) -> None:
    """Make it here, unless another process does so already."""
    folder = _folder()
    if folder is None:
        return
    try:
        with _locked(folder, name, fcntl.LOCK_EX | fcntl.LOCK_NB):
            _load_or_make(folder / name, make)
    except BlockingIOError:
        return


def clear_cache() -> None:
    """Remove what was made, when the run is over."""
    if folder := _folder():
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path | None:
    """The folder of this run of pytest-xdist, whose processes have its id in their environment."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    return Path(tempfile.gettempdir()) / f"msklink-tests-{run}" if run else None


@contextmanager
def _locked(folder: Path, name: str, operation: int) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, operation)
        yield


def _load_or_make[Made](path: Path, make: Callable[[], Made]) -> Made:
    if not path.exists():
        path.write_bytes(pickle.dumps(make()))
    made: Made = pickle.loads(path.read_bytes())
    return made
