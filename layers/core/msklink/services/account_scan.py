"""Scan client accounts for a sweep: each account once, several accounts at a time."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from msklink.aws import ec2, ssm
from msklink.aws.session import CLIENT_ERRORS, client_session, sts
from msklink.client_role import ClientAccount
from msklink.connections import offboarding
from msklink.settings import settings
from msklink.vpc.description import Vpc

logger = Logger(child=True)

MAX_THREADS = 10
"""The size of the connection pool of one STS client (botocore, max_pool_connections)."""


@dataclass(frozen=True)
class AccountSnapshot:
    """What one client account contains for all clusters; None where a read failed."""

    tags: offboarding.VpcTags
    vpcs: Mapping[str, Sequence[Vpc]] | None
    """By cluster key, the VPCs that have its managed group; each holds that group only."""
    endpoints: Counter[tuple[str, str]] | None
    """The number of VPC endpoints with MSK's tags, by cluster ARN and VPC id."""
    parameters: Mapping[str, str] | None


class AccountScanner:
    """Scan accounts for one sweep, and keep the snapshots; *session_name* is the role session's."""

    def __init__(self, function_arn: str, session_name: str) -> None:
        self._function_arn = function_arn
        self._session_name = session_name
        self._snapshots: dict[str, AccountSnapshot | None] = {}
        for client in (sts, ec2.client, ssm.client):
            client()  # loads the service model once; ten threads would take 100 MB more

    def scan(self, accounts: Sequence[str]) -> list[AccountSnapshot | None]:
        """Return a snapshot of each of *accounts*; None for an account that cannot be reached."""
        unseen = [account for account in accounts if account not in self._snapshots]
        with ThreadPoolExecutor(MAX_THREADS) as pool:
            self._snapshots.update(zip(unseen, pool.map(self._scan, unseen), strict=True))
        return [self._snapshots[account] for account in accounts]

    def rescan(self, account: str) -> AccountSnapshot | None:
        """Scan *account* again, and return the new snapshot."""
        self._snapshots[account] = self._scan(account)
        return self._snapshots[account]

    def _scan(self, account: str) -> AccountSnapshot | None:
        client = ClientAccount.beside(self._function_arn, account, settings().namespace)
        try:
            session = client_session(client, client.scanning(), self._session_name)
            ec2_client = ec2.client(session)
            tags = ec2.vpc_tags(ec2_client, client.namespace)
        except CLIENT_ERRORS as error:
            logger.info("client not reached", account=account, error=str(error))
            return None
        names = account, client.namespace, settings().stack_name
        return AccountSnapshot(
            tags=tags,
            vpcs=_read_or_none(account, lambda: ec2.managed_vpcs(ec2_client, *names)),
            endpoints=_read_or_none(account, lambda: ec2.endpoints_of_msk(ec2_client)),
            parameters=_read_or_none(account, lambda: ssm.read_all(session, client.namespace)),
        )


def _read_or_none[T](account: str, read: Callable[[], T]) -> T | None:
    try:
        return read()
    except CLIENT_ERRORS as error:
        logger.warning("client partly read", account=account, error=str(error))
        return None
