"""Small sizes of `make bench-limits`: with AWS at its quotas everything is served, only later."""

from benchmarks.quotas import Quota
from benchmarks.throttling import publish_to_one_account, survey_at_once

FUNCTION_SECONDS = 90


def test_runs_that_publish_to_one_account_wait_for_each_other_and_all_publish() -> None:
    outcome = publish_to_one_account(4)

    assert outcome.counted["PutParameter, throttled"] > 0
    assert outcome.given_up == 0
    written = outcome.counted["PutParameter"] - outcome.counted["PutParameter, throttled"]
    assert outcome.seconds >= (written - 3) / 3
    assert outcome.longest < FUNCTION_SECONDS


def test_surveys_beyond_the_quota_of_sts_are_retried_and_all_end() -> None:
    outcome = survey_at_once(3, 4, Quota("AssumeRole", 2, 2))

    assert outcome.counted["AssumeRole, throttled"] > 0
    assert (outcome.given_up, outcome.problem) == (0, "")
    assert outcome.seconds >= (3 * 4 - 2) / 2
