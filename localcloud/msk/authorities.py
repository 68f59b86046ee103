"""The part of AWS Private CA that MSK uses, and an implementation in memory for tests."""

from dataclasses import dataclass, field
from typing import Protocol


class Authorities(Protocol):
    """The private certificate authorities of every account."""

    def certificate(self, arn: str) -> bytes | None:
        """Return the certificate of an ACTIVE certificate authority as PEM; None for any other."""


@dataclass
class MemoryAuthorities:
    """Certificates of ACTIVE authorities in memory, by ARN."""

    certificates: dict[str, bytes] = field(default_factory=dict)

    def certificate(self, arn: str) -> bytes | None:
        return self.certificates.get(arn)
