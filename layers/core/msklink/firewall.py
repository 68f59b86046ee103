"""The rules of the security groups on the endpoint's interfaces.

MSK listens on 14001 to 14100 for private connectivity (MSK page on multi-VPC connectivity). The
group sits on the interfaces of the endpoint, so what counts is what may come in from clients.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

PORTS = (14001, 14100)

ALL_PROTOCOLS = "-1"


@dataclass(frozen=True)
class Rule:
    """
    One permission of a security group. *source* is an IPv4 block, or whatever else it names.

    Ports are None for all protocols.
    """

    protocol: str
    first_port: int | None
    last_port: int | None
    source: str

    @property
    def reaches_brokers(self) -> bool:
        if self.protocol == ALL_PROTOCOLS:
            return True
        first, last = self.first_port or 0, self.last_port or 0
        return self.protocol == "tcp" and first <= PORTS[1] and last >= PORTS[0]


def wanted_rules(cidrs: Iterable[str]) -> frozenset[Rule]:
    """What the managed group of a VPC with *cidrs* lets in, and out: the brokers' ports only."""
    return frozenset(Rule("tcp", *PORTS, cidr) for cidr in cidrs)


@dataclass(frozen=True)
class Change:
    """What to add to a set of rules and what to take out of it; nothing when both are empty."""

    missing: tuple[Rule, ...]
    surplus: tuple[Rule, ...]


def change(existing: Collection[Rule], wanted: Collection[Rule]) -> Change:
    return Change(
        missing=tuple(sorted(set(wanted) - set(existing), key=str)),
        surplus=tuple(sorted(set(existing) - set(wanted), key=str)),
    )


def spell(rules: Iterable[Rule]) -> str:
    """*rules* for people, in the same order always."""
    texts = (f"{one.protocol} {one.first_port}-{one.last_port} {one.source}" for one in rules)
    return ", ".join(sorted(texts)) or "nothing"


def lets_somebody_in(ingress: Iterable[Rule]) -> bool:
    """Whether any client at all could reach the brokers through a group with these rules."""
    return any(rule.reaches_brokers for rule in ingress)
