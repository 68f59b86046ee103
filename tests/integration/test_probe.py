"""A client's probe checks the published brokers, and the status shows its result."""

import itertools
from typing import Any

import pytest

from tests.support.aws import CLIENT, Accounts
from tests.support.probes import all_checks_pass, finding, name_does_not_resolve
from tests.support.steps import Steps


def reported_check(accounts: Accounts, vpc_id: str) -> Any:
    """Return the check in the client's status."""
    return accounts.status(CLIENT)["vpcs"][vpc_id]["iam"].get("check")


def test_the_status_shows_a_good_check(connected: Steps, accounts: Accounts, vpc_id: str) -> None:
    accounts.deploy_probe(CLIENT, vpc_id)

    connected.publish(CLIENT)

    now = accounts.clock.now().replace(microsecond=0)
    at = now.isoformat().replace("+00:00", "Z")
    assert reported_check(accounts, vpc_id) == {"at": at, "good": True, "layer": "metadata"}
    assert accounts.status(CLIENT)["state"] == "published"


def test_the_status_shows_what_the_probe_could_not_check(
    connected: Steps, accounts: Accounts, vpc_id: str
) -> None:
    unchecked = "SASL was not checked: the probe has no password."

    def say(_: dict[str, str]) -> Any:
        return {"iam": [finding("TCP", unchecked=""), finding("TLS", unchecked=unchecked)]}

    accounts.deploy_probe(CLIENT, vpc_id, say)

    connected.publish(CLIENT)

    check = reported_check(accounts, vpc_id)
    assert (check["good"], check["layer"], check["unchecked"]) == (True, "TLS", unchecked)


def test_the_status_shows_the_first_failure_and_its_remedy(
    connected: Steps, accounts: Accounts, vpc_id: str
) -> None:
    accounts.deploy_probe(CLIENT, vpc_id, name_does_not_resolve)

    connected.publish(CLIENT)

    check = reported_check(accounts, vpc_id)
    assert (check["good"], check["layer"], check["broker"]) == (False, "DNS", "b-1:14001")
    assert (check["detail"], check["remedy"]) == ("Name or service not known", "Turn DNS on.")
    assert accounts.status(CLIENT)["state"] == "published"
    assert len(accounts.take_events("Client Onboarded")) == 1


def test_the_probe_gets_the_published_brokers(
    connected: Steps, accounts: Accounts, vpc_id: str
) -> None:
    asked: list[dict[str, str]] = []

    def say(question: dict[str, str]) -> Any:
        asked.append(question)
        return {}

    accounts.deploy_probe(CLIENT, vpc_id, say)

    connected.publish(CLIENT)

    published = accounts.parameters(CLIENT)["/msklink/orders/iam/bootstrap.servers"]
    assert asked == [{"iam": published}]


def test_a_good_check_is_not_repeated(connected: Steps, accounts: Accounts, vpc_id: str) -> None:
    accounts.deploy_probe(CLIENT, vpc_id)
    connected.publish(CLIENT)
    before = accounts.snapshot(connected.cluster_arn)
    accounts.probe_answers[CLIENT] = name_does_not_resolve
    accounts.clock.advance(3600)

    connected.inspect_connections()  # MSK returns its brokers in another order
    connected.publish(CLIENT)

    assert accounts.snapshot(connected.cluster_arn) == before


def test_changed_brokers_are_checked(connected: Steps, accounts: Accounts, vpc_id: str) -> None:
    accounts.deploy_probe(CLIENT, vpc_id)
    connected.publish(CLIENT)
    accounts.probe_answers[CLIENT] = name_does_not_resolve
    connected.brokers["iam"] += ",b-9:14009"

    connected.publish(CLIENT)

    assert not reported_check(accounts, vpc_id)["good"]


