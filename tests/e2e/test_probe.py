"""A client that has the probe on reads in its status what works from inside its VPC."""

from typing import Any

import pytest

from localcloud.cloud import Cloud
from localcloud.deploy import deploy_client
from tests.e2e.deployed_cluster import CLIENT as ANOTHER
from tests.e2e.deployed_cluster import OTHER as CLIENT
from tests.e2e.deployed_cluster import create_cluster, status

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


@pytest.fixture(scope="module")
def checked(cloud: Cloud) -> dict[str, Any]:
    """What the status says of a new cluster once the probe was asked."""
    network = cloud.networks[CLIENT]
    deploy_client(
        cloud.endpoint,
        CLIENT,
        cloud.deployed.owner,
        ProbeSubnetIds=",".join(network.subnet_ids),
        ProbeSecurityGroupIds="sg-12345678",
    )
    create_cluster(cloud, "probed", {"msklink": "auto", "msklink/clients": CLIENT})
    tag = {"Key": "msklink/probed", "Value": "iam"}
    cloud.client("ec2", CLIENT).create_tags(Resources=[network.vpc_id], Tags=[tag])

    def entry() -> dict[str, Any]:
        vpcs: dict[str, Any] = status(cloud, CLIENT, "probed").get("vpcs", {})
        found: dict[str, Any] = vpcs.get(network.vpc_id, {}).get("iam", {})
        return found

    cloud.until(lambda: "check" in entry())
    return entry()


def test_names_of_brokers_do_not_resolve_where_functions_run_here(checked: dict[str, Any]) -> None:
    """The embedded AWS has no private hosted zones: the probe finds that, and says so."""
    assert checked["state"] == "published"
    assert (checked["check"]["good"], checked["check"]["layer"]) == (False, "DNS")
    assert checked["check"]["broker"].startswith("b-1.iam.probed.")
    assert "resolve only inside the connected VPC" in checked["check"]["remedy"]


def test_a_client_that_names_no_subnets_has_no_probe(
    cloud: Cloud,
    checked: dict[str, Any],  # noqa: ARG001 the other has one by then
) -> None:
    def functions(account: str) -> list[str]:
        listed = cloud.client("lambda", account).list_functions()["Functions"]
        return [function["FunctionName"] for function in listed]

    assert functions(CLIENT) == ["msklink-probe"]
    assert functions(ANOTHER) == []
