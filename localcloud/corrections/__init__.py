"""
Where MiniStack does otherwise than AWS, and MSKLink could tell the difference.

Each module says what AWS does and replaces functions of MiniStack in this process.
"""

from localcloud.call_log import CallLog
from localcloud.clock import SimulatedClock
from localcloud.corrections import (
    buses,
    conditions,
    ec2,
    events,
    functions,
    places,
    states,
    waiting,
)


def install(clock: SimulatedClock, log: CallLog) -> None:
    waiting.install(clock)
    functions.install(log)
    states.install(clock)
    events.install()
    buses.install()
    conditions.install()
    ec2.install()
    places.install()
