"""`check` with mutual TLS: without a certificate, with a good one, and with others."""

import shlex
import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from kio.schema.errors import ErrorCode

from msklink_client import login_options
from msklink_client.command import _parser
from msklink_client.formats import FORMATS
from tests.client.broker import Script, listening
from tests.client.console import Console, Said
from tests.client.test_check_scram import verdicts
from tests.client.test_layers import HANDSHAKE, REFUSED, WELCOME, brokers, described, tls

Shell = Callable[..., Said]
Mutual = Callable[..., ssl.SSLContext]
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.fixture(scope="module")
def private_ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def mutual(ca: trustme.CA, private_ca: trustme.CA) -> Mutual:
    """Return what makes the context of a broker that asks for a certificate of *private_ca*."""

    def make(version: ssl.TLSVersion = VERSIONS[1]) -> ssl.SSLContext:
        context = tls(ca)
        context.verify_mode = ssl.CERT_REQUIRED
        private_ca.configure_trust(context)
        context.minimum_version = context.maximum_version = version
        return context

    return make


def written(leaf: trustme.LeafCert, folder: Path) -> tuple[str, ...]:
    """Return the options for a certificate and its key, which are written to files."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(b"".join(one.bytes() for one in leaf.cert_chain_pems))
    leaf.private_key_pem.write_to_path(key)
    return ("--certificate-file", str(certificate), "--key-file", str(key))


def issued(
    ca: trustme.CA, begins: datetime | None = None, ends: datetime | None = None
) -> trustme.LeafCert:
    return ca.issue_cert(
        "client",
        common_name="billing",
        organization_unit_name="Payments",
        organization_name="Example, Inc.",
        not_before=begins,
        not_after=ends,
    )


def check(console: Console, port: int, *options: str) -> Said:
    console.store.put("/msklink/orders/tls/bootstrap.servers", f"localhost:{port}")
    return console("check", "orders", "--scheme", "tls", *options)


@pytest.fixture
def shell(console: Console, ca_file: str) -> Shell:
    """Return what checks a port, of which the CA is trusted."""
    return lambda port, *options: check(console, port, "--ca-file", ca_file, *options)


@pytest.mark.parametrize("version", VERSIONS)
def test_without_a_certificate_the_broker_is_checked_and_the_rest_skipped(
    console: Console, mutual: Mutual, ca_file: str, version: ssl.TLSVersion
) -> None:
    with listening(Script(), mutual(version)) as port:
        said = check(console, port, "--ca-file", ca_file)

    assert said.code == 0
    good = dict.fromkeys(["parameters", "DNS", "TCP", "TLS"], "ok")
    assert verdicts(said) == good | {"metadata": "skipped"}
    assert "metadata: Add --certificate-file and --key-file." in said.out


@pytest.mark.parametrize("version", VERSIONS)
def test_without_a_certificate_a_broker_that_is_not_trusted_fails(
    console: Console, mutual: Mutual, client_files: dict[str, str], version: ssl.TLSVersion
) -> None:
    with listening(Script(), mutual(version)) as port:
        said = check(console, port, "--ca-file", client_files["ca_file"])

    assert (said.code, verdicts(said)["TLS"]) == (1, "FAILED")
    assert "The trust store does not have the CA" in said.out


@pytest.mark.parametrize("version", VERSIONS)
def test_with_a_certificate_it_goes_through_all_layers(
    shell: Shell, mutual: Mutual, private_ca: trustme.CA, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    options = written(issued(private_ca), tmp_path)
    script = Script(brokers(), described("billing"))
    with listening(script, mutual(version)) as port:
        said = shell(port, "--topic", "billing", *options)

    assert said.code == 0
    layers = ["parameters", "DNS", "TCP", "TLS", "metadata", "topic"]
    assert verdicts(said) == dict.fromkeys(layers, "ok")


def test_one_file_may_have_certificate_and_key(
    console: Console, mutual: Mutual, private_ca: trustme.CA, ca_file: str, tmp_path: Path
) -> None:
    both = tmp_path / "keystore.pem"
    both.write_bytes(issued(private_ca).private_key_and_cert_chain_pem.bytes())
    with listening(Script(brokers()), mutual()) as port:
        said = check(console, port, "--ca-file", ca_file, "--certificate-file", str(both))

    assert said.code == 0
    assert verdicts(said)["metadata"] == "ok"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_of_another_ca_fails_at_tls(
    shell: Shell, mutual: Mutual, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """In TLS 1.3 the alert comes with the first answer, after the handshake of the client."""
    options = written(issued(trustme.CA()), tmp_path)
    with listening(Script(brokers()), mutual(version)) as port:
        said = shell(port, *options)

    assert said.code == 1
    assert verdicts(said) == {
        "parameters": "ok",
        "DNS": "ok",
        "TCP": "ok",
        "TLS": "FAILED",
    }
    assert "TLS: The broker does not accept your certificate." in said.out
    assert "CertificateAuthorityArnList" in said.out


def test_a_broker_that_closes_after_the_handshake_refuses_the_certificate(
    console: Console, mutual: Mutual, private_ca: trustme.CA, ca_file: str, tmp_path: Path
) -> None:
    options = written(issued(private_ca), tmp_path)
    with listening(Script(), mutual()) as port:
        said = check(console, port, "--ca-file", ca_file, *options)

    assert verdicts(said)["TLS"] == "FAILED"
    assert "metadata" not in verdicts(said)
    assert "after the handshake" in said.out


def test_without_an_acl_the_subject_of_the_certificate_is_the_principal(
    console: Console, mutual: Mutual, private_ca: trustme.CA, ca_file: str, tmp_path: Path
) -> None:
    """Kafka's principal is Java's X500Principal.getName, which is RFC 2253."""
    options = written(issued(private_ca), tmp_path)
    denied = described("billing", ErrorCode.topic_authorization_failed)
    with listening(Script(brokers(), denied), mutual()) as port:
        said = check(console, port, "--ca-file", ca_file, "--topic", "billing", *options)

    assert (said.code, verdicts(said)["topic"]) == (1, "FAILED")
    [remedy] = said.out.splitlines()[-1:]
    assert "--allow-principal 'User:CN=billing,OU=Payments,O=Example\\, Inc.'" in remedy


def test_with_iam_a_denied_topic_names_action_and_resource(
    console: Console, ca: trustme.CA, ca_file: str
) -> None:
    denied = described("billing", ErrorCode.topic_authorization_failed)
    with listening(Script(HANDSHAKE, WELCOME, brokers(), denied), tls(ca)) as port:
        console.store.put("/msklink/orders/iam/bootstrap.servers", f"localhost:{port}")
        said = console("check", "orders", "--topic", "billing", "--ca-file", ca_file)

    assert said.code == 1
    assert "kafka-cluster:DescribeTopic" in said.out
    assert "arn:aws:kafka:eu-west-1:*:topic/orders/*/billing" in said.out


def test_with_iam_a_denied_login_is_answered_with_the_request_for_access(
    console: Console, ca: trustme.CA, ca_file: str
) -> None:
    with listening(Script(HANDSHAKE, REFUSED), tls(ca)) as port:
        console.store.put("/msklink/orders/iam/bootstrap.servers", f"localhost:{port}")
        said = console("check", "orders", "--topic", "billing", "--ca-file", ca_file)

    [remedy] = said.out.splitlines()[-1:]
    assert remedy.startswith("SASL: Two policies must allow kafka-cluster:Connect")
    assert "/msklink/orders/access/<your account>" in remedy
    assert "scram" not in remedy
    request = remedy.partition("access: msklink-client ")[2].partition(" (or")[0]
    given = _parser().parse_args(shlex.split(request))
    assert (given.cluster, given.schemes, given.produce) == ("orders", ["iam"], ["billing"])


# ------------------------------------------------------------------------ files


def why(console: Console, *options: str) -> str:
    """Return the error of `check` and `config` for files that cannot be used."""
    said = check(console, 1, *options)
    assert (said.code, said.error) == (1, "CertificateUnusable")
    for form in FORMATS:
        printed = console("config", "orders", "--scheme", "tls", "--format", form, *options)
        assert (printed.out, printed.err) == ("", said.err)
    return said.err


def test_an_expired_certificate_is_reported(
    console: Console, private_ca: trustme.CA, tmp_path: Path
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=400)
    leaf = issued(private_ca, long_ago, long_ago + timedelta(days=30))

    error = why(console, *written(leaf, tmp_path))

    assert f"has expired at {long_ago + timedelta(days=30):%Y-%m-%d}" in error
    assert "Get a new one" in error


def test_a_certificate_that_is_not_valid_yet_is_reported(
    console: Console, private_ca: trustme.CA, tmp_path: Path
) -> None:
    begins = datetime.now(UTC) + timedelta(days=2)
    leaf = issued(private_ca, begins, begins + timedelta(days=30))

    assert f"is valid from {begins:%Y-%m-%d}" in why(console, *written(leaf, tmp_path))


def test_a_certificate_without_its_key_is_reported(
    console: Console, private_ca: trustme.CA, tmp_path: Path
) -> None:
    _, certificate, *_ = written(issued(private_ca), tmp_path)

    error = why(console, "--certificate-file", certificate)

    assert "There is no private key in" in error
    assert "--key-file" in error


def test_the_key_of_another_certificate_is_reported(
    console: Console, private_ca: trustme.CA, tmp_path: Path
) -> None:
    options = written(issued(private_ca), tmp_path)
    issued(private_ca).private_key_pem.write_to_path(options[3])

    assert "is the key of another certificate" in why(console, *options)


def test_an_encrypted_key_is_reported_and_nobody_is_asked_for_a_pass_phrase(
    console: Console, private_ca: trustme.CA, tmp_path: Path
) -> None:
    leaf = issued(private_ca)
    options = written(leaf, tmp_path)
    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    Path(options[3]).write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"phrase"),
        )
    )

    error = why(console, *options)

    command = error.partition("give a copy that is not, ")[2].partition(";")[0]
    subprocess.run([*shlex.split(command), "-passin", "pass:phrase"], check=True)
    copy = str(tmp_path / "key.plain.pem")
    login_options.require_usable(options[1], copy)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        ("not PEM", "There is no certificate in"),
        (
            "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
            "cannot be read",
        ),
    ],
)
def test_a_file_without_a_certificate_is_reported(
    console: Console, tmp_path: Path, content: str | None, said: str
) -> None:
    file = tmp_path / "certificate.pem"
    if content is not None:
        file.write_text(content)

    assert said in why(console, "--certificate-file", str(file))


@pytest.mark.parametrize(
    "options",
    [
        ("--key-file", "key.pem"),
        ("--certificate-file", ""),
        ("--certificate-file", "certificate.pem", "--key-file", ""),
    ],
    ids=["a key alone", "no path", "no path of the key"],
)
def test_paths_that_cannot_be_meant_are_refused(console: Console, options: tuple[str, ...]) -> None:
    assert check(console, 1, *options).error == "BadArgument"
