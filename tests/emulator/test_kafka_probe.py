"""The probe of client.yaml logs in to brokers that check its token."""

from pathlib import Path

import pytest

from localcloud.kafka import resolver
from msklink_client import probe
from tests.emulator.builders import CLIENT, REGION
from tests.emulator.kafka_builders import SECRET, running_brokers


def test_the_brokers_admit_the_probe_of_the_client_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with running_brokers() as made, resolver.installed(made.proxy.port):
        authority = tmp_path / "ca.pem"
        authority.write_bytes(made.proxy.authority)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        monkeypatch.setenv("AWS_REGION", REGION)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", CLIENT.account)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
        servers = made.bootstrap()

        let_in = probe.handler({"iam": ",".join(servers)}, None)["iam"]
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
        kept_out = probe.handler({"iam": servers[0]}, None)["iam"]

    assert [one for one in let_in if not one["good"]] == []
    assert {one["broker"] for one in let_in} == set(servers)
    assert {one["layer"] for one in let_in} == {"DNS", "TCP", "TLS", "SASL", "metadata"}
    assert [one["layer"] for one in kept_out if not one["good"]] == ["SASL"]
