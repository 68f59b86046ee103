"""The blocks of code in the guide for client teams, each run as far as it runs here."""

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import javaproperties
import pytest
from confluent_kafka import Producer

from msklink.auth_scheme import Scheme
from msklink.parameters import client_properties, published
from msklink_client.command import _parser
from msklink_client.configuration import Credentials
from msklink_client.formats import FORMATS, SCRAM_MODULE, Published
from tests.client import java, requested_users
from tests.client.conftest import Store
from tests.client.guide import (
    CLIENT,
    CREDENTIALS,
    DOCS,
    LANGUAGES,
    USERS,
    all_blocks,
    blocks,
    sections,
)
from tests.support.cloudformation import ROOT

GUIDE = sections(CLIENT)
ARN = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:AmazonMSK_billing-a1b2c3"
LOGIN = Credentials(username="billing", password="pass")
PAGES = [
    CLIENT,
    CREDENTIALS,
    LANGUAGES,
    USERS,
    DOCS / "access.md",
    DOCS / "topics.md",
    ROOT / "client/python/README.md",
]


def given(scheme: Scheme, credentials: Credentials) -> Published:
    """Return what is published for *scheme*, with the brokers of the page."""
    properties = client_properties.client_properties(scheme, f"b-1.{scheme}.orders.example:14001")
    return Published("/msklink/orders", scheme, properties, credentials)


