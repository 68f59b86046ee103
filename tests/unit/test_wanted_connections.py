from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.auth_scheme import Scheme
from msklink.connections.record import ConnectionRecord, State
from msklink.connections.requested_vpcs import (
    RequestedVpc,
    requested_vpcs,
)
from msklink.connections.wanted_connections import (
    ClusterFacts,
    plan_connections,
    with_account_refusal,
)
from msklink.refusals import Code, Refusal, refuse
from msklink.removal import Removal
from msklink.requests.records import OffboardingRequest, OnboardingRequest
from msklink.vpc.description import SecurityGroup, Vpc
from tests.unit.factories import (
    ARN,
    CLIENT,
    KEY,
    LATER,
    NOW,
    OTHER_CLIENT,
    ZONES,
    connection,
    request,
    subnet,
    tagged,
)

REMOVAL = Removal(reason=refuse(Code.CLUSTER_SERVERLESS), due=LATER)
OFF = refuse(Code.SCHEME_OFF_ON_CLUSTER, scheme="tls")


def facts(**refusals: Refusal) -> ClusterFacts:
    by_scheme = {Scheme(name): refusal for name, refusal in refusals.items()}
    return ClusterFacts(arn=ARN, name="orders", zone_ids=ZONES, refusals=by_scheme)


WARNING = refuse(Code.BROKERS_EXPRESS, instance_type="express.m7g.large")
WITH_WARNING = facts().model_copy(update={"warnings": (WARNING,)})


def look(
    *vpcs: Vpc,
    requests: tuple[OnboardingRequest, ...] = (),
    offboarding: tuple[OffboardingRequest, ...] = (),
    known: tuple[ConnectionRecord, ...] = (),
    cluster: ClusterFacts | None = None,
) -> tuple[ConnectionRecord, ...]:
    requested = requested_vpcs(vpcs, requests, offboarding, KEY, LATER)
    return plan_connections(
        CLIENT, cluster or facts(), {one.id: one for one in vpcs}, requested, known
    )


# ------------------------------------------------------------------------- planned connections


def test_each_scheme_of_each_vpc_is_planned() -> None:
    records = look(tagged("iam scram"), tagged("tls", id="vpc-2"))

    assert [record.item for record in records] == [
        f"client#{CLIENT}#vpc-1#iam",
        f"client#{CLIENT}#vpc-1#scram",
        f"client#{CLIENT}#vpc-2#tls",
    ]
    assert {record.state for record in records} == {State.PLANNED}
    assert {len(record.subnet_ids) for record in records} == {3}


def test_other_schemes_are_planned_if_the_cluster_refuses_one() -> None:
    iam, tls = look(tagged("iam tls"), cluster=facts(tls=OFF))

    assert iam.state is State.PLANNED
    assert (tls.state, tls.refusal) == (State.REFUSED, OFF)


def test_auto_skips_schemes_that_are_not_possible() -> None:
    records = look(tagged("auto"), cluster=facts(tls=OFF))

    assert {record.scheme for record in records} == {Scheme.IAM, Scheme.SCRAM}


def test_auto_is_refused_if_no_scheme_is_possible() -> None:
    records = look(tagged("auto"), cluster=facts(iam=OFF, scram=OFF, tls=OFF))

    assert [record.state for record in records] == [State.REFUSED] * 3


def test_an_unknown_word_is_refused_and_known_schemes_are_planned() -> None:
    refused, planned = look(tagged("iam imam"))

    assert refused.refusal
    assert (refused.scheme, refused.refusal.code) == (None, "UnknownScheme")
    assert planned.state is State.PLANNED


def test_a_missing_vpc_is_refused() -> None:
    [record] = look(requests=(request(),))

    assert record.refusal
    assert record.refusal.code == "VpcNotFound"


