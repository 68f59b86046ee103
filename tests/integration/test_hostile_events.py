"""Ten thousand hostile events: no crash, no access, no dead letter."""

import itertools
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from msklink.arns import ClusterArn
from msklink.errors import Refused
from msklink.policy.access_bounds import decide
from msklink.policy.document import ClusterGrant, Policy
from msklink.policy.kafka_access import KafkaAccess
from msklink.refusals import Code, refuse
from msklink.requests.inbound_events import ClientChanged, OnboardingDetail, read_event
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER, invoke

EVENTS = 10_000
STRANGER = OTHER_CLIENT
VPC_OF_STRANGER, VPC_OF_CLIENT = "vpc-0123456789abcdef0", "vpc-0fedcba9876543210"

Random = random.Random

WORDS = [
    *("orders", "sales", "orders-2", "", "auto", "iam", "scram", "tls", "off", "plaintext", "IAM"),
    *(CLIENT, STRANGER, OWNER, "000000000000", "*", "arn:aws:iam::*:root", "msklink", "msklink/"),
    *(
        "\x00",
        "\ud800",
        "é" * 9,
        "\N{RIGHT-TO-LEFT OVERRIDE}sredro",
        "\N{FULLWIDTH DIGIT ONE}" * 12,
    ),
    *("${Namespace}", "{% $run %}", "../../status", "orders/../../x", "%2e%2e%2f", "\n", "-" * 300),
    *("'; DROP TABLE orders", "{}", "{0}", "{word!r}", "{{resolve:ssm:/x}}"),
]


def any_json(random_: Random, depth: int = 3) -> Any:
    if depth == 0 or random_.random() < 0.5:
        return random_.choice(
            [None, True, 0, -1, 1e308, 2**70, random_.choice(WORDS), [], {}, random_.choice(WORDS)]
        )
    if random_.random() < 0.5:
        return [any_json(random_, depth - 1) for _ in range(random_.randrange(4))]
    return {random_.choice(WORDS): any_json(random_, depth - 1) for _ in range(3)}


def nested(depth: int) -> Any:
    node: Any = "orders"
    for _ in range(depth):
        node = [node]
    return node


def a_request_with_something_wrong(random_: Random) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "cluster": random_.choice(["orders", "orders", "sales", random_.choice(WORDS)]),
        "vpc_id": random_.choice([VPC_OF_STRANGER, VPC_OF_CLIENT, random_.choice(WORDS)]),
        "schemes": random_.choice([["iam"], ["auto"], [random_.choice(WORDS)]]),
    }
    match random_.randrange(5):
        case 0:
            del detail[random_.choice([*detail])]
        case 1:
            detail[random_.choice([*detail, "access", "subnet_ids"])] = any_json(random_)
        case 2:
            detail[random_.choice(["account", "accounts", "source", "Cluster"])] = CLIENT
        case 3:
            detail["access"] = {"produce": [random_.choice(WORDS)], "admin": True}
        case _:
            pass  # valid, but from an account that is not listed
    return detail


def a_huge_one(random_: Random) -> dict[str, Any]:
    """EventBridge accepts 256 KB in one entry."""
    return {"cluster": "o" * random_.randrange(1, 200_000), "schemes": ["iam"] * 10_000}


def a_deep_one(random_: Random) -> dict[str, Any]:
    return {"cluster": nested(random_.randrange(1, 400)), "vpc_id": {"vpc": nested(9)}}


def no_object(random_: Random) -> Any:
    return any_json(random_)


DETAILS: list[tuple[Callable[[Random], Any], int]] = [
    (a_request_with_something_wrong, 70),
    (no_object, 20),
    (a_deep_one, 8),
    (a_huge_one, 2),
]


def events(seed: int) -> Iterator[dict[str, Any]]:
    """Yield events that match the rule of the bus; EventBridge sets the account."""
    random_ = Random(seed)
    kinds, weights = zip(*DETAILS, strict=True)
    for number in range(EVENTS):
        [kind] = random_.choices(kinds, weights)
        yield {
            "id": str(number),
            "source": random_.choice(WORDS),
            "detail-type": f"Client {random_.choice(['On', 'Off'])}boarding Requested",
            "account": STRANGER,
            "resources": any_json(random_),
            "detail": kind(random_),
        }