def run(*command: str, **options: Any) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, **options
    )
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def test_there_is_a_section_for_each_kind_of_client() -> None:
    names = ["Python", "Java", "Spring Boot", "Node.js", "Go", ".NET", "Rust and librdkafka"]

    assert [name for name in GUIDE if name in {*names, "Kafka Connect", "Flink"}] == [
        *names,
        "Kafka Connect",
        "Flink",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_the_pages_is_understood(page: Path) -> None:
    text = page.read_text().replace("\\\n", " ")
    inline = re.findall(r"`msklink-client (\w+ [^`]+)`", text)
    lines = re.findall(r"^msklink-client (.+)$", "\n".join(blocks(text, "sh")), re.MULTILINE)

    for line in [*inline, *lines]:
        words = shlex.split(line.partition(" > ")[0].replace("\n", " "), comments=True)
        assert _parser().parse_args(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_shell_and_json_can_be_parsed(page: Path, tmp_path: Path) -> None:
    for block in all_blocks(page, "sh"):
        script = tmp_path / "block.sh"
        script.write_text(block)
        run("bash", "-n", str(script))
    for block in all_blocks(page, "json"):
        json.loads(block if block.startswith(("{", "[")) else f"{{{block}}}")


# ---------------------------------------------------------------------- Python


def test_python_makes_a_client_for_each_scheme(
    store: Store,
    client_files: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.publish(*Scheme)
    requested_users.create(store, "billing")
    assert set(client_files) >= {"certificate_file", "key_file"}
    monkeypatch.chdir(tmp_path)  # where they are, by the names of the page
    [block] = blocks(GUIDE["Python"], "python")
    names: dict[str, Any] = {}

    exec(block, names)

    assert all(isinstance(names[scheme], Producer) for scheme in Scheme)


# ------------------------------------------------------------- Java and Spring


def test_the_files_of_java_are_what_the_command_prints() -> None:
    keystore = Credentials(certificate_file="keystore.pem", key_file="keystore.pem")

    assert blocks(GUIDE["Java"], "properties") == [
        FORMATS["java"](given(Scheme.SCRAM, LOGIN)),
        FORMATS["java"](given(Scheme.TLS, keystore)),
    ]


@java.needs_java
def test_java_reads_the_files_of_the_page(tmp_path: Path) -> None:
    scram, tls = java.read(blocks(GUIDE["Java"], "properties"), tmp_path)

    assert (scram["module"], scram["option.username"]) == (SCRAM_MODULE, "billing")
    assert scram["option.password"] == "pass"
    assert tls["ssl.keystore.type"] == "PEM"


@java.needs_java
def test_the_block_of_java_reads_all_properties(tmp_path: Path) -> None:
    program = Path(__file__).with_name("SsmOfTheGuide.java").read_text()
    [block] = blocks(GUIDE["Java"], "java")
    file = tmp_path / "SsmOfTheGuide.java"
    file.write_text(program.replace("    // the block of the guide\n", block))
    brokers = {scheme: f"b-1.{scheme}.orders.example:14001" for scheme in Scheme}
    parameters = published.parameters("msklink", "orders", brokers)

    said = run("java", str(file), *(word for pair in parameters.items() for word in pair))

    assert dict(line.split("=", 1) for line in said.splitlines()) == (
        client_properties.client_properties(Scheme.IAM, brokers[Scheme.IAM])
    )


def test_the_password_of_the_page_is_in_no_file_for_spring() -> None:
    text = FORMATS["spring"](replace(given(Scheme.SCRAM, LOGIN), secret=ARN))

    assert '"pass"' not in text
    assert "aws-secretsmanager:arn:" in GUIDE["Spring Boot"]
    assert f"aws-secretsmanager:{ARN}" in text


# ------------------------------------------- Node.js, .NET, Rust and librdkafka


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_node_has_a_configuration_for_scram_and_tls(
    client_files: dict[str, str], tmp_path: Path
) -> None:
    [block] = blocks(GUIDE["Node.js"], "js")
    before = 'const [brokers, username, password] = [["b-1:14001"], "ann", "pass"];'
    script = tmp_path / "block.cjs"
    script.write_text(f"{before}\n{block}\nconsole.log(JSON.stringify([scram, tls]));")

    scram, tls = json.loads(run("node", str(script), cwd=tmp_path))

    assert scram == {
        "brokers": ["b-1:14001"],
        "ssl": True,
        "sasl": {"mechanism": "scram-sha-512", "username": "ann", "password": "pass"},
    }
    certificate = Path(client_files["certificate_file"]).read_bytes()
    assert bytes(tls["ssl"]["cert"]["data"]) == certificate


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_node_parses_the_block_for_iam(tmp_path: Path) -> None:
    [block] = all_blocks(LANGUAGES, "js")
    script = tmp_path / "block.cjs"
    script.write_text(block)

    run("node", "--check", str(script))


def test_net_has_properties_of_librdkafka() -> None:
    """Confluent.Kafka has them by the same names without dots (its ClientConfig)."""
    [block] = blocks(GUIDE[".NET"], "csharp")
    scram, tls = (
        dict(re.findall(r"(\w+) = ([\w.]+|\".+?\")", part)) for part in block.split("new ")[1:]
    )
    values = {
        "servers": "b-1:14001",
        "username": "ann",
        "password": "pass",
        "SecurityProtocol.SaslSsl": "SASL_SSL",
        "SecurityProtocol.Ssl": "SSL",
        "SaslMechanism.ScramSha512": "SCRAM-SHA-512",
    }

    def as_librdkafka(settings: dict[str, str]) -> dict[str, str]:
        named = {name: one for name, one in settings.items() if name[0].isupper()}
        return {
            re.sub(r"(?<!^)(?=[A-Z])", ".", name).lower(): values.get(one, one.strip('"'))
            for name, one in named.items()
        }

    expected = {
        scheme: client_properties.client_properties(scheme, "b-1:14001") for scheme in Scheme
    }
    login = {"sasl.username": "ann", "sasl.password": "pass"}
    files = {"ssl.certificate.location": "certificate.pem", "ssl.key.location": "key.pem"}
    assert as_librdkafka(scram) == expected[Scheme.SCRAM] | login
    assert as_librdkafka(tls) == expected[Scheme.TLS] | files


def test_the_files_of_librdkafka_are_what_the_command_prints_and_are_accepted(
    client_files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Credentials(certificate_file="certificate.pem", key_file="key.pem")
    scram, tls = blocks(GUIDE["Rust and librdkafka"], "properties")

    assert scram == FORMATS["librdkafka"](given(Scheme.SCRAM, LOGIN))
    assert tls == FORMATS["librdkafka"](given(Scheme.TLS, files))
    assert "certificate_file" in client_files
    monkeypatch.chdir(tmp_path)
    for text in (scram, tls):
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        Producer(dict(line.split("=", 1) for line in lines))


@pytest.mark.skipif(shutil.which("rustfmt") is None, reason="Rust is not installed")
def test_rust_parses_its_block(tmp_path: Path) -> None:
    [block] = all_blocks(LANGUAGES, "rust")
    file = tmp_path / "block.rs"
    file.write_text(block)

    run("rustfmt", "--edition", "2021", "--check", str(file))


# ------------------------------------------------------- Kafka Connect and Flink


@pytest.mark.parametrize("scheme", list(Scheme))
def test_the_loop_gives_all_four_clients_of_a_worker_the_properties(
    tmp_path: Path, scheme: Scheme
) -> None:
    [block] = blocks(GUIDE["Kafka Connect"], "sh")
    printed = given(scheme, LOGIN if scheme is Scheme.SCRAM else Credentials())
    (tmp_path / "printed").write_text(FORMATS["java"](printed))
    command = tmp_path / "msklink-client"
    command.write_text("#!/bin/sh\ncat printed\n")
    command.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}

    run("bash", "-euc", block, cwd=tmp_path, env=environment)

    worker = javaproperties.loads((tmp_path / "worker.properties").read_text())
    expected = javaproperties.loads(FORMATS["java"](printed))
    assert worker == {
        f"{prefix}{name}": value
        for prefix in ("", "producer.", "consumer.", "admin.")
        for name, value in expected.items()
    }


def test_the_config_providers_name_what_is_published() -> None:
    [block] = blocks(GUIDE["Kafka Connect"], "properties")
    worker = javaproperties.loads(block)
    brokers = {Scheme.SCRAM: "b-1.scram.orders.example:14001"}
    parameters = published.parameters("msklink", "orders", brokers)

    providers = worker["config.providers"].split(",")
    assert all(f"config.providers.{one}.class" in worker for one in providers)
    for name in ("bootstrap.servers", "security.protocol", "sasl.mechanism"):
        place = worker[name].removeprefix("${ssm::").removesuffix("}")
        assert place.endswith(f"/{name}")
        assert place in parameters
    secrets = re.findall(r"\$\{secretsmanager:([^:}]+):(\w+)\}", worker["sasl.jaas.config"])
    assert [(unquote(arn), key) for arn, key in secrets] == [(ARN, "username"), (ARN, "password")]


@java.needs_java
def test_java_reads_the_login_of_the_worker(tmp_path: Path) -> None:
    [worker] = java.read(blocks(GUIDE["Kafka Connect"], "properties"), tmp_path)

    assert worker["module"] == SCRAM_MODULE
    assert {name for name in worker if name.startswith("option.")} == {
        "option.username",
        "option.password",
    }


def test_flink_has_every_property() -> None:
    [block] = blocks(GUIDE["Flink"], "sql")
    options = dict(re.findall(r"'properties\.([\w.]+)' = '(.+?)'", block))
    expected = javaproperties.loads(FORMATS["java"](given(Scheme.SCRAM, LOGIN)))

    module = options["sasl.jaas.config"].split(" ", 1)[0]
    assert module == f"org.apache.flink.kafka.shaded.{SCRAM_MODULE}"
    options["sasl.jaas.config"] = options["sasl.jaas.config"].replace(module, SCRAM_MODULE)
    assert options == expected
