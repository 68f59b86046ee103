"""What one client account wants of one cluster, and what of it can be had.

Values in, records out: the caller has read the account and writes the records.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel

from msklink.auth_scheme import ALL_SCHEMES, Scheme
from msklink.connections.record import Connection, State
from msklink.refusals import Code, Refusal, refuse
from msklink.requests.records import Departure, Request
from msklink.tags import Asked, read_schemes
from msklink.vpc.description import Vpc
from msklink.vpc.placement import Placement, place


class ClusterFacts(BaseModel, frozen=True):
    """What the survey of a client must know of the cluster; small, as it goes to every client."""

    arn: str
    name: str
    zone_ids: tuple[str, ...]
    refusals: dict[Scheme, Refusal]
    """Schemes that cannot be had on the cluster, and why."""
    warnings: tuple[Refusal, ...] = ()
    vpc_id: str = ""
    """The VPC of the cluster itself."""
    brokers: int = 0
    """How many it has."""
    vendor_schemes: tuple[Scheme, ...] = ()
    """Schemes that are to be on for accounts that connect by themselves."""


@dataclass(frozen=True)
class Wish:
    """One VPC that somebody wants connected, by tag or by request."""

    vpc_id: str
    asked: Asked
    requested: datetime
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    access_refusal: Refusal | None = None
    """Why IAM clients of the account do not get all of the access that was asked for."""


def wishes(
    vpcs: Iterable[Vpc],
    requests: Iterable[Request],
    departures: Iterable[Departure],
    key: str,
    now: datetime,
) -> tuple[Wish, ...]:
    """
    Every VPC asked for. Tag and request add up in schemes; the request says where.

    What was asked to go counts for more than both, until it is asked for anew.
    """
    asked = {vpc.id: read_schemes(vpc.tags.get(key), f"Tag {key} of VPC {vpc.id}") for vpc in vpcs}
    found = {
        vpc_id: Wish(vpc_id, tagged, now)
        for vpc_id, tagged in asked.items()
        if tagged.schemes or tagged.refusals
    }
    for request in requests:
        by_request = read_schemes(" ".join(request.schemes), "Field schemes of the request")
        tagged = found.get(request.vpc_id)
        found[request.vpc_id] = Wish(
            request.vpc_id,
            _both(by_request, tagged.asked) if tagged else by_request,
            request.requested,
            request.subnet_ids,
            request.security_group_ids,
        )
    gone = {(departure.vpc_id, departure.scheme) for departure in departures}
    left = (_without(found[vpc_id], gone) for vpc_id in sorted(found))
    return tuple(wish for wish in left if wish.asked.schemes or wish.asked.refusals)


def with_what_is_there(
    wished: Iterable[Wish], known: Iterable[Connection], departures: Iterable[Departure]
) -> tuple[Wish, ...]:
    """
    Return *wished*, in which a word without meaning takes nothing away.

    It may be a slip, so what is *known* to be connected in its VPC counts as asked for until the
    word is mended, but for what the client asked to go.
    """
    gone = {(departure.vpc_id, departure.scheme) for departure in departures}
    there = {(one.vpc_id, one.scheme) for one in known if one.scheme and one.live and one.wanted}
    return tuple(
        replace(wish, asked=replace(wish.asked, schemes=wish.asked.schemes | held))
        if wish.asked.refusals and (held := _of_vpc(there - gone, wish.vpc_id))
        else wish
        for wish in wished
    )


def _of_vpc(pairs: Iterable[tuple[str, Scheme | None]], vpc_id: str) -> frozenset[Scheme]:
    return frozenset(scheme for vpc, scheme in pairs if vpc == vpc_id and scheme)


def with_access_refusals(
    wished: Iterable[Wish], refusals: Mapping[str, Refusal]
) -> tuple[Wish, ...]:
    """Return *wished*, each with the refusal of its VPC, if there is one."""
    return tuple(replace(wish, access_refusal=refusals.get(wish.vpc_id)) for wish in wished)


def _without(wish: Wish, gone: Collection[tuple[str, Scheme]]) -> Wish:
    kept = frozenset(one for one in wish.asked.schemes if (wish.vpc_id, one) not in gone)
    return replace(wish, asked=replace(wish.asked, schemes=kept))


def _both(first: Asked, second: Asked) -> Asked:
    return Asked(
        first.schemes | second.schemes,
        auto=first.auto or second.auto,
        refusals=first.refusals + second.refusals,
    )


def survey(
    account: str,
    cluster: ClusterFacts,
    vpcs: Mapping[str, Vpc],
    wished: Sequence[Wish],
    known: Iterable[Connection],
) -> tuple[Connection, ...]:
    """
    The records of what *account* wishes for: every wish planned or refused.

    A *known* record that exists already keeps its state.
    """
    before = {record.item: record for record in known}
    after: dict[str, Connection] = {}
    for wish in wished:
        of_vpc = [record for record in before.values() if record.vpc_id == wish.vpc_id]
        for record in _of_wish(account, cluster, vpcs.get(wish.vpc_id), wish, of_vpc):
            after[record.item] = _carry_over(before.get(record.item), record)
    return tuple(after[item] for item in sorted(after))


def _of_wish(
    account: str,
    cluster: ClusterFacts,
    vpc: Vpc | None,
    wish: Wish,
    of_vpc: Sequence[Connection],
) -> Iterable[Connection]:
    blank = Connection(
        cluster_arn=cluster.arn,
        account=account,
        vpc_id=wish.vpc_id,
        state=State.PLANNED,
        requested=wish.requested,
    )
    for refusal in wish.asked.refusals[:1]:
        yield blank.with_(state=State.REFUSED, refusal=refusal)
    made = {record.scheme for record in of_vpc if record.may_exist}
    schemes = sorted(_schemes(wish.asked, cluster, made))
    wanted = set(schemes) - cluster.refusals.keys()
    placement = _place(account, cluster, vpc, wish, _lacking(wanted, of_vpc, vpc))
    for scheme in schemes:
        match cluster.refusals.get(scheme, placement):
            case Refusal() as refusal:
                yield blank.with_(scheme=scheme, state=State.REFUSED, refusal=refusal)
            case Placement() as placed:
                refused = (wish.access_refusal,) if scheme is Scheme.IAM else ()
                yield blank.with_(
                    scheme=scheme,
                    subnet_ids=placed.subnet_ids,
                    security_group_ids=placed.security_group_ids,
                    warnings=cluster.warnings + placed.warnings + tuple(filter(None, refused)),
                )


def _schemes(
    asked: Asked, cluster: ClusterFacts, made: Collection[Scheme | None]
) -> frozenset[Scheme]:
    """
    `auto` passes over what the cluster refuses, unless that leaves nothing to tell.

    What was *made* stays: that a cluster refuses a scheme now is no reason to cut anybody off.
    """
    if not asked.auto:
        return asked.schemes
    had = {scheme for scheme in asked.schemes if scheme in made}
    return frozenset((asked.schemes - cluster.refusals.keys()) | had) or ALL_SCHEMES


def _lacking(schemes: Set[Scheme], of_vpc: Iterable[Connection], vpc: Vpc | None) -> int:
    """
    Return how many endpoints are to be made until there is one for each of *schemes*.

    Those that are there need no address any more, also where no record knows of them: they belong
    to connections that people made by hand, or that a run made before it died.
    """
    connected = {record.scheme for record in of_vpc if record.connection_arn}
    unrecorded = max(0, (vpc.endpoints if vpc else 0) - len(connected))
    return max(0, len(schemes - connected) - unrecorded)


def _place(
    account: str, cluster: ClusterFacts, vpc: Vpc | None, wish: Wish, lacking: int
) -> Placement | Refusal:
    if vpc is None:
        return refuse(Code.VPC_NOT_FOUND, vpc_id=wish.vpc_id, account=account)
    if vpc.id == cluster.vpc_id:
        return refuse(Code.VPC_OF_CLUSTER, vpc_id=vpc.id)
    return place(vpc, cluster.zone_ids, wish.subnet_ids, wish.security_group_ids, lacking)


def _carry_over(old: Connection | None, new: Connection) -> Connection:
    """*new*, unless *old* is on its way or there already, or says the same."""
    if old is None:
        return new
    if old.connection_arn and new.is_turned_off:
        return old.with_(wanted=True, leaving=None, state=State.FAILED, refusal=new.refusal)
    if old.is_turned_off:
        return new.with_(requested=old.requested)
    if old.connection_arn and old.state not in {State.REFUSED, State.CLOSING, State.ABANDONED}:
        return old.with_(wanted=True, leaving=None, told=None, warnings=new.warnings)
    told = old.refusal or old.told if new.live else None
    return new.with_(told=told, requested=old.requested if old.live == new.live else new.requested)


def account_refused(
    cluster_arn: str, account: str, refusal: Refusal, known: Iterable[Connection], now: datetime
) -> tuple[Connection, ...]:
    """
    The records of an account that could not be looked into: as they were, and the refusal.

    One that MSK does not take as a principal is closed, which is why it is out of reach.
    """
    known = list(known)
    before = (one.refusal for one in known if one.concerns_account and one.is_told and one.refusal)
    refusal = next((one for one in before if one.code == Code.PRINCIPAL_REJECTED), refusal)
    noted = Connection(
        cluster_arn=cluster_arn,
        account=account,
        state=State.REFUSED,
        requested=now,
        refusal=refusal,
    )
    records = {record.item: record for record in known}
    records[noted.item] = _carry_over(records.get(noted.item), noted)
    return tuple(records[item] for item in sorted(records))


def doubted(known: Iterable[Connection]) -> tuple[Connection, ...]:
    """
    What kept us from an account that can be looked into, until the run has tried again.

    It means nothing to anybody meanwhile, but is not told again when it is found again.
    """
    return tuple(one.with_(wanted=False) for one in known if one.concerns_account and one.refusal)


def still_asked(known: Iterable[Connection], wished: Iterable[Wish]) -> tuple[Connection, ...]:
    """*known* records of an account that could not be looked into: what is wished for stays."""
    asked = {(wish.vpc_id, scheme) for wish in wished for scheme in wish.asked.schemes}
    return tuple(
        record.with_(wanted=True, leaving=None)
        if record.live and (record.vpc_id, record.scheme) in asked
        else record
        for record in known
    )


class Surveyed(BaseModel, frozen=True):
    """What the last survey of an account went by."""

    tags: dict[str, str] = {}
    """What the tags of its VPCs said of the cluster, by VPC."""
    bounds: str = ""
    """Digest of the owner's bounds for its access; empty where it asks for none."""
