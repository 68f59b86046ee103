"""Count the AWS calls of the functions, by operation."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from botocore.client import BaseClient

from tests.support.functions import running


@contextmanager
def count_calls() -> Iterator[Counter[str]]:
    calls: Counter[str] = Counter()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # all calls pass here

    def counted(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if running.get():
            calls[operation] += 1
        return call(client, operation, parameters)

    with mock.patch.object(BaseClient, "_make_api_call", counted):
        yield calls
