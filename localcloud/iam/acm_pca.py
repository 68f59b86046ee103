"""The checks of AWS Private CA calls (Service Authorization Reference, AWS Private CA)."""

import re

from localcloud.iam.checks import Check, Request

DEFAULT_TEMPLATE = "arn:aws:acm-pca:::template/EndEntityCertificate/V1"

_AUTHORITY = re.compile(r"arn:[\w-]+:acm-pca:[\w-]+:(\d{12}):certificate-authority/[\w-]+")


def acm_pca_checks(request: Request) -> list[Check]:
    """Return the check on the authority; creating and listing them have no resource type."""
    body = request.json()
    arn = str(body.get("CertificateAuthorityArn") or body.get("ResourceArn") or "")
    keys = {}
    if request.operation == "IssueCertificate":
        keys["acm-pca:TemplateArn"] = str(body.get("TemplateArn", DEFAULT_TEMPLATE))
    return [Check(request.action, arn if owner_of(arn) else "*", keys)]


def owner_of(arn: str) -> str | None:
    """Return the account of a certificate authority; None if *arn* is not the ARN of one."""
    match = _AUTHORITY.fullmatch(arn)
    return match[1] if match else None
