"""Delete both stacks, and deploy them again under the same names."""

from tools.smoke.kinds import installation
from tools.smoke.smoke import Smoke
from tools.smoke.steps import install


def run(smoke: Smoke) -> None:
    if not smoke.state.fact("own_stack"):
        smoke.leave_open("redeploy", "The installation is not the smoke test's own.")
        return
    # A table and a key stay when their stack goes; the old ones are recorded by their ids.
    kinds = ("stack", "subscription")
    for entry in [one for one in reversed(smoke.state.resources) if one["kind"] in kinds]:
        installation.KINDS[entry["kind"]].delete(smoke, entry)
        smoke.state.drop(entry)
    install.install(smoke)
    install.read_outputs(smoke)
    names = {"owner": smoke.options.namespace, "client": f"{smoke.options.namespace}-client"}
    states = {role: installation.stack_status(smoke, role, name) for role, name in names.items()}
    smoke.judge(
        "redeploy",
        confirmed=set(states.values()) == {"CREATE_COMPLETE"},
        reason=f"the stacks are {', '.join(str(one) for one in states.values())}",
        evidence={"call": "cloudformation:DescribeStacks", "statuses": states},
    )
