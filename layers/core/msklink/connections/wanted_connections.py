"""Plan the connections of one client account to one cluster.

The functions take and return values: the caller reads the account and writes the records.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import datetime

from pydantic import BaseModel

from msklink.auth_scheme import ALL_SCHEMES, Scheme
from msklink.change_control.holds import Hold
from msklink.connections.record import UNFINISHED_STATES, ConnectionRecord, State
from msklink.connections.requested_vpcs import RequestedVpc
from msklink.refusals import Code, Refusal, refuse
from msklink.tags import RequestedSchemes
from msklink.vpc.description import Vpc
from msklink.vpc.placement import Placement, place


class ClusterFacts(BaseModel, frozen=True):
    """The facts of a cluster for the surveys of clients; small, as each survey gets a copy."""

    arn: str
    name: str
    zone_ids: tuple[str, ...]
    refusals: dict[Scheme, Refusal]
    """Schemes that the cluster cannot offer, with the reason."""
    warnings: tuple[Refusal, ...] = ()
    vpc_id: str = ""
    """The VPC of the cluster itself."""
    brokers: int = 0
    """The number of brokers."""
    vendor_schemes: tuple[Scheme, ...] = ()
    """Schemes that must be on for vendors, which connect by themselves."""
    enabled_schemes: tuple[Scheme, ...] = ()
    """Schemes that are on for private connectivity."""
    holds: dict[Scheme, Hold] = {}
    """Schemes by which no connection can be created yet, because the owner's terms hold it."""
    waiting: tuple[Scheme, ...] = ()
    """Those of `holds` that vendors or a repair need."""
    window: str = "always"
    """The owner's maintenance windows, as text."""
    update_seconds: int = 0
    """Seconds that turning on a scheme may take; 0 where all offered schemes are on."""
    enabled_by: datetime | None = None
    """When it is expected to be on, if it is turned on now."""


def plan_connections(
    account: str,
    cluster: ClusterFacts,
    vpcs: Mapping[str, Vpc],
    requested: Sequence[RequestedVpc],
    known: Iterable[ConnectionRecord],
) -> tuple[ConnectionRecord, ...]:
    """
    Return a record for each request of *account*, planned or refused.

    A *known* record of an existing connection keeps its state.
    """
    before = {record.item: record for record in known}
    after: dict[str, ConnectionRecord] = {}
    for requested_vpc in requested:
        of_vpc = [record for record in before.values() if record.vpc_id == requested_vpc.vpc_id]
        for record in _records_of_vpc(
            account, cluster, vpcs.get(requested_vpc.vpc_id), requested_vpc, of_vpc
        ):
            is_on = record.scheme in cluster.enabled_schemes
            after[record.item] = _carry_over(before.get(record.item), record, is_on=is_on)
    return tuple(after[item] for item in sorted(after))


def _records_of_vpc(
    account: str,
    cluster: ClusterFacts,
    vpc: Vpc | None,
    requested_vpc: RequestedVpc,
    of_vpc: Sequence[ConnectionRecord],
) -> Iterable[ConnectionRecord]:
    blank = ConnectionRecord(
        cluster_arn=cluster.arn,
        account=account,
        vpc_id=requested_vpc.vpc_id,
        state=State.PLANNED,
        requested_at=requested_vpc.requested_at,
    )
    for refusal in requested_vpc.requested.refusals[:1]:
        yield blank.with_(state=State.REFUSED, refusal=refusal)
    made = {record.scheme for record in of_vpc if record.may_exist}
    schemes = sorted(_requested_schemes(requested_vpc.requested, cluster, made))
    wanted = set(schemes) - cluster.refusals.keys()
    placement = _place(account, cluster, vpc, requested_vpc, _lacking(wanted, of_vpc, vpc))
    for scheme in schemes:
        match cluster.refusals.get(scheme, placement):
            case Refusal() as refusal:
                yield blank.with_(scheme=scheme, state=State.REFUSED, refusal=refusal)
            case Placement() as placed:
                refused = (requested_vpc.kafka_access_refusal,) if scheme is Scheme.IAM else ()
                hold = cluster.holds.get(scheme)
                is_enabled_now = not hold and scheme not in cluster.enabled_schemes
                yield (
                    blank.with_(
                        scheme=scheme,
                        state=State.WAITING if hold else State.PLANNED,
                        hold=hold,
                        enabled_by=cluster.enabled_by if is_enabled_now else None,
                        subnet_ids=placed.subnet_ids,
                        security_group_ids=placed.security_group_ids,
                        notices=cluster.warnings + placed.warnings + tuple(filter(None, refused)),
                    )
                    .with_topics(requested_vpc.topics)
                    .with_users(requested_vpc.users)
                )


def _requested_schemes(
    asked: RequestedSchemes, cluster: ClusterFacts, made: Collection[Scheme | None]
) -> frozenset[Scheme]:
    """
    Return the schemes to plan; `auto` omits those that the cluster refuses, unless it refuses all.

    A scheme with a connection in *made* stays: a new refusal does not cut off a client.
    """
    if not asked.auto:
        return asked.schemes
    had = {scheme for scheme in asked.schemes if scheme in made}
    return frozenset((asked.schemes - cluster.refusals.keys()) | had) or ALL_SCHEMES


