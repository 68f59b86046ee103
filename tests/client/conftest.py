"""Parameter Store with the parameters of MSKLink, in moto."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import trustme
from moto import mock_aws

from msklink.auth_scheme import Scheme
from msklink.parameters import published
from msklink_client import configuration
from tests.client.console import Console

REGION = "eu-west-1"
BROKERS = {
    Scheme.IAM: "b-2.iam.orders.x:14002,b-1.iam.orders.x:14001",
    Scheme.SCRAM: "b-1.scram.orders.x:14001",
    Scheme.TLS: "b-1.tls.orders.x:14001",
}


class Store:
    """The published parameters of one Region."""

    def __init__(self, region: str = REGION) -> None:
        self._ssm: Any = boto3.client("ssm", region_name=region)

    def publish(self, *schemes: Scheme, cluster: str = "orders") -> None:
        brokers = {scheme: BROKERS[scheme] for scheme in schemes}
        for name, value in published.parameters("msklink", cluster, brokers).items():
            self.put(name, value)

    def put(self, name: str, value: str) -> None:
        self._ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)

    def put_status(self, **status: Any) -> None:
        self.put("/msklink/orders/status", json.dumps(status))

    def keep_secret(self, name: str, content: str) -> str:
        """Return the ARN of a new secret."""
        secrets: Any = boto3.client("secretsmanager")
        return str(secrets.create_secret(Name=name, SecretString=content)["ARN"])

    def remove(self, name: str) -> None:
        self._ssm.delete_parameter(Name=name)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield Store()


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(ca: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def client_files(tmp_path: Path) -> dict[str, str]:
    """Return the paths of a certificate of a private CA, of its key, and of the CA."""
    ca = trustme.CA()
    client = ca.issue_cert("client", common_name="billing")
    paths = {name: tmp_path / f"{name}.pem" for name in ("ca", "certificate", "key")}
    ca.cert_pem.write_to_path(paths["ca"])
    client.cert_chain_pems[0].write_to_path(paths["certificate"])
    client.private_key_pem.write_to_path(paths["key"])
    return {f"{name}_file": str(path) for name, path in paths.items()}


@pytest.fixture
def console(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Console:
    return Console(store, capsys, monkeypatch)


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Forget the parameters that a test has read."""
    yield
    configuration._parameters.cache_clear()
