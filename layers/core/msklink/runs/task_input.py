"""What the state machine passes to its task states."""

from pydantic import BaseModel, Field

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.client_role import ClientAccount


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
