"""
Write which accounts the cluster policy admits, where MSK accepts or rejects a policy as a whole.

MSK rejects every policy that names a principal which no longer exists, such as one of a closed
account, and the error may not name it. A policy that MSK accepts has no such principal. MSKLink
therefore finds it by putting policies with some of the accounts.
"""

from collections.abc import Collection, Set
from dataclasses import dataclass
from functools import cached_property

from aws_lambda_powertools import Logger

from msklink.arns import ClusterArn
from msklink.aws import cluster_item, dynamodb, msk_cluster_policy, msk_clusters
from msklink.errors import PrincipalRejected, Refused
from msklink.policy.document import ClusterGrant
from msklink.policy.kafka_access import KafkaAccess
from msklink.refusals import Code, Refusal, refuse
from msklink.services.kafka_access import granted_access
from msklink.settings import settings

logger = Logger(child=True)

Rejected = dict[str, Refusal]
"""Accounts that could not be admitted, with the reason."""


def admitted_accounts(cluster: ClusterArn) -> frozenset[str]:
    """Return the accounts that our statement admits now."""
    current, _ = msk_cluster_policy.read_policy(msk_clusters.client(), cluster.text)
    return current.admitted(settings().namespace)


def rejection(
    cluster: ClusterArn, accounts: Set[str], error: PrincipalRejected | Refused
) -> Refusal:
    """Return the refusal that says for *accounts* why MSK rejected the policy."""
    if isinstance(error, Refused):
        return error.refusal
    current, _ = msk_cluster_policy.read_policy(msk_clusters.client(), cluster.text)
    return refuse(
        Code.PRINCIPAL_REJECTED,
        account=", ".join(sorted(accounts)),
        problem=error,
        orphans=", ".join(current.orphans()) or "none of a known form",
    )


@dataclass(frozen=True)
class PolicyWriter:
    """Writes our statements in the policy of *cluster*."""

    cluster: ClusterArn
    vendors: Collection[str]
    """Vendor accounts; access to topics that they requested as clients does not count."""

    @cached_property
    def access(self) -> frozenset[tuple[str, KafkaAccess]]:
        """The access that the owner allows each account; read once, and only for a write."""
        return granted_access(self.cluster, self.vendors)

    def admit(self, accounts: Set[str]) -> Rejected:
        """
        Admit *accounts* in addition; return all that could not be admitted or stay admitted.

        Where an admitted principal no longer exists, accounts that this run did not reach lose
        their grant for the seconds in which MSKLink tries them one after the other.
        """
        try:
            self._put(add=accounts)
        except Refused:
            return self._admit_by_halves(accounts)
        except PrincipalRejected as error:
            admitted = admitted_accounts(self.cluster)
            for suspended in (frozenset[str](), admitted - self._reached()):
                if self._is_accepted_without(suspended):
                    return self._admit_again(accounts, suspended)
            blocked = accounts - admitted or accounts
            return {one: rejection(self.cluster, {one}, error) for one in blocked}
        return {}

    def remove(self, accounts: Set[str]) -> Rejected:
        """
        Remove *accounts*, which may be empty; return others that cannot stay admitted.

        Access that the remaining accounts have lost is removed as well. Raises PrincipalRejected or
        Refused where MSK accepts no such policy.
        """
        try:
            self._put(drop=accounts)
        except PrincipalRejected:
            suspended = admitted_accounts(self.cluster) - accounts - self._reached()
            if not self._is_accepted_without(suspended, accounts):
                raise
            return self._admit_again(frozenset(), suspended)
        return {}

    def _admit_by_halves(self, accounts: Set[str]) -> Rejected:
        """Admit *accounts* to a policy that MSK accepts: all at once, or each half by itself."""
        try:
            self._put(add=accounts)
        except (PrincipalRejected, Refused) as error:
            if len(accounts) == 1:
                return {one: rejection(self.cluster, accounts, error) for one in accounts}
            half = set(sorted(accounts)[: (len(accounts) + 1) // 2])
            return self._admit_by_halves(half) | self._admit_by_halves(accounts - half)
        return {}

    def _admit_again(self, accounts: Set[str], suspended: Set[str]) -> Rejected:
        """Admit *accounts*, and readmit those of the *suspended* that MSK accepts."""
        rejected = self._admit_by_halves(accounts | suspended)
        self._record_suspended(frozenset(), before=suspended)
        return rejected

    def _is_accepted_without(self, suspended: Set[str], removed: Set[str] = frozenset()) -> bool:
        """
        Return whether MSK accepts the present policy without the *suspended* and the *removed*.

        The suspended are recorded, so that the next run readmits them if this one fails.
        """
        self._record_suspended(suspended)
        try:
            self._put(drop=suspended | removed, even_if_equal=True)
        except PrincipalRejected:
            self._record_suspended(frozenset(), before=suspended)
            return False
        return True

    def _record_suspended(self, suspended: Set[str], before: Set[str] = frozenset()) -> None:
        if suspended != before:
            cluster_item.record_suspended_accounts(self.cluster.text, suspended)

    def _reached(self) -> Set[str]:
        """Return the clients whose accounts this run has read; these accounts are not closed."""
        records = dynamodb.connections(self.cluster.text)
        unreached = {one.account for one in records if one.is_about_account and one.is_shown}
        return {one.account for one in records if not one.is_about_account} - unreached

    def _put(
        self,
        add: Set[str] = frozenset(),
        drop: Set[str] = frozenset(),
        *,
        even_if_equal: bool = False,
    ) -> None:
        """Write our statements again, after recording the digests before and after."""
        msk, namespace = msk_clusters.client(), settings().namespace
        current, version = msk_cluster_policy.read_policy(msk, self.cluster.text)
        accounts = (current.admitted(namespace) - drop) | add
        desired = current.with_grant(self.cluster, ClusterGrant(accounts, self.access), namespace)
        if desired == current and not even_if_equal:
            return
        digests = f"{current.digest(namespace)} {desired.digest(namespace)}"
        cluster_item.record_policy_digests(self.cluster.text, digests)
        msk_cluster_policy.write_policy(msk, self.cluster.text, desired, version)
        logger.info("cluster policy written", admitted=sorted(accounts))