def _lacking(schemes: Set[Scheme], of_vpc: Iterable[ConnectionRecord], vpc: Vpc | None) -> int:
    """
    Return how many endpoints are missing until each of *schemes* has one.

    An existing endpoint needs no more addresses. It may have no record: people create connections
    by hand, and a run can fail after creating one.
    """
    connected = {record.scheme for record in of_vpc if record.connection_arn}
    unrecorded = max(0, (vpc.endpoints if vpc else 0) - len(connected))
    return max(0, len(schemes - connected) - unrecorded)


def _place(
    account: str, cluster: ClusterFacts, vpc: Vpc | None, requested_vpc: RequestedVpc, lacking: int
) -> Placement | Refusal:
    if vpc is None:
        return refuse(Code.VPC_NOT_FOUND, vpc_id=requested_vpc.vpc_id, account=account)
    if vpc.id == cluster.vpc_id:
        return refuse(Code.VPC_OF_CLUSTER, vpc_id=vpc.id)
    return place(
        vpc, cluster.zone_ids, requested_vpc.subnet_ids, requested_vpc.security_group_ids, lacking
    )


def _carry_over(
    old: ConnectionRecord | None, new: ConnectionRecord, *, is_on: bool = True
) -> ConnectionRecord:
    """
    Return the record to save, from the known record *old* and the plan *new* of the same item.

    An existing connection keeps its record, wanted and with the notices of the plan. Otherwise the
    plan is saved, with the time of the request and the last refusal of *old*. Where others turned
    off its scheme, MSK has closed the connection for good: it has failed as long as the scheme is
    off, and is then created anew. One that is not published yet waits for the end of a freeze.
    """
    if old is None:
        return new
    if new.state is State.WAITING and (not is_on or old.state in UNFINISHED_STATES):
        return new.with_(requested_at=old.requested_at, connection_arn=old.connection_arn)
    if old.connection_arn and new.is_turned_off:
        return old.with_(wanted=True, removal=None, state=State.FAILED, refusal=new.refusal)
    if old.is_turned_off or (old.state is State.WAITING and old.connection_arn):
        return new.with_(requested_at=old.requested_at)
    if old.connection_arn and old.state not in {State.REFUSED, State.CLOSING, State.ABANDONED}:
        return old.with_(
            wanted=True,
            removal=None,
            last_reported_refusal=None,
            notices=new.notices,
            topics=new.topics,
            users=new.users,
        )
    if old.enabled_by and new.enabled_by:
        new = new.with_(enabled_by=old.enabled_by)
    reported = old.refusal or old.last_reported_refusal if new.is_live else None
    return new.with_(
        last_reported_refusal=reported,
        requested_at=old.requested_at if _is_same_request(old, new) else new.requested_at,
    )


def _is_same_request(old: ConnectionRecord, new: ConnectionRecord) -> bool:
    """Return whether both are in progress, or neither; a refused request begins anew."""
    return old.is_in_progress == new.is_in_progress


def with_account_refusal(
    cluster_arn: str,
    account: str,
    refusal: Refusal,
    known: Iterable[ConnectionRecord],
    now: datetime,
) -> tuple[ConnectionRecord, ...]:
    """
    Return the *known* records of an account that could not be read, and one with the refusal.

    If MSK rejected the account as a principal, that refusal stays: the account is closed.
    """
    known = list(known)
    before = (one.refusal for one in known if one.is_about_account and one.is_shown and one.refusal)
    refusal = next((one for one in before if one.code == Code.PRINCIPAL_REJECTED), refusal)
    of_account = ConnectionRecord(
        cluster_arn=cluster_arn,
        account=account,
        state=State.REFUSED,
        requested_at=now,
        refusal=refusal,
    )
    records = {record.item: record for record in known}
    records[of_account.item] = _carry_over(records.get(of_account.item), of_account)
    return tuple(records[item] for item in sorted(records))


def hidden_account_refusals(known: Iterable[ConnectionRecord]) -> tuple[ConnectionRecord, ...]:
    """
    Return the earlier refusals of an account that is readable again, no longer shown.

    A later state may meet the same refusal, which is then not reported again. RevokeAccess deletes
    those that no state has met.
    """
    return tuple(one.with_(wanted=False) for one in known if one.is_about_account and one.refusal)


def still_requested(
    known: Iterable[ConnectionRecord], requested: Iterable[RequestedVpc]
) -> tuple[ConnectionRecord, ...]:
    """Return *known* records of an account that could not be read; requested ones stay."""
    asked = {
        (requested_vpc.vpc_id, scheme)
        for requested_vpc in requested
        for scheme in requested_vpc.requested.schemes
    }
    return tuple(
        record.with_(wanted=True, removal=None)
        if record.is_live and (record.vpc_id, record.scheme) in asked
        else record
        for record in known
    )


class SurveyedState(BaseModel, frozen=True):
    """What the last survey of an account read."""

    tags: dict[str, str] = {}
    """By VPC, the value of the tag for the cluster."""
    bounds_digest: str = ""
    """Digest of the owner's bounds for its access; empty where it requests none."""
