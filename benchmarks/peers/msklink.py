"""The work by MSKLink: the real state machine and functions, with requests during a run's waits."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from benchmarks.peers.audit import Audit
from benchmarks.peers.figures import Figures
from benchmarks.peers.workload import (
    ACCOUNTS_IN_A_TAG,
    Request,
    Size,
    installation,
    last_arrival,
    make_cluster,
    requests_of,
    updates,
)
from localcloud.demo.cost import Cost
from localcloud.msk import ManualClock
from tests.support.aws import Accounts
from tests.support.call_counts import count_calls
from tests.support.functions import NAMESPACE, invoke
from tests.support.step_functions import Engine, engine_in_moto, tag_event

WAY = "MSKLink"

STEPS_TO_INSTALL = 2
"""`sam build` and `sam deploy`."""

STEPS_PER_CLIENT = 2
"""Deploy the client stack; tag the VPC or send the request. Brokers are read by applications."""


def measure(size: Size) -> Figures:
    requests = requests_of(size)
    initial, later = requests[: size.clients], requests[size.clients :]
    accounts_of_all = [request.account for request in requests]
    with installation() as accounts, engine_in_moto(accounts) as engine:
        for request in initial:
            accounts.make_tagged_vpc(request.account)
        cluster = make_cluster(accounts, _tags(accounts_of_all))
        start = accounts.clock.now()
        audit = Audit()
        accounts.msk.observers.append(audit)
        arrivals = [
            (start + timedelta(seconds=request.seconds), _event(accounts, request))
            for request in later
        ]
        with count_calls() as calls, arriving(accounts.clock, arrivals):
            engine.receive(tag_event(cluster))
        end = accounts.clock.now()
        histories = [engine.history(run) for run in _runs(engine)]
        _check(accounts, requests)
        transitions = sum(
            "stateEnteredEventDetails" in event for history in histories for event in history
        )
        invocations = sum(
            event["type"] == "TaskScheduled" for history in histories for event in history
        ) + len(["tag event", *later])
        return Figures(
            way=WAY,
            clients=size.clients,
            requests=size.requests,
            reboots=updates(accounts, cluster),
            minutes=round(((end - start).total_seconds() - last_arrival(size)) / 60),
            calls=calls.total(),
            transitions=transitions,
            dollars=round(Cost(transitions, invocations, calls).dollars, 4),
            steps=STEPS_TO_INSTALL + 1 + len(later) + STEPS_PER_CLIENT * len(requests),
            lost_grants=audit.lost_grants,
            ungranted=audit.ungranted(accounts_of_all),
            wrong_subnets=audit.wrong_subnets,
        )


def _tags(account_ids: list[str]) -> dict[str, str]:
    parts = itertools.batched(account_ids, ACCOUNTS_IN_A_TAG, strict=False)
    lists = {
        f"{NAMESPACE}/clients" + (f"/{number}" if number else ""): " ".join(part)
        for number, part in enumerate(parts)
    }
    return {NAMESPACE: "iam scram tls"} | lists


def _event(accounts: Accounts, request: Request) -> dict[str, Any]:
    """Deploy the client stack beside a VPC, and return the request for it."""
    accounts.deploy_client(request.account)
    vpc_id = accounts.make_network(request.account)
    return {
        "id": "1",
        "detail-type": "Client Onboarding Requested",
        "account": request.account,
        "detail": {"cluster": "orders", "vpc_id": vpc_id, "schemes": [request.scheme]},
    }


def _runs(engine: Engine) -> list[str]:
    pages = (
        engine.accounts.client("stepfunctions")
        .get_paginator("list_executions")
        .paginate(stateMachineArn=engine.machine_arn)
    )
    return [one["name"] for page in pages for one in page["executions"]]


def _check(accounts: Accounts, requests: list[Request]) -> None:
    """Check that every client has its brokers, under the names of its scheme."""
    for request in requests:
        name = f"/{NAMESPACE}/orders/{request.scheme}/bootstrap.servers"
        assert name in accounts.parameters(request.account), request


@contextmanager
def arriving(clock: ManualClock, arrivals: list[tuple[datetime, dict[str, Any]]]) -> Iterator[None]:
    """Send each event to ReceiveEvent at its time, while a run waits."""
    left = sorted(arrivals, key=lambda arrival: arrival[0])
    advance = clock.advance

    def to(moment: datetime) -> None:
        advance(max((moment - clock.now()).total_seconds(), 0))

    def wait(seconds: float) -> None:
        end = clock.now() + timedelta(seconds=seconds)
        while left and left[0][0] <= end:
            moment, event = left.pop(0)
            to(moment)
            invoke("ReceiveEventFunction", event)
        to(end)

    with mock.patch.object(clock, "advance", wait):
        yield
    assert not left, "the run ended before all requests had arrived"
