"""Measure the tutorial, by one script or by many teams."""

import random
from collections.abc import Sequence
from types import ModuleType

from benchmarks.peers import all_at_once, one_after_another
from benchmarks.peers.agenda import Work, carry_out
from benchmarks.peers.audit import Audit
from benchmarks.peers.figures import Figures
from benchmarks.peers.person import Ledger, Person
from benchmarks.peers.workload import (
    FOR_PEOPLE,
    Request,
    Size,
    installation,
    last_arrival,
    make_cluster,
    requests_of,
    updates,
)


def one_script(size: Size) -> Figures:
    return _measure(size, one_after_another, people=1)


def twenty_teams(size: Size) -> Figures:
    return _measure(size, all_at_once, people=all_at_once.TEAMS)


def _measure(size: Size, way: ModuleType, people: int) -> Figures:
    requests = requests_of(size)
    with installation(FOR_PEOPLE) as accounts:
        cluster = make_cluster(accounts)
        served = [(request, accounts.make_network(request.account)) for request in requests]
        audit, ledger = Audit(), Ledger()
        accounts.msk.observers.append(audit)
        start = accounts.clock.now().timestamp()
        carry_out(
            accounts.clock,
            [
                _serve_all(
                    way,
                    Person(accounts, cluster, ledger, way.SECONDS_PER_STEP, random.Random(number)),
                    served[number::people],
                    start,
                )
                for number in range(people)
            ],
        )
        assert ledger.published.keys() == {request.account for request in requests}
        end = max(ledger.published.values()).timestamp()
        return Figures(
            way=way.WAY,
            clients=size.clients,
            requests=size.requests,
            reboots=updates(accounts, cluster),
            minutes=round((end - start - last_arrival(size)) / 60),
            calls=ledger.calls,
            transitions=0,
            dollars=0.0,
            steps=ledger.steps,
            lost_grants=audit.lost_grants,
            ungranted=audit.ungranted([request.account for request in requests]),
            wrong_subnets=audit.wrong_subnets,
        )


def _serve_all(
    way: ModuleType, person: Person, requests: Sequence[tuple[Request, str]], start: float
) -> Work[None]:
    """Serve each of *requests*, which have a VPC each, when those before it are served."""
    for request, vpc_id in requests:
        now = person.accounts.clock.now().timestamp()
        yield max(start + request.seconds - now, 0)
        yield from way.serve(person, request, vpc_id)
