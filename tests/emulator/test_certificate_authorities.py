"""Private certificate authorities: those of a cluster, and AWS Private CA in the embedded AWS."""

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store
from moto import mock_aws

from localcloud.acm_pca.responses import respond
from localcloud.acm_pca.service import PrivateAuthorities
from localcloud.cloud import Cloud, running_server
from localcloud.moto_adapter import MotoAuthorities
from localcloud.settings import PAUSED, Settings, clean_environment, credentials, free_port
from tests.emulator.builders import REGION, Emulator

pytestmark = pytest.mark.xdist_group("certificate-authorities")

TEMPLATE = "arn:aws:acm-pca:::template/{}/V1"
ROOT = TEMPLATE.format("RootCACertificate")
OWNER, CLIENT = "111111111111", "222222222222"
SUBJECT = {"CommonName": "orders", "Organization": "Example"}


def csr(name: str, **changes: Any) -> bytes:
    key = changes.get("key") or rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    names = x509.SubjectAlternativeName([x509.DNSName(f"{name}.example")])
    request = request.add_extension(names, critical=False)
    return request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def create(client: Any, kind: str = "ROOT", **options: Any) -> str:
    configuration = {
        "KeyAlgorithm": "RSA_2048",
        "SigningAlgorithm": "SHA256WITHRSA",
        "Subject": SUBJECT,
    }
    made = client.create_certificate_authority(
        CertificateAuthorityConfiguration=configuration | options, CertificateAuthorityType=kind
    )
    return str(made["CertificateAuthorityArn"])


def issue(client: Any, authority: str, request: bytes, **options: Any) -> str:
    wanted: dict[str, Any] = {
        "SigningAlgorithm": "SHA256WITHRSA",
        "Validity": {"Type": "DAYS", "Value": 30},
    }
    made = client.issue_certificate(
        CertificateAuthorityArn=authority, Csr=request, **(wanted | options)
    )
    return str(made["CertificateArn"])


def activate(client: Any, authority: str) -> None:
    """Let a root sign its own certificate for ten years, and import it."""
    request = client.get_certificate_authority_csr(CertificateAuthorityArn=authority)["Csr"]
    arn = issue(
        client,
        authority,
        request.encode(),
        TemplateArn=ROOT,
        Validity={"Type": "YEARS", "Value": 10},
    )
    own = client.get_certificate(CertificateAuthorityArn=authority, CertificateArn=arn)
    client.import_certificate_authority_certificate(
        CertificateAuthorityArn=authority, Certificate=own["Certificate"].encode()
    )


def active_root(client: Any) -> str:
    authority = create(client)
    activate(client, authority)
    return authority


def parse(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def refusal(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return str(caught.value.response["Error"]["Code"])


def test_a_cluster_has_the_certificates_of_its_active_authorities(emulator: Emulator) -> None:
    arns = [f"arn:aws:acm-pca:{REGION}:{OWNER}:certificate-authority/{name}" for name in "ab"]
    emulator.authorities.certificates[arns[1]] = b"PEM of b"
    authentication = {"Tls": {"Enabled": True, "CertificateAuthorityArnList": arns}}
    cluster = emulator.cluster(ClientAuthentication=authentication)

    assert emulator.msk.certificate_authorities(cluster) == [b"PEM of b"]
    assert emulator.msk.certificate_authorities(f"{cluster}-other") == []


def test_a_cluster_without_mutual_tls_has_no_authorities(emulator: Emulator) -> None:
    cluster = emulator.cluster(ClientAuthentication={"Sasl": {"Iam": {"Enabled": True}}})

    assert emulator.msk.certificate_authorities(cluster) == []


def test_motos_authorities_count_while_they_are_active() -> None:
    with mock_aws():
        client = boto3.client("acm-pca", region_name=REGION)
        arn = create(client)
        pending = MotoAuthorities().certificate(arn)
        activate(client, arn)
        active = MotoAuthorities().certificate(arn)
        client.update_certificate_authority(CertificateAuthorityArn=arn, Status="DISABLED")
        disabled = MotoAuthorities().certificate(arn)

    assert (pending, disabled) == (None, None)
    assert active is not None
    assert (
        x509.load_pem_x509_certificate(active).subject
        == x509.load_pem_x509_certificate(active).issuer
    )
    assert MotoAuthorities().certificate("arn:aws:acm-pca:::ca") is None


def test_the_embedded_authorities_count_while_they_are_active() -> None:
    def call(operation: str, **params: Any) -> Any:
        status, _, content = respond(operation, OWNER, REGION, json.dumps(params).encode())
        assert status == HTTPStatus.OK, content
        return json.loads(content)

    made = call(
        "CreateCertificateAuthority",
        CertificateAuthorityConfiguration={"KeyAlgorithm": "RSA_2048", "Subject": SUBJECT},
        CertificateAuthorityType="ROOT",
    )
    named = {"CertificateAuthorityArn": made["CertificateAuthorityArn"]}
    store = PrivateAuthorities()
    pending = store.certificate(named["CertificateAuthorityArn"])
    request = call("GetCertificateAuthorityCsr", **named)["Csr"]
    own = call(
        "IssueCertificate",
        Csr=b64encode(request.encode()).decode(),
        SigningAlgorithm="SHA256WITHRSA",
        TemplateArn=ROOT,
        Validity={"Type": "YEARS", "Value": 10},
        **named,
    )
    pem = call("GetCertificate", CertificateArn=own["CertificateArn"], **named)["Certificate"]
    encoded = b64encode(pem.encode()).decode()
    call("ImportCertificateAuthorityCertificate", Certificate=encoded, **named)
    active = store.certificate(named["CertificateAuthorityArn"])
    call("UpdateCertificateAuthority", Status="DISABLED", **named)

    assert active == pem.encode()
    assert (pending, store.certificate(named["CertificateAuthorityArn"])) == (None, None)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:acm-pca:::ca",
        f"arn:aws:acm-pca:{REGION}:{OWNER}:certificate-authority/missing",
        f"arn:aws:acm-pca:nowhere:{OWNER}:certificate-authority/missing",
    ],
)
def test_an_authority_that_does_not_exist_has_no_certificate(arn: str) -> None:
    assert PrivateAuthorities().certificate(arn) is None


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    state = tmp_path_factory.mktemp("localcloud") / "state"
    with running_server(Settings(free_port(), PAUSED, state)) as running:
        yield running


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


