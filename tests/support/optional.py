"""Tests that need a program which not everybody has."""

import os

import pytest


def skip_or_fail(missing: str) -> None:
    """Skip a test for what is *missing*, or fail it in CI, which installs everything."""
    if missing and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
