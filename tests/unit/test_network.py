from dataclasses import replace
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.firewall import Rule, wanted_rules
from msklink.network import (
    Placement,
    SecurityGroup,
    Subnet,
    choose_subnets,
    drifted,
    has_grown,
    place,
)
from msklink.refusals import Refusal
from tests.unit.given import CLIENT, ZONES, subnet, thorough, vpc

subnets = st.lists(
    st.builds(
        subnet,
        st.integers(1, 30).map(lambda number: f"subnet-{number:02}"),
        st.sampled_from([*ZONES, "euw1-az9"]),
        st.integers(0, 3),
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
@given(subnets)
def test_the_choice_has_one_usable_subnet_in_each_zone(found: list[Subnet]) -> None:
    room = vpc(*found) if found else vpc(subnets=())

    chosen = choose_subnets(room, ZONES)

    usable = {one.zone_id for one in found if one.free_addresses}
    if isinstance(chosen, Refusal):
        assert not set(ZONES) <= usable
    else:
        by_id = {one.id: one for one in found}
        assert [by_id[name].zone_id for name in chosen] == list(ZONES)
        assert all(by_id[name].free_addresses for name in chosen)


def test_zones_are_compared_by_id() -> None:
    elsewhere = replace(subnet("subnet-1", "euw1-az9"), zone_name="euw1-az1")

    outcome = choose_subnets(vpc(elsewhere), ["euw1-az1"])

    assert refused(outcome) == "SubnetMissingInZone"


def test_the_roomiest_subnet_is_taken_then_the_first_by_id() -> None:
    found = [subnet("subnet-c", free=9), subnet("subnet-b", free=9), subnet("subnet-a", free=2)]

    choices = {choose_subnets(vpc(*order), ZONES[:1]) for order in permutations(found)}

    assert choices == {("subnet-b",)}


def test_every_zone_that_lacks_a_subnet_is_named() -> None:
    outcome = choose_subnets(vpc(subnet("subnet-1"), subnet("full", ZONES[2], free=0)), ZONES)

    assert isinstance(outcome, Refusal)
    assert "euw1-az2, euw1-az3" in outcome.message


def test_a_zone_is_named_as_the_client_knows_it() -> None:
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
def test_subnets_that_people_name_or_tag_are_taken(
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
@given(subnets, st.lists(st.sampled_from([f"subnet-{one:02}" for one in range(1, 9)]), max_size=4))
def test_a_choice_of_people_is_taken_whole_or_refused(
    found: list[Subnet], asked: list[str]
) -> None:
    room = vpc(*found) if found else vpc(subnets=())

    chosen = choose_subnets(room, ZONES, asked)

    if asked and not isinstance(chosen, Refusal):
        by_id = {one.id: one for one in found}
        assert set(chosen) == set(asked)
        assert [by_id[name].zone_id for name in chosen] == list(ZONES)
    assert chosen == choose_subnets(room, ZONES[::-1], asked[::-1])


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
        ((), GROUPS[:1], ()),  # the managed one is made
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


LETS_IN = frozenset({Rule("tcp", 14001, 14100, "10.0.0.0/8")})
TOO_LOW = frozenset({Rule("tcp", 9092, 14000, "10.0.0.0/8")})


@pytest.mark.parametrize(
    ("ingress", "asked", "warned"),
    [
        ({"sg-a": LETS_IN}, ("sg-a",), False),
        ({"sg-a": TOO_LOW}, ("sg-a",), True),
        ({"sg-a": frozenset()}, ("sg-a",), True),
        ({"sg-a": LETS_IN, "sg-b": frozenset()}, ("sg-a", "sg-b"), False),  # rules add up
        ({"sg-a": LETS_IN, "sg-b": frozenset()}, ("sg-b",), True),  # that one is not used
        ({"sg-a": frozenset()}, (), False),  # the managed one is in shape
    ],
)
def test_groups_that_let_nobody_in_are_used_with_a_warning(
    ingress: dict[str, frozenset[Rule]], asked: tuple[str, ...], warned: bool
) -> None:
    groups = tuple(SecurityGroup(name, ingress=rules) for name, rules in ingress.items())

    placement = place(vpc(security_groups=groups), ZONES, (), asked)

    assert isinstance(placement, Placement)
    assert placement.security_group_ids == asked
    assert [warning.code for warning in placement.warnings] == ["NobodyLetIn"] * warned
    assert all(", ".join(asked) in warning.message for warning in placement.warnings)


def test_tagged_groups_that_let_nobody_in_are_warned_of_as_well() -> None:
    placement = place(vpc(security_groups=GROUPS), ZONES)

    assert isinstance(placement, Placement)
    assert ["sg-a, sg-b" in warning.message for warning in placement.warnings] == [True]


BLOCKS = ("10.0.0.0/16", "10.1.0.0/16")
ONE, BOTH = wanted_rules(BLOCKS[:1]), wanted_rules(BLOCKS)
FOREIGN = frozenset({Rule("tcp", 22, 22, BLOCKS[0])})


@pytest.mark.parametrize(
    ("ingress", "egress", "grown", "changed"),
    [
        (BOTH, BOTH, False, False),
        (ONE, ONE, True, False),
        (BOTH, ONE, True, False),  # a run died before it let them out
        (frozenset(), frozenset(), False, True),
        (ONE | FOREIGN, ONE, False, True),
        (ONE, BOTH, False, True),
    ],
)
def test_a_group_that_lacks_only_new_blocks_was_changed_by_nobody(
    ingress: frozenset[Rule], egress: frozenset[Rule], *, grown: bool, changed: bool
) -> None:
    group = SecurityGroup("sg-1", managed=True, ingress=ingress, egress=egress)
    room = vpc(cidrs=BLOCKS, security_groups=(group,))

    assert has_grown(room) is grown
    assert (drifted(room) is not None) is changed
