"""Settings of Kafka libraries for Python, by scheme, and what an owner's administrator does."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import kafka
import trustme
from aiokafka.abc import AbstractTokenProvider as AsyncTokenProvider
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from kafka.admin import ACL, ACLOperation, ACLPermissionType, NewTopic, ResourcePattern
from kafka.admin import ResourceType as Type
from kafka.net.sasl.oauth import AbstractTokenProvider

from localcloud.msk import Scheme
from tests.emulator.builders import REGION
from tests.emulator.kafka_builders import PASSWORD, USER, RunningBrokers

PARTITIONS = range(4)
SUBJECT = f"CN={USER},OU=Payments,O=Example"
FIELDS = {Scheme.IAM: "SaslIam", Scheme.SCRAM: "SaslScram", Scheme.TLS: "Tls"}
"""The names of the schemes in GetBootstrapBrokers."""

EVERYTHING = (Type.TOPIC, Type.GROUP, Type.TRANSACTIONAL_ID)


class Token(AbstractTokenProvider):  # type: ignore[misc]  # it is not typed
    def token(self) -> str:
        return str(MSKAuthTokenProvider.generate_auth_token(REGION)[0])


class AsyncToken(AsyncTokenProvider):  # type: ignore[misc]  # as above
    async def token(self) -> str:
        return str(MSKAuthTokenProvider.generate_auth_token(REGION)[0])


def settings(
    brokers: RunningBrokers, scheme: Scheme, provider: type[Any] = Token, **changes: Any
) -> dict[str, Any]:
    """Return the settings that kafka-python and aiokafka share."""
    common = {
        "bootstrap_servers": brokers.bootstrap(FIELDS[scheme]),
        "security_protocol": "SASL_SSL",
        "ssl_context": brokers.raw_client.trust,
    }
    of_scheme: dict[Scheme, dict[str, Any]] = {
        Scheme.IAM: {
            "sasl_mechanism": "OAUTHBEARER",
            "sasl_oauth_token_provider": provider(),
        },
        Scheme.SCRAM: {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": USER,
            "sasl_plain_password": PASSWORD,
        },
        Scheme.TLS: {
            "security_protocol": "SSL",
            "ssl_context": with_certificate(brokers, brokers.authority),
        },
    }
    return common | of_scheme[scheme] | changes


def with_certificate(brokers: RunningBrokers, authority: trustme.CA) -> ssl.SSLContext:
    """Return a context with a client certificate of *authority* for SUBJECT."""
    context = ssl.create_default_context(cadata=brokers.proxy.authority.decode())
    issued = authority.issue_cert(
        USER, common_name=USER, organization_name="Example", organization_unit_name="Payments"
    )
    with issued.private_key_and_cert_chain_pem.tempfile() as pem:
        context.load_cert_chain(pem)
    return context


@contextmanager
def administrator(brokers: RunningBrokers, **changes: Any) -> "Iterator[kafka.KafkaAdminClient]":
    """Yield an administrator, by IAM, to which Kafka's ACLs do not apply."""
    admin = kafka.KafkaAdminClient(**settings(brokers, Scheme.IAM, **changes))
    try:
        yield admin
    finally:
        admin.close()


def make_topic(brokers: RunningBrokers, name: str) -> None:
    with administrator(brokers) as admin:
        admin.create_topics([NewTopic(name, len(PARTITIONS), 3)])


def acl(
    principal: str,
    operation: ACLOperation = ACLOperation.ALL,
    kind: Type = Type.TOPIC,
    name: str = "*",
    effect: ACLPermissionType = ACLPermissionType.ALLOW,
) -> ACL:
    return ACL(principal, "*", operation, effect, ResourcePattern(kind, name))


def allow(brokers: RunningBrokers, principal: str) -> None:
    """Create the ACLs by which *principal* may use all topics, groups and transactional ids."""
    with administrator(brokers) as admin:
        admin.create_acls([acl(principal, kind=kind) for kind in EVERYTHING])
