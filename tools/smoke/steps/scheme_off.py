"""
Leave IAM out of an update of the own cluster, with an IAM connection there.

It comes last: if MSK takes what is left out as off, the brokers reboot once more.
"""

from tools.smoke.kinds import msk
from tools.smoke.smoke import Smoke
from tools.smoke.steps import connection, update
from tools.smoke.steps.fresh import private_schemes

OFF = frozenset({"DEACTIVATING", "INACTIVE"})


def run(smoke: Smoke) -> None:
    if smoke.state.fact("off_begun") is None:
        if "Iam" not in private_schemes(smoke.cluster()):
            reason = "IAM is not on for private connectivity."
            smoke.leave_open("omitted_scheme_is_off", reason)
            smoke.leave_open("connections_switched_off", reason)
            return
        connection.drop_if_deleting(smoke)
        connection.wait_until_available(smoke, connection.make(smoke, "SASL_IAM"))
        asked = update.update(smoke, update.authentication(scram=True))
        smoke.state.note(off_answer=asked.evidence, off_begun=asked.accepted)
        if asked.accepted:
            update.keep_operation(smoke, asked)
    arn = str(smoke.state.find("connection", "probe-vpc"))
    if not smoke.state.fact("off_begun"):
        reason = "IAM stays on: MSK sees nothing to change"
        smoke.differ("omitted_scheme_is_off", reason, smoke.state.fact("off_answer"))
        smoke.leave_open("connections_switched_off", "No scheme was switched off.")
    else:
        update.wait_for_update(smoke)
        _judge(smoke, arn)
    msk.delete_connection(smoke, "client", arn)
    connection.drop(smoke)


def _judge(smoke: Smoke, arn: str) -> None:
    left = private_schemes(smoke.cluster())
    smoke.judge(
        "omitted_scheme_is_off",
        confirmed="Iam" not in left,
        reason="IAM is off" if "Iam" not in left else "IAM is on",
        evidence={"on": sorted(left), "operation": update.operation(smoke)},
    )
    state = msk.connection_state(smoke, "client", arn)
    smoke.judge(
        "connections_switched_off",
        confirmed=state in OFF,
        reason=f"at the end of the update the connection is {state}",
        evidence={"call": "kafka:DescribeVpcConnection", "State": state},
    )
