from tests.support.aws import CLIENT, Accounts
from tests.support.steps import RUN, Steps


def test_a_failure_is_recorded_for_the_account(steps: Steps, accounts: Accounts) -> None:
    answer = steps.record_failure("SurveyClient", CLIENT, "KeyError")

    assert answer == {"account": CLIENT, "schemes": []}  # what the survey would have said
    record = accounts.items(steps.cluster_arn)[f"client#{CLIENT}##"]
    assert record["state"] == "failed"
    assert record["failure"] == f"SurveyClient of run {RUN} failed with KeyError"


def test_the_message_of_a_permanent_fault_is_recorded(steps: Steps, accounts: Accounts) -> None:
    said = "An error occurred (ThrottlingException): Rate exceeded"
    steps.record_failure("SurveyClient", CLIENT, "TransientError", said)

    record = accounts.items(steps.cluster_arn)[f"client#{CLIENT}##"]
    assert record["failure"] == f"SurveyClient of run {RUN} failed with TransientError: {said}"


def test_a_failure_shows_in_the_status_of_the_client(
    connected: Steps, accounts: Accounts, vpc_id: str
) -> None:
    connected.record_failure("ConnectClient", CLIENT, "KeyError")

    connected.publish(CLIENT)

    status = accounts.status(CLIENT)
    assert status["state"] == "failed"
    assert "KeyError" in status["failure"]
    assert status["vpcs"][vpc_id]["iam"]["state"] == "published"


def test_a_failure_ends_when_the_survey_succeeds(surveyed: Steps, accounts: Accounts) -> None:
    surveyed.record_failure("SurveyClient", CLIENT, "KeyError")

    assert surveyed.survey(CLIENT)["schemes"] == ["iam"]

    assert f"client#{CLIENT}##" not in accounts.items(surveyed.cluster_arn)
    assert not accounts.take_events()