def test_a_failed_check_is_repeated_by_the_next_run(
    connected: Steps, accounts: Accounts, vpc_id: str
) -> None:
    accounts.deploy_probe(CLIENT, vpc_id, name_does_not_resolve)
    connected.publish(CLIENT)
    accounts.probe_answers[CLIENT] = all_checks_pass

    connected.publish(CLIENT)

    assert reported_check(accounts, vpc_id)["good"]
    assert len(accounts.take_events("Client Onboarded")) == 1


def test_a_probe_that_is_deployed_later_is_invoked(
    connected: Steps, accounts: Accounts, vpc_id: str
) -> None:
    connected.publish(CLIENT)
    assert reported_check(accounts, vpc_id) is None

    accounts.deploy_probe(CLIENT, vpc_id)
    connected.publish(CLIENT)

    assert reported_check(accounts, vpc_id)["good"]


def test_a_probe_in_another_vpc_is_not_used(
    connected: Steps, accounts: Accounts, vpc_id: str
) -> None:
    accounts.deploy_probe(CLIENT, accounts.make_network(CLIENT), name_does_not_resolve)

    connected.publish(CLIENT)

    assert reported_check(accounts, vpc_id) is None


def test_a_replaced_connection_is_checked_again(
    connected: Steps, accounts: Accounts, vpc_id: str
) -> None:
    accounts.deploy_probe(CLIENT, vpc_id)
    connected.publish(CLIENT)
    [connection] = accounts.connections(CLIENT)
    accounts.client("kafka", CLIENT).delete_vpc_connection(Arn=connection["VpcConnectionArn"])
    accounts.clock.advance(3600)
    connected.inspect_connections()
    connected.connect(CLIENT)
    accounts.clock.advance(3600)
    connected.inspect_connections()
    connected.inspect_connections()
    accounts.probe_answers[CLIENT] = name_does_not_resolve

    connected.publish(CLIENT)

    assert not reported_check(accounts, vpc_id)["good"]


def no_json_object(_: dict[str, str]) -> Any:
    return "all is well"


def another_form(question: dict[str, str]) -> Any:
    return {scheme: [{"good": "yes and no"}] for scheme in question}


def another_scheme(_: dict[str, str]) -> Any:
    return {"kerberos": [finding()]}


def nothing_about_it(question: dict[str, str]) -> Any:
    return {scheme: [] for scheme in question}


def broken(_: dict[str, str]) -> Any:
    raise MemoryError


@pytest.mark.parametrize(
    "say", [no_json_object, another_form, another_scheme, nothing_about_it, broken]
)
def test_an_invalid_result_changes_nothing(
    connected: Steps, accounts: Accounts, vpc_id: str, say: Any
) -> None:
    accounts.deploy_probe(CLIENT, vpc_id, say)

    assert connected.publish(CLIENT)["written"] == 7

    assert reported_check(accounts, vpc_id) is None
    assert accounts.status(CLIENT)["state"] == "published"


@pytest.mark.parametrize(
    "trouble",
    list(
        itertools.product(
            ["GetFunctionConfiguration", "Invoke"],
            ["AccessDeniedException", "TooManyRequestsException", "ServiceException"],
        )
    ),
    ids=" ".join,
)
def test_a_probe_that_cannot_be_invoked_changes_nothing(
    connected: Steps, accounts: Accounts, vpc_id: str, failing: Any, trouble: tuple[str, str]
) -> None:
    accounts.deploy_probe(CLIENT, vpc_id)
    undo = failing("lambda", *trouble)

    assert connected.publish(CLIENT)["written"] == 7

    undo()
    assert reported_check(accounts, vpc_id) is None
    assert not accounts.take_events("Client Refused")


def test_a_long_result_is_shortened(connected: Steps, accounts: Accounts, vpc_id: str) -> None:
    endless = finding("DNS", "x" * 100_000, good=False, remedy="y" * 100_000)
    accounts.deploy_probe(CLIENT, vpc_id, lambda question: {one: [endless] for one in question})

    connected.publish(CLIENT)

    assert reported_check(accounts, vpc_id)["detail"] == "x" * 300
