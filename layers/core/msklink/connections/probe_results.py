"""Decide which connections the probe checks, and merge its answer into their records."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, TypeAdapter, ValidationError

from msklink.auth_scheme import Scheme
from msklink.connections.record import ConnectionRecord, ProbeResult, State
from msklink.errors import ProbeFailed

# The answer comes from another account, so its texts are cut to what people read.
Text = Annotated[str, BeforeValidator(lambda value: str(value)[:300])]


class ProbeFinding(BaseModel, frozen=True):
    """The result of one layer at one broker, as in client/python (layers.py)."""

    layer: Text
    broker: Text
    good: bool
    detail: Text
    remedy: Text
    unchecked: Text = ""
    """What is not checked after this layer, which older probes do not say."""


_ANSWER = TypeAdapter(dict[Scheme, list[ProbeFinding]])


def due_for_probe(
    records: Sequence[ConnectionRecord], brokers: Mapping[Scheme, str]
) -> list[ConnectionRecord]:
    """Return those of *records* whose published *brokers* have no good result yet."""
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
    """Return the input of the probe: the brokers of each scheme."""
    return {str(record.scheme): _servers(record, brokers) for record in asked}


def with_probe_results(
    records: Sequence[ConnectionRecord],
    asked: Sequence[ConnectionRecord],
    brokers: Mapping[Scheme, str],
    answer: bytes,
    now: datetime,
) -> list[ConnectionRecord]:
    """
    Return *records* with the results in *answer* for those that the probe was *asked* about.

    Raises ProbeFailed where the answer has another form.
    """
    try:
        found = _ANSWER.validate_json(answer)
    except ValidationError as error:
        raise ProbeFailed(f"not a probe's answer: {error}") from error
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
    """Return the first of *findings* that is not good; if all are good, the last."""
    last = next((one for one in findings if not one.good), findings[-1])
    of_good = {"layer", "unchecked"}
    kept = last.model_dump(include=of_good if last.good else None)
    return ProbeResult(
        **{**kept, "at": now.replace(microsecond=0), "good": last.good, "servers": servers}
    )


def _servers(record: ConnectionRecord, brokers: Mapping[Scheme, str]) -> str:
    """Return the brokers of its scheme in sorted order, since MSK's order changes."""
    text = brokers[record.scheme] if record.scheme else ""
    return ",".join(sorted(text.split(",")))