def test_a_refused_vpc_does_not_delay_another() -> None:
    broken, fine = look(tagged("iam", dns_support=False), tagged("iam", id="vpc-2"))

    assert broken.refusal
    assert broken.refusal.code == "VpcDnsOff"
    assert fine.state is State.PLANNED


@pytest.mark.parametrize("value", ["iam", "auto"])
def test_the_vpc_of_the_cluster_itself_is_refused(value: str) -> None:
    home = facts().model_copy(update={"vpc_id": "vpc-1"})

    *here, elsewhere = look(tagged(value), tagged("iam", id="vpc-2"), cluster=home)

    assert {record.refusal.code for record in here if record.refusal} == {"VpcOfCluster"}
    assert {record.state for record in here} == {State.REFUSED}
    assert elsewhere.state is State.PLANNED


def test_each_planned_connection_has_the_warnings_of_cluster_and_vpc() -> None:
    shut = tagged("iam tls", security_groups=(SecurityGroup("sg-1", tagged=True),))

    plan, refused = look(
        shut, cluster=WITH_WARNING.model_copy(update={"refusals": {Scheme.TLS: OFF}})
    )

    assert [notice.code for notice in plan.notices] == ["BrokersExpress", "NobodyLetIn"]
    assert not refused.notices


# --------------------------------------------------------------------------- existing connections


values = st.lists(
    st.sampled_from(["iam", "scram", "tls", "auto", "imam"]), min_size=1, max_size=3
).map(" ".join)


@given(values, st.booleans())
def test_a_second_survey_changes_nothing(value: str, dns: bool) -> None:
    room = tagged(value, dns_support=dns)
    first = look(room, cluster=facts(tls=OFF))

    assert look(room, cluster=facts(tls=OFF), known=first) == first


@pytest.mark.parametrize("state", [State.CONNECTING, State.CONNECTED, State.PUBLISHED])
def test_an_existing_connection_is_not_changed(state: State) -> None:
    known = connection(state=state, connection_arn="arn:1", subnet_ids=("subnet-old",))

    assert look(tagged("iam"), known=(known,)) == (known,)


@pytest.mark.parametrize(
    ("cluster", "before", "after"),
    [(WITH_WARNING, (), (WARNING,)), (facts(), (WARNING,), ()), (facts(tls=OFF), (), ())],
)
def test_an_existing_connection_gets_the_current_warnings(
    cluster: ClusterFacts, before: tuple[Refusal, ...], after: tuple[Refusal, ...]
) -> None:
    known = connection(state=State.PUBLISHED, connection_arn="arn:1", notices=before)

    [record] = look(tagged("iam"), known=(known,), cluster=cluster)

    assert record == known.with_(notices=after)


def test_a_failed_connection_is_kept_for_a_retry() -> None:
    known = connection(state=State.FAILED, connection_arn="arn:1", refusal=OFF)

    [record] = look(tagged("iam"), known=(known,))

    assert record == known
    assert record.is_pursued


@pytest.mark.parametrize("state", [State.REFUSED, State.FAILED])
def test_a_refused_connection_is_planned_again(state: State) -> None:
    known = connection(state=state, refusal=OFF)

    [record] = look(tagged("iam"), known=(known,))

    assert (record.state, record.refusal, record.requested_at) == (State.PLANNED, None, LATER)


def test_an_unwanted_connection_is_not_planned() -> None:
    assert not look(known=(connection(state=State.PUBLISHED, connection_arn="arn:1"),))


def test_restoring_the_tag_makes_a_connection_wanted_again() -> None:
    known = connection(state=State.PUBLISHED, connection_arn="arn:1", wanted=False, removal=REMOVAL)

    assert look(tagged("iam"), known=(known,)) == (known.with_(wanted=True, removal=None),)


@pytest.mark.parametrize("state", [State.CLOSING, State.ABANDONED])
def test_a_connection_in_removal_is_created_again_when_it_is_wanted(state: State) -> None:
    known = connection(state=state, connection_arn="arn:1", wanted=False, removal=REMOVAL)

    [record] = look(tagged("iam"), known=(known,))

    assert (record.state, record.wanted, record.removal) == (State.PLANNED, True, None)


