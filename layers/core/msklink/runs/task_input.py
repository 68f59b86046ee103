"""What the state machine passes to its task states."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.client_role import ClientAccount
from msklink.cluster.update_window import UNKNOWN_WINDOW
from msklink.connections.survey import ClusterFacts
from msklink.refusals import Code
from msklink.runs import lease


class Task(BaseModel, frozen=True):
    """Every task knows the run and its cluster; a task for one client also knows the account."""

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
    """What SurveyClient found: the schemes that *account* wants and can have."""

    account: str
    schemes: tuple[Scheme, ...]
    closing: bool = False
    """Whether something is to be taken away now."""
    barred: bool = False
    """Whether the account may not connect any more."""


class ClusterInspection(Task, frozen=True):
    waited_seconds: int
    expected: tuple[int, int] = UNKNOWN_WINDOW
    """Seconds after the start of the wait between which its end is expected."""


class ClientSurvey(ClientTask, frozen=True):
    facts: dict[str, Any]
    """Those of ClusterFacts; of a cluster that is gone, the ARN of its successor if it has one."""
    barred: Code | Literal[""]
    """Why the account may not connect to it any more."""


class SurveyedTask(Task, frozen=True):
    """A task after all clients were surveyed."""

    surveys: tuple[Survey, ...]

    @property
    def surveyed_accounts(self) -> set[str]:
        return {survey.account for survey in self.surveys}


class ConnectivityUpdate(SurveyedTask, frozen=True):
    facts: ClusterFacts


class ConnectionInspection(SurveyedTask, frozen=True):
    waited_seconds: int
    facts: ClusterFacts


class AccessRevocation(SurveyedTask, frozen=True):
    closing: tuple[str, ...]
    """Accounts from which something has not gone yet."""
    waited_seconds: int


class AccountPublication(ClientTask, frozen=True):
    bootstrap_brokers: dict[Scheme, str]


class SummaryPublication(Task, frozen=True):
    bootstrap_brokers: dict[Scheme, str]
    managed: bool
    """Whether the cluster is still there and opted in."""


class RoundConclusion(Task, frozen=True):
    generation: int
    rounds: int
    clients: int
    fingerprint: str

    @property
    def has_room(self) -> bool:
        """Whether another round has room in the history of the run."""
        return lease.has_room(self.rounds, self.clients)


class TaskError(BaseModel, frozen=True):
    """The error output of a task state, as the state machine catches it."""

    name: str = Field(alias="Error")
    cause: str = Field(default="", alias="Cause")


class ClientFailure(ClientTask, frozen=True):
    step: str
    error: TaskError
