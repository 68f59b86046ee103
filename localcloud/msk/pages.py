"""Split a list into pages, with an opaque token."""

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Protocol

from localcloud.msk.errors import bad_request
from localcloud.msk.model import Json
from localcloud.msk.store import Call


class Numbered(Protocol):
    @property
    def number(self) -> int: ...


def page[Item: Numbered](call: Call, items: Iterable[Item]) -> tuple[list[Item], Json]:
    """
    Return the requested page, and `NextToken` if there is another.

    Items are sorted by number, so an item that is created or deleted between two pages neither
    repeats nor hides others.
    """
    last_seen = _last_seen(call)
    size: int = call.params.get("MaxResults", call.store.assumptions.default_page)
    rest = sorted((item for item in items if item.number > last_seen), key=lambda i: i.number)
    shown = rest[:size]
    if len(rest) <= size:
        return shown, {}
    token = json.dumps([call.operation, call.caller.account, shown[-1].number]).encode()
    return shown, {"NextToken": base64.urlsafe_b64encode(token).decode()}


def _last_seen(call: Call) -> int:
    token: str | None = call.params.get("NextToken")
    if token is None:
        return 0
    try:
        operation, account, number = json.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError, TypeError) as error:
        raise _bad_token() from error
    if (operation, account) != (call.operation, call.caller.account) or type(number) is not int:
        raise _bad_token()
    return number


def _bad_token() -> Exception:
    return bad_request("The parameter value contains an invalid token.", "nextToken")
