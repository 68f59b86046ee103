"""The private certificate authorities of a cluster, as MSK reads them."""

import json
from base64 import b64encode
from http import HTTPStatus
from typing import Any

import boto3
import pytest
from cryptography import x509
from moto import mock_aws

from localcloud.acm_pca.responses import respond
from localcloud.acm_pca.service import PrivateAuthorities
from localcloud.moto_adapter import MotoAuthorities
from tests.emulator.builders import REGION, Emulator
from tests.emulator.ca_builders import (
    OWNER,
    ROOT,
    SUBJECT,
    activate,
    create,
)


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
