"""The lease protocol of one cluster: requests, runs, and events of failed runs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from msklink.runs.lease import requested_before
from tests.model.aws_model import (
    NO_ITEM,
    Answer,
    Call,
    Item,
    get_item,
    start_execution,
    update_item,
)
from tests.model.invocations import Clients, Invocation, Kind, Returned


class Trouble(NamedTuple):
    """How many failures of each kind may still happen."""

    failures: int = 0
    """Runs that fail, at any point."""
    deaths: int = 0
    """Invocations that die and are retried."""
    repeats: int = 0
    """Events that are delivered twice."""
    lost_answers: int = 0
    """Calls that boto3 retries because the first response was lost."""


class Stage(StrEnum):
    """The next action of an execution, or its final status."""

    INSPECT = "inspects"
    SURVEY = "surveys"
    HOLD = "holds"
    ENABLE = "turns the scheme on"
    CONCLUDE = "concludes"
    END = "ends"
    SUCCEEDED = "has succeeded"
    FAILED = "has failed"


class Run(NamedTuple):
    """An execution."""

    name: str
    stage: Stage = Stage.INSPECT
    generation: int = 0
    seen: int = 0
    """Number of requests before it surveyed."""
    is_held: bool = False
    """Whether the window had not begun when it inspected the cluster."""
    released: bool = False
    """Whether it has released its lease, and does no more work."""
    log: tuple[Answer, ...] = ()
    """The log of its invocation of HoldChanges or Conclude."""

    @property
    def running(self) -> bool:
        return self.stage not in {Stage.SUCCEEDED, Stage.FAILED}

    @property
    def invocation(self) -> Invocation:
        if self.stage is Stage.INSPECT:
            return Invocation(Kind.INSPECTION, self.name)
        if self.stage is Stage.HOLD:
            return Invocation(Kind.HOLDING, self.name, is_held=self.is_held, log=self.log)
        return Invocation(Kind.CONCLUSION, self.name, self.generation, self.seen, log=self.log)


class ProtocolState(NamedTuple):
    invocations: tuple[Invocation, ...]
    """Asynchronous invocations; sorted, because equal ones are interchangeable."""
    trouble: Trouble
    """The failures that may still happen."""
    item: Item = NO_ITEM
    runs: tuple[Run, ...] = ()
    requests_made: tuple[int, ...] = ()
    """For each request, the value of the counter after its first delivery."""
    served: int = 0
    """Number of requests that a run had seen before it concluded."""
    has_window_begun: bool = False
    is_scheduled: bool = False
    """Whether a sweep is scheduled for the beginning of the window."""
    is_reported: bool = False
    """Whether the hold was reported to the owner."""
    reboots: int = 0
    hourly_sweeps: int = 0
    """How many more follow once everything has ended."""

    @property
    def holder(self) -> str | None:
        return next((text for name, _, text in self.item if name == "holder"), None)

    @property
    def requested(self) -> int:
        return next((int(text) for name, _, text in self.item if name == "requested"), 0)

    def run(self, name: str) -> Run:
        return next(run for run in self.runs if run.name == name)

    def add_invocations(self, *more: Invocation) -> "ProtocolState":
        return self._replace(invocations=tuple(sorted([*self.invocations, *more])))

    def with_run(self, changed: Run) -> "ProtocolState":
        others = [run for run in self.runs if run.name != changed.name]
        return self._replace(runs=tuple(sorted([*others, changed])))

    def consume(self, kind: str) -> "ProtocolState":
        """Return the state with one failure of *kind* less that may happen."""
        left = self.trouble._replace(**{kind: getattr(self.trouble, kind) - 1})
        return self._replace(trouble=left)


class Step(NamedTuple):
    who: Invocation
    call: Call
    answer: Answer
    then: str = ""

    def __str__(self) -> str:
        return f"{self.who}: {self.call} -> {self.answer}{self.then}"

    def unacknowledged(self) -> "Step":
        return self._replace(then=", whose response is lost, so it is retried")


class Label(NamedTuple):
    who: object
    what: str

    def __str__(self) -> str:
        return f"{self.who} {self.what}"


_NOT_RETRIED = {Kind.CONCLUSION, Kind.HOLDING, Kind.SWEEP}
"""Step Functions retries the first two; the next sweep is the retry of a sweep."""

type Transitions = Iterator[tuple[object, ProtocolState]]


@dataclass
class Protocol:
    """
    The transitions with a number of requests and at most the given failures.

    A request exists from the moment in which it is counted. People make it earlier, which can only
    help a run to see it.
    """

    clients: Clients
    requests: int
    trouble: Trouble
    has_room: bool
    """Whether the history of a run has room for another round."""
    _known: dict[Invocation, Call | Returned] = field(default_factory=dict)

    @property
    def start(self) -> ProtocolState:
        return ProtocolState((Invocation(Kind.REQUEST, is_new=True),) * self.requests, self.trouble)

    def violation(self, state: ProtocolState) -> str | None:
        at_work = [run.name for run in state.runs if run.running and not run.released]
        if len(at_work) > 1:
            return f"two runs at work at once, {' and '.join(at_work)}"
        if not self.is_over(state):
            return None
        if state.holder:
            return f"a lease left with {state.holder}"
        failed = [requested_before(run.name) for run in state.runs if run.stage is Stage.FAILED]
        for count in state.requests_made[state.served :]:
            if count > max(failed, default=0):
                return f"request {count} lost"
        return None

    def is_over(self, state: ProtocolState) -> bool:
        """Return whether nothing is in progress, and nothing follows."""
        return not state.invocations and not any(run.running for run in state.runs)

    def transitions(self, state: ProtocolState) -> Transitions:
        for position, invocation in enumerate(state.invocations):
            others = state.invocations[:position] + state.invocations[position + 1 :]
            if invocation not in others[:position]:
                yield from self._continues(state, invocation, others)
        for run in state.runs:
            if run.running:
                yield from self._advances(state, run)
                if state.trouble.failures:
                    yield from self._fails(state.consume("failures"), run)
        if state.trouble.repeats:
            yield from self._repeat_events(state.consume("repeats"))

    def _continues(
        self, state: ProtocolState, acting: Invocation, others: tuple[Invocation, ...]
    ) -> Transitions:
        """Continue an asynchronous invocation, which Lambda retries; it retries no Conclude."""
        step, then = self._call(state, acting)
        acted = acting.with_answer(step.answer)
        then = then._replace(invocations=others)
        yield step, then if self._has_returned(acted) else then.add_invocations(acted)
        if state.trouble.lost_answers:
            yield (
                step.unacknowledged(),
                then.consume("lost_answers").add_invocations(acting._replace(is_new=False)),
            )
        if state.trouble.deaths and acting.log:
            dead = state.consume("deaths")._replace(invocations=others)
            again = [] if acting.kind in _NOT_RETRIED else [acting.restarted()]
            yield Label(acting, "dies"), dead.add_invocations(*again)

    def _advances(self, state: ProtocolState, run: Run) -> Transitions:
        match run.stage:
            case Stage.INSPECT:
                step, then = self._call(state, run.invocation)
                result = self._next(run.invocation.with_answer(step.answer))
                assert isinstance(result, Returned)
                yield step, then.with_run(run._replace(stage=Stage.SURVEY, generation=result.value))
            case Stage.SURVEY:
                surveyed = run._replace(stage=Stage.CONCLUDE, seen=len(state.requests_made))
                yield Label(run.name, "surveys and acts"), state.with_run(surveyed)
            case Stage.CONCLUDE:
                yield from self._concludes(state, run)
            case Stage.END:
                yield Label(run.name, "ends"), state.with_run(Run(run.name, Stage.SUCCEEDED))

    def _concludes(self, state: ProtocolState, run: Run) -> Transitions:
        """Continue a Conclude, for which Step Functions waits; it retries without a response."""
        acting = run.invocation
        step, then = self._call(state, acting)
        released = then.run(run.name).released
        result = self._next(acting.with_answer(step.answer))
        if isinstance(result, Returned):
            stage = Stage.INSPECT if result.value else Stage.END
            yield step, then.with_run(Run(run.name, stage, released=released))
        else:
            yield step, then.with_run(run._replace(released=released, log=(*run.log, step.answer)))
        if state.trouble.lost_answers:
            yield step.unacknowledged(), then.consume("lost_answers")
        if state.trouble.deaths:
            again = state.consume("deaths").with_run(run._replace(log=()))
            yield Label(acting, "gives no response, and is retried"), again.add_invocations(acting)
            if run.log:
                yield Label(acting, "dies, and is retried"), again

    def _fails(self, state: ProtocolState, run: Run) -> Transitions:
        """Fail the run, at any point; an invocation of Conclude in progress continues."""
        failed = state.with_run(Run(run.name, Stage.FAILED)).add_invocations(
            Invocation(Kind.FAILURE, run.name)
        )
        yield Label(run.name, "fails"), failed
        if run.stage is Stage.CONCLUDE:
            yield (
                Label(run.name, "fails while its Conclude continues"),
                failed.add_invocations(run.invocation),
            )

    def _repeat_events(self, state: ProtocolState) -> Transitions:
        again = [Invocation(Kind.REQUEST)] if state.requests_made else []
        again += [
            Invocation(Kind.FAILURE, run.name) for run in state.runs if run.stage is Stage.FAILED
        ]
        for invocation in again:
            yield Label(invocation, "is delivered again"), state.add_invocations(invocation)

    def _call(self, state: ProtocolState, acting: Invocation) -> tuple[Step, ProtocolState]:
        """Return the next call of *acting*, and the state after it, with *acting* unchanged."""
        call = self._next(acting)
        assert isinstance(call, Call)
        answer, then = self._answered(state, call)
        if not acting.log:
            then = then._replace(served=max(then.served, acting.seen))
            if acting.is_new:
                then = then._replace(requests_made=(*then.requests_made, then.requested))
        gave_up = acting.kind is Kind.CONCLUSION and state.holder == acting.run != then.holder
        if gave_up and (run := then.run(acting.run)).running:
            then = then.with_run(run._replace(released=True))
        return Step(acting, call, answer), then

    def _answered(self, state: ProtocolState, call: Call) -> tuple[Answer, ProtocolState]:
        match call.operation:
            case "GetItem":
                return get_item(state.item, call), state
            case "UpdateItem":
                item, answer = update_item(state.item, call)
                return answer, state._replace(item=item)
            case "StartExecution":
                running = {run.name: run.running for run in state.runs}
                started, answer = start_execution(running, call)
                return answer, state.with_run(Run(started)) if started else state
            case "DescribeExecution":
                name = call.request["executionArn"].rpartition(":")[2]
                status = "RUNNING" if state.run(name).running else "FAILED"
                return Answer(item=(("status", "S", status),)), state
        raise NotImplementedError(call.operation)

    def _has_returned(self, invocation: Invocation) -> bool:
        return isinstance(self._next(invocation), Returned)

    def _next(self, invocation: Invocation) -> Call | Returned:
        if invocation not in self._known:
            self._known[invocation] = self.clients.next_call(invocation, has_room=self.has_room)
        return self._known[invocation]
