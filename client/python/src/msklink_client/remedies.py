"""Find the remedy for the cause of a failed layer, where its detail tells more than the layer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from msklink_client.layers import ASKS_FOR_CERTIFICATE, Finding, Layer

_TRUSTED_BY = (
    "It must be signed by a private CA on the cluster's list (the owner reads "
    "ClientAuthentication.Tls.CertificateAuthorityArnList of aws kafka describe-cluster-v2), and "
    "the file must have the certificates of the CAs between them after it."
)
_TLS = {
    "Hostname mismatch": (
        "The server that answers has a certificate for another name: use the published names of "
        "the brokers, and look for a proxy or a DNS entry of your own."
    ),
    "CERTIFICATE_VERIFY_FAILED.*expired": (
        "The certificate of the broker has expired: look at the clock of this machine."
    ),
    "CERTIFICATE_VERIFY_FAILED": (
        "The trust store does not have the CA that signed the certificate of the broker. MSK's are "
        "signed by Amazon Trust Services, which systems trust: leave out --ca-file. Otherwise "
        "something between here and the broker ends TLS."
    ),
}
_CERTIFICATE = {
    "CERTIFICATE_EXPIRED": (
        "The broker says that your certificate has expired: get a new one from the private CA of "
        "the cluster, such as by client/certificate.sh."
    ),
    "CERTIFICATE_REVOKED": "Your certificate was revoked: get a new one from the private CA.",
    "UNKNOWN_CA|CERTIFICATE_UNKNOWN|after the handshake|" + "|".join(ASKS_FOR_CERTIFICATE): (
        f"The broker does not accept your certificate. {_TRUSTED_BY}"
    ),
}


@dataclass(frozen=True)
class Attempt:
    """What was tried: as whom, and about which topic."""

    scheme: str
    cluster: str
    region: str
    principal: str = ""
    """As ACLs of Kafka name it, such as User:ann."""
    topic: str = ""
    namespace: str = "msklink"
    user: str | None = None
    """A user of the request, for scram."""


def advised(findings: Iterable[Finding], attempt: Attempt) -> list[Finding]:
    """Return *findings* with the remedies for their causes."""
    return [one if one.good else replace(one, advice=_advice(one, attempt)) for one in findings]


def _advice(finding: Finding, attempt: Attempt) -> str:
    if finding.layer is Layer.TLS:
        causes = _TLS | (_CERTIFICATE if attempt.scheme == "tls" else {})
        found = (remedy for text, remedy in causes.items() if re.search(text, finding.detail))
        return next(found, finding.advice)
    if finding.layer is Layer.SASL:
        return _of_login(finding.detail, attempt)
    if finding.layer is Layer.METADATA:
        return _of_metadata(attempt)
    if finding.layer is Layer.TOPIC:
        return _of_topic(finding.detail, attempt) or finding.advice
    return finding.advice


def _of_login(detail: str, attempt: Attempt) -> str:
    if "does not offer" in detail:
        return "The port is that of another scheme: choose it with --scheme."
    if attempt.scheme == "scram":
        return (
            "User name or password is wrong, or the secret is not associated with the cluster: "
            "have the owner look, aws kafka list-scram-secrets. Or the policy of the secret lacks "
            "MSK's statement AWSKafkaResourcePolicy, since put-resource-policy replaces the whole "
            "policy: have the owner look, aws secretsmanager get-resource-policy. A password that "
            # MSK developer guide, "Working with users"
            "was just changed or rotated needs up to ten minutes to reach the brokers."
        )
    topic = attempt.topic or "billing.*"
    return (
        "Two policies must allow kafka-cluster:Connect on the cluster. The cluster policy does "
        f"once you have requested access: msklink-client request {attempt.cluster} --vpc vpc-… "
        f"--schemes iam --event-bus arn:… --produce '{topic}' (or --consume, --create), within "
        f"the owner's parameter /{attempt.namespace}/{attempt.cluster}/access/<your account> "
        "(docs/access.md). The other is a policy of your role (docs/client.md, step 5)."
    )


def _of_metadata(attempt: Attempt) -> str:
    if attempt.scheme == "iam":
        return (
            "Allow kafka-cluster:DescribeCluster on the cluster in a policy of your role and, by a "
            "request with access, in the cluster policy (docs/client.md, step 5)."
        )
    acl = f"Have the owner of the cluster add an ACL for your principal, {attempt.principal}."
    return f"{acl}{_commands(attempt)}"


def _of_topic(detail: str, attempt: Attempt) -> str:
    if "UNKNOWN_TOPIC" in detail:
        return (
            f"There is no topic {attempt.topic}: compare the spelling, which is case-sensitive, or "
            "have it created."
        )
    if "AUTHORIZATION" not in detail:
        return ""
    if attempt.scheme == "iam":
        return (
            "Allow kafka-cluster:DescribeTopic on arn:aws:kafka:"
            f"{attempt.region}:*:topic/{attempt.cluster}/*/{attempt.topic} in a policy of your "
            "role and, by a request with access, in the cluster policy (docs/client.md, step 5)."
        )
    return (
        "Have the owner of the cluster add an ACL: kafka-acls.sh --bootstrap-server … "
        f"--command-config … --add --allow-principal '{attempt.principal}' --operation Describe "
        f"--topic {attempt.topic} (Read and Write include Describe).{_commands(attempt)}"
    )


def _commands(attempt: Attempt) -> str:
    """Say where the commands for the ACLs of a requested user are."""
    if not attempt.user:
        return ""
    return f" msklink-client status {attempt.cluster} has the commands for what you requested."
