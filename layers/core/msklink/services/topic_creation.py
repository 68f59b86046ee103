"""Create the topics that clients request and the owner allows; never change or delete one."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.arns import ClusterArn
from msklink.aws import dynamodb, msk_clusters, msk_topics, run_state
from msklink.aws.msk_topics import Topic
from msklink.cluster.kafka_version import has_topic_api
from msklink.cluster.next_move import Move
from msklink.errors import Refused, TransientError
from msklink.refusals import Code, Refusal, refuse
from msklink.requests.records import OnboardingRequest
from msklink.runs.task_input import TopicCreation
from msklink.services.connection_changes import report_and_record
from msklink.services.kafka_access import DecidedRequests, decide_requests
from msklink.topics.outcome import (
    TopicOutcome,
    TopicOutcomes,
    TopicReport,
    report,
)
from msklink.topics.request import TopicRequest

LAG_SECONDS = 60
"""The API shows a new topic after about a minute (MSK developer guide, "Topic operations")."""

MOST_WAIT_SECONDS = 3 * LAG_SECONDS
"""How long a run waits for topics to be shown."""

logger = Logger(child=True)


def reports(cluster_arn: str, account: str, decided: DecidedRequests) -> dict[str, TopicReport]:
    """Return what is known of the topics that *account* requests, by VPC."""
    if not decided.topics:
        return {}
    known = run_state.topic_outcomes(cluster_arn, account)
    return {
        vpc_id: report(decision.allowed, decision.beyond, known.get(vpc_id, TopicOutcomes()))
        for vpc_id, decision in decided.topics.items()
    }


def first_move(cluster_arn: str, accounts: Iterable[str]) -> Move:
    """Return CREATE if any of *accounts* requests topics, else CONNECT."""
    among = set(accounts)
    requests = dynamodb.onboarding_requests(cluster_arn)
    asked = any(one.topics and one.account in among for one in requests)
    return Move.CREATE if asked else Move.CONNECT


def create_topics(task: TopicCreation) -> Move:
    """
    Create the topics that the accounts of *task* request; return WAIT if some are to be waited for.

    A topic that exists is compared with the request, as soon as MSK shows it. Where MSK does not
    answer for long, the clients are connected without the topic, and the sweep starts a run for it.
    """
    requests: dict[str, list[OnboardingRequest]] = {}
    for one in dynamodb.onboarding_requests(task.cluster_arn):
        if one.topics and one.account in task.accounts:
            requests.setdefault(one.account, []).append(one)
    progress = _Progress(task.cluster)
    for account in sorted(requests):
        _serve_account(task, account, requests[account], progress)
    is_early = task.waited_seconds < MOST_WAIT_SECONDS
    return Move.WAIT if progress.is_waiting and is_early else Move.CONNECT


@dataclass
class _Progress:
    """What is left to do for the topics of a cluster."""

    cluster: ClusterArn
    is_waiting: bool = False

    @cached_property
    def lacking(self) -> str:
        """Why MSK has no API for topics of the cluster; "" if it has."""
        found = msk_clusters.describe_cluster(msk_clusters.client(), self.cluster.text)
        if found is None or found.serverless:
            return "it is serverless"
        return "" if has_topic_api(found.kafka_version) else f"it runs {found.kafka_version}"

    def settle(self, topic: TopicRequest) -> TopicOutcome | None:
        """Return what becomes of *topic*; None where MSK has to be asked again."""
        try:
            if self.lacking:
                return TopicOutcome(
                    topic=topic,
                    refusal=refuse(
                        Code.TOPICS_NOT_SUPPORTED,
                        topic=topic.name,
                        cluster=self.cluster.name,
                        problem=self.lacking,
                    ),
                )
            return self._create(topic)
        except TransientError:
            logger.warning("no answer for a topic", topic=topic.name, exc_info=True)
            self.is_waiting = True
            return None

    def _create(self, topic: TopicRequest) -> TopicOutcome | None:
        kafka = msk_clusters.client()
        try:
            found = msk_topics.describe_topic(kafka, self.cluster, topic.name)
            if found is None and msk_topics.create_topic(kafka, self.cluster, topic):
                return TopicOutcome(topic=topic)
        except Refused as error:
            return TopicOutcome(topic=topic, refusal=error.refusal)
        if found is None:  # it exists, and MSK does not show it yet
            self.is_waiting = True
            return None
        return TopicOutcome(topic=topic, refusal=_difference(found, topic, self.cluster))


def _difference(found: Topic, topic: TopicRequest, cluster: ClusterArn) -> Refusal | None:
    problem = "; ".join(found.differences(topic))
    if not problem:
        return None
    return refuse(Code.TOPIC_DIFFERS, topic=topic.name, cluster=cluster.name, problem=problem)


def _serve_account(
    task: TopicCreation,
    account: str,
    requests: list[OnboardingRequest],
    progress: _Progress,
) -> None:
    """Settle the topics of one account, and record what became of them."""
    decided = decide_requests(task.cluster, account, requests)
    known = run_state.topic_outcomes(task.cluster_arn, account)
    times = {one.vpc_id: one.requested_at for one in requests}
    for vpc_id, decision in decided.topics.items():
        before, time = known.get(vpc_id, TopicOutcomes()), times[vpc_id]
        found = [before.settled(one, time) or progress.settle(one) for one in decision.allowed]
        after = TopicOutcomes(requested_at=time, outcomes=tuple(filter(None, found)))
        if after != before:
            run_state.save_topic_outcomes(task.cluster_arn, account, vpc_id, after)
    _record(task, account, decided)


def _record(task: TopicCreation, account: str, decided: DecidedRequests) -> None:
    """Record and report what is known of the topics, with the connections of their VPCs."""
    of_vpc = reports(task.cluster_arn, account, decided)
    before = dynamodb.connections(task.cluster_arn, account)
    after = [
        record.with_topics(of_vpc[record.vpc_id])
        if record.scheme and record.vpc_id in of_vpc
        else record
        for record in before
    ]
    report_and_record(before, after, task.run, clock.now())
    logger.info("topics", account=account, topics={vpc: one.states for vpc, one in of_vpc.items()})
