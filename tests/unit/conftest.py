"""Test properties with few examples, and `thorough` ones with more; CI repeats the examples."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "unit",
    deadline=None,
    max_examples=25,
    database=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unit")
