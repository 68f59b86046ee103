from dataclasses import replace
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.refusals import Refusal
from msklink.vpc.description import SecurityGroup, Subnet
from msklink.vpc.placement import Placement, choose_subnets, place
from msklink.vpc.security_groups import Rule
from tests.unit.factories import CLIENT, OTHER_CLIENT, ZONES, subnet, thorough, vpc

OUTPOST = "arn:aws:outposts:eu-west-1:222222222222:outpost/op-1"
OBSTACLES: dict[str, dict[str, Any]] = {
    "outpost": {"outpost": OUTPOST},
    "local-zone": {"zone_type": "local-zone"},
    "wavelength-zone": {"zone_type": "wavelength-zone"},
    "ipv6-only": {"ipv6_only": True},
}
NO_OBSTACLE: dict[str, Any] = {}

subnets = st.lists(
    st.builds(
        lambda name, zone, free, obstacle: replace(subnet(name, zone, free), **obstacle),
        st.integers(1, 30).map(lambda number: f"subnet-{number:02}"),
        st.sampled_from([*ZONES, "euw1-az9"]),
        st.integers(0, 3),
        st.sampled_from([NO_OBSTACLE, NO_OBSTACLE, NO_OBSTACLE, *OBSTACLES.values()]),
    ),
    max_size=12,
    unique_by=lambda found: found.id,
)


def refused(outcome: object) -> str:
    assert isinstance(outcome, Refusal)
    return outcome.code


@thorough
@given(subnets, st.integers())
def test_the_choice_does_not_depend_on_the_order_of_the_api(found: list[Subnet], seed: int) -> None:
    shuffled = Random(seed).sample(found, len(found))

    assert choose_subnets(vpc(*found), ZONES) == choose_subnets(vpc(*shuffled), ZONES[::-1])


@thorough
@given(subnets, st.integers(0, 3))
def test_one_usable_subnet_with_room_is_chosen_in_each_zone(
    found: list[Subnet], endpoints: int
) -> None:
    room = vpc(*found) if found else vpc(subnets=())

    chosen = choose_subnets(room, ZONES, endpoints=endpoints)

    fit = {one.id for one in found if not one.obstacle and one.free_addresses >= endpoints}
    by_id = {one.id: one for one in found}
    if isinstance(chosen, Refusal):
        assert not set(ZONES) <= {by_id[name].zone_id for name in fit}
    else:
        assert [by_id[name].zone_id for name in chosen] == list(ZONES)
        assert set(chosen) <= fit


def test_zones_are_compared_by_id() -> None:
    elsewhere = replace(subnet("subnet-1", "euw1-az9"), zone_name="euw1-az1")

    outcome = choose_subnets(vpc(elsewhere), ["euw1-az1"])

    assert refused(outcome) == "SubnetMissingInZone"


def test_the_subnet_with_the_most_room_is_chosen_then_the_first_by_id() -> None:
    found = [subnet("subnet-c", free=9), subnet("subnet-b", free=9), subnet("subnet-a", free=2)]

    choices = {choose_subnets(vpc(*order), ZONES[:1]) for order in permutations(found)}

    assert choices == {("subnet-b",)}


def test_every_zone_that_lacks_a_subnet_is_named() -> None:
    outcome = choose_subnets(vpc(subnet("subnet-1"), subnet("full", ZONES[2], free=0)), ZONES)

    assert isinstance(outcome, Refusal)
    assert "euw1-az2, euw1-az3" in outcome.message


def test_a_zone_is_named_as_in_the_client_account() -> None:
    room = vpc(subnet("subnet-1"), zone_names={"euw1-az1": "eu-west-1a", "euw1-az2": "eu-west-1c"})

    outcome = choose_subnets(room, ZONES)

    assert isinstance(outcome, Refusal)
    assert f"In account {CLIENT} that is eu-west-1c, a zone it does not have" in outcome.remedy


@pytest.mark.parametrize(
    ("asked", "tagged", "expected"),
    [
        ((), {"a1", "b1"}, ("a1", "b1")),
        (("b2", "a2"), {"a1", "b1"}, ("a2", "b2")),  # the request counts first
        (("a1", "b1", "a1"), set(), ("a1", "b1")),
    ],
)
def test_named_or_tagged_subnets_are_used(
    asked: tuple[str, ...], tagged: set[str], expected: tuple[str, ...]
) -> None:
    found = [
        subnet(f"{zone[0]}{number}", zone[1], tagged=f"{zone[0]}{number}" in tagged)
        for zone in (("a", ZONES[0]), ("b", ZONES[1]))
        for number in (1, 2)
    ]

    assert choose_subnets(vpc(*found), ZONES[:2], asked) == expected


