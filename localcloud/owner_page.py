"""
Serve the page of the owner's command beside the embedded AWS.

    python -m localcloud.owner_page

prints its address. It ends when its standard input ends, as its parent process then has ended.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from localcloud.cloud import Cloud
from localcloud.settings import REPOSITORY, clean_environment, credentials

SOURCES = ("cli/src", "layers/core")

INTERVAL_SECONDS = "2"
"""Real ones, and only while a browser shows the page: the clock stands still during a reading."""


@contextmanager
def owner_page(cloud: Cloud) -> Iterator[str]:
    """Serve the page for the owner account until the block ends, and yield its address."""
    sources = os.pathsep.join(str(REPOSITORY / one) for one in SOURCES)
    with (
        (cloud.settings.state / "page.log").open("w+") as log,
        subprocess.Popen(
            [sys.executable, "-m", "localcloud.owner_page"],
            cwd=REPOSITORY,
            env=clean_environment(cloud.endpoint)
            | credentials(cloud.owner)
            | {"PYTHONPATH": sources},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # Ctrl-C reaches only this process, which ends the other
        ) as process,
    ):
        assert process.stdout
        address = process.stdout.readline().strip()
        try:
            if not address:
                log.seek(0)
                raise RuntimeError(f"the page did not start: {log.read().strip()}")
            yield address
        finally:
            process.terminate()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    from msklink_cli.main import run  # only on the path of this process

    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.exit(run(["page", "--interval", INTERVAL_SECONDS]))