@pytest.fixture
def cluster(accounts: Accounts) -> str:
    """Return a cluster that does not list the account that sends."""
    accounts.make_cluster("sales", tags={"msklink/clients": STRANGER})
    return accounts.make_cluster(tags={"msklink": "auto", "msklink/clients": CLIENT})


@pytest.fixture
def refusal_codes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record refusal codes instead of sending events, which takes minutes with moto."""
    codes: list[str] = []

    def record_code(_what: str, *, refusal: dict[str, str], **_facts: str) -> None:
        codes.append(refusal["code"])

    monkeypatch.setattr("msklink.services.notifications.put_event", record_code)
    return codes


@pytest.fixture
def no_role(monkeypatch: pytest.MonkeyPatch) -> None:
    """Report a missing client stack at once, which takes minutes with moto."""

    def refused(*_: object) -> None:
        raise Refused(refuse(Code.CLIENT_STACK_MISSING, role="r", account=STRANGER, owner=OWNER))

    monkeypatch.setattr("msklink.services.event_intake.client_session", refused)


@pytest.mark.usefixtures("no_role")
def test_ten_thousand_hostile_events_change_nothing(
    accounts: Accounts, cluster: str, refusal_codes: list[str]
) -> None:
    before = accounts.snapshot(cluster)

    for event in events(seed=1):
        assert invoke("ReceiveEventFunction", event) == {"runs": []}

    assert len(refusal_codes) == EVENTS
    assert set(refusal_codes) == {
        "AccountNotAllowed",
        "ClusterNotFound",
        "ClusterNotManaged",
        "MalformedRequest",
    }
    assert accounts.snapshot(cluster) == before
    assert accounts.items(cluster) == {}


def test_a_listed_client_can_request_only_for_itself(
    accounts: Accounts, cluster: str, refusal_codes: list[str], executions: list[dict[str, Any]]
) -> None:
    """Whatever the detail contains, only the account itself is recorded."""
    for event in itertools.islice(events(seed=2), 300):
        invoke("ReceiveEventFunction", event | {"account": CLIENT})

    assert "AccountNotAllowed" not in refusal_codes
    assert {one["cluster_arn"] for one in executions} == {cluster}
    items = accounts.items(cluster)
    assert {item["account"] for name, item in items.items() if name != "cluster"} == {CLIENT}
    assert STRANGER not in json.dumps([*items])


def a_greedy_request(random_: Random) -> dict[str, Any]:
    """Return a valid request; few of its names are within the bound `billing.*`."""
    names = ["*", "**", "b*", "*g.*", "billing*", "billing.*", "billing.x", "BILLING.*", ".", "-"]
    fields = ("produce", "consume", "create", "groups", "transactional_ids")
    access = {field: random_.choices(names, k=random_.randrange(4)) for field in fields}
    return {"cluster": "orders", "vpc_id": VPC_OF_CLIENT, "schemes": ["iam"], "access": access}


@pytest.mark.parametrize("owned", [{}, {"names": ["billing.*"], "actions": ["consume"]}])
def test_ten_thousand_greedy_requests_stay_within_the_bounds(owned: dict[str, Any]) -> None:
    """Test event parsing, the decision, and the resulting policy."""
    random_ = Random(3)
    arn = ClusterArn.parse(f"arn:aws:kafka:eu-west-1:{OWNER}:cluster/orders/0-1")
    bounds = {f"/msklink/orders/access/{CLIENT}": json.dumps(owned)} if owned else {}

    for number in range(EVENTS):
        event = {
            "id": str(number),
            "detail-type": "Client Onboarding Requested",
            "account": CLIENT,
            "detail": a_greedy_request(random_),
        }
        [trigger] = read_event(event, "msklink")
        assert isinstance(trigger, ClientChanged)
        assert isinstance(trigger.request, OnboardingDetail)
        asked = trigger.request.access or KafkaAccess()
        granted = decide(asked, bounds, arn, CLIENT, "msklink").granted
        access = frozenset() if granted.is_nothing else frozenset({(CLIENT, granted)})
        grant = ClusterGrant(frozenset({CLIENT, STRANGER}), access)
        _, *data = Policy.parse(None).with_grant(arn, grant, "msklink").statements
        for statement in data:
            assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{CLIENT}:root"]}
            on_names = isinstance(statement["Resource"], list)
            assert not on_names or all("/billing." in one for one in statement["Resource"])
            assert not {one for one in statement["Action"] if "Write" in one or "Create" in one}
        assert bool(data) <= bool(owned)