@pytest.mark.parametrize(
    "asked",
    [
        ("subnet-euw1-az1",),  # too few
        ("subnet-euw1-az1", "subnet-euw1-az2", "subnet-euw1-az3", "more"),  # one of another VPC
        ("subnet-euw1-az1", "subnet-euw1-az2", "elsewhere"),  # a zone without brokers
        ("subnet-euw1-az1", "subnet-euw1-az2", "again"),  # two in one zone
    ],
)
def test_a_wrong_choice_of_subnets_is_refused(asked: tuple[str, ...]) -> None:
    found = [subnet(f"subnet-{zone}", zone) for zone in ZONES]
    found += [subnet("elsewhere", "euw1-az9"), subnet("again", ZONES[0])]

    assert refused(choose_subnets(vpc(*found), ZONES, asked)) == "SubnetChoiceInvalid"


@thorough
@given(
    subnets,
    st.lists(st.sampled_from([f"subnet-{one:02}" for one in range(1, 9)]), max_size=4),
    st.booleans(),
    st.integers(0, 3),
)
def test_named_subnets_pass_the_same_checks_and_are_all_used_or_refused(
    found: list[Subnet], asked: list[str], by_tag: bool, endpoints: int
) -> None:
    if by_tag:
        found = [replace(one, tagged=one.id in asked) for one in found]
    room = vpc(*found) if found else vpc(subnets=())
    named = [] if by_tag else asked

    chosen = choose_subnets(room, ZONES, named, endpoints)

    by_id = {one.id: one for one in found}
    if not isinstance(chosen, Refusal):
        assert [by_id[name].zone_id for name in chosen] == list(ZONES)
        assert not any(by_id[name].obstacle for name in chosen)
        assert all(by_id[name].free_addresses >= endpoints for name in chosen)
        tagged = {one.id for one in found if one.tagged}
        assert set(chosen) == (set(named) or tagged or set(chosen))
    assert chosen == choose_subnets(room, ZONES[::-1], named[::-1], endpoints)


# ------------------------------------------------------------------- subnets without endpoints


@pytest.mark.parametrize("obstacle", OBSTACLES.values(), ids=OBSTACLES)
def test_a_subnet_that_can_hold_no_endpoint_is_never_chosen_however_large(
    obstacle: dict[str, Any],
) -> None:
    large = replace(subnet("subnet-large", free=4000), **obstacle)

    assert choose_subnets(vpc(large, subnet("subnet-small", free=1)), ZONES[:1]) == (
        "subnet-small",
    )
    outcome = choose_subnets(vpc(large), ZONES[:1])
    assert refused(outcome) == "SubnetMissingInZone"
    assert isinstance(outcome, Refusal)
    assert f"Passed over: subnet-large ({large.obstacle})" in outcome.message


@pytest.mark.parametrize("by_tag", [True, False], ids=["tagged", "named"])
@pytest.mark.parametrize(
    ("obstacle", "said"),
    [
        ("outpost", f"subnet-1 (on Outpost {OUTPOST})"),
        ("local-zone", "subnet-1 (in Local Zone eu-west-1x)"),
        ("wavelength-zone", "subnet-1 (in Wavelength Zone eu-west-1x)"),
        ("ipv6-only", "subnet-1 (IPv6 only)"),
    ],
)
def test_a_named_subnet_that_can_hold_no_endpoint_is_refused(
    obstacle: str, said: str, *, by_tag: bool
) -> None:
    bad = replace(subnet("subnet-1", tagged=by_tag), **OBSTACLES[obstacle])
    asked = () if by_tag else ("subnet-1",)

    outcome = choose_subnets(vpc(bad, subnet("subnet-2")), ZONES[:1], asked)

    assert refused(outcome) == "SubnetUnfit"
    assert isinstance(outcome, Refusal)
    assert said in outcome.message


@pytest.mark.parametrize(
    ("how", "code"),
    [("tagged", "SubnetFull"), ("named", "SubnetFull"), ("ours", "SubnetMissingInZone")],
)
@pytest.mark.parametrize(
    ("free", "endpoints", "fits"),
    [(0, 1, False), (1, 1, True), (1, 2, False), (2, 2, True), (2, 3, False), (0, 0, True)],
)
def test_each_scheme_needs_an_address_in_each_subnet_named_or_not(
    how: str, code: str, free: int, endpoints: int, *, fits: bool
) -> None:
    asked = ("subnet-2",) if how == "named" else ()
    found = [subnet("subnet-2", ZONES[1], free, tagged=how == "tagged")]

    outcome = place(vpc(*found), ZONES[1:2], asked, (), endpoints)

    if fits:
        assert isinstance(outcome, Placement)
        assert outcome.subnet_ids == ("subnet-2",)
    else:
        assert refused(outcome) == code
        assert isinstance(outcome, Refusal)
        assert f"subnet-2 ({free} free IPv4 address" in outcome.message


