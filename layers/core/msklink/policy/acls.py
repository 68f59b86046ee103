"""
Translate the access of a SCRAM user into the commands that add its ACLs.

MSK has no API for ACLs: they are added by a client of Kafka with such a right. The operations are
those of the Apache Kafka documentation, "Authorization and ACLs", operations and resources.
"""

from collections.abc import Iterable, Iterator

from msklink.policy.kafka_access import KafkaAccess

COMMAND = (
    "bin/kafka-acls.sh --bootstrap-server $BROKERS --command-config admin.properties "
    "{verb} {principal} User:{user}"
)

_RIGHTS = {
    "produce": ("--topic", ("Write", "Describe")),
    "consume": ("--topic", ("Read", "Describe")),
    "create": ("--topic", ("Create", "Describe")),
    "groups": ("--group", ("Read", "Describe")),
    "transactional_ids": ("--transactional-id", ("Write", "Describe")),
}
"""By field of `KafkaAccess`, the option for its resources, and the operations on them."""


def commands_to_add(user: str, access: KafkaAccess) -> tuple[str, ...]:
    """Return the commands that add the ACLs by which *user* has *access*."""
    return tuple(
        command
        for field in _RIGHTS
        if (names := getattr(access, field))
        for command in _commands(user, field, names)
    )


def command_to_list(user: str) -> str:
    """Return the command that lists the ACLs of *user*."""
    return COMMAND.format(verb="--list", principal="--principal", user=user)


def _commands(user: str, field: str, names: Iterable[str]) -> Iterator[str]:
    option, operations = _RIGHTS[field]
    start = COMMAND.format(verb="--add", principal="--allow-principal", user=user)
    start += "".join(f" --operation {one}" for one in operations)
    literal, prefixes = [], []
    for name in names:
        match name.find("*"):
            case -1:
                literal.append(name)
            case place if place == len(name) - 1:
                prefixes.append(name[:-1])
            case _:
                yield f"# No ACL can stand for {name} of {field}: only the end can be *."
    if literal:
        yield start + "".join(f" {option} {name}" for name in literal)
    if "" in prefixes:
        yield f"{start} {option} '*'"
    elif prefixes:
        named = "".join(f" {option} {name}" for name in prefixes)
        yield f"{start} --resource-pattern-type prefixed{named}"
