import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.firewall import PORTS, Rule, change, lets_somebody_in, wanted_rules
from tests.unit.given import thorough

ANY = "0.0.0.0/0"


def test_the_ports_are_those_that_msk_documents() -> None:
    assert PORTS == (14001, 14100)


def test_each_block_of_the_vpc_is_let_in_to_the_ports_of_the_brokers_and_no_other() -> None:
    assert wanted_rules(["10.0.0.0/16", "100.64.0.0/16"]) == {
        Rule("tcp", 14001, 14100, "10.0.0.0/16"),
        Rule("tcp", 14001, 14100, "100.64.0.0/16"),
    }


def test_a_block_named_twice_is_let_in_once() -> None:
    assert len(wanted_rules(["10.0.0.0/16"] * 2)) == 1


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("tcp", 14001, 14100, ANY), True),
        (Rule("tcp", 0, 65535, ANY), True),
        (Rule("tcp", 14000, 14001, ANY), True),  # the first port
        (Rule("tcp", 13000, 14000, ANY), False),  # one below it
        (Rule("tcp", 14100, 14100, ANY), True),  # the last port
        (Rule("tcp", 14101, 15000, ANY), False),  # one above it
        (Rule("tcp", 14050, 14050, ANY), True),
        (Rule("tcp", 9098, 9098, ANY), False),  # the port within the cluster's own VPC
        (Rule("-1", None, None, ANY), True),
        (Rule("udp", 14001, 14100, ANY), False),
        (Rule("icmp", -1, -1, ANY), False),
        (Rule("50", None, None, ANY), False),
        (Rule("tcp", 14001, 14100, "sg-1"), True),
        (Rule("tcp", 14001, 14100, "pl-1"), True),
        (Rule("tcp", 14001, 14100, "::/0"), True),
    ],
)
def test_a_rule_reaches_the_brokers(rule: Rule, expected: bool) -> None:
    assert rule.reaches_brokers is expected
    assert lets_somebody_in([Rule("tcp", 22, 22, ANY), rule]) is expected


def test_a_group_without_rules_lets_nobody_in() -> None:
    assert not lets_somebody_in([])


ONE, TWO = sorted(wanted_rules(["10.0.0.0/16", "10.1.0.0/16"]), key=str)
LETS_ALL_OUT = Rule("-1", None, None, ANY)


@pytest.mark.parametrize(
    ("existing", "wanted", "missing", "surplus"),
    [
        ([], [], (), ()),
        ([ONE], [ONE], (), ()),
        ([], [TWO, ONE], (ONE, TWO), ()),
        ([ONE], [ONE, TWO], (TWO,), ()),  # the VPC got a block
        ([ONE, TWO], [ONE], (), (TWO,)),  # and lost it
        ([LETS_ALL_OUT], [ONE], (ONE,), (LETS_ALL_OUT,)),  # a group as EC2 makes it
    ],
)
def test_a_group_is_changed_where_it_differs(
    existing: list[Rule], wanted: list[Rule], missing: tuple[Rule, ...], surplus: tuple[Rule, ...]
) -> None:
    difference = change(existing, wanted)

    assert (difference.missing, difference.surplus) == (missing, surplus)


ODD = [
    LETS_ALL_OUT,
    Rule("tcp", 22, 22, ANY),
    Rule("tcp", 14001, 14100, "sg-1"),
    Rule("tcp", 14001, 14100, "10.0.0.0/16"),
    Rule("tcp", 14001, 14100, "10.9.0.0/16"),
    Rule("icmpv6", None, None, "::/0"),  # every type,
    Rule("icmpv6", 128, 0, "::/0"),  # or one of them
]
rules = st.frozensets(st.sampled_from(ODD))
blocks = st.sampled_from(["10.0.0.0/16", "10.1.0.0/16", "100.64.0.0/10", "192.168.0.0/24"])


@thorough
@given(rules, st.frozensets(blocks, min_size=1))
def test_a_change_leads_to_what_is_wanted_and_then_to_nothing(
    existing: frozenset[Rule], cidrs: frozenset[str]
) -> None:
    wanted = wanted_rules(cidrs)

    difference = change(existing, wanted)

    after = (existing | set(difference.missing)) - set(difference.surplus)
    assert after == wanted
    assert not change(after, wanted).missing + change(after, wanted).surplus
    assert lets_somebody_in(after)
