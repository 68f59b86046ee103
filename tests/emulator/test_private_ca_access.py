"""AWS Private CA in the embedded AWS: for another account, and by the AWS CLI."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import Cloud
from localcloud.settings import clean_environment, credentials
from tests.emulator.ca_builders import (
    CLIENT,
    OWNER,
    ROOT,
    SUBJECT,
    TEMPLATE,
    active_root,
    csr,
    parse,
)

pytestmark = pytest.mark.xdist_group("private-ca-access")


@pytest.fixture
def owner(cloud: Cloud) -> Any:
    return cloud.client("acm-pca", OWNER)


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
