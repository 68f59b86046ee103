"""Print the published properties as a file: for Java, librdkafka and Spring Boot."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from msklink_client import java_text
from msklink_client.configuration import Credentials, confluent
from msklink_client.errors import MskLinkError

SCRAM_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule"

_TOKEN_NOTE = """\
# A token is needed beside this: oauth_cb of confluent-kafka, signed by
# aws-msk-iam-sasl-signer; msklink_client.kafka_config does it.
"""
_PASSWORD_NOTE = "# This file has a password: let only the application read it.\n"
_SECRET_NOTE = (
    "# User name and password are missing: add --user with a user of your request, or --secret "
    "with the ARN of a secret.\n"
)
_CERTIFICATE_NOTE = "# Certificate and key are missing: add --certificate-file and --key-file.\n"


@dataclass(frozen=True)
class Published:
    """The properties of one scheme, the path that they were read from, and what to add to them."""

    path: str
    scheme: str
    properties: Mapping[str, str]
    credentials: Credentials = field(default_factory=Credentials)
    secret: str | None = None
    """Name or ARN of the secret with username and password."""

    @property
    def note(self) -> str:
        """Return a comment on what the file has, or lacks."""
        if self.scheme == "scram":
            return _PASSWORD_NOTE if self.credentials.password else _SECRET_NOTE
        if self.scheme == "tls" and not self.credentials.certificate_file:
            return _CERTIFICATE_NOTE
        return ""


def java(published: Published) -> str:
    """Return a file for `Properties.load` and `--command-config`; iam needs aws-msk-iam-auth."""
    given, note = published.credentials, published.note
    added = {}
    if given.username and given.password:
        login = (
            f"username={java_text.jaas(given.username)} password={java_text.jaas(given.password)}"
        )
        added["sasl.jaas.config"] = f"{SCRAM_MODULE} required {login};"
    if given.certificate_file:
        keystore, command = _keystore(given)
        added |= keystore
        note += command
    lines = [
        f"{name}={java_text.value(text)}\n"
        for name, text in sorted((dict(published.properties) | added).items())
    ]
    return note + "".join(lines)


def librdkafka(published: Published) -> str:
    """Return a file for `kcat -F`, which has a line for each property and no way to escape."""
    config = confluent(published.properties, published.credentials)
    note = published.note
    if published.scheme == "iam":
        config["sasl.mechanism"], note = "OAUTHBEARER", _TOKEN_NOTE
    for name in ("sasl.username", "sasl.password"):
        text = str(config.get(name, ""))
        if text != text.strip() or re.search(r"[\x00-\x1f]", text):
            raise MskLinkError(
                "SecretUnusable",
                f"The {name.partition('.')[2]} of the secret {published.secret} does not fit in a "
                "line of this format.",
                "Use msklink_client.kafka_config or --format java, or have the secret changed.",
            )
    return note + "".join(f"{name}={value}\n" for name, value in sorted(config.items()))


def spring(published: Published) -> str:
    """
    Return an application.yaml that reads Parameter Store at start, by Spring Cloud AWS 3.1.

    A password is never in it: Spring Cloud AWS reads the secret, whose JSON keys become properties
    (its reference, "Using Key-Value (JSON) Secrets" and "Adding prefix to property keys").

    Since Spring Boot 3.1 `spring.kafka.properties.bootstrap.servers` has no effect
    (spring-projects/spring-boot#35694), so each property is named, with a prefix of its own.
    """
    own = {"bootstrap.servers": "bootstrap-servers", "security.protocol": "security.protocol"}
    prefix = f"msklink.{published.path.rpartition('/')[2]}"
    named = [f"    {own[name]}: ${{{prefix}.{name}}}\n" for name in own]
    properties = {name: f"${{{prefix}.{name}}}" for name in published.properties if name not in own}
    places = [f"aws-parameterstore:{published.path}/{published.scheme}/?prefix={prefix}."]
    note = published.note
    if published.secret:
        places.append(f"aws-secretsmanager:{published.secret}?prefix={prefix}.")
        login = f'username="${{{prefix}.username}}" password="${{{prefix}.password}}"'
        properties["sasl.jaas.config"] = f"'{SCRAM_MODULE} required {login};'"
        note = _QUOTES_NOTE
    if published.credentials.certificate_file:
        keystore, note = _keystore(published.credentials)
        properties |= {name: json.dumps(text) for name, text in keystore.items()}
    imports = (
        f' "{places[0]}"\n'
        if len(places) == 1
        else "\n" + "".join(f'      - "{place}"\n' for place in places)
    )
    rest = [f"      {name}: {text}\n" for name, text in sorted(properties.items())]
    head = ["spring:\n", "  config:\n", f"    import:{imports}", "  kafka:\n"]
    return "".join([note, *head, *named, "    properties:\n", *rest])


_QUOTES_NOTE = """\
# The password must have neither " nor \\ nor ${, which would end or change the value around it.
"""


def _keystore(given: Credentials) -> tuple[dict[str, str], str]:
    """
    Return the properties of a PEM key store, and a comment on how to make it.

    Java reads key and certificates from one file, the key as PKCS #8 (KIP-651, Kafka 2.7).
    """
    certificate, key, note = str(given.certificate_file), given.key_file, ""
    if key and key != certificate:
        place = str(Path(certificate).with_name("keystore.pem"))
        note = f"# Java wants both in one file: cat {key} {certificate} > {place}\n"
        certificate = place
    return {"ssl.keystore.type": "PEM", "ssl.keystore.location": certificate}, note


FORMATS: dict[str, Callable[[Published], str]] = {
    "java": java,
    "librdkafka": librdkafka,
    "spring": spring,
}
