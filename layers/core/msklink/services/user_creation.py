"""Create the SCRAM users that clients request and the owner allows, and schedule their removal."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.aws import dynamodb, msk_clusters, msk_scram_secrets, run_state, secrets
from msklink.errors import Refused, TransientError
from msklink.policy.acls import commands_to_add
from msklink.policy.user_access import NO_DECISION
from msklink.refusals import Code, Refusal, refuse
from msklink.requests.records import OnboardingRequest
from msklink.runs.task_input import UserCreation
from msklink.services import user_notifications
from msklink.services.connection_changes import report_and_record
from msklink.services.kafka_access import DecidedRequests, decide_requests
from msklink.settings import settings
from msklink.users.record import (
    UserRecord,
    UserReports,
    report,
    report_removals,
    secret_name,
)

logger = Logger(child=True)


def reports(cluster_arn: str, account: str, decided: DecidedRequests) -> UserReports:
    """Return what is known of the users of *account*, by VPC, without those to be removed now."""
    now = clock.now()
    records = run_state.user_records(cluster_arn, account)
    known = {one.name: one for one in records if not one.is_due(now)}
    acls = {
        vpc_id: {name: commands_to_add(name, decided.granted[vpc_id]) for name in decision.allowed}
        for vpc_id, decision in decided.users.items()
    }
    requested = {
        vpc_id: report(decision.allowed, decision.beyond, known, acls[vpc_id])
        for vpc_id, decision in decided.users.items()
    }
    named = {user.name for one in requested.values() for user in one.users}
    return UserReports(
        requested, report_removals(one for name, one in known.items() if name not in named)
    )


def is_needed(cluster_arn: str, accounts: Iterable[str]) -> bool:
    """Return whether any of *accounts* requests users, or has some."""
    among = set(accounts)
    requests = dynamodb.onboarding_requests(cluster_arn)
    asked = any(one.users and one.account in among for one in requests)
    return asked or any(one.account in among for one in run_state.user_records(cluster_arn))


def create_users(task: UserCreation) -> None:
    """
    Create the users that the accounts of *task* request, and schedule the removal of others.

    Where AWS does not answer, the clients are connected without the user, and the sweep starts a
    run for it.
    """
    requests: dict[str, list[OnboardingRequest]] = {account: [] for account in task.accounts}
    for one in dynamodb.onboarding_requests(task.cluster_arn):
        if one.account in requests:
            requests[one.account].append(one)
    known = run_state.user_records(task.cluster_arn)
    accounts = {one.name: one.account for one in known if not one.is_taken}
    creation = _Creation(task, accounts)
    for account in sorted(requests):
        mine = {one.name: one for one in known if one.account == account}
        if mine or any(one.users for one in requests[account]):
            creation.serve_account(account, requests[account], mine)


@dataclass
class _Creation:
    """The creation of users on one cluster."""

    task: UserCreation
    accounts: dict[str, str]
    """By name of each user, its account."""

    @property
    def cluster(self) -> ClusterArn:
        return self.task.cluster

    @cached_property
    def associated(self) -> frozenset[str]:
        """The secrets that are associated with the cluster, those of others among them."""
        return msk_scram_secrets.associated(msk_clusters.client(), self.cluster)

    def serve_account(
        self, account: str, requests: list[OnboardingRequest], mine: dict[str, UserRecord]
    ) -> None:
        """Create the users of one account, and record what became of them."""
        now = clock.now()
        decided = decide_requests(self.cluster, account, requests)
        connections = dynamodb.connections(self.cluster.text, account)
        connected = {
            one.vpc_id
            for one in connections
            if one.scheme is Scheme.SCRAM and (one.is_pursued or one.may_exist)
        }
        wanted = _wanted(decided, (one for one in requests if one.vpc_id in connected))
        for name, asked in wanted.items():
            known = mine.get(name) or UserRecord(
                cluster_arn=self.cluster.text, account=account, name=name
            )
            self._serve_user(known, asked)
        for name in mine.keys() - wanted.keys():
            self._schedule_removal(mine[name], decided.user_refusal(name), now)
        found = reports(self.cluster.text, account, decided)
        after = [one.with_users(found.of(one.vpc_id)) for one in connections]
        report_and_record(connections, after, self.task.run, now)

    def _serve_user(self, known: UserRecord, asked: "_Asked") -> None:
        days = settings().rotation_days
        is_intact = known.is_taken or known.secret_arn in self.associated
        if known.is_settled(asked.at, days) and is_intact and not known.removal:
            return
        try:
            with secrets.user_refusals(self.cluster, known.name):
                arn = self._ensure_user(known, days)
        except Refused as error:
            found = known.with_(requested_at=asked.at, refusal=error.refusal, removal=None)
        except TransientError:
            logger.warning("no answer for a user", user=known.name, exc_info=True)
            return
        else:
            found = known.with_(
                secret_arn=arn,
                requested_at=asked.at,
                rotation_days=days,
                refusal=None,
                removal=None,
            )
            if not known.secret_arn:
                user_notifications.user_created(found, asked.acls, self.task.run)
        run_state.save_user(found)
        logger.info("user", account=found.account, user=found.name, state=found.state)

    def _ensure_user(self, user: UserRecord, days: int) -> str:
        """
        Return the ARN of the secret of *user*, which MSK knows and the account can read.

        Raises Refused, TransientError and ClientError.
        """
        name = secret_name(settings().namespace, user.account, self.cluster, user.name)
        secret = secrets.describe(name)
        if problem := self._owner_problem(user, secret):
            raise Refused(
                refuse(Code.USER_TAKEN, user=user.name, cluster=self.cluster.name, problem=problem)
            )
        if user.name not in self.accounts:  # before the secret, which nothing else would recall
            run_state.save_user(user)
            self.accounts[user.name] = user.account
        kafka, is_intact = msk_clusters.client(), secret is not None and self._is_intact(secret)
        if secret is None:
            secret = secrets.create(name, user.name)
        elif not is_intact:  # of a user that was removed, or that others have broken
            msk_scram_secrets.disassociate(kafka, self.cluster, secret.arn)
            secrets.renew(secret, user.name)
        principal = f"arn:{self.cluster.partition}:iam::{user.account}:root"
        secrets.share(secret.arn, principal, anew=not is_intact)
        if not is_intact:
            msk_scram_secrets.associate(kafka, self.cluster, user.name, secret.arn)
        secrets.rotate(secret, days)
        return secret.arn

    def _is_intact(self, secret: secrets.Secret) -> bool:
        """Return whether MSK knows the secret and can read it, which it arranges only once."""
        known = secret.arn in self.associated and not secret.is_deleted
        return known and secrets.admits_msk(secret.arn)

    def _owner_problem(self, user: UserRecord, secret: secrets.Secret | None) -> str:
        """Return to whom the user belongs already; empty where it can be the account's."""
        if self.accounts.get(user.name, user.account) != user.account:
            return "another account has requested it"
        if secret and not secret.is_ours:
            return f"MSKLink did not create secret {secret.arn}"
        # MSK does not tell the user of a secret; this is the name in the examples of its guide.
        others = [arn for arn in self.associated if f":secret:AmazonMSK_{user.name}-" in arn]
        return f"the cluster has secret {others[0]}" if others else ""

    def _schedule_removal(self, record: UserRecord, refusal: Refusal | None, now: datetime) -> None:
        reason = refusal or refuse(
            Code.USER_NOT_REQUESTED,
            account=record.account,
            user=record.name,
            cluster=self.cluster.name,
        )
        scheduled = record.scheduled_for_removal(reason, settings().terms, now)
        if scheduled == record:
            return
        if record.secret_arn:
            user_notifications.user_removal_scheduled(scheduled, self.task.run)
        run_state.save_user(scheduled)


class _Asked(NamedTuple):
    """When a user was requested last, and the commands that add the ACLs which it needs."""

    at: datetime
    acls: tuple[str, ...]


def _wanted(decided: DecidedRequests, requests: Iterable[OnboardingRequest]) -> dict[str, _Asked]:
    """Return the users that are requested and allowed, by name."""
    wanted: dict[str, _Asked] = {}
    for one in sorted(requests, key=lambda request: request.requested_at):
        for name in decided.users.get(one.vpc_id, NO_DECISION).allowed:
            acls = commands_to_add(name, decided.granted[one.vpc_id])
            before = wanted[name].acls if name in wanted else ()
            wanted[name] = _Asked(one.requested_at, (*dict.fromkeys(before + acls),))
    return dict(sorted(wanted.items()))
