"""Refuse what cannot log in: an option of another scheme, and files that cannot be used."""

import shlex
import ssl
from datetime import datetime, timezone
from pathlib import Path

from msklink_client import certificates, scram_secrets, users
from msklink_client.errors import MskLinkError, bad_argument

SCHEMES = ("iam", "scram", "tls")


def require_of_scheme(
    scheme: str,
    secret: str | None,
    user: str | None,
    certificate_file: str | None,
    key_file: str | None,
) -> None:
    """Raise `MskLinkError` for what is not of *scheme*; '' is a variable that is not set."""
    for what, given in (("secret", secret), ("user", user)):
        if given is not None and scheme != "scram":
            raise bad_argument(
                f"A {what} is for scheme scram, and this is {scheme}.",
                f"Choose scram (--scheme scram), or leave out the {what}.",
            )
    scram_secrets.require_name(secret)
    if user is not None:
        users.require_name(user)
    if secret is not None and user is not None:
        raise bad_argument(
            "A secret and a user are given.",
            "Give the user alone, whose secret MSKLink publishes, or the secret alone.",
        )
    if (certificate_file is not None or key_file is not None) and scheme != "tls":
        raise bad_argument(
            f"A certificate and its key are for scheme tls, and this is {scheme}.",
            "Choose tls (--scheme tls), or leave them out.",
        )
    if "" in (certificate_file, key_file):
        raise bad_argument(
            "The path of the certificate or of its key is empty.",
            "Give paths of PEM files, and look whether a variable is not set.",
        )
    if key_file is not None and certificate_file is None:
        raise bad_argument(
            "A key is given without its certificate.",
            "Give both (--certificate-file); a key alone is of no use.",
        )


def require_usable(certificate_file: str, key_file: str, key_password: str | None = None) -> None:
    """Raise `MskLinkError` where the certificate is not valid now, or the key is not of it."""
    certificates.require_valid(certificate_file, datetime.now(timezone.utc))
    load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate_file, key_file, key_password)


def load(
    context: ssl.SSLContext, certificate_file: str, key_file: str | None, key_password: str | None
) -> None:
    """Load certificate and key of the client; never ask for a pass phrase, as OpenSSL would."""
    try:
        context.load_cert_chain(certificate_file, key_file, key_password or (lambda: ""))
    except OSError as error:  # no such file, or not PEM
        raise MskLinkError(
            "CertificateUnusable",
            f"A certificate or its key cannot be loaded: {error}.",
            _remedy(key_file or certificate_file, error),
        ) from error


def _remedy(key: str, error: OSError) -> str:
    if "KEY_VALUES_MISMATCH" in str(error):
        return (
            f"{key} is the key of another certificate: give the one that its request was made with."
        )
    try:
        content = Path(key).read_text(encoding="ascii", errors="replace")
    except OSError:
        return f"{key} cannot be read: give the path of a PEM file with the private key."
    if "PRIVATE KEY-----" not in content:
        return f"There is no private key in {key}: give the file of the key (key_file, --key-file)."
    if "ENCRYPTED" in content:
        copy = str(Path(key).with_suffix(".plain.pem"))
        return (
            f"{key} is encrypted: give a copy that is not, "
            f"{shlex.join(['openssl', 'pkey', '-in', key, '-out', copy])}; in Python, "
            "key_password of kafka_config does as well."
        )
    return "Give paths of PEM files that belong together."
