"""What the probe in a client's VPC is asked about published connections, and what it found."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, TypeAdapter, ValidationError

from msklink.auth_scheme import Scheme
from msklink.connections.record import ConnectionRecord, ProbeResult, State
from msklink.errors import ProbeFailed

# The answer comes from somebody else's account; no more of it is kept than people read.
Text = Annotated[str, BeforeValidator(lambda value: str(value)[:300])]


class ProbeFinding(BaseModel, frozen=True):
    """What one layer came to at one broker, as in client/python (layers.py)."""

    layer: Text
    broker: Text
    good: bool
    detail: Text
    remedy: Text


_ANSWER = TypeAdapter(dict[Scheme, list[ProbeFinding]])


def due_for_probe(
    records: Sequence[ConnectionRecord], brokers: Mapping[Scheme, str]
) -> list[ConnectionRecord]:
    """Those of *records* whose *brokers*, as they are published, were not found to be good yet."""
    return [
        record
        for record in records
        if record.state is State.PUBLISHED
        and record.scheme in brokers
        and not _is_known_good(record.probe_result, _servers(record, brokers))
    ]


def _is_known_good(check: ProbeResult | None, servers: str) -> bool:
    return check is not None and check.good and check.servers == servers


def probe_request(
    asked: Sequence[ConnectionRecord], brokers: Mapping[Scheme, str]
) -> dict[str, str]:
    """What the probe is given: the brokers of each scheme."""
    return {str(record.scheme): _servers(record, brokers) for record in asked}


def with_probe_results(
    records: Sequence[ConnectionRecord],
    asked: Sequence[ConnectionRecord],
    brokers: Mapping[Scheme, str],
    answer: bytes,
    now: datetime,
) -> list[ConnectionRecord]:
    """
    The *records* with what the *answer* says of those that it was *asked* about.

    Raises ProbeFailed when it is no answer.
    """
    try:
        found = _ANSWER.validate_json(answer)
    except ValidationError as error:
        raise ProbeFailed(f"not what a probe says: {error}") from error
    checks = {
        record.item: _result(found[record.scheme], _servers(record, brokers), now)
        for record in asked
        if record.scheme and found.get(record.scheme)
    }
    return [
        record.with_(probe_result=checks[record.item]) if record.item in checks else record
        for record in records
    ]


def _result(findings: Sequence[ProbeFinding], servers: str, now: datetime) -> ProbeResult:
    """The first of *findings* that is not good, which is the one to mend, or how far all went."""
    last = next((one for one in findings if not one.good), findings[-1])
    kept = {"layer": last.layer} if last.good else last.model_dump()
    return ProbeResult(
        **{**kept, "at": now.replace(microsecond=0), "good": last.good, "servers": servers}
    )


def _servers(record: ConnectionRecord, brokers: Mapping[Scheme, str]) -> str:
    """The brokers of its scheme in one order, which MSK does not keep."""
    text = brokers[record.scheme] if record.scheme else ""
    return ",".join(sorted(text.split(",")))
