"""
Check what people write on the command line, before any call to AWS.

The forms are those of what MSKLink reads: tags of VPCs, and requests by event.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from msklink_client import login_options
from msklink_client.errors import MskLinkError, bad_argument
from msklink_client.login_options import SCHEMES
from msklink_client.users import require_name

RESERVED = "protect"
"""The tag <namespace>/protect on a VPC prevents the removal of its connections."""

_NAMESPACE = re.compile(r"[a-z][a-z0-9-]{1,19}")
_CLUSTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_CLUSTER_ARN = re.compile(
    r"arn:aws[\w-]*:kafka:(?P<region>[\w-]+):\d{12}:cluster/(?P<name>[\w.-]+)/[\w-]+", re.ASCII
)
_BUS_ARN = re.compile(
    r"arn:aws[\w-]*:events:(?P<region>[\w-]+):\d{12}:event-bus/[\w./-]+", re.ASCII
)
_VPC = re.compile(r"vpc-[0-9a-f]{8,17}")
_SUBNET = re.compile(r"subnet-[0-9a-f]{8,17}")
_GROUP = re.compile(r"sg-[0-9a-f]{8,17}")
_TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")
_KAFKA_NAME = re.compile(r"[a-zA-Z0-9._*-]{1,249}")

MOST_IDS = 16
MOST_NAMES = 32
MOST_TOPICS = 16
MOST_USERS = 4


@dataclass(frozen=True)
class Cluster:
    """A cluster as given: by its name, or by its ARN."""

    name: str
    arn: str | None = None

    @property
    def given(self) -> str:
        return self.arn or self.name


def cluster(given: str, region: str) -> Cluster:
    """Return the cluster *given* by name or ARN, which is in *region*."""
    if given.startswith("arn:"):
        return _cluster_of_arn(given, region)
    if not _CLUSTER.fullmatch(given):
        raise bad_argument(
            f"{given!r} is not the name of a cluster.",
            "Write its name, as in the tag msklink/<cluster name>, or its ARN.",
        )
    return Cluster(_free(given))


def _cluster_of_arn(given: str, region: str) -> Cluster:
    found = _CLUSTER_ARN.fullmatch(given)
    if not found:
        raise bad_argument(
            f"{given!r} is not the ARN of an MSK cluster.",
            "Write arn:aws:kafka:<Region>:<account>:cluster/<name>/<id>, or the name alone.",
        )
    _same_region(given, found["region"], region)
    return Cluster(_free(found["name"]), given)


def _free(name: str) -> str:
    if name == RESERVED:
        raise bad_argument(
            f"A cluster called {name} cannot be requested.",
            f"A VPC's tag <namespace>/{name} protects its connections from removal.",
        )
    return name


def namespace(given: str) -> str:
    """Return the namespace of the owner stack, which begins the keys of tags."""
    if not _NAMESPACE.fullmatch(given):
        raise bad_argument(
            f"{given!r} is not a namespace.",
            "Write 2 to 20 lower case letters, digits and hyphens, a letter first, "
            "as in parameter Namespace of the client stack.",
        )
    return given


def vpc(given: str) -> str:
    if not _VPC.fullmatch(given):
        raise bad_argument(
            f"{given!r} is not the id of a VPC.", "Write an id such as vpc-0123456789abcdef0."
        )
    return given


def schemes(given: Sequence[str]) -> tuple[str, ...]:
    """Return the schemes in *given*, words with spaces or commas between them."""
    words = list(dict.fromkeys(word.lower() for word in split(given)))
    allowed = "Write auto alone, or any of iam, scram and tls, with commas between them."
    if not words:
        raise bad_argument("No scheme is given.", allowed)
    if unknown := [word for word in words if word not in (*SCHEMES, "auto")]:
        raise bad_argument(f"{unknown[0]!r} is not an authentication scheme.", allowed)
    if "auto" in words and len(words) > 1:
        raise bad_argument("auto stands for all schemes that the cluster offers.", allowed)
    return tuple(sorted(words))


def subnets(given: Sequence[str]) -> list[str]:
    return _ids(given, _SUBNET, "a subnet", "subnet-0123456789abcdef0")


def security_groups(given: Sequence[str]) -> list[str]:
    return _ids(given, _GROUP, "a security group", "sg-0123456789abcdef0")


def _ids(given: Sequence[str], form: "re.Pattern[str]", what: str, example: str) -> list[str]:
    ids = list(dict.fromkeys(split(given)))
    if wrong := [one for one in ids if not form.fullmatch(one)]:
        raise bad_argument(
            f"{wrong[0]!r} is not the id of {what}.", f"Write an id such as {example}."
        )
    return _at_most(MOST_IDS, ids, f"ids of {what}")


def kafka_names(given: Sequence[str], option: str) -> list[str]:
    """Return the names of topics, groups or transactional ids, in which * is any text."""
    names = list(dict.fromkeys(split(given)))
    if wrong := [one for one in names if not _KAFKA_NAME.fullmatch(one)]:
        raise bad_argument(
            f"{wrong[0]!r} after {option} is not a name that Kafka allows.",
            "Use at most 249 letters, digits and . _ -, and * for any text.",
        )
    return _at_most(MOST_NAMES, names, f"names after {option}")


def topics(given: Sequence[str]) -> list[dict[str, Any]]:
    """Return topics with their partitions, from words such as `billing.payments=6`."""
    found: dict[str, int] = {}
    for one in split(given):
        name, _, partitions = one.partition("=")
        if not partitions.isdigit() or int(partitions) < 1:
            raise bad_argument(
                f"{one!r} after --topics has no number of partitions.",
                "Write the name and the number, such as --topics billing.payments=6.",
            )
        if found.setdefault(topic(name), int(partitions)) != int(partitions):
            raise bad_argument(f"{name} is twice after --topics.", "Name it once.")
    _at_most(MOST_TOPICS, list(found), "names after --topics")
    return [{"name": name, "partitions": count} for name, count in found.items()]


def topic(given: str) -> str:
    if not _TOPIC.fullmatch(given):
        raise bad_argument(
            f"{given!r} is not the name of a topic.",
            "Write one name, of at most 249 letters, digits and . _ -.",
        )
    return given


def users(given: Sequence[str], schemes: Sequence[str]) -> list[dict[str, Any]]:
    """Return users for SCRAM, which must be among *schemes*."""
    names = list(dict.fromkeys(split(given)))
    for name in names:
        require_name(name)
    _at_most(MOST_USERS, names, "names after --users")
    if names and not {"scram", "auto"} & {*schemes}:
        raise bad_argument(
            f"Users are for clients by scram, not by {' and '.join(schemes)}.",
            "Add scram to --schemes, or leave out --users.",
        )
    return [{"name": name} for name in names]


def login(
    scheme: str,
    secret: str | None,
    user: str | None,
    certificate_file: str | None,
    key_file: str | None,
) -> None:
    """Refuse options for a login that are not of *scheme*, or cannot be used."""
    login_options.require_of_scheme(scheme, secret, user, certificate_file, key_file)
    if certificate_file:
        login_options.require_usable(certificate_file, key_file or certificate_file)


def event_bus(given: str, region: str) -> str:
    """Return the ARN of the owner's event bus, which is in *region*."""
    found = _BUS_ARN.fullmatch(given)
    if not found:
        raise bad_argument(
            f"{given!r} is not the ARN of an event bus.",
            "Write arn:aws:events:<Region>:<account>:event-bus/<name>, which is parameter "
            "OwnerBusArn of the client stack.",
        )
    _same_region(given, found["region"], region)
    return given


def split(given: Iterable[str]) -> list[str]:
    return [word for one in given for word in re.split(r"[,\s]+", one) if word]


def _at_most(limit: int, words: list[str], what: str) -> list[str]:
    if len(words) > limit:
        raise bad_argument(f"{len(words)} {what} are too many.", f"A request has room for {limit}.")
    return words


def _same_region(arn: str, of_arn: str, region: str) -> None:
    if of_arn != region:
        raise MskLinkError(
            "WrongRegion",
            f"{arn} is in {of_arn}, and this works in {region}.",
            f"Add --region {of_arn}: the VPC, the cluster and the event bus are in one Region.",
        )
