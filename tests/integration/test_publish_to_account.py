from typing import Any

from tests.support.aws import CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.steps import Steps, error_of

SALES = "arn:aws:kafka:eu-west-1:999999999999:cluster/orders/another-uuid"


def take_name(accounts: Accounts, account: str) -> None:
    accounts.client("ssm", account).put_parameter(
        Name="/msklink/orders/status",
        Value=f'{{"cluster_arn": "{SALES}"}}',
        Type="String",
        Overwrite=True,
    )


def test_the_client_gets_its_configuration_and_status(
    connected: Steps, accounts: Accounts, vpc_id: str
) -> None:
    connected.publish(CLIENT)

    properties = accounts.parameters(CLIENT, "/msklink/orders/iam")
    assert len(properties) == 6
    brokers = properties["/msklink/orders/iam/bootstrap.servers"].split(",")
    assert brokers == sorted(brokers)
    assert accounts.status(CLIENT)["vpcs"][vpc_id]["iam"]["state"] == "published"
    [event] = accounts.take_events("Client Onboarded")
    assert (event["account"], event["vpc_id"], event["scheme"]) == (CLIENT, vpc_id, "iam")
    assert event["connection_arn"] == accounts.connections(CLIENT)[0]["VpcConnectionArn"]


def test_published_parameters_have_our_tags(connected: Steps, accounts: Accounts) -> None:
    connected.publish(CLIENT)

    ssm = accounts.client("ssm", CLIENT)
    for name in accounts.parameters(CLIENT):
        tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
        assert tags == [{"Key": "msklink/managed-by", "Value": "msklink"}]


def test_publishing_twice_writes_once(connected: Steps, accounts: Accounts) -> None:
    assert connected.publish(CLIENT)["written"] == 7
    before = accounts.snapshot(connected.cluster_arn)
    accounts.take_events()

    connected.inspect_connections()  # MSK returns its brokers in another order
    assert connected.publish(CLIENT) == {"written": 0}

    assert accounts.snapshot(connected.cluster_arn) == before
    assert not accounts.take_events()


def test_a_changed_parameter_is_repaired(connected: Steps, accounts: Accounts) -> None:
    connected.publish(CLIENT)
    name = "/msklink/orders/iam/security.protocol"
    accounts.client("ssm", CLIENT).put_parameter(Name=name, Value="PLAINTEXT", Overwrite=True)

    assert connected.publish(CLIENT)["written"] == 1
    assert accounts.parameters(CLIENT)[name] == "SASL_SSL"


def test_the_owner_gets_every_scheme_and_a_summary(connected: Steps, accounts: Accounts) -> None:
    connected.publish(CLIENT)
    connected.summarize()

    assert "/msklink/orders/iam/bootstrap.servers" in accounts.parameters(OWNER)
    assert accounts.status(OWNER)["clients"] == {CLIENT: "published"}


def test_a_client_gets_only_its_connected_schemes(connected: Steps, accounts: Accounts) -> None:
    connected.brokers |= {"scram": "b-1:14001"}

    connected.publish(CLIENT)

    assert not accounts.parameters(CLIENT, "/msklink/orders/scram")


def test_parameters_of_another_cluster_are_never_overwritten(
    connected: Steps, accounts: Accounts
) -> None:
    take_name(accounts, CLIENT)
    before = accounts.parameters(CLIENT)

    assert connected.publish(CLIENT) == {"written": 0}
    connected.publish(CLIENT)

    assert accounts.parameters(CLIENT) == before
    [event] = accounts.take_events("Client Refused")
    assert event["refusal"]["code"] == "ClusterNameTaken"


def test_the_parameters_of_the_owner_are_never_overwritten_either(
    connected: Steps, accounts: Accounts
) -> None:
    take_name(accounts, OWNER)

    assert connected.summarize() == {"written": 0}

    [event] = accounts.take_events("Cluster Refused")
    assert event["refusal"]["code"] == "ClusterNameTaken"


def test_a_role_that_may_not_write_is_refused_and_recorded(
    connected: Steps, accounts: Accounts, failing: Any
) -> None:
    failing("ssm", "PutParameter", "AccessDeniedException")

    assert connected.publish(CLIENT) == {"written": 0}

    assert [event["refusal"]["code"] for event in accounts.take_events()] == ["ClientRoleDenied"]
    assert f"client#{CLIENT}##" in accounts.items(connected.cluster_arn)


def test_a_refusal_that_the_survey_reported_is_not_reported_again(
    steps: Steps, accounts: Accounts
) -> None:
    steps.inspect_cluster()
    steps.survey(CLIENT)

    steps.publish(CLIENT)

    assert len(accounts.take_events("Client Refused")) == 1


def test_a_throttled_write_has_a_name_that_is_retried(connected: Steps, failing: Any) -> None:
    failing("ssm", "PutParameter", "ThrottlingException")

    assert error_of(connected.publish, CLIENT) == "TransientError"


def test_a_lost_response_is_detected(connected: Steps, accounts: Accounts, preceding: Any) -> None:
    preceding("ssm", "PutParameter", lambda again: again())

    assert error_of(connected.publish, CLIENT) == "LostRace"

    assert connected.publish(CLIENT)["written"] > 0
    assert "/msklink/orders/iam/bootstrap.servers" in accounts.parameters(CLIENT)
    assert accounts.status(CLIENT)["state"] == "published"


def test_a_cluster_that_takes_the_name_meanwhile_keeps_it(
    connected: Steps, accounts: Accounts, preceding: Any
) -> None:
    ssm = accounts.client("ssm", CLIENT)
    theirs = '{"cluster_arn": "another", "state": "published"}'

    def take(_: Any) -> None:
        for name in ("iam/security.protocol", "status"):
            ssm.put_parameter(
                Name=f"/msklink/orders/{name}", Value=theirs, Type="String", Overwrite=True
            )

    preceding("ssm", "PutParameter", take)

    assert error_of(connected.publish, CLIENT) == "LostRace"

    assert connected.publish(CLIENT) == {"written": 0}
    assert set(accounts.parameters(CLIENT).values()) == {theirs}
    [event] = accounts.take_events("Client Refused")
    assert event["refusal"]["code"] == "ClusterNameTaken"


def test_the_owner_summary_survives_a_lost_response(
    connected: Steps, accounts: Accounts, preceding: Any
) -> None:
    preceding("ssm", "PutParameter", lambda again: again())

    assert error_of(connected.summarize) == "LostRace"

    connected.summarize()
    assert accounts.status(OWNER)["clients"] == {CLIENT: "connected"}
