"""Build private certificate authorities and requests for certificates."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

TEMPLATE = "arn:aws:acm-pca:::template/{}/V1"
ROOT = TEMPLATE.format("RootCACertificate")
OWNER, CLIENT = "111111111111", "222222222222"
SUBJECT = {"CommonName": "orders", "Organization": "Example"}


def csr(name: str) -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    names = x509.SubjectAlternativeName([x509.DNSName(f"{name}.example")])
    request = request.add_extension(names, critical=False)
    return request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def create(client: Any, kind: str = "ROOT", **options: Any) -> str:
    configuration = {
        "KeyAlgorithm": "RSA_2048",
        "SigningAlgorithm": "SHA256WITHRSA",
        "Subject": SUBJECT,
    }
    made = client.create_certificate_authority(
        CertificateAuthorityConfiguration=configuration | options, CertificateAuthorityType=kind
    )
    return str(made["CertificateAuthorityArn"])


def issue(client: Any, authority: str, request: bytes, **options: Any) -> str:
    wanted: dict[str, Any] = {
        "SigningAlgorithm": "SHA256WITHRSA",
        "Validity": {"Type": "DAYS", "Value": 30},
    }
    made = client.issue_certificate(
        CertificateAuthorityArn=authority, Csr=request, **(wanted | options)
    )
    return str(made["CertificateArn"])


def activate(client: Any, authority: str) -> None:
    """Let a root sign its own certificate for ten years, and import it."""
    request = client.get_certificate_authority_csr(CertificateAuthorityArn=authority)["Csr"]
    arn = issue(
        client,
        authority,
        request.encode(),
        TemplateArn=ROOT,
        Validity={"Type": "YEARS", "Value": 10},
    )
    own = client.get_certificate(CertificateAuthorityArn=authority, CertificateArn=arn)
    client.import_certificate_authority_certificate(
        CertificateAuthorityArn=authority, Certificate=own["Certificate"].encode()
    )


def active_root(client: Any) -> str:
    authority = create(client)
    activate(client, authority)
    return authority


def parse(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def refusal(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return str(caught.value.response["Error"]["Code"])
