"""AWS Private CA in the embedded AWS: authorities and the certificates that they issue."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from localcloud.cloud import Cloud
from tests.emulator.ca_builders import (
    CLIENT,
    OWNER,
    TEMPLATE,
    active_root,
    create,
    csr,
    issue,
    parse,
    refusal,
)

pytestmark = pytest.mark.xdist_group("private-ca")


@pytest.fixture
def owner(cloud: Cloud) -> Any:
    return cloud.client("acm-pca", OWNER)


def test_a_certificate_has_the_subject_of_its_request_and_chains_to_the_root(owner: Any) -> None:
    root = active_root(owner)

    arn = issue(owner, root, csr("billing"))
    issued = owner.get_certificate(CertificateAuthorityArn=root, CertificateArn=arn)

    certificate, authority = parse(issued["Certificate"]), parse(issued["CertificateChain"])
    assert certificate.subject.rfc4514_string() == "CN=billing"
    certificate.verify_directly_issued_by(authority)
    authority.verify_directly_issued_by(authority)
    shown = owner.get_certificate_authority_certificate(CertificateAuthorityArn=root)
    assert parse(shown["Certificate"]) == authority
    verifier = PolicyBuilder().store(Store([authority])).build_client_verifier()
    assert verifier.verify(certificate, []).subjects == [x509.DNSName("billing.example")]


@pytest.mark.parametrize(
    ("template", "usages"),
    [
        (
            "EndEntityCertificate",
            {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH},
        ),
        ("EndEntityClientAuthCertificate", {ExtendedKeyUsageOID.CLIENT_AUTH}),
        ("EndEntityServerAuthCertificate", {ExtendedKeyUsageOID.SERVER_AUTH}),
    ],
)
def test_a_template_of_an_end_entity_says_what_it_is_for(
    owner: Any, template: str, usages: set[x509.ObjectIdentifier]
) -> None:
    root = active_root(owner)

    arn = issue(owner, root, csr("billing"), TemplateArn=TEMPLATE.format(template))
    issued = owner.get_certificate(CertificateAuthorityArn=root, CertificateArn=arn)

    found = parse(issued["Certificate"]).extensions
    assert set(found.get_extension_for_class(x509.ExtendedKeyUsage).value) == usages
    assert not found.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize(
    ("validity", "days"),
    [
        ({"Type": "DAYS", "Value": 1}, 1),
        ({"Type": "MONTHS", "Value": 12}, 365),
        ({"Type": "YEARS", "Value": 1}, 365),
    ],
)
def test_a_certificate_is_valid_as_long_as_asked_for(
    owner: Any, validity: dict[str, Any], days: int
) -> None:
    root = active_root(owner)

    arn = issue(owner, root, csr("billing"), Validity=validity)
    issued = owner.get_certificate(CertificateAuthorityArn=root, CertificateArn=arn)

    certificate = parse(issued["Certificate"])
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert timedelta(days=days, hours=1) <= lifetime <= timedelta(days=days + 1, hours=1)


def test_a_certificate_ends_at_an_absolute_time_or_date(owner: Any) -> None:
    root = active_root(owner)
    wanted = parse(
        owner.get_certificate_authority_certificate(CertificateAuthorityArn=root)["Certificate"]
    ).not_valid_after_utc - timedelta(days=1)
    values = {
        "ABSOLUTE": int(wanted.timestamp()),
        "END_DATE": int(wanted.strftime("%y%m%d%H%M%S")),
    }
    for kind, value in values.items():
        arn = issue(owner, root, csr("billing"), Validity={"Type": kind, "Value": value})
        issued = owner.get_certificate(CertificateAuthorityArn=root, CertificateArn=arn)
        assert parse(issued["Certificate"]).not_valid_after_utc == wanted


def test_a_subordinate_authority_has_the_chain_above_it(owner: Any) -> None:
    root, below = active_root(owner), create(owner, "SUBORDINATE")
    request = owner.get_certificate_authority_csr(CertificateAuthorityArn=below)["Csr"]
    template = TEMPLATE.format("SubordinateCACertificate_PathLen0")
    year = {"Type": "YEARS", "Value": 1}
    arn = issue(owner, root, request.encode(), TemplateArn=template, Validity=year)
    signed = owner.get_certificate(CertificateAuthorityArn=root, CertificateArn=arn)
    owner.import_certificate_authority_certificate(
        CertificateAuthorityArn=below,
        Certificate=signed["Certificate"].encode(),
        CertificateChain=signed["CertificateChain"].encode(),
    )

    leaf = issue(owner, below, csr("billing"))
    issued = owner.get_certificate(CertificateAuthorityArn=below, CertificateArn=leaf)

    chain = x509.load_pem_x509_certificates(issued["CertificateChain"].encode())
    parse(issued["Certificate"]).verify_directly_issued_by(chain[0])
    chain[0].verify_directly_issued_by(chain[1])


def test_an_authority_without_a_certificate_issues_none(owner: Any) -> None:
    pending = create(owner)

    code = refusal(
        owner.issue_certificate,
        CertificateAuthorityArn=pending,
        Csr=csr("billing"),
        SigningAlgorithm="SHA256WITHRSA",
        Validity={"Type": "DAYS", "Value": 1},
    )

    assert code == "InvalidStateException"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Csr": b"no request"}, "MalformedCSRException"),
        ({"Validity": {"Type": "YEARS", "Value": 11}}, "ValidationException"),
        ({"Validity": {"Type": "END_DATE", "Value": 991}}, "InvalidArgsException"),
        ({"SigningAlgorithm": "SHA256WITHECDSA"}, "InvalidArgsException"),
        ({"TemplateArn": TEMPLATE.format("CodeSigningCertificate")}, "InvalidArgsException"),
    ],
)
def test_a_request_that_an_authority_cannot_meet_is_refused(
    owner: Any, changes: dict[str, Any], code: str
) -> None:
    wanted = {
        "CertificateAuthorityArn": active_root(owner),
        "Csr": csr("billing"),
        "SigningAlgorithm": "SHA256WITHRSA",
        "Validity": {"Type": "DAYS", "Value": 1},
    }
    assert owner.issue_certificate(**wanted)["CertificateArn"]

    assert refusal(owner.issue_certificate, **(wanted | changes)) == code


def test_the_certificate_of_another_key_is_not_imported(owner: Any) -> None:
    root, other = active_root(owner), create(owner)
    shown = owner.get_certificate_authority_certificate(CertificateAuthorityArn=root)

    code = refusal(
        owner.import_certificate_authority_certificate,
        CertificateAuthorityArn=other,
        Certificate=shown["Certificate"].encode(),
    )

    assert code == "CertificateMismatchException"
    described = owner.describe_certificate_authority(CertificateAuthorityArn=other)
    assert described["CertificateAuthority"]["Status"] == "PENDING_CERTIFICATE"


def test_an_active_authority_is_disabled_before_it_is_deleted(owner: Any) -> None:
    root = active_root(owner)
    assert refusal(owner.delete_certificate_authority, CertificateAuthorityArn=root) == (
        "InvalidStateException"
    )

    owner.update_certificate_authority(CertificateAuthorityArn=root, Status="DISABLED")
    owner.delete_certificate_authority(CertificateAuthorityArn=root)

    described = owner.describe_certificate_authority(CertificateAuthorityArn=root)
    assert described["CertificateAuthority"]["Status"] == "DELETED"


def test_what_does_not_exist_is_not_found(owner: Any) -> None:
    root = active_root(owner)
    missing = f"{root}/certificate/0123456789abcdef0123456789abcdef"

    code = refusal(owner.get_certificate, CertificateAuthorityArn=root, CertificateArn=missing)

    assert code == "ResourceNotFoundException"


def test_an_authority_has_tags_and_belongs_to_its_account(cloud: Cloud, owner: Any) -> None:
    root = create(owner)
    owner.tag_certificate_authority(
        CertificateAuthorityArn=root, Tags=[{"Key": "team", "Value": "billing"}]
    )

    tags = owner.list_tags(CertificateAuthorityArn=root)["Tags"]

    assert tags == [{"Key": "team", "Value": "billing"}]
    pages = owner.get_paginator("list_certificate_authorities").paginate()
    assert root in [item["Arn"] for page in pages for item in page["CertificateAuthorities"]]
    theirs = cloud.client("acm-pca", CLIENT).list_certificate_authorities()
    assert theirs["CertificateAuthorities"] == []
