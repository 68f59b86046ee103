"""Serve the MSK emulator in MiniStack as the service "kafka"."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from ministack.core.iam_evaluator import caller_arn
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id

from localcloud.msk import Caller, Msk
from localcloud.msk.wire import handle

Handler = Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]

# The access key of the current request, for checks of dependent actions of its caller.
access_key: ContextVar[str] = ContextVar("localcloud_access_key", default="")


def kafka_handler(msk: Msk) -> Handler:
    """Return the handler that calls *msk* as the signer of each request."""

    async def handler(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> tuple[int, dict[str, str], bytes]:
        access_key.set(extract_access_key_id(headers, query))
        caller = Caller(get_account_id(), get_region(), caller_arn())
        return handle(msk, caller, method, path, query, headers, body)

    return handler
