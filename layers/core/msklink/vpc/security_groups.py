"""The rules of the security groups on an endpoint's network interfaces.

MSK listens on ports 14001 to 14100 for private connectivity (MSK page on multi-VPC connectivity).
The groups are on the endpoint's interfaces, so inbound rules for clients matter.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

PORTS = (14001, 14100)

ALL_PROTOCOLS = "-1"


@dataclass(frozen=True)
class Rule:
    """
    One permission of a security group. *source* is an IPv4 block, or any other source.

    Ports are None for all protocols.
    """

    protocol: str
    first_port: int | None
    last_port: int | None
    source: str

    @property
    def opened_ports(self) -> range:
        """The brokers' ports that it opens; none for IPv6, which the endpoint does not have."""
        if ":" in self.source:
            return range(0)
        if self.protocol == ALL_PROTOCOLS:
            return range(PORTS[0], PORTS[1] + 1)
        if self.protocol != "tcp" or self.first_port is None or self.last_port is None:
            return range(0)
        return range(max(self.first_port, PORTS[0]), min(self.last_port, PORTS[1]) + 1)


def wanted_rules(cidrs: Iterable[str]) -> frozenset[Rule]:
    """Return the rules of the managed group of a VPC with *cidrs*, inbound and outbound."""
    return frozenset(Rule("tcp", *PORTS, cidr) for cidr in cidrs)


@dataclass(frozen=True)
class RuleChange:
    """The rules to add and the rules to revoke."""

    missing: tuple[Rule, ...]
    surplus: tuple[Rule, ...]


def rule_change(existing: Collection[Rule], wanted: Collection[Rule]) -> RuleChange:
    return RuleChange(
        missing=tuple(sorted(set(wanted) - set(existing), key=str)),
        surplus=tuple(sorted(set(existing) - set(wanted), key=str)),
    )


def describe_rules(rules: Iterable[Rule]) -> str:
    """Return *rules* for people, in a fixed order."""
    texts = (f"{one.protocol} {one.first_port}-{one.last_port} {one.source}" for one in rules)
    return ", ".join(sorted(texts)) or "nothing"


def unopened_ports(ingress: Iterable[Rule]) -> tuple[int, ...]:
    """Return the brokers' ports that no rule in *ingress* opens, in order."""
    opened = {port for rule in ingress for port in rule.opened_ports}
    return tuple(port for port in range(PORTS[0], PORTS[1] + 1) if port not in opened)


def describe_ports(ports: Iterable[int]) -> str:
    """Return *ports*, which are sorted, for people: `14001-14003, 14100`."""
    runs: list[list[int]] = []
    for port in ports:
        if runs and port == runs[-1][-1] + 1:
            runs[-1].append(port)
        else:
            runs.append([port])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
