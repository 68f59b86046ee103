"""
The server process: MiniStack on one local port, with the emulators and patches of this package.

    python -m localcloud.server

It ends on SIGTERM and SIGINT, with all child processes. With --until-eof it also ends when its
standard input ends, which happens when its parent process ends in any way.
"""

import asyncio
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import Any

from hypercorn.asyncio import serve as serve_asgi
from hypercorn.config import Config

from localcloud.settings import HOST, OWNER, REGION, Settings, aimed_at, settings

# MiniStack reads many other variables, so no others of the user are kept.
KEPT = ("HOME", "LANG", "PATH")


def prepare_environment(chosen: Settings) -> None:
    """Set the environment variables that MiniStack reads on import."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    temporary = chosen.state / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    environment = (
        kept
        | aimed_at(chosen.endpoint)
        | {
            "AUTH": "true",
            "BIND_HOST": HOST,
            "DOCKER_HOST": f"unix://{temporary}/no-docker",  # MiniStack would remove containers
            "GATEWAY_PORT": str(chosen.port),
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "60",
            "LAMBDA_ASYNC_RETRY_MAX_SECONDS": "300",
            "LAMBDA_EXECUTOR": "local",
            "LAMBDA_WARM_TTL_SECONDS": "600",
            "LOG_LEVEL": os.environ.get("MSKLINK_LOG_LEVEL", "WARNING"),
            "MINISTACK_ACCOUNT_ID": OWNER,
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": REGION,
            "S3_DATA_DIR": str(chosen.state / "s3"),
            "SFN_WAIT_SCALE": "1",
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(chosen.state / "state"),
            "TMPDIR": str(temporary),
        }
    )
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = str(temporary)


async def serve(application: Any, port: int, until_eof: bool, at_end: Callable[[], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if until_eof:
        threading.Thread(target=_at_eof, args=(loop, stop), daemon=True).start()

    config = Config()
    config.bind = [f"{HOST}:{port}"]
    config.loglevel = "WARNING"
    config.accesslog = None
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.shutdown_timeout = 2
    await serve_asgi(application, config, shutdown_trigger=stop.wait)
    at_end()


def _at_eof(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(stop.set)


def main() -> None:
    chosen = settings()
    prepare_environment(chosen)
    from localcloud import app  # noqa: PLC0415 MiniStack reads its settings on import

    def end() -> None:
        app.end_child_processes()
        sys.stdout.flush()
        sys.stderr.flush()
        # Threads of waiting executions would keep the process alive.
        os._exit(0)

    application = app.create_app(chosen)
    asyncio.run(serve(application, chosen.port, "--until-eof" in sys.argv, end))


if __name__ == "__main__":
    main()
