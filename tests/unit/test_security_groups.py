import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.vpc.security_groups import (
    PORTS,
    Rule,
    describe_ports,
    rule_change,
    unopened_ports,
    wanted_rules,
)
from tests.unit.factories import thorough

ANY = "0.0.0.0/0"


def test_the_ports_are_those_that_msk_documents() -> None:
    assert PORTS == (14001, 14100)


def test_only_the_blocks_of_the_vpc_may_reach_the_broker_ports() -> None:
    assert wanted_rules(["10.0.0.0/16", "100.64.0.0/16"]) == {
        Rule("tcp", 14001, 14100, "10.0.0.0/16"),
        Rule("tcp", 14001, 14100, "100.64.0.0/16"),
    }


def test_a_repeated_block_gets_one_rule() -> None:
    assert len(wanted_rules(["10.0.0.0/16"] * 2)) == 1


WHOLE = (14001, 14100)


@pytest.mark.parametrize(
    ("rule", "opened"),
    [
        (Rule("tcp", 14001, 14100, ANY), WHOLE),
        (Rule("tcp", 0, 65535, ANY), WHOLE),
        (Rule("tcp", 14000, 14001, ANY), (14001, 14001)),
        (Rule("tcp", 13000, 14000, ANY), None),  # one below the first
        (Rule("tcp", 14100, 14100, ANY), (14100, 14100)),
        (Rule("tcp", 14101, 15000, ANY), None),  # one above the last
        (Rule("tcp", 14050, 14050, ANY), (14050, 14050)),
        (Rule("tcp", 9098, 9098, ANY), None),  # the port within the cluster's own VPC
        (Rule("-1", None, None, ANY), WHOLE),
        (Rule("udp", 14001, 14100, ANY), None),
        (Rule("icmp", -1, -1, ANY), None),
        (Rule("50", None, None, ANY), None),
        (Rule("tcp", 14001, 14100, "sg-1"), WHOLE),
        (Rule("tcp", 14001, 14100, "pl-1"), WHOLE),
        (Rule("tcp", 14001, 14100, "::/0"), None),  # the endpoint has IPv4 only
        (Rule("-1", None, None, "::/0"), None),
    ],
)
def test_the_ports_of_the_brokers_that_a_rule_opens(
    rule: Rule, opened: tuple[int, int] | None
) -> None:
    ports = list(rule.opened_ports)

    assert ports == (list(range(opened[0], opened[1] + 1)) if opened else [])
    unopened = unopened_ports([Rule("tcp", 22, 22, ANY), rule])
    assert sorted({*unopened, *ports}) == list(range(14001, 14101))
    assert not set(unopened) & set(ports)


@pytest.mark.parametrize(
    ("ports", "text"),
    [((), ""), ((14001,), "14001"), ((14001, 14002, 14003, 14100), "14001-14003, 14100")],
)
def test_ports_are_described_as_ranges(ports: tuple[int, ...], text: str) -> None:
    assert describe_ports(ports) == text


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
def test_only_rules_that_differ_are_changed(
    existing: list[Rule], wanted: list[Rule], missing: tuple[Rule, ...], surplus: tuple[Rule, ...]
) -> None:
    difference = rule_change(existing, wanted)

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
def test_a_change_reaches_the_wanted_rules_and_then_there_is_none(
    existing: frozenset[Rule], cidrs: frozenset[str]
) -> None:
    wanted = wanted_rules(cidrs)

    difference = rule_change(existing, wanted)

    after = (existing | set(difference.missing)) - set(difference.surplus)
    assert after == wanted
    assert not rule_change(after, wanted).missing + rule_change(after, wanted).surplus
    assert not unopened_ports(after)
