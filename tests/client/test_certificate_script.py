"""`client/certificate.sh` against AWS Private CA in moto, with the AWS CLI."""

import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from confluent_kafka import Producer
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from msklink_client import certificates
from msklink_client.configuration import Credentials, tls_context
from msklink_client.layers import Check
from tests.client.broker import Script, listening
from tests.client.private_ca import PrivateCa, running_private_ca
from tests.client.test_layers import brokers, tls
from tests.support.cloudformation import ROOT

SCRIPT = ROOT / "client/certificate.sh"

pytestmark = pytest.mark.xdist_group("certificate-script")


@pytest.fixture(scope="module")
def private_ca() -> Iterator[PrivateCa]:
    with running_private_ca() as made:
        yield made


def run(
    private_ca: PrivateCa, here: Path, *arguments: str, path: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the script in the folder *here*, as somebody who has set no Region."""
    environment = {
        "PATH": path or f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": "/nonexistent",
        "AWS_ENDPOINT_URL": private_ca.endpoint,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    return subprocess.run(
        [str(shutil.which("bash")), str(SCRIPT), *arguments],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def folder(private_ca: PrivateCa, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the script has written."""
    place = tmp_path_factory.mktemp("certificates") / "of billing"
    done = run(private_ca, place.parent, private_ca.arn, "billing", str(place), "90")
    assert done.returncode == 0, done.stderr
    assert "User:CN=billing" in done.stdout
    return place


def test_the_files_are_for_their_owner_alone(folder: Path) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}

    assert modes == dict.fromkeys(["key.pem", "certificate.pem", "keystore.pem"], 0o600)


def test_the_certificate_is_of_the_key_and_of_the_ca(private_ca: PrivateCa, folder: Path) -> None:
    first, *chain = x509.load_pem_x509_certificates((folder / "certificate.pem").read_bytes())
    key: Any = serialization.load_pem_private_key((folder / "key.pem").read_bytes(), None)

    assert first.public_key() == key.public_key()
    assert chain == [x509.load_pem_x509_certificate(private_ca.certificate.encode())]
    first.verify_directly_issued_by(chain[0])
    assert certificates.read(str(folder / "certificate.pem")).subject == "CN=billing"


def test_the_file_for_java_has_the_key_as_pkcs_8_and_then_the_certificates(folder: Path) -> None:
    """KIP-651 reads no other form of a key."""
    text = (folder / "keystore.pem").read_text()

    assert text.startswith("-----BEGIN PRIVATE KEY-----")
    assert text.count("-----BEGIN CERTIFICATE-----") == 2
    assert text.endswith((folder / "certificate.pem").read_text())


def test_a_broker_that_trusts_the_ca_accepts_it(
    private_ca: PrivateCa, folder: Path, ca: trustme.CA, ca_file: str
) -> None:
    context = tls(ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=private_ca.certificate)
    credentials = Credentials(
        ca_file=ca_file,
        certificate_file=str(folder / "certificate.pem"),
        key_file=str(folder / "key.pem"),
    )
    with listening(Script(brokers()), context) as port:
        check = Check(tls_context(credentials), timeout=5, is_mutual=True)
        findings = check.run(f"localhost:{port}")

    assert [one.layer.value for one in findings] == ["DNS", "TCP", "TLS", "metadata"]
    assert all(one.good for one in findings)


def test_librdkafka_loads_it(folder: Path) -> None:
    Producer(
        {
            "security.protocol": "SSL",
            "ssl.certificate.location": str(folder / "certificate.pem"),
            "ssl.key.location": str(folder / "key.pem"),
        }
    )


def test_what_is_there_is_not_overwritten(private_ca: PrivateCa, folder: Path) -> None:
    before = (folder / "key.pem").read_bytes()

    done = run(private_ca, folder, private_ca.arn, "billing")

    assert done.returncode == 1
    assert "exists" in done.stderr
    assert (folder / "key.pem").read_bytes() == before


BY_THE_CLI = -1
"""Version 1 of the AWS CLI returns another code than version 2."""

Arguments = Callable[[str], tuple[str, ...]]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (lambda arn: (arn,), 2, "Usage: certificate.sh"),
        (lambda arn: (arn.replace("acm-pca", "acm"), "billing"), 1, "not the ARN of a private CA"),
        (lambda arn: (arn, "billing/CN=admin"), 1, "A common name is"),
        (lambda arn: (arn, "billing", ".", "soon"), 1, "not a number of days"),
        (lambda arn: (arn, "billing", ".", "9999999"), 1, "days from 1 to 3650"),
        (lambda arn: (arn, "billing", ".", "3651"), 1, "days from 1 to 3650"),
        (lambda arn: (f"{arn}0", "billing", "of/billing"), BY_THE_CLI, "ResourceNotFoundException"),
        (lambda arn: (f"{arn}0", "billing"), BY_THE_CLI, "ResourceNotFoundException"),
    ],
    ids=[
        "no name",
        "no CA",
        "two names",
        "no days",
        "too long",
        "a day too long",
        "unknown CA, folders",
        "unknown CA",
    ],
)
def test_what_cannot_work_leaves_nothing(
    private_ca: PrivateCa,
    tmp_path: Path,
    arguments: Arguments,
    code: int,
    said: str,
) -> None:
    done = run(private_ca, tmp_path, *arguments(private_ca.arn))

    assert done.returncode == code or (code == BY_THE_CLI and done.returncode > 1)
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "operation", ["DescribeCertificateAuthority", "IssueCertificate", "GetCertificate"]
)
def test_who_must_allow_it_is_said_where_it_is_denied(
    private_ca: PrivateCa, tmp_path: Path, operation: str
) -> None:
    private_ca.denied.add(operation)
    try:
        done = run(private_ca, tmp_path, private_ca.arn, "billing", "certs")
    finally:
        private_ca.denied.clear()

    assert done.returncode > 1
    assert "AccessDeniedException" in done.stderr
    assert "The owner of the CA shares it with your account, by AWS RAM or" in done.stderr
    assert f"acm-pca:GetCertificate on {private_ca.arn}" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_there_stays(private_ca: PrivateCa, tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()

    done = run(private_ca, tmp_path, f"{private_ca.arn}0", "billing", "certs/of/billing")

    assert done.returncode > 1
    assert [str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*")] == ["certs"]


@pytest.mark.parametrize(
    ("there", "said"),
    [([], "openssl is not installed"), (["openssl"], "The AWS CLI is not installed")],
)
def test_a_program_that_lacks_is_named(
    private_ca: PrivateCa, tmp_path: Path, there: list[str], said: str
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in there:
        (programs / name).symlink_to(str(shutil.which(name)))

    done = run(private_ca, tmp_path, private_ca.arn, "billing", "certs", path=str(programs))

    assert done.returncode == 1
    assert said in done.stderr
    assert not (tmp_path / "certs").exists()
