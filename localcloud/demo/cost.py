"""Compute the cost of a run at list price."""

from collections import Counter
from dataclasses import dataclass

# List prices in US dollars, US East (N. Virginia), from the pricing pages of the services.
PER_TRANSITION = 0.025 / 1000  # Step Functions, Standard Workflows
PER_INVOCATION = 0.20 / 1e6  # Lambda
PER_GB_SECOND = 0.0000133334  # Lambda on arm64
PER_WRITE = 0.625 / 1e6  # DynamoDB, on demand, one unit
PER_READ = 0.125 / 1e6
PER_EVENT = 1.00 / 1e6  # EventBridge, custom events

GB_SECONDS = 0.25 * 1.0
"""Of one invocation: 256 MB for a second, more than a warm one uses."""

WRITES = {"PutItem", "UpdateItem", "DeleteItem"}
READS = {"GetItem", "Query"}


@dataclass(frozen=True)
class Cost:
    transitions: int
    invocations: int
    calls: Counter[str]
    """API calls of the functions, by operation."""

    @property
    def dollars(self) -> float:
        return (
            self.transitions * PER_TRANSITION
            + self.invocations * (PER_INVOCATION + GB_SECONDS * PER_GB_SECOND)
            + sum(self.calls[name] for name in WRITES) * PER_WRITE
            + sum(self.calls[name] for name in READS) * PER_READ
            + self.calls["PutEvents"] * PER_EVENT
        )
