"""
Read from a client's certificate until when it is valid, and as whom a broker knows its owner.

Python's ssl has no function for a certificate of one's own, so this reads DER (X.690) as far as
the subject (RFC 5280, section 4.1).
"""

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from msklink_client.errors import MskLinkError

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_UTC_TIME = 0x17
_VERSION = 0xA0
_FIRST_YEARS_OF_2000 = 50
"""A year of two digits is of this century below it (RFC 5280, section 4.1.2.5.1)."""

_NAMES = {
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x09": "STREET",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
    b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19": "DC",
    b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01": "UID",
}
"""Types of RFC 2253, by which Java's X500Principal.getName writes a name."""


@dataclass(frozen=True)
class Certificate:
    begins: datetime
    ends: datetime
    subject: str
    """As Kafka writes it in a principal, such as CN=billing,O=Example."""


def read(path: str) -> Certificate:
    """Return the first certificate in a PEM file. Raises `MskLinkError`."""
    try:
        found = _PEM.search(Path(path).read_text(encoding="ascii", errors="replace"))
    except OSError as error:
        raise _unusable(
            f"{path} cannot be read: {error.strerror}.", "Give the path of a PEM file."
        ) from error
    if not found:
        raise _unusable(
            f"There is no certificate in {path}.",
            "Give a PEM file, in which it is between BEGIN CERTIFICATE and END CERTIFICATE.",
        )
    try:
        return _parsed(ssl.PEM_cert_to_DER_cert(found[0]))
    except (ValueError, IndexError) as error:
        raise _unusable(
            f"The certificate in {path} cannot be read.", "Look at it: openssl x509 -noout -text."
        ) from error


def require_valid(path: str, now: datetime) -> Certificate:
    """Return the certificate in *path*. Raises `MskLinkError` where it is not valid *now*."""
    certificate = read(path)
    if now > certificate.ends:
        raise _unusable(
            f"The certificate in {path} has expired at {certificate.ends:%Y-%m-%d %H:%M} UTC.",
            "Get a new one from the private CA of the cluster, such as by client/certificate.sh.",
        )
    if now < certificate.begins:
        raise _unusable(
            f"The certificate in {path} is valid from {certificate.begins:%Y-%m-%d %H:%M} UTC.",
            "Wait until then, or set the clock of this machine.",
        )
    return certificate


def _parsed(der: bytes) -> Certificate:
    [(_, content)] = _elements(der)
    (_, body), *_ = _elements(content)
    fields = list(_elements(body))
    if fields[0][0] == _VERSION:  # absent in version 1
        del fields[0]
    _serial, _algorithm, _issuer, (_, validity), (_, subject), *_ = fields
    begins, ends = (_time(tag, value) for tag, value in _elements(validity))
    return Certificate(begins, ends, _name(subject))


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and value of each element."""
    at = 0
    while at < len(content):
        tag, size, at = content[at], content[at + 1], at + 2
        if size & 0x80:
            length = size & 0x7F
            size, at = int.from_bytes(content[at : at + length], "big"), at + length
        yield tag, content[at : at + size]
        at += size


def _time(tag: int, value: bytes) -> datetime:
    text = value.decode("ascii")
    if tag == _UTC_TIME:
        text = f"{20 if int(text[:2]) < _FIRST_YEARS_OF_2000 else 19}{text}"
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=timezone.utc)


def _name(subject: bytes) -> str:
    """Return a name by RFC 2253, which has the last part first."""
    parts = []
    for _, several in _elements(subject):
        named = []
        for _, one in _elements(several):
            (_, kind), (_, value) = _elements(one)
            text = re.sub(r'([,+"\\<>;])', r"\\\1", value.decode("utf-8", "replace"))
            named.append(f"{_NAMES.get(kind, 'OID')}={text}")
        parts.append("+".join(named))
    return ",".join(reversed(parts))


def _unusable(message: str, remedy: str) -> MskLinkError:
    return MskLinkError("CertificateUnusable", message, remedy)
