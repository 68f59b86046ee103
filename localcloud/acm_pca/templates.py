"""What a certificate template and the parameters of IssueCertificate make of a certificate."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from moto.core.exceptions import JsonRESTError

PREFIX: Final = "arn:aws:acm-pca:::template/"
ROOT: Final = f"{PREFIX}RootCACertificate/V1"

BACKDATED: Final = timedelta(minutes=60)
"""NotBefore is an hour before the issuance, for clocks that are slow (IssueCertificate API)."""

Digest = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
Extensions = list[tuple[x509.ExtensionType, bool]]

_HASHES: Final[Mapping[str, Digest]] = {
    "SHA256WITHRSA": hashes.SHA256(),
    "SHA384WITHRSA": hashes.SHA384(),
    "SHA512WITHRSA": hashes.SHA512(),
}
_USAGES: Final = {
    "EndEntityCertificate": [
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.CLIENT_AUTH,
    ],
    "EndEntityClientAuthCertificate": [ExtendedKeyUsageOID.CLIENT_AUTH],
    "EndEntityServerAuthCertificate": [ExtendedKeyUsageOID.SERVER_AUTH],
}
_SUBORDINATE: Final = re.compile(r"SubordinateCACertificate_PathLen([0-3])")
_MONTHS_OF_YEAR: Final = 12
_GENERALIZED_TIME: Final = "%Y%m%d%H%M%S"


def extensions(csr: x509.CertificateSigningRequest, issuer: Any, template: str) -> Extensions:
    """
    Return the extensions of *template*, each with whether it is critical.

    They are those of the user guide, template definitions; *issuer* is the public key of the
    authority. Raises InvalidArgsException for a template that is not emulated.
    """
    name = template.removeprefix(PREFIX).removesuffix("/V1")
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer)
    subject_key = x509.SubjectKeyIdentifier.from_public_key(csr.public_key())
    if name in _USAGES:
        return [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (authority_key, False),
            (subject_key, False),
            (_key_usage("digital_signature", "key_encipherment"), True),
            (x509.ExtendedKeyUsage(_USAGES[name]), False),
            *_alternative_names(csr),
        ]
    signing = _key_usage("digital_signature", "key_cert_sign", "crl_sign")
    if template == ROOT:
        root = x509.BasicConstraints(ca=True, path_length=None)
        return [(root, True), (subject_key, False), (signing, True)]
    if match := _SUBORDINATE.fullmatch(name):
        depth = x509.BasicConstraints(ca=True, path_length=int(match[1]))
        return [(depth, True), (authority_key, False), (subject_key, False), (signing, True)]
    known = ", ".join([*_USAGES, "RootCACertificate", "SubordinateCACertificate_PathLen0"])
    raise JsonRESTError(
        "InvalidArgsException", f"The template {template} is not emulated. Use one of {known}."
    )


def _key_usage(*on: str) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name in on for name in names})


def _alternative_names(csr: x509.CertificateSigningRequest) -> Extensions:
    for extension in csr.extensions:
        if extension.oid == ExtensionOID.SUBJECT_ALTERNATIVE_NAME:
            return [(extension.value, extension.critical)]
    return []


def digest(signing_algorithm: str) -> Digest:
    """Return the hash of an algorithm; it must be of RSA, the key family of every authority."""
    if signing_algorithm not in _HASHES:
        raise JsonRESTError(
            "InvalidArgsException",
            f"The signing algorithm {signing_algorithm} does not match the RSA key of the "
            f"certificate authority. Use one of {', '.join(_HASHES)}.",
        )
    return _HASHES[signing_algorithm]


def end(validity: Mapping[str, Any], now: datetime) -> datetime:
    """Return when a certificate that is issued *now* ends (API reference, data type Validity)."""
    value = int(validity["Value"])
    match validity["Type"]:
        case "DAYS":
            return now + timedelta(days=value)
        case "MONTHS":
            return _months_later(now, value)
        case "YEARS":
            return _months_later(now, value * _MONTHS_OF_YEAR)
        case "ABSOLUTE":
            return datetime.fromtimestamp(value, UTC)
        case "END_DATE":
            return _end_date(str(value))
    raise JsonRESTError("InvalidArgsException", f"{validity['Type']} is no type of validity.")


def _months_later(now: datetime, months: int) -> datetime:
    years, month = divmod(now.month - 1 + months, _MONTHS_OF_YEAR)
    first = now.replace(year=now.year + years, month=month + 1, day=1)
    return first + timedelta(days=now.day - 1)


def _end_date(digits: str) -> datetime:
    """Read UTCTime or GeneralizedTime: YYMMDDHHMMSS, from 1950 to 2049, or YYYYMMDDHHMMSS."""
    if len(digits) <= len("YYMMDDHHMMSS"):
        digits = digits.zfill(len("YYMMDDHHMMSS"))
        digits = ("19" if digits >= "5" else "20") + digits
    try:
        return datetime.strptime(digits, _GENERALIZED_TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise JsonRESTError("InvalidArgsException", f"{digits} is not an end date.") from error
