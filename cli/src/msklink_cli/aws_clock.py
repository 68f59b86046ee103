"""The time by AWS's clock, which a wrong clock of the user's machine does not change."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import boto3

_last: dict[str, datetime] = {}


def watch(session: boto3.Session) -> None:
    """Remember the header Date of every answer that *session* gets."""
    session.events.register("after-call", _remember)


def _remember(parsed: dict[str, Any], **_: Any) -> None:
    headers = parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    if "date" in headers:
        _last["date"] = parsedate_to_datetime(headers["date"])


def aws_now() -> datetime:
    """Return the time of AWS's last answer; before the first, that of this machine."""
    return _last.get("date") or datetime.now(UTC)
