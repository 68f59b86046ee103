from typing import Any

import pytest

from localcloud.msk import faults
from msklink.auth_scheme import Scheme
from msklink.aws import cluster_item
from msklink.aws.msk_model import NEEDED_FIELDS
from msklink.runs import lease
from msklink.services import cluster_inspection
from tests.support.aws import CLIENT, SHORT_DURATIONS, Accounts
from tests.support.functions import OWNER, invoke
from tests.support.steps import Steps, error_of


def test_a_cluster_that_is_opted_in_goes_to_the_survey(steps: Steps) -> None:
    answer = steps.inspect_cluster()

    assert answer["move"] == "proceed"
    assert answer["accounts"] == [{"account": CLIENT, "barred": ""}]
    assert answer["facts"]["zone_ids"] == ["euw1-az1", "euw1-az2", "euw1-az3"]
    assert [*answer["facts"]["refusals"]] == ["tls"]


def test_inspecting_twice_changes_nothing(steps: Steps, accounts: Accounts) -> None:
    accounts.tag_cluster(steps.cluster_arn, msklink="iam imam")
    first = steps.inspect_cluster()
    before = accounts.snapshot(steps.cluster_arn)
    accounts.take_events()

    assert steps.inspect_cluster() == first
    assert accounts.snapshot(steps.cluster_arn) == before
    assert not accounts.take_events()


def test_a_boto3_that_drops_what_is_read_is_in_the_log(
    steps: Steps, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(NEEDED_FIELDS, "Cluster", ("State", "FieldOfTomorrow"))

    with caplog.at_level("WARNING", cluster_inspection.logger.name):
        assert steps.inspect_cluster()["move"] == "proceed"

    [warning] = caplog.records
    assert vars(warning)["unknown_fields"] == ["Cluster.FieldOfTomorrow"]


@pytest.mark.parametrize("tags", [{}, {"msklink": "off"}, {"msklink/clients": CLIENT}])
def test_a_cluster_that_is_not_opted_in_stops_the_run(
    accounts: Accounts, tags: dict[str, str]
) -> None:
    answer = Steps(accounts.make_cluster(tags=tags)).inspect_cluster()

    assert (answer["move"], answer["reason"]) == ("stop", "the cluster is not opted in")


def test_accounts_beyond_the_room_of_a_run_are_refused_and_the_others_served(
    steps: Steps, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = lease.EVENTS_PER_ROUND + 2 * lease.EVENTS_PER_CLIENT
    monkeypatch.setattr(lease, "HISTORY_LIMIT", room)
    ids = [f"{number:012d}" for number in range(111111111110, 111111111113)]
    accounts.tag_cluster(steps.cluster_arn, msklink__clients__2=" ".join(ids))

    answer = steps.inspect_cluster()

    assert [one["account"] for one in answer["accounts"]] == ids[:2]
    [event] = accounts.take_events("Cluster Refused")
    assert event["refusal"]["code"] == "TooManyAccounts"
    assert f"2 accounts, from {ids[2]} on" in event["refusal"]["message"]


def test_accounts_with_records_and_with_requests_are_served_before_others(
    surveyed: Steps, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, requesting = "000000000001", "000000000002", "999999999999"
    accounts.tag_cluster(surveyed.cluster_arn, msklink__clients__2=f"{first} {second} {requesting}")
    accounts.deploy_client(requesting)
    request = {"cluster": "orders", "vpc_id": accounts.make_network(requesting), "schemes": ["iam"]}
    detail_type = "Client Onboarding Requested"
    event = {"id": "1", "account": requesting, "detail-type": detail_type, "detail": request}
    monkeypatch.setattr("msklink.aws.step_functions.start", lambda *_: True)
    invoke("ReceiveEventFunction", event)

    for limit, served in (
        (1, [CLIENT]),
        (2, [CLIENT, requesting]),
        (3, [first, CLIENT, requesting]),
    ):
        events = lease.EVENTS_PER_ROUND + limit * lease.EVENTS_PER_CLIENT
        monkeypatch.setattr(lease, "HISTORY_LIMIT", events)
        assert [one["account"] for one in surveyed.inspect_cluster()["accounts"]] == served


def test_a_missing_cluster_stops_the_run_and_is_reported_once(
    steps: Steps, accounts: Accounts
) -> None:
    gone = Steps(steps.cluster_arn.replace("orders", "gone"))

    assert gone.inspect_cluster()["move"] == "stop"
    gone.inspect_cluster()

    [event] = accounts.take_events("Cluster Refused")
    assert event["refusal"]["code"] == "ClusterNotFound"


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"msklink": "iam imam"}, "UnknownScheme"),
        ({"msklink": "iam tls"}, "SchemeOffOnCluster"),
        ({"msklink__clients": "2222"}, "MalformedAccountList"),
    ],
)
def test_errors_in_the_tags_are_reported_to_the_owner(
    steps: Steps, accounts: Accounts, tags: dict[str, str], code: str
) -> None:
    accounts.tag_cluster(steps.cluster_arn, **tags)

    assert steps.inspect_cluster()["move"] == "proceed"

    [event] = accounts.take_events("Cluster Refused")
    assert event["refusal"]["code"] == code
    assert (event["cluster_arn"], event["run"]) == (steps.cluster_arn, steps.run)


