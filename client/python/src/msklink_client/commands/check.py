"""`check`: find out layer by layer what works from here."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime, timezone

from msklink_client import arguments, certificates, tokens
from msklink_client.configuration import Credentials, tls_context
from msklink_client.layers import Check, Finding, Interrupted, Layer
from msklink_client.logins import login
from msklink_client.parameters import Parameters
from msklink_client.remedies import Attempt, advised

MOST_SECONDS = 600

_VERDICTS = {True: "ok", False: "FAILED", None: "skipped"}
_WITHOUT_SECRET = (
    "Add --user with a user of your request, which msklink-client status lists for the cluster, or "
    "--secret with the ARN of a secret that the owner shares. A policy of your role must allow to "
    "read it (docs/credentials.md)."
)
_WITHOUT_CERTIFICATE = (
    "Add --certificate-file and --key-file. client/certificate.sh gets a certificate from the "
    "private CA of the cluster."
)
_WITHOUT_TOPIC = (
    "Add --topic with a topic that the application uses: a login works without any permission or "
    "ACL for topics."
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--topic", help="look whether this principal may describe it")
    parser.add_argument("--ca-file", help="PEM, instead of the system's trust store")
    parser.add_argument("--timeout", type=_seconds, default=5.0, help="seconds for each broker")
    parser.add_argument("--json", action="store_true", help="for programs")


def _seconds(given: str) -> float:
    """Return a time-out; 0 and less are something else for a socket."""
    seconds = float(given)
    if not 0 < seconds <= MOST_SECONDS:
        raise argparse.ArgumentTypeError(f"{given} is not above 0 and at most {MOST_SECONDS}")
    return seconds


def check(parameters: Parameters, given: argparse.Namespace) -> int:
    """
    Print what each layer comes to; return 1 if one fails.

    A layer that was skipped is no failure, except for a topic that is asked for by its name.
    """
    arguments.login(given.scheme, given.secret, given.user, given.certificate_file, given.key_file)
    topic = arguments.topic(given.topic) if given.topic is not None else ""
    properties = parameters.properties(given.scheme)
    credentials = _credentials(parameters, given)
    attempt = Attempt(
        given.scheme,
        parameters.cluster,
        parameters.region,
        _principal(credentials),
        topic,
        parameters.namespace,
        given.user,
    )
    skipped = list(_skipped(credentials, given.scheme, topic))
    check = Check(
        tls_context(credentials),
        None if skipped else login(given.scheme, credentials),
        last=Layer.TLS if skipped else Layer.TOPIC,
        timeout=given.timeout,
        topic=topic,
        is_mutual=given.scheme == "tls",
    )

    def tell(found: list[Finding]) -> list[Finding]:
        findings = advised(found, attempt) + skipped
        if not topic and all(finding.good for finding in findings):
            findings.append(Finding(Layer.TOPIC, "", None, "no topic was named", _WITHOUT_TOPIC))
        if given.json:
            _say(json.dumps([finding.as_json() for finding in findings], indent=2))
        else:
            _tell(parameters, given.scheme, findings)
        return findings

    try:
        findings = tell(check.run(properties["bootstrap.servers"]))
    except Interrupted as interrupted:
        tell(interrupted.findings)
        raise
    return 1 if any(_is_failure(finding, topic) for finding in findings) else 0


def _is_failure(finding: Finding, topic: str) -> bool:
    return finding.good is False or (
        bool(topic) and finding.layer is Layer.TOPIC and finding.good is None
    )


def _credentials(parameters: Parameters, given: argparse.Namespace) -> Credentials:
    sign = (
        tokens.token_source(parameters.session, parameters.region)
        if given.scheme == "iam"
        else None
    )
    secret = parameters.secret_of(given.user) if given.user else given.secret
    username, password = parameters.secret(secret) if secret else (None, None)
    return Credentials(
        sign,
        username,
        password,
        given.ca_file,
        given.certificate_file,
        given.key_file or given.certificate_file,
    )


def _principal(credentials: Credentials) -> str:
    """Return as whom the brokers know the client, as far as ACLs name it."""
    if credentials.certificate_file:
        now = datetime.now(timezone.utc)
        return f"User:{certificates.require_valid(credentials.certificate_file, now).subject}"
    return f"User:{credentials.username}" if credentials.username else ""


def _skipped(credentials: Credentials, scheme: str, topic: str) -> Iterator[Finding]:
    """Yield the layers that cannot be checked with what is given."""
    if scheme == "scram" and credentials.password is None:
        layers, missing, remedy = [Layer.SASL], "no user or secret", _WITHOUT_SECRET
    elif scheme == "tls" and not credentials.certificate_file:
        layers, missing, remedy = [], "no certificate", _WITHOUT_CERTIFICATE
    else:
        return
    for layer in [*layers, Layer.METADATA, *([Layer.TOPIC] if topic else [])]:
        yield Finding(layer, "", None, f"{missing} was given", remedy)


def _tell(parameters: Parameters, scheme: str, findings: list[Finding]) -> None:
    width = max(len(_VERDICTS[good]) for good in {False, *(one.good for one in findings)})
    _say(f"{'ok':<{width}} {'parameters':<10} {parameters.path}/{scheme} in {parameters.region}")
    for finding in findings:
        verdict, where = _VERDICTS[finding.good], finding.broker and f"{finding.broker}  "
        _say(f"{verdict:<{width}} {finding.layer.value:<10} {where}{finding.detail}")
    remedies: dict[str, list[str]] = {}
    for finding in findings:
        if not finding.good and finding.layer.value not in remedies.setdefault(finding.remedy, []):
            remedies[finding.remedy].append(finding.layer.value)
    for remedy, layers in remedies.items():
        _say(f"\n{', '.join(layers)}: {remedy}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
