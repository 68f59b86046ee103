"""The steps of the smoke test, in their order."""

from tools.smoke.step import Step
from tools.smoke.steps import account, states

STEPS = (
    Step(
        "states",
        "runs every state of the state machine on AWS's engine with mocked results (TestState)",
        minutes=3,
        run=states.run,
        creates=False,
    ),
    Step(
        "account",
        "looks at zones, roles and trails of both accounts, read-only",
        minutes=1,
        run=account.run,
        creates=False,
    ),
)
NAMES = [step.name for step in STEPS]
