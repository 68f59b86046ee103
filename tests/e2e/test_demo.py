"""The first command of the README."""

import subprocess
import sys

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


def test_the_demo_ends_with_a_message_for_each_scheme() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "localcloud.demo"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    messages = [line for line in done.stdout.splitlines() if line.startswith("produced and")]
    assert [line.split()[6] for line in messages] == ["iam", "scram", "tls"]
