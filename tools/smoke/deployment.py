"""Deploy MSKLink as its README says, with the credentials of each account."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.smoke.accounts import Account
from tools.smoke.smoke import TAG, Smoke, StepFailed

REPOSITORY = Path(__file__).resolve().parents[2]
BUILT = REPOSITORY / ".aws-sam/build/template.yaml"


def build(smoke: Smoke) -> Path:
    """Return the built template of the owner stack."""
    if smoke.options.template:
        return Path(smoke.options.template)
    smoke.say("  sam build ...", "bright_black")
    _sam(smoke.owner, "build")
    return BUILT


def deploy(smoke: Smoke, role: str, stack: str, template: Path, **parameters: str) -> None:
    """Create or update a stack by `sam deploy`. Raises StepFailed with the end of its output."""
    smoke.say(f"  sam deploy {stack} ...", "bright_black")
    chosen = [f"{key}={value}" for key, value in parameters.items()]
    _sam(
        smoke.account(role),
        "deploy",
        *("--template-file", str(template), "--stack-name", stack),
        *("--no-confirm-changeset", "--no-fail-on-empty-changeset"),
        *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"),
        *("--tags", f"{TAG}={smoke.state.run}"),
        *(["--resolve-s3"] if role == "owner" and template.name != "client.yaml" else []),
        *("--parameter-overrides", *chosen),
    )


def _sam(account: Account, command: str, *words: str) -> None:
    sam = Path(sys.executable).with_name("sam")
    done = subprocess.run(
        [str(sam), command, *words],
        cwd=REPOSITORY,
        env=environment(account),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode < 0:  # by a signal, such as that of Ctrl-C
        raise KeyboardInterrupt
    if done.returncode:
        last = " ".join(done.stdout.split()[-80:])
        raise StepFailed("SamFailed", f"sam {command} failed: {last}", "See its output above.")


def environment(account: Account) -> Mapping[str, str]:
    """Return the environment of a command with the credentials of *account*."""
    kept = {name: value for name, value in os.environ.items() if name != "AWS_PROFILE"}
    found = account.session.get_credentials()
    assert found, "the identity of the account is known"
    keys = found.get_frozen_credentials()
    named = {
        "AWS_ACCESS_KEY_ID": keys.access_key or "",
        "AWS_SECRET_ACCESS_KEY": keys.secret_key or "",
        "AWS_REGION": account.region,
        "AWS_DEFAULT_REGION": account.region,
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "2",
    }
    if keys.token:
        named["AWS_SESSION_TOKEN"] = keys.token
    else:
        kept.pop("AWS_SESSION_TOKEN", None)
    if account.endpoint:
        named["AWS_ENDPOINT_URL"] = account.endpoint
    return kept | named
