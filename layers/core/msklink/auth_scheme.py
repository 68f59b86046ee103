"""The three client authentication schemes that MSK serves over PrivateLink."""

from enum import StrEnum


class Scheme(StrEnum):
    """A scheme as it is written in tags; MSK does not offer plaintext here."""

    IAM = "iam"
    SCRAM = "scram"
    TLS = "tls"

    @property
    def authentication(self) -> str:
        """The value of `Authentication` in the API (MSK API reference, /vpc-connection)."""
        return {"iam": "SASL_IAM", "scram": "SASL_SCRAM", "tls": "TLS"}[self.value]

    @classmethod
    def of_authentication(cls, authentication: str) -> "Scheme":
        return next(scheme for scheme in cls if scheme.authentication == authentication)


ALL_SCHEMES = frozenset(Scheme)
