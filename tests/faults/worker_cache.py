"""Cache values on disk, so that one worker of pytest-xdist computes them for all."""

import fcntl
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def cached_across_workers[T](name: str, make: Callable[[], T]) -> T:
    """Return what *make* returns, computed here or by another worker of this test run."""
    folder = _folder()
    if folder is None:
        return make()
    with _locked(folder, name, fcntl.LOCK_EX):
        return _load_or_make(folder / name, make)


def fill_cache[T](name: str, make: Callable[[], T]) -> None:
    """Compute the value here, unless another worker does so already."""
    folder = _folder()
    if folder is None:
        return
    try:
        with _locked(folder, name, fcntl.LOCK_EX | fcntl.LOCK_NB):
            _load_or_make(folder / name, make)
    except BlockingIOError:
        return


def clear_cache() -> None:
    """Delete the cache at the end of the test run."""
    if folder := _folder():
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path | None:
    """Return the folder of this test run; None without pytest-xdist."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    return Path(tempfile.gettempdir()) / f"msklink-tests-{run}" if run else None


@contextmanager
def _locked(folder: Path, name: str, operation: int) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, operation)
        yield


def _load_or_make[T](path: Path, make: Callable[[], T]) -> T:
    if not path.exists():
        path.write_bytes(pickle.dumps(make()))
    value: T = pickle.loads(path.read_bytes())
    return value