def test_a_refusal_that_returns_is_reported_again(steps: Steps, accounts: Accounts) -> None:
    for value in ("imam", "iam", "imam"):
        accounts.tag_cluster(steps.cluster_arn, msklink=value)
        steps.inspect_cluster()

    assert len(accounts.take_events("Cluster Refused")) == 2


@pytest.mark.parametrize("state", ["UPDATING", "HEALING", "MAINTENANCE", "REBOOTING_BROKER"])
def test_a_busy_cluster_is_waited_for(steps: Steps, accounts: Accounts, state: str) -> None:
    accounts.msk.force_state(steps.cluster_arn, state)

    answer = steps.inspect_cluster(waited_seconds=60)

    assert answer["move"] == "wait"
    assert answer["wait_seconds"] > 0


def test_waiting_for_a_cluster_ends(steps: Steps, accounts: Accounts) -> None:
    accounts.msk.force_state(steps.cluster_arn, "HEALING")

    assert error_of(steps.inspect_cluster, 4 * 3600) == "ClusterWaitTimedOut"


def test_a_successful_update_is_reported_once(surveyed: Steps, accounts: Accounts) -> None:
    surveyed.enable()
    accounts.clock.advance(3600)

    surveyed.inspect_cluster()
    surveyed.inspect_cluster()

    [event] = accounts.take_events("Cluster Connectivity Enabled")
    assert event["schemes"] == ["iam"]


@pytest.mark.parametrize("offered", ["iam scram", "auto"])
def test_a_failed_update_is_refused_and_reported_once(
    surveyed: Steps, accounts: Accounts, offered: str
) -> None:
    accounts.tag_cluster(surveyed.cluster_arn, msklink=offered)
    accounts.msk.faults.add(faults.fails("UpdateConnectivity", "Broken", "it broke"))
    surveyed.enable()
    accounts.clock.advance(3600)

    answer = surveyed.inspect_cluster()

    assert answer["move"] == "proceed"
    refusal = answer["facts"]["refusals"]["iam"]
    assert refusal["code"] == "ConnectivityUpdateFailed"
    assert "Broken: it broke" in refusal["message"]
    assert ":cluster-operation/orders/" in refusal["remedy"]
    assert "scram" not in answer["facts"]["refusals"]
    [event] = accounts.take_events("Cluster Refused")
    assert event["refusal"] == refusal
    again = surveyed.inspect_cluster()  # the next run tries again
    assert "iam" not in again["facts"]["refusals"]
    assert not accounts.take_events()


def test_a_failed_update_is_reported_later_if_the_event_fails(
    surveyed: Steps, accounts: Accounts, failing: Any
) -> None:
    accounts.msk.faults.add(faults.fails("UpdateConnectivity", "Broken", "it broke"))
    surveyed.enable()
    accounts.clock.advance(3600)

    mend = failing("events", "PutEvents", "InternalException")
    assert error_of(surveyed.inspect_cluster) == "TransientError"
    mend()

    assert "iam" in surveyed.inspect_cluster()["facts"]["refusals"]
    assert len(accounts.take_events("Cluster Refused")) == 1


