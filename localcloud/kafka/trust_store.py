"""Write the CA of the proxy as a trust store of Java, which takes no PEM file by default."""

from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

PASSWORD: Final = "changeit"  # that of the JDK's own trust store


def java_trust_store(authority: bytes) -> bytes:
    """Return the PKCS #12 file for the certificate *authority*, in PEM."""
    certificate = pkcs12.PKCS12Certificate(x509.load_pem_x509_certificate(authority), b"kafka")
    return pkcs12.serialize_java_truststore(
        [certificate], BestAvailableEncryption(PASSWORD.encode())
    )
