"""AWS Private CA of moto, at an endpoint for the AWS CLI."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError
from moto import mock_aws

REGION = "eu-west-1"
ROOT_TEMPLATE = "arn:aws:acm-pca:::template/RootCACertificate/V1"


@dataclass(frozen=True)
class PrivateCa:
    """A root CA, as the owner of a cluster has one for its clients."""

    arn: str
    certificate: str
    endpoint: str
    denied: set[str] = field(default_factory=set)
    """The operations that no policy allows."""


@contextmanager
def running_private_ca() -> Iterator[PrivateCa]:
    with mock_aws():
        pca: Any = boto3.Session("AKIDEXAMPLE", "x", region_name=REGION).client("acm-pca")
        denied: set[str] = set()
        handler = type("Handler", (_Handler,), {"pca": pca, "denied": denied})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield PrivateCa(*_root(pca), f"http://127.0.0.1:{server.server_port}", denied)
            server.shutdown()
            thread.join()


def _root(pca: Any) -> tuple[str, str]:
    """Return ARN and certificate of a CA that has signed itself."""
    arn = pca.create_certificate_authority(
        CertificateAuthorityType="ROOT",
        CertificateAuthorityConfiguration={
            "KeyAlgorithm": "RSA_2048",
            "SigningAlgorithm": "SHA256WITHRSA",
            "Subject": {"CommonName": "orders clients"},
        },
    )["CertificateAuthorityArn"]
    own = pca.issue_certificate(
        CertificateAuthorityArn=arn,
        Csr=pca.get_certificate_authority_csr(CertificateAuthorityArn=arn)["Csr"],
        SigningAlgorithm="SHA256WITHRSA",
        TemplateArn=ROOT_TEMPLATE,
        Validity={"Type": "YEARS", "Value": 10},
    )["CertificateArn"]
    found = pca.get_certificate(CertificateAuthorityArn=arn, CertificateArn=own)
    certificate = found["Certificate"]
    pca.import_certificate_authority_certificate(
        CertificateAuthorityArn=arn, Certificate=certificate
    )
    return arn, certificate


class _Handler(BaseHTTPRequestHandler):
    """Answers a call of the JSON protocol by the same call to moto."""

    pca: Any
    denied: set[str]

    def do_POST(self) -> None:
        operation = self.headers["X-Amz-Target"].partition(".")[2]
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if operation in self.denied:
            said = f"User: … is not authorized to perform: acm-pca:{operation}"
            self._reply(400, {"__type": "AccessDeniedException", "message": said})
            return
        if "Csr" in given:
            given["Csr"] = base64.b64decode(given["Csr"])
        try:
            answer = getattr(self.pca, xform_name(operation))(**given)
            self._reply(200, {key: answer[key] for key in answer if key != "ResponseMetadata"})
        except ClientError as error:
            known = error.response["Error"]
            self._reply(400, {"__type": known["Code"], "message": known["Message"]})

    def _reply(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content, default=lambda value: value.timestamp()).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
