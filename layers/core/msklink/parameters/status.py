"""The status parameter, which a client team reads in its own account."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msklink.change_control.holds import Hold
from msklink.connections.record import ConnectionRecord, ProbeResult, State
from msklink.refusals import Refusal
from msklink.runs.cluster_record import ClusterRecord
from msklink.users.record import UserStatus

ROOM = 8192 - 64
"""Size of an advanced parameter in bytes (SSM API reference, PutParameter), less the time."""

# The most urgent first: a status shows the state that needs action.
_BY_URGENCY = (
    State.FAILED,
    State.REFUSED,
    State.ABANDONED,
    State.CLOSING,
    State.WAITING,
    State.PLANNED,
    State.CONNECTING,
    State.CONNECTED,
    State.PUBLISHED,
)


def describe(cluster_arn: str, records: Sequence[ConnectionRecord]) -> dict[str, Any]:
    """Return the status of *records*, without the time."""
    shown = [record for record in records if record.is_shown]
    vpcs: dict[str, dict[str, Any]] = {}
    for record in shown:
        if record.vpc_id:
            vpcs.setdefault(record.vpc_id, {})[record.scheme or "tag"] = _entry(record)
    status: dict[str, Any] = {
        "cluster_arn": cluster_arn,
        "state": overall_state(shown),
        "vpcs": vpcs,
    }
    for record in shown:
        if not record.vpc_id:
            status |= _entry(record) | {"state": status["state"]}
    return fit(status)


def offboarded(
    cluster_arn: str, remaining: Sequence[ConnectionRecord], why: Refusal
) -> dict[str, Any]:
    """Return the status after a removal, with its reason *why* until the next refusal."""
    content = describe(cluster_arn, remaining)
    if not any(record.is_shown for record in remaining):
        content |= {"state": "offboarded"}
    return fit({"refusal": why.model_dump(mode="json")} | content)


def with_refusal(value: str | None, refusal: Refusal) -> dict[str, Any]:
    """Return the status in *value* with the *refusal* of a request that started no run."""
    content = {key: entry for key, entry in _parse(value).items() if key != "updated"}
    return fit({"state": State.REFUSED} | content | {"refusal": refusal.model_dump(mode="json")})


def taken_over(cluster_arn: str, replaced: Refusal) -> dict[str, Any]:
    """Return the first status of a cluster that has the name of a deleted one."""
    blank = describe(cluster_arn, ())
    return blank | {"replaced": replaced.model_dump(mode="json")}


def with_replaced_cluster(value: str | None, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return *content*, with the replaced cluster if *value* names one for the same cluster."""
    before = _parse(value)
    is_same = before.get("cluster_arn") == content.get("cluster_arn")
    kept = {"replaced": before["replaced"]} if is_same and "replaced" in before else {}
    return fit(kept | dict(content))


def summarize(
    cluster_arn: str, records: Sequence[ConnectionRecord], cluster: ClusterRecord
) -> dict[str, Any]:
    """
    Return the owner's status: the state of each client account and of each vendor's grant.

    It also has what is refused of the owner's own words, and what waits for the owner.
    """
    summary: dict[str, Any] = {
        "cluster_arn": cluster_arn,
        "state": overall_state(records),
        "clients": client_states(records),
    }
    if vendors := cluster.vendors:
        summary["vendors"] = {account: vendors[account].state for account in sorted(vendors)}
    if cluster.refusals:
        summary["refusals"] = [one.model_dump(mode="json") for one in cluster.refusals]
    if cluster.holds:
        summary["waiting"] = [
            _hold(one.hold) | {"schemes": list(one.schemes)} for one in cluster.holds
        ]
    return fit(summary)


def client_states(records: Iterable[ConnectionRecord]) -> dict[str, str]:
    """Return the state of each client account that has records."""
    by_account: dict[str, list[ConnectionRecord]] = {}
    for record in sorted(records, key=lambda record: record.account):
        by_account.setdefault(record.account, []).append(record)
    return {account: overall_state(some) for account, some in by_account.items()}


def fit(status: dict[str, Any]) -> dict[str, Any]:
    """Return *status* with as much detail as a parameter can hold: without texts, then names."""
    for shorten in (_without_texts, _counted):
        if len(_dump(status)) <= ROOM:
            return status
        status = shorten(status)
    return status


