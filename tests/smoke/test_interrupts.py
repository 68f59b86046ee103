"""Ctrl-C in any step: everything is deleted, or kept to go on with, as the user wants."""

import pytest

from localcloud.msk import Fault, MskError
from msklink_cli.errors import CommandError
from tests.smoke.builders import SmokeInMoto
from tests.smoke.left import nothing_is_left
from tools.smoke import runner
from tools.smoke.answers import Answer, Verdict
from tools.smoke.kinds import KINDS
from tools.smoke.resources import Kind, Stays
from tools.smoke.smoke import Smoke
from tools.smoke.state import Json
from tools.smoke.steps import STEPS

BEFORE_INSTALLATION = ("network", "cluster", "fresh")


@pytest.fixture(autouse=True)
def states_are_done(smoked: SmokeInMoto) -> None:
    """Leave out the longest step, which creates nothing."""
    smoked.smoke.state.finish("states")


def interrupt_in(monkeypatch: pytest.MonkeyPatch, name: str, *, after: bool) -> None:
    """Have the step called *name* interrupted before or after its work."""
    [step] = [one for one in STEPS if one.name == name]

    def run(smoke: Smoke) -> None:
        if after:
            step.run(smoke)
        raise KeyboardInterrupt

    changed = [
        type(one)(one.name, one.does, one.minutes, run, one.creates) if one is step else one
        for one in STEPS
    ]
    monkeypatch.setattr(runner, "STEPS", tuple(changed))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("name", BEFORE_INSTALLATION)
def test_after_an_interrupt_everything_is_deleted(
    smoked: SmokeInMoto, monkeypatch: pytest.MonkeyPatch, name: str, after: bool
) -> None:
    interrupt_in(monkeypatch, name, after=after)

    assert runner.run(smoked.again(until=name)) == runner.INTERRUPTED

    assert nothing_is_left(smoked)
    assert smoked.smoke.state.resources == []
    assert smoked.smoke.state.data["done"] == ["states", "account"]
    assert (smoked.smoke.options.folder / "smoke-report.json").exists()


@pytest.mark.parametrize("name", BEFORE_INSTALLATION)
def test_a_user_who_keeps_what_exists_goes_on_later(
    smoked: SmokeInMoto, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with monkeypatch.context() as patched:
        interrupt_in(patched, name, after=True)
        smoked.reader.answers = ["yes", "no"]
        assert runner.run(smoked.again(until=name)) == runner.INTERRUPTED
    made = [dict(one) for one in smoked.smoke.state.resources]
    assert made
    for one in made:
        assert f"{one['id']}" in smoked.reader.text, "the command to delete it is shown"

    assert runner.run(smoked.again(until="fresh")) == 0

    assert [one for one in smoked.smoke.state.resources if one in made] == made
    assert smoked.smoke.state.is_done("fresh")
    assert smoked.verdict("C3") == "confirmed"


@pytest.mark.parametrize("sleep", range(1, 8))
def test_an_interrupt_while_it_waits_leaves_nothing(smoked: SmokeInMoto, sleep: int) -> None:
    smoked.clock.interrupt_at = sleep

    code = runner.run(smoked.again(until="fresh"))

    assert code == (runner.INTERRUPTED if smoked.clock.sleeps >= sleep else 0)
    runner.run(smoked.again(cleanup=True))
    assert nothing_is_left(smoked)


def test_a_second_interrupt_ends_the_cleanup_and_says_what_exists(smoked: SmokeInMoto) -> None:
    runner.run(smoked.again(until="cluster"))
    smoked.clock.interrupt_at = smoked.clock.sleeps + 1

    assert runner.run(smoked.again(cleanup=True)) == runner.INTERRUPTED

    assert smoked.smoke.state.resources
    assert f"kafka delete-cluster --cluster-arn {smoked.smoke.cluster_arn}" in smoked.reader.text
    assert runner.run(smoked.again(cleanup=True)) == 0
    assert nothing_is_left(smoked)


def test_scripts_clean_up_unless_they_keep(
    smoked: SmokeInMoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    smoked.reader.attended = False
    interrupt_in(monkeypatch, "cluster", after=True)

    runner.run(smoked.again(yes=True, keep=True, until="cluster"))
    assert smoked.smoke.state.resources

    runner.run(smoked.again(yes=True, keep=False, until="cluster"))
    assert nothing_is_left(smoked)


def test_what_cannot_be_deleted_stays_with_its_reason_and_command(
    smoked: SmokeInMoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stay(_smoke: Smoke, _entry: Json) -> None:
        raise Stays("somebody protects it")

    runner.run(smoked.again(until="network"))
    kind = KINDS["rule"]
    with monkeypatch.context() as patched:
        patched.setitem(KINDS, "rule", Kind(kind.look, stay, kind.command))
        assert runner.run(smoked.again(cleanup=True)) == runner.FAILED

    assert {one["kind"] for one in smoked.smoke.state.resources} == {"rule"}
    assert "somebody protects it" in smoked.reader.text
    assert "aws events delete-rule --name smoke-" in smoked.reader.text
    assert runner.run(smoked.again(cleanup=True)) == 0
    assert nothing_is_left(smoked)


def test_what_is_gone_already_is_no_error(smoked: SmokeInMoto) -> None:
    runner.run(smoked.again(until="network"))
    for role, account in (("owner", smoked.smoke.owner), ("client", smoked.smoke.client)):
        for entry in reversed(smoked.smoke.state.resources):
            if entry["account"] == role and entry["kind"] in {"subnet", "vpc"}:
                call = f"delete_{entry['kind']}"
                field = {"subnet": "SubnetId", "vpc": "VpcId"}[entry["kind"]]
                getattr(account.client("ec2"), call)(**{field: entry["id"]})

    assert runner.run(smoked.again(cleanup=True)) == 0
    assert smoked.smoke.state.resources == []


def test_an_error_cleans_up_as_well(smoked: SmokeInMoto) -> None:
    refusal = MskError("BadRequestException", "no")
    smoked.accounts.msk.faults.add(Fault("CreateClusterV2", error=refusal))

    assert runner.run(smoked.again(until="fresh")) == runner.FAILED

    assert nothing_is_left(smoked)


def test_expired_credentials_leave_everything_for_the_next_start(smoked: SmokeInMoto) -> None:
    runner.run(smoked.again(until="network"))
    smoked.states.error = "ExpiredTokenException"

    assert runner.run(smoked.again(until="", step="states")) == runner.FAILED

    assert smoked.smoke.state.resources
    assert "aws sso login" in smoked.reader.text


def test_answers_outlive_a_cleanup(smoked: SmokeInMoto) -> None:
    runner.run(smoked.again(until="fresh"))

    runner.run(smoked.again(cleanup=True))

    assert smoked.smoke.state.answers["C3"].verdict is Verdict.CONFIRMED
    assert isinstance(smoked.smoke.state.answers["C3"], Answer)


def test_a_declined_start_is_no_interrupt(smoked: SmokeInMoto) -> None:
    runner.run(smoked.again(until="network"))
    smoked.reader.answers = ["no"]

    with pytest.raises(CommandError):
        runner.run(smoked.again(until="cluster"))

    assert smoked.smoke.state.resources
