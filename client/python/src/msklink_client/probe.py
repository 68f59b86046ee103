"""
Check published connections from inside the VPC, as the function of client.yaml.

It calls no AWS API, so it needs no way out of its subnets: it is given the brokers, and signs its
token with its own role. Its code in client.yaml is made from this module by `make docs`.
"""

import base64
import os
import ssl
from collections.abc import Mapping

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from msklink_client.layers import Check, Layer
from msklink_client.wire import Connection

LAST = {"iam": Layer.METADATA, "scram": Layer.TLS, "tls": Layer.TLS}
"""How far it comes without a password and without a certificate, which it does not have."""

UNCHECKED = {
    "iam": "",
    "scram": "SASL was not checked: the probe has no password.",
    "tls": "The client's certificate was not checked: the probe has none.",
}

PATIENCE_SECONDS = 3.0


def handler(event: Mapping[str, str], _context: object) -> dict[str, list[dict[str, object]]]:
    """Return what each scheme comes to, given its bootstrap string."""
    return {scheme: look(scheme, servers) for scheme, servers in event.items()}


def look(scheme: str, servers: str) -> list[dict[str, object]]:
    """Return the findings; each of the last layer says what is not checked after it."""
    check = Check(
        ssl.create_default_context(),
        log_in if scheme == "iam" else None,
        LAST[scheme],
        PATIENCE_SECONDS,
        is_mutual=scheme == "tls",
    )
    return [
        finding.as_json()
        | {"unchecked": UNCHECKED[scheme] if finding.layer is LAST[scheme] else ""}
        for finding in check.run(servers)
    ]


def log_in(connection: Connection) -> str:
    connection.authenticate_by_token(token(os.environ))
    return "OAUTHBEARER"


def token(environment: Mapping[str, str]) -> str:
    """Return what aws-msk-iam-sasl-signer makes, which Lambda's runtime does not bring along."""
    region = environment["AWS_REGION"]
    credentials = Credentials(
        environment["AWS_ACCESS_KEY_ID"],
        environment["AWS_SECRET_ACCESS_KEY"],
        environment.get("AWS_SESSION_TOKEN"),
    )
    request = AWSRequest(
        "GET", f"https://kafka.{region}.amazonaws.com/", params={"Action": "kafka-cluster:Connect"}
    )
    SigV4QueryAuth(credentials, "kafka-cluster", region, expires=900).add_auth(request)
    url = f"{request.prepare().url}&User-Agent=msklink-probe"
    return base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
