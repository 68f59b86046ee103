"""What clients get of the access that they ask for: what the owner wrote, and no more."""

import json
import random
from typing import Any

import pytest

from msklink.policy.kafka_access import ACTIONS
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.client_events import request
from tests.support.functions import OWNER, invoke
from tests.support.onboarded_client import Served

BILLING = {"names": ["billing.*"], "actions": ["produce", "consume"]}
EVERYTHING: dict[str, Any] = {"produce": ["*"], "consume": ["*"], "groups": ["*"]}


def ask(served: Served, account: str = CLIENT, **access: Any) -> None:
    [vpc_id] = served.accounts.vpcs_with_subnets(account)
    served.engine.receive(request(account, vpc_id=vpc_id, access=access))


def granted(served: Served, account: str = CLIENT) -> set[tuple[str, str]]:
    """What the cluster policy allows *account* on topics, groups and transactional ids."""
    root, uuid = f"arn:aws:iam::{account}:root", served.cluster.rpartition("/")[2]
    return {
        (action.removeprefix("kafka-cluster:"), resource.partition(f"/{uuid}/")[2])
        for statement in served.accounts.policy(served.cluster)["Statement"]
        if root in statement["Principal"].get("AWS", [])
        for action in statement["Action"]
        for resource in statement["Resource"]
        if isinstance(statement["Resource"], list)
    }


def warnings(served: Served, account: str = CLIENT) -> list[str]:
    """The codes under `warnings` in the client's status."""
    [vpc] = served.accounts.status(account)["vpcs"].values()
    return [warning["code"] for warning in vpc["iam"].get("warnings", [])]


def refusals(served: Served) -> list[str]:
    return [told["refusal"]["code"] for told in served.accounts.told("Client Refused")]


def parameter_event(account: str = OWNER) -> dict[str, Any]:
    return {
        "id": "1",
        "source": "aws.ssm",
        "detail-type": "Parameter Store Change",
        "account": account,
        "detail": {"operation": "Create", "name": f"/msklink/orders/access/{CLIENT}"},
    }


def test_a_listed_account_does_not_help_itself_to_data(served: Served) -> None:
    before = served.accounts.policy(served.cluster)

    ask(served, **EVERYTHING)

    assert served.accounts.policy(served.cluster) == before
    assert served.accounts.status(CLIENT)["state"] == "published"
    assert warnings(served) == ["AccessNotAllowed"]


def test_a_refusal_is_told_once(served: Served) -> None:
    ask(served, **EVERYTHING)
    assert refusals(served) == ["AccessNotAllowed"]

    served.engine.reconcile(served.cluster)
    ask(served, **EVERYTHING)

    assert refusals(served) == []
    assert warnings(served) == ["AccessNotAllowed"]


def test_a_part_within_the_bounds_is_granted(served: Served) -> None:
    served.accounts.allow(CLIENT, BILLING)

    ask(served, produce=["billing.eu", "secrets"], groups=["billing.*"])

    assert granted(served) == {
        ("DescribeTopic", "billing.eu"),
        ("WriteData", "billing.eu"),
        ("AlterGroup", "billing.*"),
        ("DescribeGroup", "billing.*"),
    }
    assert warnings(served) == ["AccessNotAllowed"]


def test_bounds_that_come_later_grant_what_was_asked(served: Served) -> None:
    ask(served, produce=["billing.eu"])
    served.accounts.allow(CLIENT, BILLING)

    served.engine.receive(parameter_event())

    assert ("WriteData", "billing.eu") in granted(served)
    assert warnings(served) == []


def test_the_event_of_a_cluster_that_is_not_managed_starts_nothing(served: Served) -> None:
    served.accounts.tag_cluster(served.cluster, msklink="off")

    assert invoke("ReceiveEventFunction", parameter_event())["runs"] == []


def test_bounds_that_shrink_take_away_what_is_beyond_them(served: Served) -> None:
    served.accounts.allow(CLIENT, {"names": ["*"], "actions": ["produce", "consume"]})
    ask(served, produce=["billing.eu", "secrets"])
    assert refusals(served) == []

    served.accounts.allow(CLIENT, BILLING)
    served.engine.reconcile(served.cluster)

    assert granted(served) == {("DescribeTopic", "billing.eu"), ("WriteData", "billing.eu")}
    assert refusals(served) == ["AccessNotAllowed"]
    assert served.accounts.told("Drift Repaired") == []


def test_the_sweep_finds_bounds_of_which_no_event_has_told(served: Served) -> None:
    ask(served, produce=["billing.eu"])
    assert served.sweep() == 0

    served.accounts.allow("default", BILLING)
    served.sweep()

    assert ("WriteData", "billing.eu") in granted(served)
    assert served.sweep() == 0


def test_bounds_that_cannot_be_read_grant_nothing(served: Served) -> None:
    served.accounts.allow("default", BILLING)
    served.accounts.allow(CLIENT, "everything")

    ask(served, produce=["billing.eu"])

    assert granted(served) == set()
    assert warnings(served) == ["MalformedAccessBounds"]
    assert refusals(served) == ["MalformedAccessBounds"]


def test_a_parameter_in_the_account_of_the_client_counts_for_nothing(served: Served) -> None:
    served.accounts.client("ssm", CLIENT).put_parameter(
        Name=f"/msklink/orders/access/{CLIENT}",
        Value=json.dumps({"names": ["*"], "actions": ["produce", "consume"]}),
        Type="String",
    )

    ask(served, **EVERYTHING)

    assert granted(served) == set()


def test_the_parameters_of_the_owner_stay_as_they_are(served: Served) -> None:
    served.accounts.allow(CLIENT, BILLING)
    ask(served, produce=["billing.eu"])
    name = f"/msklink/orders/access/{CLIENT}"
    before = served.accounts.versions(OWNER)[name]

    served.accounts.tag_cluster(served.cluster, msklink="off")
    served.engine.reconcile(served.cluster)
    served.accounts.clock.advance(25 * 3600)
    served.engine.reconcile(served.cluster)

    assert served.accounts.versions(OWNER)[name] == before


def test_who_leaves_has_no_access_any_more(served: Served) -> None:
    served.accounts.allow(CLIENT, BILLING)
    ask(served, produce=["billing.eu"])
    [vpc_id] = served.accounts.vpcs_with_subnets(CLIENT)
    leaving = {"cluster": "orders", "vpc_id": vpc_id}
    served.pass_hours(1)

    served.engine.receive(
        request() | {"detail-type": "Client Offboarding Requested", "detail": leaving}
    )

    assert granted(served) == set()


WORDS = ["*", "**", "billing.*", "billing.eu", "billing*", "b*", "secrets", "*.eu", "-", "_", "."]


@pytest.mark.parametrize("seed", range(4))
def test_hostile_requests_of_two_accounts_get_what_their_bounds_have(
    served: Served, seed: int
) -> None:
    """What one account is granted is its own, whatever the other asks for."""
    random_ = random.Random(seed)
    accounts = served.accounts
    accounts.allow(CLIENT, BILLING)
    accounts.allow(OTHER_CLIENT, {"names": ["secrets"], "actions": ["create"]})

    for account in (CLIENT, OTHER_CLIENT):
        access: dict[str, Any] = {field: random_.sample(WORDS, 4) for field in ACTIONS}
        ask(served, account, **access)

    assert all(name.startswith("billing.") for _, name in granted(served))
    assert not {"CreateTopic"} & {action for action, _ in granted(served)}
    assert granted(served, OTHER_CLIENT) <= {
        ("CreateTopic", "secrets"),
        ("DescribeTopic", "secrets"),
    }
