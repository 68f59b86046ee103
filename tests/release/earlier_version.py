"""An earlier version of this repository, as a folder with its templates and code."""

import io
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from localcloud.settings import REPOSITORY

RECORDED = Path(__file__).with_name("upgrade-from.txt")
"""The commit of the last release; until there is one, the last commit before SCRAM users."""


def checkout(revision: str) -> Path:
    """
    Return the folder with *revision*, which is kept so that it is built once.

    Raises ValueError where the repository does not have it.
    """
    commit = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip()
    if not commit:
        raise ValueError(
            f"there is no commit {revision} to upgrade from: fetch the whole history, by "
            "git fetch --unshallow --tags, or name another by FROM="
        )
    folder = REPOSITORY / ".localcloud" / "releases" / commit
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as made:
            unpacked = Path(made) / commit
            with tarfile.open(fileobj=io.BytesIO(_git("archive", commit))) as archive:
                archive.extractall(unpacked, filter="data")
            unpacked.rename(folder)
    return folder


def _git(*words: str) -> bytes:
    return subprocess.run(
        ["git", *words], cwd=REPOSITORY, stdout=subprocess.PIPE, check=False
    ).stdout
