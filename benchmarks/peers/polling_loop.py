"""
A workflow that polls, as Network Orchestration for AWS Transit Gateway does, by arithmetic.

That solution waits 15 seconds, invokes a function and chooses: three transitions a look, without
end (its version 3.3.27, `deployment/network-orchestration-hub.template`). Each request has a run of
its own. It knows nothing of MSK, so only what its waits would cost is computed: MSK takes as long
as in the other ways, no request disturbs another, and all else is free.
"""

import math

from benchmarks.peers.figures import Figures
from benchmarks.peers.workload import Size, last_arrival, requests_of
from localcloud.demo.cost import PER_GB_SECOND, PER_INVOCATION, PER_TRANSITION
from localcloud.msk.clock import AS_ON_AWS

WAY = "polling loop, by arithmetic"

LOOK_SECONDS = 15
TRANSITIONS = 3
GB_SECONDS = 1.5 * 1.0
"""Of one look: 1,536 MB for a second, as long as for MSKLink."""


def measure(size: Size) -> Figures:
    requests = requests_of(size)
    schemes = list(dict.fromkeys(request.scheme for request in requests))
    ends = [_end(schemes.index(request.scheme) + 1) for request in requests]
    looks = sum(
        math.ceil((end - request.seconds) / LOOK_SECONDS)
        for end, request in zip(ends, requests, strict=True)
    )
    per_look = TRANSITIONS * PER_TRANSITION + PER_INVOCATION + GB_SECONDS * PER_GB_SECOND
    return Figures(
        way=WAY,
        clients=size.clients,
        requests=size.requests,
        reboots=len(schemes),
        minutes=round((max(ends) - last_arrival(size)) / 60),
        calls=looks,
        transitions=TRANSITIONS * looks,
        dollars=round(looks * per_look, 4),
        steps=None,
        lost_grants=None,
        ungranted=None,
        wrong_subnets=None,
    )


def _end(updates: int) -> float:
    """Return when a request is served whose scheme the last of so many *updates* turns on."""
    waits = updates * AS_ON_AWS.update_connectivity, AS_ON_AWS.create_connection
    return sum(LOOK_SECONDS * math.ceil(wait / LOOK_SECONDS) for wait in waits)