def test_a_client_issues_certificates_by_its_own_and_the_authoritys_policy(
    cloud: Cloud, owner: Any
) -> None:
    root = active_root(owner)
    role = application_role(cloud, "issuer")
    wanted: dict[str, Any] = {
        "CertificateAuthorityArn": root,
        "Csr": csr("billing"),
        "SigningAlgorithm": "SHA256WITHRSA",
        "Validity": {"Type": "DAYS", "Value": 1},
    }

    assert "no identity-based policy" in denial(cloud, role, wanted)
    allow(cloud, "issuer", "acm-pca:IssueCertificate", root)
    assert "no resource-based policy" in denial(cloud, role, wanted)
    share(owner, root, role)
    arn = session(cloud, role).issue_certificate(**wanted)["CertificateArn"]
    assert arn.startswith(root)

    wanted["TemplateArn"] = TEMPLATE.format("SubordinateCACertificate_PathLen0")
    assert "no resource-based policy" in denial(cloud, role, wanted)


def test_the_aws_cli_makes_a_root_and_a_client_certificate(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "ca.json").write_text(
        json.dumps(
            {
                "KeyAlgorithm": "RSA_2048",
                "SigningAlgorithm": "SHA256WITHRSA",
                "Subject": SUBJECT,
            }
        )
    )
    (tmp_path / "billing.csr").write_bytes(csr("billing"))
    cli = Cli(cloud, tmp_path)
    root = cli(
        "create-certificate-authority",
        "--certificate-authority-type=ROOT",
        "--certificate-authority-configuration=file://ca.json",
        "--query=CertificateAuthorityArn",
    )
    named = f"--certificate-authority-arn={root}"
    (tmp_path / "ca.csr").write_text(cli("get-certificate-authority-csr", named))
    signing = "--signing-algorithm=SHA256WITHRSA"

    own = cli(
        "issue-certificate",
        named,
        signing,
        "--csr=fileb://ca.csr",
        f"--template-arn={ROOT}",
        "--validity=Type=YEARS,Value=10",
    )
    cli("wait", "certificate-issued", named, f"--certificate-arn={own}")
    pem = cli("get-certificate", named, f"--certificate-arn={own}", "--query=Certificate")
    (tmp_path / "ca.pem").write_text(pem)
    cli("import-certificate-authority-certificate", named, "--certificate=fileb://ca.pem")
    issued = cli(
        "issue-certificate",
        named,
        signing,
        "--csr=fileb://billing.csr",
        "--validity=Type=DAYS,Value=30",
    )
    pem = cli("get-certificate", named, f"--certificate-arn={issued}", "--query=Certificate")

    authority = parse((tmp_path / "ca.pem").read_text())
    parse(pem).verify_directly_issued_by(authority)
    assert parse(pem).subject.rfc4514_string() == "CN=billing"


class Cli:
    """The stock AWS CLI as the owner, with output as text."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self._environment = clean_environment(cloud.endpoint) | credentials(OWNER)
        self._folder = folder

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "awscli", "acm-pca", *arguments, "--output=text"],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def application_role(cloud: Cloud, name: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"AWS": CLIENT}, "Action": "sts:AssumeRole"}
    made = cloud.client("iam", CLIENT).create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
    )
    return str(made["Role"]["Arn"])


def allow(cloud: Cloud, name: str, action: str, resource: str) -> None:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    cloud.client("iam", CLIENT).put_role_policy(
        RoleName=name,
        PolicyName="application",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}),
    )


def share(owner: Any, authority: str, role: str) -> None:
    """Let *role* issue certificates of end entities, as the user guide's resource policies do."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": "acm-pca:IssueCertificate",
        "Resource": authority,
        "Condition": {
            "StringEquals": {"acm-pca:TemplateArn": TEMPLATE.format("EndEntityCertificate")}
        },
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    owner.put_policy(ResourceArn=authority, Policy=json.dumps(document))


def session(cloud: Cloud, role: str) -> Any:
    issued = cloud.client("sts", CLIENT).assume_role(RoleArn=role, RoleSessionName="test")
    keys = issued["Credentials"]
    return boto3.client(
        "acm-pca",
        region_name=cloud.region,
        endpoint_url=cloud.endpoint,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def denial(cloud: Cloud, role: str, wanted: dict[str, Any]) -> str:
    with pytest.raises(ClientError) as caught:
        session(cloud, role).issue_certificate(**wanted)
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    return str(error["Message"])
