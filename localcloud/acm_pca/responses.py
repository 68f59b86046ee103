"""The operations of AWS Private CA as moto answers them, on the corrected backend."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from moto.acmpca.responses import ACMPCAResponse
from moto.core.exceptions import JsonRESTError

from localcloud.acm_pca.backend import PrivateCaBackend, backends


class Response(ACMPCAResponse):
    def __init__(self, account: str, region: str, body: bytes) -> None:
        super().__init__()
        self.body = body.decode() or "{}"
        self._backend = backends[account][region]

    @property
    def acmpca_backend(self) -> PrivateCaBackend:
        return self._backend

    @property
    def given(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    def create_certificate_authority(self) -> str:
        return json.dumps({"CertificateAuthorityArn": self._backend.create(self.given)})

    def issue_certificate(self) -> str:
        return json.dumps({"CertificateArn": self._backend.issue(self.given)})

    def import_certificate_authority_certificate(self) -> str:
        """Keep the chain as PEM; moto keeps it as it is sent, in base64."""
        given = self.given
        above = given.get("CertificateChain")
        self._backend.import_certificate_authority_certificate(
            given["CertificateAuthorityArn"],
            base64.b64decode(given["Certificate"]),
            base64.b64decode(above) if above else None,
        )
        return "{}"

    def get_certificate_authority_certificate(self) -> str:
        certificate, above = self._backend.get_certificate_authority_certificate(
            self.given["CertificateAuthorityArn"]
        )
        answer = {"Certificate": certificate.decode().strip()}
        if above:
            answer["CertificateChain"] = above.decode().strip()
        return json.dumps(answer)

    def list_certificate_authorities(self) -> str:
        """Leave out a NextToken of null, which a paginator takes for another page."""
        answer = json.loads(super().list_certificate_authorities())
        return json.dumps({key: value for key, value in answer.items() if value is not None})


OPERATIONS: Final[Mapping[str, Callable[[Response], str]]] = {
    "CreateCertificateAuthority": Response.create_certificate_authority,
    "DeleteCertificateAuthority": Response.delete_certificate_authority,
    "DeletePolicy": Response.delete_policy,
    "DescribeCertificateAuthority": Response.describe_certificate_authority,
    "GetCertificate": Response.get_certificate,
    "GetCertificateAuthorityCertificate": Response.get_certificate_authority_certificate,
    "GetCertificateAuthorityCsr": Response.get_certificate_authority_csr,
    "GetPolicy": Response.get_policy,
    "ImportCertificateAuthorityCertificate": Response.import_certificate_authority_certificate,
    "IssueCertificate": Response.issue_certificate,
    "ListCertificateAuthorities": Response.list_certificate_authorities,
    "ListTags": Response.list_tags,
    "PutPolicy": Response.put_policy,
    "RevokeCertificate": Response.revoke_certificate,
    "TagCertificateAuthority": Response.tag_certificate_authority,
    "UntagCertificateAuthority": Response.untag_certificate_authority,
    "UpdateCertificateAuthority": Response.update_certificate_authority,
}


def respond(operation: str, account: str, region: str, body: bytes) -> tuple[int, str, str]:
    """Return status, error code or "", and content."""
    if operation not in OPERATIONS:
        error = {"__type": "UnknownOperationException", "message": f"{operation} is not emulated."}
        return 400, error["__type"], json.dumps(error)
    try:
        return 200, "", OPERATIONS[operation](Response(account, region, body))
    except JsonRESTError as refusal:
        return refusal.code, refusal.relative_error_type, refusal.get_body()
