"""Models of the input of task states."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.client_role import ClientAccount
from msklink.cluster.update_window import UNKNOWN_WINDOW
from msklink.connections.wanted_connections import ClusterFacts
from msklink.refusals import Code
from msklink.runs import lease


class Task(BaseModel, frozen=True):
    """The input of every task: the run and its cluster; that of one client also has the account."""

    run: str
    cluster_arn: str

    @property
    def cluster(self) -> ClusterArn:
        return ClusterArn.parse(self.cluster_arn)


class ClientTask(Task, frozen=True):
    account: str = Field(pattern=r"^\d{12}$")

    def client(self, namespace: str) -> ClientAccount:
        return ClientAccount.beside(self.cluster_arn, self.account, namespace)


class Survey(BaseModel, frozen=True):
    """The result of SurveyClient: the schemes that *account* wants and can have."""

    account: str
    schemes: tuple[Scheme, ...]
    held: tuple[Scheme, ...] = ()
    """Schemes that it wants, and that wait for the owner's terms."""
    removal_due: bool = False
    """Whether a removal is due now."""
    barred: bool = False
    """Whether the account may no longer connect."""


class ClusterInspection(Task, frozen=True):
    waited_seconds: int
    expected: tuple[int, int] = UNKNOWN_WINDOW
    """Seconds after the start of the wait between which the update is expected to end."""


class ClientSurvey(ClientTask, frozen=True):
    facts: dict[str, Any]
    """The ClusterFacts; for a deleted cluster, the ARN of its successor if there is one."""
    barred: Code | Literal[""]
    """Why the account may no longer connect."""


class PlannedText(BaseModel, frozen=True):
    """The answer of PlanCluster to a run."""

    text: str
    """The plan as JSON."""
    summary: str
    """The plan in a few sentences."""


class HeldTask(Task, frozen=True):
    """The input of HoldChanges."""

    surveys: tuple[Survey, ...]
    facts: dict[str, Any]
    freeze: str
    """What freezes the cluster; empty where nothing does."""
    plan: PlannedText | None = None
    """What the run would do; None where nothing is held, or PlanCluster failed."""


class SurveyedTask(Task, frozen=True):
    """The input of a task after the survey of all clients."""

    surveys: tuple[Survey, ...]

    @property
    def surveyed_accounts(self) -> set[str]:
        return {survey.account for survey in self.surveys}


class TopicCreation(Task, frozen=True):
    accounts: tuple[str, ...]
    """The accounts that may connect."""
    waited_seconds: int
    """How long the run has waited until MSK shows topics that exist."""


class UserCreation(Task, frozen=True):
    accounts: tuple[str, ...]
    """The accounts that may connect."""


class ConnectivityUpdate(SurveyedTask, frozen=True):
    facts: ClusterFacts


class ConnectionInspection(SurveyedTask, frozen=True):
    waited_seconds: int
    facts: ClusterFacts


class AccessRevocation(SurveyedTask, frozen=True):
    closing: tuple[str, ...]
    """Accounts where DisconnectClient has begun a removal that is not finished."""
    waited_seconds: int


class AccountPublication(ClientTask, frozen=True):
    bootstrap_brokers: dict[Scheme, str]


class SummaryPublication(Task, frozen=True):
    bootstrap_brokers: dict[Scheme, str]
    freeze: str
    managed: bool
    """Whether the cluster exists and is opted in."""


class RoundConclusion(Task, frozen=True):
    generation: int
    """The number of requests when the round read the cluster; if there are more now, it repeats."""
    rounds: int
    clients: int
    fingerprint: str
    """Digest of what the round read of the cluster, by which the sweep finds a later change."""

    @property
    def has_room(self) -> bool:
        """Whether the history of the run has room for another round."""
        return lease.has_room(self.rounds, self.clients)


class TaskError(BaseModel, frozen=True):
    """The error output of a task state, as a Catch passes it on."""

    name: str = Field(alias="Error")
    cause: str = Field(default="", alias="Cause")


class ClientFailure(ClientTask, frozen=True):
    step: str
    error: TaskError
