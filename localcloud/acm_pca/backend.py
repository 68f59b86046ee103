"""
moto's private certificate authorities, corrected where the API reference of AWS Private CA differs.

moto 5.2 issues every certificate for 365 days with SHA-512, whatever the request says, knows the
templates of a root and of an end entity only, and checks no state: an authority without a
certificate issues, one that is ACTIVE can be deleted, and any certificate can be imported.
"""

import base64
import binascii
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from moto.acmpca.exceptions import ResourceNotFoundException
from moto.acmpca.models import ACMPCABackend, CertificateAuthority
from moto.core.base_backend import BackendDict
from moto.core.exceptions import JsonRESTError

from localcloud.acm_pca import templates
from localcloud.clock import real_now
from localcloud.iam.acm_pca import DEFAULT_TEMPLATE

KEY_ALGORITHM = "RSA_2048"


class PrivateCaBackend(ACMPCABackend):
    def create(self, params: Mapping[str, Any]) -> str:
        configuration = params["CertificateAuthorityConfiguration"]
        if configuration["KeyAlgorithm"] != KEY_ALGORITHM:
            raise JsonRESTError(
                "InvalidArgsException", f"The key algorithm must be {KEY_ALGORITHM} here."
            )
        arn = self.create_certificate_authority(
            certificate_authority_configuration=configuration,
            revocation_configuration=params.get("RevocationConfiguration"),  # type: ignore[arg-type]  # moto takes None
            certificate_authority_type=params["CertificateAuthorityType"],
            security_standard=params.get("KeyStorageSecurityStandard"),
            tags=params.get("Tags", []),
        )
        authority = self.certificate_authorities[arn]
        authority.usage_mode = params.get("UsageMode", "GENERAL_PURPOSE")
        return arn

    def issue(self, params: Mapping[str, Any]) -> str:
        """Issue a certificate and return its ARN; GetCertificate has it at once."""
        authority = self.describe_certificate_authority(params["CertificateAuthorityArn"])
        template = params.get("TemplateArn", DEFAULT_TEMPLATE)
        csr = _csr(params["Csr"])
        _check_may_issue(authority, csr, template)
        now = datetime.now(UTC)  # TLS verifies certificates at the real time, which can be earlier
        not_after = templates.end(params["Validity"], now)
        if authority.certificate and not_after > authority.certificate.not_valid_after_utc:
            raise JsonRESTError(
                "ValidationException",
                "The certificate validity specified exceeds the certificate authority validity",
            )
        builder = (
            x509.CertificateBuilder()
            .subject_name(csr.subject)
            .issuer_name(authority.certificate.subject if authority.certificate else csr.subject)
            .public_key(csr.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(now, real_now()) - templates.BACKDATED)
            .not_valid_after(not_after)
        )
        key = authority.key
        for extension, critical in templates.extensions(csr, key.public_key(), template):
            builder = builder.add_extension(extension, critical)
        certificate = builder.sign(key, templates.digest(params["SigningAlgorithm"]))
        arn = f"{authority.arn}/certificate/{uuid.uuid4().hex}"
        authority.issued_certificates[arn] = certificate.public_bytes(serialization.Encoding.PEM)
        if authority.certificate:
            authority.issued_certificates_certificate_chains[arn] = chain(authority)
        return arn

    def get_certificate(
        self, certificate_authority_arn: str, certificate_arn: str
    ) -> tuple[bytes, bytes]:
        """Return a certificate, also one that is revoked, and its chain."""
        authority = self.describe_certificate_authority(certificate_authority_arn)
        if certificate_arn not in authority.issued_certificates:
            raise ResourceNotFoundException(certificate_arn)
        return authority.get_certificate(certificate_arn)

    def import_certificate_authority_certificate(
        self,
        certificate_authority_arn: str,
        certificate: bytes,
        certificate_chain: bytes | None,
    ) -> None:
        authority = self.describe_certificate_authority(certificate_authority_arn)
        if authority.status not in ("PENDING_CERTIFICATE", "ACTIVE", "DISABLED"):
            raise _invalid_state(authority)
        try:
            parsed = x509.load_pem_x509_certificate(certificate)
        except ValueError as error:
            raise JsonRESTError(
                "MalformedCertificateException", "The certificate is not PEM."
            ) from error
        if parsed.public_key() != authority.key.public_key():
            raise JsonRESTError(
                "CertificateMismatchException",
                "The certificate does not have the public key of the certificate authority's CSR.",
            )
        authority.import_certificate_authority_certificate(certificate, certificate_chain)

    def update_certificate_authority(
        self,
        certificate_authority_arn: str,
        revocation_configuration: dict[str, Any],
        status: str,
    ) -> None:
        authority = self.describe_certificate_authority(certificate_authority_arn)
        if authority.status not in ("ACTIVE", "DISABLED"):
            raise _invalid_state(authority)
        super().update_certificate_authority(
            certificate_authority_arn, revocation_configuration, status
        )

    def delete_certificate_authority(self, certificate_authority_arn: str) -> None:
        authority = self.describe_certificate_authority(certificate_authority_arn)
        if authority.status not in ("PENDING_CERTIFICATE", "DISABLED", "EXPIRED", "FAILED"):
            raise _invalid_state(authority)
        super().delete_certificate_authority(certificate_authority_arn)


backends: BackendDict[PrivateCaBackend] = BackendDict(PrivateCaBackend, "acm-pca")


def chain(authority: CertificateAuthority) -> bytes:
    """Return the authority's certificate and those of the authorities above it."""
    return authority.certificate_bytes.strip() + b"\n" + (authority.certificate_chain or b"")


def _csr(encoded: str) -> x509.CertificateSigningRequest:
    try:
        csr = x509.load_pem_x509_csr(base64.b64decode(encoded))
    except (binascii.Error, ValueError) as error:
        raise JsonRESTError("MalformedCSRException", "The CSR is not PEM.") from error
    if not csr.is_signature_valid:
        raise JsonRESTError("MalformedCSRException", "The signature of the CSR is not valid.")
    return csr


def _check_may_issue(
    authority: CertificateAuthority, csr: x509.CertificateSigningRequest, template: str
) -> None:
    """Let an ACTIVE authority issue, and a new root sign its own certificate."""
    if authority.status == "ACTIVE":
        return
    own = csr.public_key() == authority.key.public_key()
    is_root = authority.certificate_authority_type == "ROOT" and template == templates.ROOT
    if authority.status != "PENDING_CERTIFICATE" or not (own and is_root):
        raise _invalid_state(authority)


def _invalid_state(authority: CertificateAuthority) -> JsonRESTError:
    return JsonRESTError(
        "InvalidStateException",
        f"The certificate authority {authority.arn} is {authority.status}, "
        "which is not a valid state for this operation.",
    )