def test_auto_keeps_an_existing_scheme_that_the_cluster_now_refuses() -> None:
    known = connection(state=State.PUBLISHED, connection_arn="arn:1", scheme=Scheme.SCRAM)

    records = look(tagged("auto"), known=(known,), cluster=facts(scram=OFF))

    assert known in records


def test_a_refused_account_keeps_its_connections() -> None:
    known = connection(state=State.PUBLISHED, connection_arn="arn:1")

    records = with_account_refusal(ARN, CLIENT, OFF, [known], NOW)

    assert known in records
    [noted] = set(records) - {known}
    assert (noted.vpc_id, noted.scheme, noted.refusal) == ("", None, OFF)


def test_an_account_is_refused_again_only_for_another_reason() -> None:
    first = with_account_refusal(ARN, CLIENT, OFF, [], NOW)
    other = refuse(Code.POLICY_TOO_LARGE, size=1, limit=0)

    assert with_account_refusal(ARN, CLIENT, OFF, first, LATER) == first
    assert with_account_refusal(ARN, CLIENT, other, first, LATER) != first


def test_a_request_without_known_schemes_keeps_its_refusals() -> None:
    [requested_vpc] = requested_vpcs([tagged("imam")], [], [], KEY, LATER)

    assert isinstance(requested_vpc, RequestedVpc)
    assert requested_vpc.requested.refusals


# ------------------------------------------------------------------------- room for endpoints


def small(free: int, **changes: Any) -> Vpc:
    """Return a VPC tagged for iam and scram, with *free* addresses in each subnet."""
    subnets = tuple(subnet(f"subnet-{zone}", zone, free) for zone in ZONES)
    return replace(tagged("iam scram", **changes), subnets=subnets)


def made(scheme: Scheme) -> ConnectionRecord:
    return connection(scheme=scheme, state=State.PUBLISHED, connection_arn=f"arn-{scheme}")


@pytest.mark.parametrize(
    ("free", "endpoints", "known", "states"),
    [
        (2, 0, (), ["planned", "planned"]),
        (1, 0, (), ["refused", "refused"]),  # two endpoints, and room for one
        (1, 1, (made(Scheme.IAM),), ["published", "planned"]),
        (0, 1, (made(Scheme.IAM),), ["published", "refused"]),
        (0, 2, (made(Scheme.IAM), made(Scheme.SCRAM)), ["published", "published"]),
        (0, 2, (), ["planned", "planned"]),  # made by hand, or by a run that died
        (0, 1, (), ["refused", "refused"]),
        (1, 1, (), ["planned", "planned"]),
        (1, 0, (made(Scheme.IAM),), ["published", "planned"]),  # its tags were taken off
        (1, 1, (made(Scheme.TLS),), ["refused", "refused"]),  # that one is of another scheme
    ],
)
def test_each_scheme_that_is_not_connected_needs_an_address_in_each_subnet(
    free: int, endpoints: int, known: tuple[ConnectionRecord, ...], states: list[str]
) -> None:
    records = look(small(free, endpoints=endpoints), known=known)

    assert [record.state.value for record in records] == states
    refused = {record.refusal.code for record in records if record.refusal}
    assert refused <= {Code.SUBNET_MISSING_IN_ZONE}


def test_a_scheme_that_the_cluster_refuses_needs_no_address() -> None:
    iam, scram = look(small(1), cluster=facts(scram=OFF))

    assert (iam.state, scram.state) == (State.PLANNED, State.REFUSED)
    assert scram.refusal == OFF


def test_a_vpc_of_another_account_is_refused_for_each_scheme() -> None:
    records = look(tagged("iam scram", owner=OTHER_CLIENT))

    assert {record.refusal.code for record in records if record.refusal} == {Code.VPC_SHARED}