def test_a_vpc_of_another_account_is_refused_before_any_other_check() -> None:
    shared = vpc(owner=OTHER_CLIENT, dns_support=False, subnets=())

    outcome = place(shared, ZONES, ("subnet-1",), ("sg-none",))

    assert refused(outcome) == "VpcShared"
    assert isinstance(outcome, Refusal)
    assert f"belongs to account {OTHER_CLIENT}" in outcome.message
    assert OTHER_CLIENT in outcome.remedy


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"dns_support": False}, "enableDnsSupport"),
        ({"dns_hostnames": False}, "enableDnsHostnames"),
        ({"dns_support": False, "dns_hostnames": False}, ") and DNS hostnames ("),
    ],
)
def test_a_vpc_without_dns_is_refused(changes: dict[str, bool], named: str) -> None:
    outcome = place(vpc(**changes), ZONES)

    assert refused(outcome) == "VpcDnsOff"
    assert isinstance(outcome, Refusal)
    assert named in outcome.message


GROUPS = (
    SecurityGroup("sg-default"),
    SecurityGroup("sg-b", tagged=True),
    SecurityGroup("sg-a", tagged=True),
    SecurityGroup("sg-ours", managed=True),
)


@pytest.mark.parametrize(
    ("asked", "groups", "expected"),
    [
        ((), GROUPS, ("sg-a", "sg-b")),
        (("sg-default",), GROUPS, ("sg-default",)),
        (("sg-b", "sg-a", "sg-b"), GROUPS, ("sg-a", "sg-b")),
        ((), GROUPS[:1], ()),  # the managed group is created
        ((), GROUPS[3:], ()),
    ],
)
def test_security_groups_are_those_named_then_those_tagged(
    asked: tuple[str, ...], groups: tuple[SecurityGroup, ...], expected: tuple[str, ...]
) -> None:
    placement = place(vpc(security_groups=groups), ZONES, (), asked)

    assert isinstance(placement, Placement)
    assert placement.security_group_ids == expected


def test_a_security_group_of_another_vpc_is_refused() -> None:
    assert refused(place(vpc(), ZONES, (), ("sg-other",))) == "SecurityGroupInvalid"


# ---------------------------------------------------------------------------- security groups


def tcp(first: int, last: int, source: str = "10.0.0.0/8") -> frozenset[Rule]:
    return frozenset({Rule("tcp", first, last, source)})


NONE = frozenset[Rule]()
ALL = tcp(14001, 14100)


@pytest.mark.parametrize(
    ("ingress", "asked", "code", "named"),
    [
        ({"sg-a": ALL}, ("sg-a",), None, ""),
        ({"sg-a": tcp(0, 65535)}, ("sg-a",), None, ""),
        ({"sg-a": frozenset({Rule("-1", None, None, "pl-1")})}, ("sg-a",), None, ""),
        ({"sg-a": tcp(9092, 14000)}, ("sg-a",), "NobodyLetIn", "sg-a"),
        ({"sg-a": NONE}, ("sg-a",), "NobodyLetIn", "sg-a"),
        ({"sg-a": tcp(14001, 14100, "::/0")}, ("sg-a",), "NobodyLetIn", "sg-a"),
        ({"sg-a": tcp(14001, 14003)}, ("sg-a",), "PortsPartlyOpen", "TCP 14004-14100."),
        ({"sg-a": tcp(14002, 14099)}, ("sg-a",), "PortsPartlyOpen", "TCP 14001, 14100."),
        ({"sg-a": tcp(14001, 14050), "sg-b": tcp(14051, 14100)}, ("sg-a", "sg-b"), None, ""),
        (
            {"sg-a": tcp(14001, 14050), "sg-b": tcp(14052, 14100)},
            ("sg-a", "sg-b"),
            "PortsPartlyOpen",
            "TCP 14051.",
        ),
        ({"sg-a": ALL, "sg-b": NONE}, ("sg-a", "sg-b"), None, ""),  # rules add up
        ({"sg-a": ALL, "sg-b": NONE}, ("sg-b",), "NobodyLetIn", "sg-b"),  # sg-a is not used
        ({"sg-a": NONE}, (), None, ""),  # the managed group has its rules
    ],
)
def test_groups_that_do_not_open_the_whole_port_range_are_used_with_a_warning(
    ingress: dict[str, frozenset[Rule]], asked: tuple[str, ...], code: str | None, named: str
) -> None:
    groups = tuple(SecurityGroup(name, ingress=rules) for name, rules in ingress.items())

    placement = place(vpc(security_groups=groups), ZONES, (), asked)

    assert isinstance(placement, Placement)
    assert placement.security_group_ids == asked
    assert [warning.code for warning in placement.warnings] == [code] * bool(code)
    assert all(named in warning.message for warning in placement.warnings)


def test_egress_rules_are_ignored() -> None:
    group = SecurityGroup("sg-a", ingress=ALL, egress=NONE)

    placement = place(vpc(security_groups=(group,)), ZONES, (), ("sg-a",))

    assert isinstance(placement, Placement)
    assert not placement.warnings


def test_tagged_groups_without_ingress_get_a_warning_too() -> None:
    placement = place(vpc(security_groups=GROUPS), ZONES)

    assert isinstance(placement, Placement)
    assert ["sg-a, sg-b" in warning.message for warning in placement.warnings] == [True]