def test_a_failed_update_without_a_message_is_refused_too(
    surveyed: Steps, accounts: Accounts
) -> None:
    surveyed.enable()
    accounts.clock.advance(3600)
    operation = cluster_item.read_cluster(surveyed.cluster_arn).operation
    cluster_item.record_enabling(surveyed.cluster_arn, [Scheme.IAM, Scheme.SCRAM], operation)

    answer = surveyed.inspect_cluster()

    assert answer["facts"]["refusals"]["scram"]["code"] == "ConnectivityUpdateFailed"
    assert "iam" not in answer["facts"]["refusals"]


def test_an_update_that_may_not_have_started_is_retried(
    surveyed: Steps, accounts: Accounts
) -> None:
    cluster_item.record_enabling(surveyed.cluster_arn, [Scheme.IAM])

    answer = surveyed.inspect_cluster()

    assert "iam" not in answer["facts"]["refusals"]
    assert cluster_item.read_cluster(surveyed.cluster_arn).enabling == ()
    assert not accounts.take_events("Cluster Refused")


@pytest.mark.parametrize("properties", ["", "allow.everyone.if.no.acl.found=true"])
def test_unauthenticated_access_is_read_from_the_configuration(
    accounts: Accounts, properties: str
) -> None:
    configuration = {"Arn": accounts.make_configuration(properties), "Revision": 1}
    steps = Steps(
        accounts.make_cluster(
            tags={"msklink": "iam scram", "msklink/clients": CLIENT},
            ConfigurationInfo=configuration,
        )
    )

    refusals = steps.inspect_cluster()["facts"]["refusals"]

    assert refusals["scram"]["code"] == "AclsNotEnforced"
    assert "iam" not in refusals


def test_the_facts_contain_the_vpc_of_the_cluster(steps: Steps, accounts: Accounts) -> None:
    [vpc_id] = accounts.vpcs_with_subnets(OWNER)

    assert steps.inspect_cluster()["facts"]["vpc_id"] == vpc_id


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"KafkaVersion": "four"}, "KafkaVersionUnknown"),
        ({"instance_type": "express.m7g.large"}, "BrokersExpress"),
    ],
)
def test_an_unverified_combination_is_a_warning_and_not_a_refusal(
    accounts: Accounts, changes: dict[str, Any], code: str
) -> None:
    steps = Steps(accounts.make_cluster(tags={"msklink": "iam"}, **changes))

    facts = steps.inspect_cluster()["facts"]

    assert [warning["code"] for warning in facts["warnings"]] == [code]
    assert "iam" not in facts["refusals"]
    assert not accounts.take_events()


def test_the_wait_depends_on_past_updates(surveyed: Steps, accounts: Accounts) -> None:
    surveyed.enable()
    accounts.clock.advance(3600)
    surveyed.inspect_cluster()
    surveyed.surveys = [{"account": CLIENT, "schemes": ["scram"]}]

    answer = surveyed.enable()

    seconds = SHORT_DURATIONS.update_connectivity
    assert answer["expected"] == [int(seconds * 0.9), int(seconds * 1.1)]
    assert answer["wait_seconds"] == int(seconds * 0.9)
    close = surveyed.inspect_cluster(waited_seconds=270, expected=answer["expected"])
    assert close["wait_seconds"] == 30


def test_requests_are_counted_before_the_cluster_is_read(steps: Steps, accounts: Accounts) -> None:
    def ask() -> None:
        cluster_item.add_request(steps.cluster_arn)

    ask()
    accounts.meanwhile("DescribeClusterV2", ask)

    assert steps.inspect_cluster()["generation"] == 1


def test_a_throttled_read_has_the_name_that_is_retried(steps: Steps, accounts: Accounts) -> None:
    accounts.msk.faults.add(faults.throttled("DescribeClusterV2", times=None))

    assert error_of(steps.inspect_cluster) == "TransientError"


def test_a_scheme_that_the_cluster_no_longer_offers_is_not_recorded_as_enabled(
    steps: Steps, accounts: Accounts
) -> None:
    accounts.tag_cluster(steps.cluster_arn, msklink="iam tls")
    cluster_item.record_enabled_schemes(steps.cluster_arn, [Scheme.TLS])

    assert steps.inspect_cluster()["facts"]["refusals"]["tls"]["code"] == "SchemeOffOnCluster"

    assert cluster_item.read_cluster(steps.cluster_arn).enabled_schemes == ()
