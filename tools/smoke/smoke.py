"""What every step of the smoke test works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from msklink_cli.errors import CommandError
from tools.smoke.accounts import Account
from tools.smoke.answers import Answer, Verdict
from tools.smoke.clock import Clock
from tools.smoke.options import Options
from tools.smoke.questions import QUESTIONS
from tools.smoke.screen import Screen
from tools.smoke.state import State

TAG = "smoke-test-msklink"
"""
Key of the tag of everything that the smoke test creates; the value is the id of the run.

It begins with no namespace, since a change of such a tag is an event for MSKLink.
"""

POLL_SECONDS = 30


class StepFailed(CommandError):
    """A step cannot go on."""


class NotInTime(StepFailed):
    """What was waited for has not happened."""


@dataclass
class Smoke:
    options: Options
    owner: Account
    client: Account
    state: State
    screen: Screen
    clock: Clock

    @property
    def tags(self) -> dict[str, str]:
        return {TAG: self.state.run}

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """The tag in the form of most APIs."""
        return [{"Key": TAG, "Value": self.state.run}]

    @property
    def name(self) -> str:
        """The name of what needs one: letters, digits and hyphens."""
        return f"smoke-{self.state.run}"

    @property
    def has_own_cluster(self) -> bool:
        return not self.options.cluster

    @property
    def has_two_accounts(self) -> bool:
        return self.owner.id != self.client.id

    @property
    def cluster_arn(self) -> str:
        return str(self.state.fact("cluster_arn"))

    @property
    def kafka(self) -> Any:
        """The owner's client of MSK."""
        return self.owner.client("kafka")

    def cluster(self) -> dict[str, Any]:
        """Return ClusterInfo of DescribeClusterV2."""
        found: dict[str, Any] = self.kafka.describe_cluster_v2(ClusterArn=self.cluster_arn)
        info: dict[str, Any] = found["ClusterInfo"]
        return info

    def is_active(self) -> bool:
        """Return whether the cluster is ACTIVE and no operation is in progress."""
        info = self.cluster()
        if info["State"] == "FAILED":
            raise StepFailed(
                "ClusterFailed",
                f"the cluster has failed: {info.get('StateInfo', {})}",
                "Look at its events in the console, and begin again after make smoke CLEANUP=1.",
            )
        return str(info["State"]) == "ACTIVE"

    def account(self, role: str) -> Account:
        return {"owner": self.owner, "client": self.client}[role]

    def say(self, text: str, style: str = "") -> None:
        self.screen.say(text, style)

    # ---------------------------------------------------------------------------- answers

    def confirm(self, key: str, reason: str, evidence: Any = None) -> None:
        self._answer(key, Answer(Verdict.CONFIRMED, reason, evidence))

    def differ(self, key: str, reason: str, evidence: Any = None) -> None:
        self._answer(key, Answer(Verdict.DIFFERENT, reason, evidence))

    def leave_open(self, key: str, reason: str, evidence: Any = None) -> None:
        self._answer(key, Answer(Verdict.NOT_ANSWERED, reason, evidence))

    def judge(self, key: str, *, confirmed: bool, reason: str, evidence: Any = None) -> None:
        """Answer with what was seen, which is as assumed if *confirmed*."""
        (self.confirm if confirmed else self.differ)(key, reason, evidence)

    def _answer(self, key: str, answer: Answer) -> None:
        self.state.answer(key, answer)
        self.screen.answered(QUESTIONS[key], answer)

    # ------------------------------------------------------------------------------- time

    def now(self) -> datetime:
        return self.clock.now()

    def until[Seen](
        self,
        look: Callable[[], Seen],
        what: str,
        minutes: float,
        every: float = POLL_SECONDS,
    ) -> Seen:
        """
        Return what *look* returns once that is true; *what* says it to the user.

        Raises NotInTime if it is not true within *minutes*.
        """
        if seen := look():
            return seen
        end = self.now() + timedelta(minutes=minutes)
        self.say(f"  waiting until {what}, at most {minutes:g} minutes ...", "bright_black")
        while not (seen := look()):
            if self.now() >= end:
                raise NotInTime(
                    "NotInTime",
                    f"after {minutes:g} minutes it is not so that {what}",
                    "Run make smoke again to go on waiting, or make smoke CLEANUP=1 to delete all.",
                )
            self.clock.sleep(every)
        return seen
