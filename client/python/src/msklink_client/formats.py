"""The published properties as a file for people: Java, librdkafka, Spring Boot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msklink_client.configuration import Credentials, confluent

_TOKEN_NOTE = """\
# A token is needed beside this: oauth_cb of confluent-kafka, signed by
# aws-msk-iam-sasl-signer; msklink_client.kafka_config does it.
"""


@dataclass(frozen=True)
class Published:
    """The properties of one scheme, and the path that they were read from."""

    path: str
    scheme: str
    properties: Mapping[str, str]


def java(published: Published) -> str:
    """A file for `Properties.load` and `--command-config`; iam needs aws-msk-iam-auth beside it."""
    lines = [
        f"{name}={value.replace(chr(92), chr(92) * 2)}"
        for name, value in sorted(published.properties.items())
    ]
    return "\n".join(lines) + "\n"


def librdkafka(published: Published) -> str:
    """A file for `kcat -F`."""
    token = published.scheme == "iam"
    config = confluent(published.properties, Credentials())
    if token:
        config["sasl.mechanism"] = "OAUTHBEARER"
    lines = [f"{name}={value}" for name, value in sorted(config.items())]
    return (_TOKEN_NOTE if token else "") + "\n".join(lines) + "\n"


def spring(published: Published) -> str:
    """
    An application.yaml that reads Parameter Store at start, by Spring Cloud AWS 3.1 or later.

    Since Spring Boot 3.1 `spring.kafka.properties.bootstrap.servers` has no effect
    (spring-projects/spring-boot#35694), so each property is named, with a prefix of its own.
    """
    own = {"bootstrap.servers": "bootstrap-servers", "security.protocol": "security.protocol"}
    prefix = f"msklink.{published.path.rpartition('/')[2]}"
    named = [f"    {own[name]}: ${{{prefix}.{name}}}" for name in own]
    rest = [
        f"      {name}: ${{{prefix}.{name}}}"
        for name in sorted(published.properties)
        if name not in own
    ]
    place = f"aws-parameterstore:{published.path}/{published.scheme}/?prefix={prefix}."
    head = ["spring:", "  config:", f'    import: "{place}"', "  kafka:"]
    return "\n".join([*head, *named, "    properties:", *rest]) + "\n"


FORMATS: dict[str, Callable[[Published], str]] = {
    "java": java,
    "librdkafka": librdkafka,
    "spring": spring,
}
