"""What a sweep sees in client accounts: it looks once at each, and at several at a time."""

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
"""As many as share the connections of one client of STS (botocore, max_pool_connections)."""


@dataclass(frozen=True)
class AccountSnapshot:
    """What there is to see in one client account, for all clusters; None what it does not show."""

    tags: offboarding.VpcTags
    vpcs: Mapping[str, Sequence[Vpc]] | None
    """By the key of a cluster those that have a managed group for it, with that group only."""
    endpoints: Counter[tuple[str, str]] | None
    """How many endpoints with the tags of MSK there are, by cluster and VPC."""
    parameters: Mapping[str, str] | None


class AccountScanner:
    """Those of one sweep, for whose sessions the accounts log *session_name*."""

    def __init__(self, function_arn: str, session_name: str) -> None:
        self._function_arn = function_arn
        self._session_name = session_name
        self._snapshots: dict[str, AccountSnapshot | None] = {}
        for client in (sts, ec2.client, ssm.client):
            client()  # its model is read here: ten threads that do it take 100 MB more

    def scan(self, accounts: Sequence[str]) -> list[AccountSnapshot | None]:
        """One for each of *accounts*; None where it cannot be asked, which its survey has told."""
        unseen = [account for account in accounts if account not in self._snapshots]
        with ThreadPoolExecutor(MAX_THREADS) as pool:
            self._snapshots.update(zip(unseen, pool.map(self._scan, unseen), strict=True))
        return [self._snapshots[account] for account in accounts]

    def rescan(self, account: str) -> AccountSnapshot | None:
        """Scan *account* again, and return what there is now."""
        self._snapshots[account] = self._scan(account)
        return self._snapshots[account]

    def _scan(self, account: str) -> AccountSnapshot | None:
        client = ClientAccount.beside(self._function_arn, account, settings().namespace)
        try:
            session = client_session(client, client.scanning(), self._session_name)
            vpcs = ec2.client(session)
            tags = ec2.vpc_tags(vpcs, client.namespace)
        except CLIENT_ERRORS as trouble:
            logger.info("client not reached", account=account, trouble=str(trouble))
            return None
        names = account, client.namespace, settings().stack_name
        return AccountSnapshot(
            tags=tags,
            vpcs=_read_or_none(account, lambda: ec2.managed_vpcs(vpcs, *names)),
            endpoints=_read_or_none(account, lambda: ec2.endpoints_of_msk(vpcs)),
            parameters=_read_or_none(account, lambda: ssm.read_all(session, client.namespace)),
        )


def _read_or_none[T](account: str, read: Callable[[], T]) -> T | None:
    try:
        return read()
    except CLIENT_ERRORS as trouble:
        logger.warning("client not seen in full", account=account, trouble=str(trouble))
        return None
