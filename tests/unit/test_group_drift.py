import pytest

from msklink.vpc.description import SecurityGroup
from msklink.vpc.group_drift import lacks_new_blocks, security_group_drift
from msklink.vpc.security_groups import Rule, wanted_rules
from tests.unit.factories import vpc

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
def test_a_group_that_lacks_only_new_blocks_has_no_drift(
    ingress: frozenset[Rule], egress: frozenset[Rule], *, grown: bool, changed: bool
) -> None:
    group = SecurityGroup("sg-1", managed=True, ingress=ingress, egress=egress)
    room = vpc(cidrs=BLOCKS, security_groups=(group,))

    assert lacks_new_blocks(room) is grown
    assert (security_group_drift(room) is not None) is changed


@pytest.mark.parametrize(
    "left", [Rule("-1", None, None, "0.0.0.0/0"), Rule("-1", None, None, "::/0")]
)
def test_a_rule_that_ec2_added_to_the_group_is_a_change(left: Rule) -> None:
    group = SecurityGroup("sg-1", managed=True, ingress=BOTH, egress=BOTH | {left})

    found = security_group_drift(vpc(cidrs=BLOCKS, security_groups=(group,)))

    assert found is not None
    assert left.source in found.before
