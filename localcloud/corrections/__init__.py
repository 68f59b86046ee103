"""
Where MiniStack does otherwise than AWS, and MSKLink could tell the difference.

Each module says what AWS does and replaces functions of MiniStack in this process.
"""

from localcloud.call_log import CallLog
from localcloud.corrections import buses, conditions, ec2, events, functions, places, states
from localcloud.settings import Settings


def install(chosen: Settings, log: CallLog) -> None:
    functions.install(log)
    states.install(chosen.time_scale)
    events.install(chosen.time_scale)
    buses.install()
    conditions.install()
    ec2.install()
    places.install()
