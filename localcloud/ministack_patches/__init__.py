"""
Patches for MiniStack where it differs from AWS in a way that MSKLink would notice.

Each module documents what AWS does, and replaces functions of MiniStack in this process.
"""

from localcloud.call_log import CallLog
from localcloud.clock import SimulatedClock
from localcloud.ministack_patches import (
    cloudformation,
    ec2,
    ec2_locations,
    event_buses,
    event_delivery,
    lambda_functions,
    secret_lifecycle,
    secret_rotation,
    simulated_time,
    step_functions,
)


def install(clock: SimulatedClock, log: CallLog) -> None:
    simulated_time.install(clock)
    lambda_functions.install(log)
    step_functions.install(clock)
    event_delivery.install()
    event_buses.install()
    cloudformation.install()
    ec2.install()
    ec2_locations.install()
    secret_lifecycle.install()
    secret_rotation.install(clock)
