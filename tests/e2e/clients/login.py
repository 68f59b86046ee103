"""What a client process needs beside the published parameters, from its environment."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def certificates() -> Path:
    """Return the folder that client/certificate.sh has written."""
    return Path(os.environ["CERTIFICATES"])


def login(scheme: str) -> dict[str, Any]:
    """Return the arguments of `kafka_config` for *scheme*."""
    match scheme:
        case "scram":
            return {"secret": os.environ["SECRET"]}
        case "tls":
            folder = certificates()
            return {
                "certificate_file": str(folder / "certificate.pem"),
                "key_file": str(folder / "key.pem"),
            }
    return {}


def msklink_client(command: str, cluster: str, scheme: str, *options: str) -> str:
    """Return what the command of msklink-client prints."""
    words = [sys.executable, "-m", "msklink_client.command", command, cluster]
    done = subprocess.run(
        [*words, "--scheme", scheme, *options], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout
