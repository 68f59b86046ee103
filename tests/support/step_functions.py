"""Run the real state machine on moto's engine: tasks invoke our handlers, waits move our clock."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest import mock

from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)
from moto.stepfunctions.parser.asl.jsonata import jsonata as jsonata_module
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils.boto_client import boto_client_for
from moto.stepfunctions.parser.utils import TMP_THREADS

from tests.support.aws import ENVIRONMENT, Accounts
from tests.support.cloudformation import definition, handlers
from tests.support.expressions import evaluate
from tests.support.functions import OWNER, FunctionTimedOut, function_arn, invoke

MACHINE = ENVIRONMENT["STATE_MACHINE_ARN"]
SUBSTITUTIONS = {"Partition": "aws", "ClientsAtOnce": "10"} | {
    name: function_arn(name) for name in handlers()
}


TIMEOUT_SECONDS = 600
"""Real time after which a run counts as hanging, even on a slow machine."""

POLLS = 12_000


@dataclass
class Engine:
    """Starts runs and describes them."""

    accounts: Accounts
    machine_arn: str = MACHINE

    def receive(self, event: dict[str, Any]) -> list[str]:
        """Invoke ReceiveEvent with *event*, wait for the runs that it returns, and return them."""
        runs: list[str] = invoke("ReceiveEventFunction", event)["runs"]
        for run in runs:
            self.wait(run)
        return runs

    def reconcile(self, cluster_arn: str) -> str:
        """Deliver a tag event of the cluster, and return the status of the run."""
        [run] = self.receive(tag_event(cluster_arn))
        return str(self.describe(run)["status"])

    def sweep(self) -> int:
        """Sweep, wait for the runs that this starts, and return their number."""
        runs = invoke("SweepClustersFunction", {"id": "1"})["runs"]
        for run in runs:
            self.wait(run)
            assert self.describe(run)["status"] == "SUCCEEDED"
        return len(runs)

    def wait(self, run: str) -> None:
        """
        Wait until *run* has ended; a test waits for all other runs as well.

        A handler that waits for a run must not join threads: it runs in a thread of the engine.
        """
        if threading.current_thread() is threading.main_thread():
            while thread := _running_thread():
                thread.join(TIMEOUT_SECONDS)
                if thread.is_alive():
                    raise TimeoutError(f"{run} is still in {self.states(run)[-1]}")
        for _ in range(POLLS):
            if self.describe(run)["status"] != "RUNNING":
                return
            time.sleep(TIMEOUT_SECONDS / POLLS)  # noqa: TID251 moto does not signal the end of a run
        raise TimeoutError(f"{run} is still in {self.states(run)[-1]}")

    def kill(self, run: str) -> None:
        self.accounts.client("stepfunctions").stop_execution(executionArn=_execution(run))

    def describe(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self.accounts.client("stepfunctions").describe_execution(
            executionArn=_execution(run)
        )
        return found

    def history(self, run: str) -> list[dict[str, Any]]:
        pages = (
            self.accounts.client("stepfunctions")
            .get_paginator("get_execution_history")
            .paginate(executionArn=_execution(run))
        )
        return [event for page in pages for event in page["events"]]

    def states(self, run: str) -> list[str]:
        """Return the names of the states in the order in which they were entered."""
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in self.history(run)
            if "stateEnteredEventDetails" in event
        ]


def _running_thread() -> threading.Thread | None:
    """
    Return a thread of the engine that has not ended.

    moto lists a thread before starting it; until then its parent is alive and listed.
    """
    return next((thread for thread in tuple(TMP_THREADS) if thread.is_alive()), None)


def _execution(run: str) -> str:
    return MACHINE.replace(":stateMachine:", ":execution:") + f":{run}"


def tag_event(cluster_arn: str, key: str = "msklink") -> dict[str, Any]:
    return {
        "id": "1",
        "source": "aws.tag",
        "detail-type": "Tag Change on Resource",
        "account": cluster_arn.split(":")[4],
        "resources": [cluster_arn],
        "detail": {"service": "kafka", "resource-type": "cluster", "changed-tag-keys": [key]},
    }


def _invoke(function_name: str, *arguments: Any) -> bytes:
    """Return what Lambda returns: the result, or the error with the name of its class."""
    _qualifier, body, _headers, response_headers = arguments
    try:
        return json.dumps(invoke(function_name.rpartition(":")[2], json.loads(body))).encode()
    except (
        Exception,
        FunctionTimedOut,
    ) as error:  # the runtime reports every error by name
        response_headers["x-amz-function-error"] = "Unhandled"
        logging.getLogger(__name__).info("%s failed", function_name, exc_info=error)
        answer = {"errorMessage": str(error), "errorType": type(error).__name__}
        return json.dumps(answer).encode()


# moto parses the definition for each run, which takes half the time of a short one.
_parsed = cache(AmazonStateLanguageParser.parse)


@cache
def _client_for(region: str, service: str) -> Any:
    return boto_client_for(region, service)


def _shared_client(region: str, service: str, state_credentials: object) -> Any:  # noqa: ARG001 moto names it
    """Return a cached client; moto creates one for each task, for tasks with own credentials."""
    return _client_for(region, service)


@contextmanager
def engine_in_moto(accounts: Accounts) -> Iterator[Engine]:
    def wait(_: WaitFunction, wait_seconds: int, **_environment: object) -> None:
        accounts.clock.advance(wait_seconds)

    invoke_probe = LambdaSimpleBackend.invoke

    def invoke_any(backend: LambdaSimpleBackend, *arguments: Any) -> Any:
        ours = backend.account_id == OWNER
        return _invoke(*arguments) if ours else invoke_probe(backend, *arguments)

    with (
        mock.patch.object(LambdaSimpleBackend, "invoke", invoke_any),
        mock.patch.object(WaitFunction, "_wait_interval", wait),
        mock.patch.object(retrier_decl, "time", mock.Mock(sleep=accounts.clock.advance)),
        mock.patch.object(jsonata_module, "_eval_jsonata", evaluate),
        mock.patch.object(lambda_eval_utils, "boto_client_for", _shared_client),
        mock.patch.object(AmazonStateLanguageParser, "parse", staticmethod(_parsed)),
    ):
        accounts.client("stepfunctions").create_state_machine(
            name=MACHINE.rpartition(":")[2],
            definition=json.dumps(definition(SUBSTITUTIONS)),
            roleArn="arn:aws:iam::123456789012:role/reconcile",
        )
        try:
            yield Engine(accounts)
        finally:
            # A run that nobody waited for would go on in the next test.
            for thread in tuple(TMP_THREADS):
                thread.join(TIMEOUT_SECONDS)
            unfinished = [thread.name for thread in TMP_THREADS if thread.is_alive()]
            # moto keeps every thread, and with it the memory of its stack even after its end: two
            # of the 65,530 mappings that Linux allows a process.
            TMP_THREADS.clear()
            assert not unfinished, f"runs did not end: {unfinished}"
