"""Validity and subject of a certificate, as the library of Python's cryptographers reads them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from msklink_client import certificates

KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(subject: x509.Name, begins: datetime, ends: datetime) -> x509.Certificate:
    builder = x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA")]),
        public_key=KEY.public_key(),
        serial_number=7,
        not_valid_before=begins,
        not_valid_after=ends,
    )
    return builder.sign(KEY, hashes.SHA256())


@pytest.mark.parametrize(
    "ends",
    [datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)],
    ids=["UTCTime", "GeneralizedTime"],
)
@pytest.mark.parametrize(
    "names",
    [
        [(NameOID.COMMON_NAME, "billing")],
        [
            (NameOID.COUNTRY_NAME, "DE"),
            (NameOID.STATE_OR_PROVINCE_NAME, "Berlin"),
            (NameOID.LOCALITY_NAME, "Berlin"),
            (NameOID.ORGANIZATION_NAME, 'Example, "Inc." + Söhne; <a\\b>'),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, "Payments"),
            (NameOID.DOMAIN_COMPONENT, "example"),
            (NameOID.USER_ID, "billing"),
            (NameOID.STREET_ADDRESS, "1 Main Street"),
            (NameOID.COMMON_NAME, "billing.example.com"),
        ],
    ],
    ids=["CN", "all"],
)
def test_it_is_read_as_by_others(
    tmp_path: Path, names: list[tuple[x509.ObjectIdentifier, str]], ends: datetime
) -> None:
    subject = x509.Name([x509.NameAttribute(kind, text) for kind, text in names])
    made = certificate(subject, ends - timedelta(days=30), ends)
    file = tmp_path / "certificate.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    found = certificates.read(str(file))

    assert found.begins == made.not_valid_before_utc
    assert found.ends == made.not_valid_after_utc
    assert found.subject == made.subject.rfc4514_string()
