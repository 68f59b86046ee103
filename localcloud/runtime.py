"""
Start AWS's runtime client in a process that has the time of the embedded AWS.

Run as a file, as the Lambda runtime of a function; its argument is the handler. It removes its own
packages from the path, so that a function cannot depend on them.
"""

import json
import os
import sys
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(os.environ["LOCALCLOUD_PACKAGES"]))
import time_machine  # noqa: E402 found by the line above

del sys.path[0]

from awslambdaric import __main__, lambda_runtime_client  # noqa: E402

Client = lambda_runtime_client.LambdaRuntimeClient


def follow_the_clock() -> None:
    """Set the time of this process for each invocation, during which it does not change."""
    process = time_machine.travel(_now(), tick=False).start()
    wait = Client.wait_next_invocation

    def wait_next_invocation(client: Any) -> Any:
        invocation = wait(client)
        process.move_to(_now())
        return invocation

    Client.wait_next_invocation = wait_next_invocation


def _now() -> datetime:
    with urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/_localcloud/time") as answer:
        return datetime.fromisoformat(json.load(answer)["now"])


if __name__ == "__main__":
    follow_the_clock()
    __main__.main(["awslambdaric", *sys.argv[1:]])
