"""The REST-JSON protocol, tested by raw HTTP requests."""

import base64
import json
from urllib.parse import quote

import pytest

from localcloud.msk import Scheme
from localcloud.msk.shapes import service_model
from localcloud.msk.wire import Query, handle, match_operation
from tests.emulator.builders import OWNER, Emulator, Json, flags


def request(
    emulator: Emulator, method: str, path: str, query: Query | None = None, body: bytes = b""
) -> tuple[int, dict[str, str], Json]:
    status, headers, content = handle(emulator.msk, OWNER, method, path, query or {}, {}, body)
    return status, headers, json.loads(content or b"{}")


def wire_cluster(emulator: Emulator) -> bytes:
    return json.dumps(
        {
            "clusterName": "orders",
            "tags": {"Team": "A"},
            "provisioned": {
                "kafkaVersion": "3.8.x",
                "numberOfBrokerNodes": 3,
                "enhancedMonitoring": None,
                "brokerNodeGroupInfo": {
                    "instanceType": "kafka.m7g.large",
                    "clientSubnets": emulator.provisioned()["BrokerNodeGroupInfo"]["ClientSubnets"],
                },
            },
        }
    ).encode()


def test_names_on_the_wire_are_lower_camel_and_tag_keys_are_unchanged(emulator: Emulator) -> None:
    status, headers, made = request(
        emulator, "POST", "/api/v2/clusters", body=wire_cluster(emulator)
    )

    assert (status, headers["content-type"]) == (200, "application/json")
    _, _, shown = request(emulator, "GET", f"/api/v2/clusters/{quote(made['clusterArn'], safe='')}")
    assert shown["clusterInfo"]["tags"] == {"Team": "A"}
    assert shown["clusterInfo"]["creationTime"] == "2026-01-01T00:00:00.000Z"
    nodes = shown["clusterInfo"]["provisioned"]["brokerNodeGroupInfo"]
    assert nodes["zoneIds"] == ["euw1-az1", "euw1-az2", "euw1-az3"]


@pytest.mark.parametrize("safe", ["", ":", ":/"])
def test_arns_in_paths_may_be_encoded_or_plain(emulator: Emulator, safe: str) -> None:
    arn = quote(emulator.private_cluster(), safe=safe)

    for path in (f"/v1/clusters/{arn}", f"/v1/clusters/{arn}/policy", f"/v1/tags/{arn}"):
        assert request(emulator, "GET", path)[0] == 200


def test_every_path_of_the_model_is_matched() -> None:
    for name in service_model().operation_names:
        http = service_model().operation_model(name).http
        path = http["requestUri"].replace("{", "x").replace("}", "x")

        assert match_operation(http["method"], path)[0].name == name


def test_an_unknown_path_is_not_found(emulator: Emulator) -> None:
    status, headers, _ = request(emulator, "GET", "/v3/clusters")

    assert (status, headers["x-amzn-errortype"]) == (404, "NotFoundException")


def test_a_refusal_has_its_code_in_the_header_and_the_parameter_in_the_body(
    emulator: Emulator,
) -> None:
    arn = quote(emulator.private_cluster(Scheme.IAM), safe="")
    version = request(emulator, "GET", f"/v1/clusters/{arn}")[2]["clusterInfo"]["currentVersion"]
    block = flags(Scheme.IAM)["VpcConnectivity"]["ClientAuthentication"]
    asked = {
        "currentVersion": version,
        "connectivityInfo": {
            "vpcConnectivity": {
                "clientAuthentication": {
                    "sasl": {"iam": {"enabled": block["Sasl"]["Iam"]["Enabled"]}}
                }
            }
        },
    }

    status, headers, answer = request(
        emulator, "PUT", f"/v1/clusters/{arn}/connectivity", body=json.dumps(asked).encode()
    )

    assert (status, headers["x-amzn-errortype"]) == (400, "BadRequestException")
    assert answer["invalidParameter"] == "connectivityInfo"
    assert "identical" in answer["message"]


def test_repeated_query_keys_are_a_list_and_an_empty_answer_is_204(emulator: Emulator) -> None:
    arn = emulator.cluster()
    emulator.call(OWNER, "TagResource", ResourceArn=arn, Tags={"a": "1", "b": "2", "c": "3"})
    path = f"/v1/tags/{quote(arn, safe='')}"

    status, _, content = handle(
        emulator.msk, OWNER, "DELETE", path, {"tagKeys": ["a", "b"]}, {}, b""
    )

    assert (status, content) == (204, b"")
    assert request(emulator, "GET", path)[2] == {"tags": {"c": "3"}}


def test_blobs_are_base64(emulator: Emulator) -> None:
    properties = base64.b64encode(b"a=1").decode()
    body = json.dumps({"name": "plain", "serverProperties": properties}).encode()

    _, _, made = request(emulator, "POST", "/v1/configurations", body=body)

    path = f"/v1/configurations/{quote(made['arn'], safe='')}/revisions/1"
    assert request(emulator, "GET", path)[2]["serverProperties"] == properties


@pytest.mark.parametrize(
    ("line", "query", "body", "parameter"),
    [
        ("GET /api/v2/clusters", {"maxResults": "ten"}, b"", "maxResults"),
        ("GET /api/v2/clusters", {"maxResults": "0"}, b"", "maxResults"),
        ("GET /api/v2/clusters", {"maxResults": ["1", "2"]}, b"", "maxResults"),
        ("GET /api/v2/clusters", {"colour": "red"}, b"", "colour"),
        ("GET /api/v2/clusters", {}, b'{"colour": "red"}', "colour"),
        ("POST /v1/clusters", {}, b'{"encryptionInfo": {"a": 1}}', "encryptionInfo.a"),
        ("POST /v1/tags/x", {}, b'{"tags": []}', "tags"),
        ("POST /v1/configurations", {}, b'{"serverProperties": "%"}', "serverProperties"),
        ("POST /v1/configurations", {}, b"[]", None),
        ("POST /v1/configurations", {}, b"{", None),
    ],
)
def test_a_request_of_the_wrong_form_is_refused(
    emulator: Emulator, line: str, query: Query, body: bytes, parameter: str | None
) -> None:
    method, path = line.split()

    status, _, answer = request(emulator, method, path, query, body)

    assert (status, answer.get("invalidParameter")) == (400, parameter)
