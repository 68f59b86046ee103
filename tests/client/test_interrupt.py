"""Ctrl-C: the command ends at once, and says what it has found so far."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from msklink_client import layers
from msklink_client.parallel import in_parallel
from tests.client.console import Console
from tests.support.cloudformation import ROOT

FOREVER = 600
"""More seconds than a test may take."""

WAITING = """
import sys, time
sys.stdout.write("imported")
sys.stdout.flush()
time.sleep(600)
"""

CHECKING = """
import socket, ssl, sys
from msklink_client.layers import Check

try:
    Check(ssl.create_default_context(), timeout=600).run(sys.argv[1])
except KeyboardInterrupt:
    sys.exit(130)
"""


def interrupted(*words: str, path: str, when: Callable[[Any], Any]) -> tuple[int, str]:
    """Return exit code and errors of Python with *words*, which gets SIGINT after *when*."""
    environment = os.environ | {"PYTHONPATH": path}
    with subprocess.Popen(
        [sys.executable, *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        when(process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def test_while_boto3_is_imported_no_traceback_is_printed(tmp_path: Path) -> None:
    (tmp_path / "boto3.py").write_text(WAITING)
    path = f"{tmp_path}:{ROOT / 'client/python/src'}"

    code, errors = interrupted(
        "-m", "msklink_client", "status", path=path, when=lambda one: one.stdout.read(8)
    )

    assert (code, errors) == (130, "")


def test_a_broker_that_does_not_answer_is_not_waited_for() -> None:
    with ExitStack() as opened:
        silent = opened.enter_context(socket.create_server(("127.0.0.1", 0)))

        def when_it_has_begun_with_tls(_: Any) -> None:
            stream, _ = silent.accept()
            opened.enter_context(stream).recv(1)

        code, errors = interrupted(
            "-c",
            CHECKING,
            f"127.0.0.1:{silent.getsockname()[1]}",
            path=str(ROOT / "client/python/src"),
            when=when_it_has_begun_with_tls,
        )

    assert (code, errors) == (130, "")


def test_what_was_found_until_then_is_printed(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.store.put("/msklink/orders/tls/bootstrap.servers", "localhost:1")

    def found_then_interrupted(act: Callable[[Any], Any], several: list[Any]) -> list[Any]:
        in_parallel(act, several)
        raise KeyboardInterrupt

    monkeypatch.setattr(layers, "in_parallel", found_then_interrupted)
    people = console("check", "orders", "--scheme", "tls")
    programs = console("check", "orders", "--scheme", "tls", "--json")

    assert (people.code, programs.code) == (130, 130)
    assert "FAILED" in people.out
    assert [one["layer"] for one in json.loads(programs.out) if one["good"] is False] == ["TCP"]


def test_results_are_in_the_order_of_what_is_given() -> None:
    first_may_go = threading.Event()

    def act(number: int) -> int:
        if number == 0:
            assert first_may_go.wait(FOREVER)
        else:
            first_may_go.set()
        return number * 10

    assert in_parallel(act, [0, 1]) == [0, 10]


def test_the_exception_of_a_thread_is_raised() -> None:
    def fail(_: int) -> None:
        raise ValueError("no token")

    with pytest.raises(ValueError, match="no token"):
        in_parallel(fail, [1])
