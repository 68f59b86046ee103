"""The function of client.yaml as in Lambda: one module, with a role's credentials."""

import importlib.util
import ssl
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
import trustme
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider

from msklink.connections.probe_results import ProbeFinding
from tests.client.broker import Script, listening
from tests.client.test_layers import HANDSHAKE, REFUSED, WELCOME, brokers, closed_port, tls
from tests.support.probe_code import TERRAFORM

CREDENTIALS = {
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    "AWS_SESSION_TOKEN": "token/of+the=session",
}


@pytest.fixture(scope="module")
def function() -> ModuleType:
    spec = importlib.util.spec_from_file_location("index", TERRAFORM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _runtime(monkeypatch: pytest.MonkeyPatch, ca_file: str) -> None:
    """Set Lambda's environment, and a certificate authority that the system trusts."""
    for name, value in (CREDENTIALS | {"SSL_CERT_FILE": ca_file}).items():
        monkeypatch.setenv(name, value)


def layers(answer: Any, scheme: str) -> dict[str, bool]:
    return {finding["layer"]: finding["good"] for finding in answer[scheme]}


def test_with_iam_it_goes_through_all_layers(function: ModuleType, ca: trustme.CA) -> None:
    script = Script(HANDSHAKE, WELCOME, brokers())
    with listening(script, tls(ca)) as port:
        answer = function.handler({"iam": f"localhost:{port}"}, None)

    assert layers(answer, "iam") == dict.fromkeys(["DNS", "TCP", "TLS", "SASL", "metadata"], True)
    assert {finding["unchecked"] for finding in answer["iam"]} == {""}
    assert script.requests[1].auth_bytes.startswith(b"n,,\x01auth=Bearer ")


@pytest.mark.parametrize(
    ("scheme", "missing"), [("scram", "SASL was not checked"), ("tls", "certificate was not")]
)
def test_without_a_password_or_certificate_it_checks_up_to_tls_and_says_so(
    function: ModuleType, ca: trustme.CA, scheme: str, missing: str
) -> None:
    with listening(Script(), tls(ca)) as port:
        answer = function.handler({scheme: f"localhost:{port}"}, None)

    assert layers(answer, scheme) == dict.fromkeys(["DNS", "TCP", "TLS"], True)
    *others, last = answer[scheme]
    assert missing in last["unchecked"]
    assert {one["unchecked"] for one in others} == {""}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_broker_that_asks_for_a_certificate_is_checked_up_to_tls(
    function: ModuleType, ca: trustme.CA, version: ssl.TLSVersion
) -> None:
    context = tls(ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version
    with listening(Script(), context) as port:
        answer = function.handler({"tls": f"localhost:{port}"}, None)

    assert layers(answer, "tls") == dict.fromkeys(["DNS", "TCP", "TLS"], True)


def test_its_answer_is_what_the_owner_reads(function: ModuleType, ca: trustme.CA) -> None:
    with listening(Script(), tls(ca)) as port:
        [*_, last] = function.handler({"scram": f"localhost:{port}"}, None)["scram"]

    assert ProbeFinding.model_validate(last).unchecked == last["unchecked"]


def test_each_scheme_is_checked(function: ModuleType, ca: trustme.CA) -> None:
    with listening(Script(HANDSHAKE, REFUSED), tls(ca)) as port:
        given = {"iam": f"localhost:{port}", "tls": f"localhost:{closed_port()}"}
        answer = function.handler(given, None)

    assert layers(answer, "iam")["SASL"] is False
    assert layers(answer, "tls") == {"DNS": True, "TCP": False}


def test_its_token_equals_the_token_of_the_signer_of_aws(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: moment)

    token = function.token(CREDENTIALS)

    other, _ = MSKAuthTokenProvider.generate_auth_token("eu-west-1")
    assert signed_url(token) == signed_url(other)


def signed_url(token: str) -> str:
    url, _, _agent = urlsafe_b64decode(token + "==").decode().partition("&User-Agent=")
    return url
