"""A person at the AWS CLI, with access to the accounts that the tutorial needs."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.peers.agenda import Work
from tests.support.aws import Accounts
from tests.support.functions import OWNER

LOOK_SECONDS = 60
"""Between two looks while waiting."""


@dataclass
class Ledger:
    """What all people together did."""

    calls: int = 0
    steps: int = 0
    published: dict[str, datetime] = field(default_factory=dict)
    """By account, when its brokers were written down for the application."""


@dataclass
class Person:
    accounts: Accounts
    cluster: str
    ledger: Ledger
    seconds_per_step: tuple[int, int]
    """From and to; how long a person takes between two commands."""
    pace: random.Random

    def run(self, service: str, operation: str, account: str = OWNER, **options: Any) -> Work[Any]:
        """Run a command, and return its answer; it is a step."""
        self.ledger.steps += 1
        yield self.pace.uniform(*self.seconds_per_step)
        return self._call(service, operation, account, options)

    def think(self) -> Work[None]:
        """Edit a file; it is a step."""
        self.ledger.steps += 1
        yield self.pace.uniform(*self.seconds_per_step)

    def look_until(
        self,
        is_over: Callable[[Any], bool],
        service: str,
        operation: str,
        account: str = OWNER,
        **options: Any,
    ) -> Work[Any]:
        """Repeat a command until its answer is what was waited for, and return that; one step."""
        answer = yield from self.run(service, operation, account, **options)
        while not is_over(answer):
            yield LOOK_SECONDS
            answer = self._call(service, operation, account, options)
        return answer

    def published(self, account: str) -> None:
        self.ledger.published[account] = self.accounts.clock.now()

    def _call(self, service: str, operation: str, account: str, options: dict[str, Any]) -> Any:
        self.ledger.calls += 1
        return getattr(self.accounts.client(service, account), operation)(**options)


def code_of(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def parameter_of(error: ClientError) -> str:
    """Return the parameter that MSK says is invalid."""
    return str(error.response.get("InvalidParameter", ""))
