"""The frame of the smoke test: what it says first, its questions, its state and its report."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.settings import REPOSITORY
from msklink_cli.errors import CommandError
from tests.smoke.builders import SmokeInMoto
from tests.support.aws import CLIENT
from tests.support.functions import OWNER
from tools.smoke import runner
from tools.smoke.answers import Answer, Verdict
from tools.smoke.questions import QUESTIONS
from tools.smoke.state import NAME, State

FREE = {"until": "account"}


def test_it_says_first_what_it_will_do_where_how_long_and_at_what_cost(
    smoked: SmokeInMoto,
) -> None:
    smoked.again(**FREE)
    runner.run(smoked.smoke)

    before = smoked.reader.text.partition("\nstates:")[0]
    for part in (OWNER, CLIENT, "eu-west-1", "minutes", "costs nothing", "states", "account"):
        assert part in before
    assert smoked.reader.questions == ["Go on?"]


def test_nothing_is_done_for_a_user_who_declines(smoked: SmokeInMoto) -> None:
    smoked.reader.answers = ["no"]

    with pytest.raises(CommandError, match="nothing was done"):
        runner.run(smoked.smoke)

    assert smoked.states.calls == 0


def test_without_a_terminal_only_yes_starts_it(smoked: SmokeInMoto) -> None:
    smoked.reader.attended = False
    with pytest.raises(CommandError, match="nobody can be asked"):
        runner.run(smoked.smoke)

    assert runner.run(smoked.again(yes=True, **FREE)) == 0
    assert smoked.verdict("A4") == "confirmed"


def test_a_step_that_is_done_is_not_repeated(smoked: SmokeInMoto) -> None:
    runner.run(smoked.again(until="states"))
    calls = smoked.states.calls

    runner.run(smoked.again(**FREE))

    assert smoked.states.calls == calls
    assert smoked.report()["steps"] == ["states", "account"]


def test_one_step_can_be_run_again_by_its_name(smoked: SmokeInMoto) -> None:
    runner.run(smoked.again(**FREE))
    calls = smoked.states.calls

    runner.run(smoked.again(until="", step="states"))

    assert smoked.states.calls == 2 * calls


def test_the_report_has_every_question_and_why_some_are_open(smoked: SmokeInMoto) -> None:
    runner.run(smoked.again(**FREE))

    found = {one["key"]: one for one in smoked.report()["questions"]}
    assert found.keys() == QUESTIONS.keys()
    assert found["A4"]["verdict"] == "confirmed"
    assert found["C1"]["reason"] == "Step connection was not run."
    assert found["B2"]["reason"] == QUESTIONS["B2"].why_not


def test_neither_file_of_the_report_has_ids(smoked: SmokeInMoto) -> None:
    evidence = {"answer": {"VpcId": "vpc-0a1b2c3d", "Owner": CLIENT, "Name": "payments"}}
    smoked.again(cluster="payments", **FREE)
    smoked.smoke.state.answer("C3", Answer(Verdict.DIFFERENT, f"of {OWNER}", evidence))
    runner.run(smoked.smoke)

    for name in ("smoke-report.json", "smoke-report.md"):
        text = (smoked.smoke.options.folder / name).read_text()
        for secret in (OWNER, CLIENT, "vpc-0a1b2c3d", "payments"):
            assert secret not in text
        assert "of <owner>" in text


def test_a_state_file_of_other_accounts_is_refused_while_something_exists(tmp_path: Path) -> None:
    place = {"owner": OWNER, "client": CLIENT}
    state = State(tmp_path / NAME)
    state.settle_in(place)
    state.ensure("owner", "vpc", "owner-vpc", lambda: "vpc-1", lambda: None)

    with pytest.raises(CommandError, match="other values of: client") as caught:
        State(tmp_path / NAME).settle_in({"owner": OWNER, "client": OWNER})
    assert "--folder" in caught.value.remedy


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 99}'])
def test_a_state_file_that_cannot_be_read_is_an_error_with_a_remedy(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / NAME).write_text(text)

    with pytest.raises(CommandError) as caught:
        State(tmp_path / NAME)
    assert "smoke-test-msklink" in caught.value.remedy


def test_only_its_user_can_read_the_state_file(tmp_path: Path) -> None:
    state = State(tmp_path / NAME)
    state.save()

    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_nothing_is_created_twice_whenever_it_is_interrupted(tmp_path: Path) -> None:
    made: list[str] = []

    def create() -> str:
        made.append("vpc-1")
        raise KeyboardInterrupt  # after AWS has made it, before its answer is saved

    state = State(tmp_path / NAME)
    with pytest.raises(KeyboardInterrupt):
        state.ensure("owner", "vpc", "owner-vpc", create, lambda: None)

    again = State(tmp_path / NAME)
    found = again.ensure("owner", "vpc", "owner-vpc", create, lambda: made[0])
    assert (found, made) == ("vpc-1", ["vpc-1"])
    assert State(tmp_path / NAME).find("vpc", "owner-vpc") == "vpc-1"


def test_an_answer_is_not_replaced_by_none(tmp_path: Path) -> None:
    state = State(tmp_path / NAME)
    state.answer("C1", Answer(Verdict.DIFFERENT, "seen"))
    state.answer("C1", Answer(Verdict.NOT_ANSWERED, "not seen this time"))

    assert state.answers["C1"] == Answer(Verdict.DIFFERENT, "seen")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--region", ""], "NoRegion"),
        (["--region", "eu-west-1"], "NoCredentialsError"),
        (["--owner-profile", "nobody"], "ProfileNotFound"),
    ],
)
def test_without_credentials_or_region_there_is_one_line_with_a_remedy(
    tmp_path: Path, words: list[str], code: str
) -> None:
    paths = (REPOSITORY, REPOSITORY / "layers/core", REPOSITORY / "cli/src")
    done = subprocess.run(
        [sys.executable, "-m", "tools.smoke", *words],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": ":".join(map(str, paths)),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.startswith(f"smoke: {code}: ")
    assert not list(tmp_path.iterdir())