def _without_texts(status: dict[str, Any]) -> dict[str, Any]:
    def shorten(value: Any) -> Any:
        if isinstance(value, dict):
            if "remedy" in value:
                return {
                    key: value[key]
                    for key in ("code", "until", "schemes", "good", "layer")
                    if key in value
                }
            return {key: shorten(one) for key, one in value.items() if key != "acls"}
        return [shorten(one) for one in value] if isinstance(value, list) else value

    return {key: shorten(value) for key, value in status.items()}


def _counted(status: dict[str, Any]) -> dict[str, Any]:
    """Return the number of entries in each state, instead of the entries."""
    return {
        key: dict(Counter(_states(value))) if key in {"vpcs", "clients", "vendors"} else value
        for key, value in status.items()
    }


def _states(value: dict[str, Any] | str) -> Iterator[str]:
    match value:
        case str() as state:
            yield state
        case {"state": str() as state}:
            yield state
        case _:
            for entry in value.values():
                yield from _states(entry)


def overall_state(records: Iterable[ConnectionRecord]) -> str:
    """Return the most urgent state of the records that are shown."""
    states = {record.state for record in records if record.is_shown}
    return next((state.value for state in _BY_URGENCY if state in states), "idle")


def _entry(record: ConnectionRecord) -> dict[str, Any]:
    entry: dict[str, Any] = {"state": record.state.value}
    if record.connection_arn:
        entry["connection_arn"] = record.connection_arn
    if record.refusal:
        entry["refusal"] = record.refusal.model_dump(mode="json")
    if record.hold:
        entry["waiting"] = _hold(record.hold)
    if record.progress and record.is_in_progress and record.state is not State.PUBLISHED:
        entry |= record.progress.model_dump(mode="json", exclude={"seconds"}, exclude_none=True)
    if record.failure:
        entry["failure"] = record.failure
    if record.removal:
        entry["leaving"] = record.removal.model_dump(mode="json", exclude_none=True)
    if record.probe_result and record.state is State.PUBLISHED:
        entry["check"] = _check(record.probe_result)
    return entry | {name: value for name, value in _beside(record).items() if value}


def _beside(record: ConnectionRecord) -> dict[str, Any]:
    """Return what came with the request of a connection, which does not depend on it."""
    return {
        "topics": {name: state.value for name, state in record.topics},
        "users": {user.name: _user(user) for user in record.users},
        "warnings": [notice.model_dump(mode="json") for notice in record.notices],
    }


def _user(user: UserStatus) -> dict[str, Any]:
    """Return the user, without what it does not have."""
    fields = user.model_dump(mode="json", exclude={"name"})
    return {key: value for key, value in fields.items() if value}


def _hold(hold: Hold) -> dict[str, Any]:
    """Return for what a connection waits, and until when, where that is known."""
    waiting: dict[str, Any] = hold.reason.model_dump(mode="json")
    return waiting | ({"until": hold.until.isoformat(timespec="seconds")} if hold.until else {})


def _check(check: ProbeResult) -> dict[str, Any]:
    fields = check.model_dump(mode="json", exclude={"servers"})
    return {key: value for key, value in fields.items() if value != ""}


def render(status: Mapping[str, Any], now: datetime) -> str:
    """Return the value of the parameter."""
    return _dump({**status, "updated": now.isoformat(timespec="seconds")})


def _dump(status: Mapping[str, Any]) -> str:
    return json.dumps(status, separators=(",", ":"))


def says_the_same(value: str | None, status: Mapping[str, Any]) -> bool:
    """Return whether *value* has the content of *status*, whatever its time."""
    written = _parse(value)
    return {key: entry for key, entry in written.items() if key != "updated"} == dict(status)


def cluster_arn_of(value: str | None) -> str | None:
    """Return the ARN of the cluster in the status *value*, which has the parameters beside it."""
    arn = _parse(value).get("cluster_arn")
    return arn if isinstance(arn, str) else None


def _parse(value: str | None) -> dict[str, Any]:
    try:
        parsed = json.loads(value or "{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
