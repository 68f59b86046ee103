"""Turn published properties, those of Java clients, into what each Python client takes."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from msklink_client import login_options, tokens
from msklink_client.errors import MskLinkError, bad_argument
from msklink_client.login_options import SCHEMES
from msklink_client.parameters import Parameters


@dataclass(frozen=True)
class Credentials:
    """What a client needs beside the published properties; each field where its scheme has it."""

    sign: Callable[[], tokens.Token] | None = None
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    key_password: str | None = None


def kafka_config(  # noqa: PLR0913 all but two are for some schemes only
    cluster: str,
    scheme: str = "iam",
    library: str = "confluent-kafka",
    *,
    secret: str | None = None,
    user: str | None = None,
    ca_file: str | None = None,
    certificate_file: str | None = None,
    key_file: str | None = None,
    key_password: str | None = None,
    namespace: str = "msklink",
    session: boto3.Session | None = None,
) -> dict[str, Any]:
    """
    Return what a Kafka client of *library* takes to connect to *cluster*; add your own settings.

    *library* is `confluent-kafka` (one dict: `Producer(config)`), `kafka-python` or `aiokafka`
    (keyword arguments: `KafkaProducer(**config)`).

    With *scheme* `iam`, tokens are signed with the credentials of *session*, by default those that
    boto3 finds. With `scram`, *user* is a user of your request, or *secret* the name or ARN of a
    secret with username and password; without both, add these yourself, by the names of *library*.
    With `tls`, *certificate_file* and *key_file* are paths of PEM files. *ca_file* is for tests:
    MSK's certificates are signed by Amazon Trust Services, which is known.

    Reads Parameter Store (`ssm:GetParametersByPath`) at most every five minutes for each cluster,
    and a secret each time, so that a new password is found. Raises `MskLinkError`.
    """
    if scheme not in SCHEMES:
        raise _bad("scheme", scheme, SCHEMES)
    if library not in _LIBRARIES:
        raise _bad("library", library, tuple(_LIBRARIES))
    login_options.require_of_scheme(scheme, secret, user, certificate_file, key_file)
    if scheme == "tls" and not (certificate_file and key_file):
        raise MskLinkError(
            "CertificateMissing",
            "Scheme tls is mutual TLS, and certificate_file or key_file is missing.",
            "Give the paths of both; the certificate is one of the private CA of the cluster.",
        )
    if certificate_file and key_file:
        login_options.require_usable(certificate_file, key_file, key_password)
    parameters = _parameters(cluster, namespace, session)
    properties = parameters.properties(scheme)
    sign = tokens.token_source(parameters.session, parameters.region) if scheme == "iam" else None
    secret = parameters.secret_of(user) if user else secret
    username, password = parameters.secret(secret) if secret else (None, None)
    credentials = Credentials(
        sign, username, password, ca_file, certificate_file, key_file, key_password
    )
    return _LIBRARIES[library](properties, credentials)


@cache  # a session is itself a key, by identity
def _parameters(cluster: str, namespace: str, session: boto3.Session | None) -> Parameters:
    return Parameters(cluster, namespace, session)


def confluent(properties: Mapping[str, str], credentials: Credentials) -> dict[str, Any]:
    """Return properties of librdkafka, which has most names of Java and ways of its own."""
    config: dict[str, Any] = {
        name: properties[name] for name in ("bootstrap.servers", "security.protocol")
    }
    config["connections.max.idle.ms"] = int(properties["connections.max.idle.ms"])
    if credentials.sign:
        config["sasl.mechanism"] = "OAUTHBEARER"
        config["oauth_cb"] = tokens.confluent_callback(credentials.sign)
    elif "sasl.mechanism" in properties:
        config["sasl.mechanism"] = properties["sasl.mechanism"]
    return config | _given(
        {
            "sasl.username": credentials.username,
            "sasl.password": credentials.password,
            "ssl.ca.location": credentials.ca_file,
            "ssl.certificate.location": credentials.certificate_file,
            "ssl.key.location": credentials.key_file,
            "ssl.key.password": credentials.key_password,
        }
    )


def kafka_python(properties: Mapping[str, str], credentials: Credentials) -> dict[str, Any]:
    provider = tokens.kafka_python_provider(credentials.sign) if credentials.sign else None
    return _keywords(properties, credentials, provider) | _given(
        {
            "ssl_cafile": credentials.ca_file,
            "ssl_certfile": credentials.certificate_file,
            "ssl_keyfile": credentials.key_file,
            "ssl_password": credentials.key_password,
        }
    )


def aiokafka(properties: Mapping[str, str], credentials: Credentials) -> dict[str, Any]:
    provider = tokens.aiokafka_provider(credentials.sign) if credentials.sign else None
    return _keywords(properties, credentials, provider) | {"ssl_context": tls_context(credentials)}


def tls_context(credentials: Credentials) -> ssl.SSLContext:
    """Return how to make TLS connections. Raises `MskLinkError` for files that cannot be used."""
    try:
        context = ssl.create_default_context(cafile=credentials.ca_file)
    except OSError as error:
        raise _unusable(
            f"{credentials.ca_file} cannot be loaded: {error}.",
            "Give the path of a PEM file with the certificates of CAs.",
        ) from error
    if credentials.certificate_file:
        login_options.load(
            context, credentials.certificate_file, credentials.key_file, credentials.key_password
        )
    return context


def _unusable(message: str, remedy: str) -> MskLinkError:
    return MskLinkError("CertificateUnusable", message, remedy)


def _keywords(
    properties: Mapping[str, str], credentials: Credentials, provider: Any
) -> dict[str, Any]:
    """Return what kafka-python and aiokafka name alike."""
    return {
        "bootstrap_servers": properties["bootstrap.servers"].split(","),
        "security_protocol": properties["security.protocol"],
        "connections_max_idle_ms": int(properties["connections.max.idle.ms"]),
    } | _given(
        {
            "sasl_mechanism": "OAUTHBEARER" if provider else properties.get("sasl.mechanism"),
            "sasl_oauth_token_provider": provider,
            "sasl_plain_username": credentials.username,
            "sasl_plain_password": credentials.password,
        }
    )


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}


def _bad(argument: str, value: str, known: tuple[str, ...]) -> MskLinkError:
    return bad_argument(f"{value!r} is not a {argument}.", f"Use one of {', '.join(known)}.")


_LIBRARIES = {"confluent-kafka": confluent, "kafka-python": kafka_python, "aiokafka": aiokafka}
