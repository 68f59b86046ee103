"""Answers of MSK that nobody could verify: whichever it is, clients are served."""

import pytest

from tests.support.aws import CLIENT, Accounts
from tests.support.functions import OWNER, invoke
from tests.support.step_functions import Engine, tag_event

TAGS = {"msklink": "auto", "msklink/clients": CLIENT}


@pytest.mark.parametrize("cannot_list", [True, False])
def test_a_cluster_without_private_connectivity_has_no_connections(
    accounts: Accounts, engine: Engine, *, cannot_list: bool
) -> None:
    accounts.msk.assume(unconnected_cannot_list=cannot_list)
    cluster = accounts.make_cluster(tags=TAGS)

    assert engine.reconcile(cluster) == "SUCCEEDED"
    assert invoke("SweepClustersFunction", {"id": "1"})["runs"] == []

    vpc_id = accounts.make_tagged_vpc(CLIENT)
    engine.receive(tag_event(cluster))
    assert accounts.status(CLIENT)["vpcs"][vpc_id]["iam"]["state"] == "published"
    assert accounts.status(OWNER)["clients"] == {CLIENT: "published"}
