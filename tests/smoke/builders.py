"""A smoke test in the accounts of moto, with a clock and a user that tests control."""

import contextvars
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from localcloud.msk import ManualClock, TagChange
from localcloud.single_state import TestStateError, run_state
from msklink_cli.errors import CommandError
from tests.support.aws import CLIENT, Accounts, accounts_in_moto
from tests.support.functions import OWNER
from tools.smoke.accounts import Account
from tools.smoke.answers import Answer, Question, Verdict
from tools.smoke.options import Options
from tools.smoke.smoke import Smoke
from tools.smoke.state import NAME, State
from tools.smoke.steps import STEPS


@dataclass
class Reader:
    """A user that agrees, or answers what the test says, and keeps what was shown."""

    answers: list[str] = field(default_factory=list)
    attended: bool = True
    lines: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def say(self, text: str, style: str = "") -> None:  # noqa: ARG002 a style is for terminals
        self.lines.append(text)

    def answered(self, question: Question, answer: Answer) -> None:
        self.lines.append(f"{question.key}: {answer.verdict}: {answer.reason}")

    def agrees(self, question: str) -> bool:
        return self._answer(question, "yes") == "yes"

    def typed(self, question: str) -> str:
        return self._answer(question, "")

    def is_attended(self) -> bool:
        return self.attended

    def _answer(self, question: str, default: str) -> str:
        if not self.attended:
            raise CommandError("NotConfirmed", "nobody can be asked", "Use --yes.")
        self.questions.append(question)
        return self.answers.pop(0) if self.answers else default

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass
class TestClock:
    """The clock of the emulator; *interrupts* are raised at the numbered sleeps."""

    __test__ = False

    clock: ManualClock
    interrupt_at: int = 0
    sleeps: int = 0
    meanwhile: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        if self.sleeps == self.interrupt_at:
            raise KeyboardInterrupt
        self.clock.advance(seconds)
        contextvars.Context().run(self.meanwhile)


class StatesClient:
    """TestState as botocore has it, answered by the emulator; *change* alters its answers."""

    def __init__(self, client: Any) -> None:
        self.meta = client.meta
        self.change: Callable[[dict[str, Any], dict[str, Any]], None] = lambda _asked, _answer: None
        self.error = ""
        self.calls = 0

    def test_state(self, **asked: Any) -> dict[str, Any]:
        model = self.meta.service_model.operation_model("TestState")
        validate_parameters(asked, model.input_shape)
        self.calls += 1
        if self.error:
            raise _client_error(self.error, "no")
        try:
            answer = run_state(asked)
        except TestStateError as error:
            raise _client_error(error.code, error.message) from error
        self.change(asked, answer)
        return answer


def _client_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "TestState")


@dataclass
class SmokeInMoto:
    accounts: Accounts
    smoke: Smoke
    reader: Reader
    clock: TestClock
    states: StatesClient

    def again(self, **options: Any) -> Smoke:
        """Return the smoke test as a new process would find it, with other options."""
        changed = replace(self.smoke.options, **options)
        state = State(changed.folder / NAME)
        self.smoke = replace(self.smoke, options=changed, state=state)
        return self.smoke

    def deliver_tag_events(self) -> None:
        """Put tag events of clusters into the observer's queue, as EventBridge does on AWS."""

        def deliver(change: TagChange) -> None:
            sqs = self.accounts.client("sqs")
            detail = {"changed-tag-keys": list(change.changed_keys), "service": "kafka"}
            body = {"source": "aws.tag", "detail": detail, "resources": [change.resource_arn]}
            for url in sqs.list_queues(QueueNamePrefix="smoke-").get("QueueUrls", []):
                sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))

        self.accounts.msk.tag_hooks.append(deliver)

    def run(self, *steps: str, **options: Any) -> None:
        """Run *steps*, by their names."""
        self.again(**options)
        for step in STEPS:
            if step.name in steps:
                step.run(self.smoke)
                self.smoke.state.finish(step.name)

    def verdict(self, key: str) -> str:
        return str(self.smoke.state.answers[key].verdict)

    def verdicts(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the verdicts on questions; each that is answered has evidence."""
        answers = self.smoke.state.answers
        found = {key: answers[key] for key in keys}
        for key, one in found.items():
            assert (one.evidence is not None) == (one.verdict != Verdict.NOT_ANSWERED), key
        return {key: str(one.verdict) for key, one in found.items()}

    def report(self) -> dict[str, Any]:
        folder = self.smoke.options.folder
        read: dict[str, Any] = json.loads((folder / "smoke-report.json").read_text())
        return read


@contextmanager
def smoke_in_moto(folder: Path, **options: Any) -> Iterator[SmokeInMoto]:
    with accounts_in_moto() as accounts:
        owner = Account("owner", accounts.session(OWNER), OWNER)
        client = Account("client", accounts.session(CLIENT), CLIENT)
        states = StatesClient(owner.client("stepfunctions"))
        owner._clients["stepfunctions"] = states
        reader, clock = Reader(), TestClock(accounts.clock)
        state = State(folder / NAME)
        place = {"owner": OWNER, "client": CLIENT, "region": owner.region}
        state.settle_in(place)
        chosen = Options(folder=folder, **options)
        smoke = Smoke(chosen, owner, client, state, reader, clock)
        yield SmokeInMoto(accounts, smoke, reader, clock, states)
