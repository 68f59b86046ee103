"""The service model of the emulator is the newest, and fits the installed botocore."""

from typing import Any

import pytest
from botocore.loaders import Loader

from localcloud.msk.service import OPERATIONS
from localcloud.msk.shapes import members, operation_model, problems, service_model


@pytest.fixture(scope="module")
def installed() -> dict[str, Any]:
    loader = Loader(include_default_search_paths=True)
    model: dict[str, Any] = loader.load_service_model("kafka", "service-2")
    return model


def test_the_installed_botocore_knows_no_more(installed: dict[str, Any]) -> None:
    """If it does, its model is newer, and the copied file can be removed."""
    assert set(installed["operations"]) <= set(service_model().operation_names)


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_operation_takes_what_the_installed_botocore_sends(
    installed: dict[str, Any], operation: str
) -> None:
    name = installed["operations"][operation].get("input", {}).get("shape")
    sent = installed["shapes"][name] if name else {}
    shape = operation_model(operation).input_shape

    assert set(sent.get("members", {})) <= set(getattr(shape, "members", {}))
    assert set(getattr(shape, "required_members", ())) <= set(sent.get("required", ()))


def test_long_instance_types_and_kinds_of_broker_are_known() -> None:
    nodes = operation_model("ListNodes").output_shape
    node = {"BrokerNodeInfo": {"BrokerId": 1.0, "BrokerNodeType": "EXPRESS"}}
    group = service_model().shape_for("BrokerNodeGroupInfo")

    assert nodes
    assert not list(problems(nodes, {"NodeInfoList": [node]}))
    assert members(group)["InstanceType"].metadata["max"] == 64
