"""The lease protocol of a cluster with a scheme whose reboot waits for a maintenance window."""

from dataclasses import dataclass
from datetime import timedelta

from msklink.cluster.next_move import Move
from tests.model.aws_model import Answer, Call
from tests.model.invocations import WINDOW_BEGINS, Invocation, Kind, Returned
from tests.model.protocol import Label, Protocol, ProtocolState, Run, Stage, Transitions

DAY = timedelta(days=1)


@dataclass
class HeldProtocol(Protocol):
    """The same with a window that begins at any moment, and the sweep that it starts."""

    hourly_sweeps: int = 0
    """How many more sweeps follow once everything has ended."""

    @property
    def start(self) -> ProtocolState:
        return super().start._replace(hourly_sweeps=self.hourly_sweeps)

    def violation(self, state: ProtocolState) -> str | None:
        if state.reboots > 1:
            return "two reboots"
        if _holds(state) and not state.is_reported:
            return "an unreported hold"
        if found := super().violation(state):
            return found
        if not self.is_over(state) or self._has_failed(state):
            return None
        if not state.reboots:
            return "a hold forgotten"
        return "a hold left behind" if _holds(state) else None

    def is_over(self, state: ProtocolState) -> bool:
        is_expected = state.is_scheduled or state.hourly_sweeps or not state.has_window_begun
        return super().is_over(state) and not is_expected

    @staticmethod
    def _has_failed(state: ProtocolState) -> bool:
        """Return whether the last run failed: the next attempt is not part of the model."""
        last = max(state.runs, key=lambda run: int(run.name.rpartition("-")[2]))
        return last.stage is Stage.FAILED

    def transitions(self, state: ProtocolState) -> Transitions:
        yield from super().transitions(state)
        if not state.has_window_begun:
            yield Label("the window", "begins"), state._replace(has_window_begun=True)
            return
        if state.is_scheduled:
            swept = state.add_invocations(Invocation(Kind.SWEEP))
            yield Label("the scheduled sweep", "starts"), swept._replace(is_scheduled=False)
        if super().is_over(state) and not state.is_scheduled and state.hourly_sweeps:
            left = state._replace(hourly_sweeps=state.hourly_sweeps - 1)
            swept = left.add_invocations(Invocation(Kind.SWEEP))
            yield Label("the hourly sweep", "starts"), swept

    def _advances(self, state: ProtocolState, run: Run) -> Transitions:
        match run.stage:
            case Stage.INSPECT:
                for label, then in super()._advances(state, run):
                    is_held = not (state.has_window_begun or state.reboots)
                    yield label, then.with_run(then.run(run.name)._replace(is_held=is_held))
            case Stage.SURVEY:
                surveyed = run._replace(stage=Stage.HOLD, seen=len(state.requests_made))
                yield Label(run.name, Stage.SURVEY), state.with_run(surveyed)
            case Stage.HOLD:
                yield from self._holds(state, run)
            case Stage.ENABLE:
                rebooted = state._replace(reboots=state.reboots + 1)
                again = Run(run.name, released=run.released)
                yield Label(run.name, Stage.ENABLE), rebooted.with_run(again)
            case _:
                yield from super()._advances(state, run)

    def _holds(self, state: ProtocolState, run: Run) -> Transitions:
        """Continue a HoldChanges, for which Step Functions waits; it retries without a response."""
        acting = run.invocation
        step, then = self._call(state, acting)
        result = self._next(acting.with_answer(step.answer))
        if not isinstance(result, Returned):
            yield step, then.with_run(run._replace(log=(*run.log, step.answer)))
        elif result.value is None:
            for _, failed in self._fails(then, run):
                yield step, failed
        elif result.value == Move.INSPECT:
            yield step, then.with_run(Run(run.name, released=run.released))
        else:
            is_done = run.is_held or state.reboots
            stage = Stage.CONCLUDE if is_done else Stage.ENABLE
            yield step, then.with_run(run._replace(stage=stage, log=()))
        if state.trouble.lost_answers:
            yield step.unacknowledged(), then.consume("lost_answers")
        if state.trouble.deaths and run.log:
            again = state.consume("deaths").with_run(run._replace(log=()))
            yield Label(acting, "dies, and is retried"), again

    def _answered(self, state: ProtocolState, call: Call) -> tuple[Answer, ProtocolState]:
        match call.operation:
            case "Now":
                now = WINDOW_BEGINS if state.has_window_begun else WINDOW_BEGINS - DAY
                return Answer(item=(("now", "S", now.isoformat()),)), state
            case "PutEvents":
                return Answer(), state._replace(is_reported=True)
            case "CreateSchedule":
                return Answer(), state._replace(is_scheduled=True)
        return super()._answered(state, call)


def _holds(state: ProtocolState) -> bool:
    """Return whether a hold is recorded."""
    return any(name == "holds" and text != "[]" for name, _, text in state.item)
