"""AWS Private CA as a service of MiniStack, and as what MSK sees of it."""

import json
from typing import Any

from ministack.core.responses import get_account_id, get_region

from localcloud.iam.acm_pca import owner_of


async def handle_request(
    method: str,  # noqa: ARG001 MiniStack's signature
    path: str,  # noqa: ARG001
    headers: dict[str, str],
    body: bytes,
    query: dict[str, Any],  # noqa: ARG001
) -> tuple[int, dict[str, str], bytes]:
    """Answer a call in the account of the authority that it names; IAM has decided before."""
    from localcloud.acm_pca.responses import respond  # noqa: PLC0415 see the package

    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    account = owner_of(_named(body)) or get_account_id()
    status, error, content = respond(operation, account, get_region(), body)
    answered = {"Content-Type": "application/x-amz-json-1.1"}
    if error:
        answered["x-amzn-errortype"] = error
    return status, answered, content.encode()


def _named(body: bytes) -> str:
    given = json.loads(body or b"{}")
    return str(given.get("CertificateAuthorityArn") or given.get("ResourceArn") or "")


def policy_for_arn(arn: str) -> tuple[str, str] | None:
    """Return the resource-based policy of an authority, or "", and its account."""
    authority = _find(arn)
    return (authority.policy or "", authority.account_id) if authority else None


class PrivateAuthorities:
    """The certificate authorities of every account, as MSK reads them."""

    def certificate(self, arn: str) -> bytes | None:
        authority = _find(arn)
        if authority is None or authority.status != "ACTIVE":
            return None
        certificate: bytes = authority.certificate_bytes
        return certificate


def _find(arn: str) -> Any:
    from localcloud.acm_pca.backend import backends  # noqa: PLC0415 see the package

    account = owner_of(arn)
    if account is None:
        return None
    region = arn.split(":")[3]
    if region not in backends[account]:
        return None
    return backends[account][region].certificate_authorities.get(arn)
