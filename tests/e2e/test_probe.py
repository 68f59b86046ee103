"""A client with the probe reads in its status whether brokers are reachable from its VPC."""

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
    """Return the status of a new cluster after the probe has run."""
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


def test_the_probe_reports_that_broker_names_do_not_resolve(checked: dict[str, Any]) -> None:
    """The embedded AWS has no private hosted zones."""
    assert checked["state"] == "published"
    assert (checked["check"]["good"], checked["check"]["layer"]) == (False, "DNS")
    assert checked["check"]["broker"].startswith("b-1.iam.probed.")
    assert "resolve only inside the connected VPC" in checked["check"]["remedy"]


def test_a_client_without_probe_subnets_has_no_probe(
    cloud: Cloud,
    checked: dict[str, Any],  # noqa: ARG001 the other client has a probe then
) -> None:
    def functions(account: str) -> list[str]:
        listed = cloud.client("lambda", account).list_functions()["Functions"]
        return [function["FunctionName"] for function in listed]

    assert functions(CLIENT) == ["msklink-probe"]
    assert functions(ANOTHER) == []
