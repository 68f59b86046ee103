"""
Redrive a failed run: continue in the state that failed, with its input and variables.

moto cannot redrive. Step Functions does not repeat iterations of a Map that succeeded (Step
Functions guide, redriving executions). Here all are repeated, which is the harder test.
"""

import copy
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from tests.support.functions import OWNER, REGION


def redrive(run: str) -> str:
    """Redrive *run* in the background, and return the state in which it had failed."""
    execution = _execution(run)
    assert execution.exec_status != ExecutionStatus.RUNNING, f"{run} has not ended"
    resumed: Any = _RedriveWorker.from_end_of(execution)
    execution.exec_status, execution.exec_worker = ExecutionStatus.RUNNING, resumed
    execution.stop_date = execution.error = execution.cause = None
    resumed.start()
    return str(resumed.state)


class _RedriveWorker(ExecutionWorker):
    before: Any
    """The engine's environment at the end of the run."""
    state: str

    @classmethod
    def from_end_of(cls, execution: Any) -> "_RedriveWorker":
        ended, worker = execution.exec_worker, execution._get_start_execution_worker()
        worker.__class__ = cls
        worker.before, worker.state = ended.env, _last_state(ended)
        resumed: _RedriveWorker = worker
        return resumed

    def _get_evaluation_entrypoint(self) -> Any:
        program: Any = copy.copy(super()._get_evaluation_entrypoint())
        program.start_at = StartAt(self.state)
        return program

    def _get_evaluation_environment(self) -> Any:
        env: Any = super()._get_evaluation_environment()
        env.variable_store = self.before.variable_store
        env.states.reset(self.before.states.get_input())
        return env


def _last_state(ended: Any) -> str:
    """Return the last state that was entered outside of a Map."""
    outermost = ended._get_evaluation_entrypoint().states.states
    entered = (
        event["stateEnteredEventDetails"]["name"]
        for event in reversed(ended.env.event_manager.get_event_history())
        if "stateEnteredEventDetails" in event
    )
    return str(next(name for name in entered if name in outermost))


def _execution(run: str) -> Any:
    [found] = [
        execution
        for machine in stepfunctions_parser_backends[OWNER][REGION].state_machines
        for execution in machine.executions
        if execution.name == run
    ]
    return found
