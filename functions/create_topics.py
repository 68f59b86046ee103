"""Task state CreateTopics: create the topics that clients request and the owner allows."""

from typing import Any

from aws_lambda_powertools import Logger

from msklink.cluster.next_move import Move
from msklink.runs.task_input import TopicCreation
from msklink.services import lease, topic_creation
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: TopicCreation) -> dict[str, Any]:
    lease.require_lease(event.cluster_arn, event.run)
    move = topic_creation.create_topics(event)
    return {
        "move": move,
        "accounts": event.accounts,
        "waited_seconds": event.waited_seconds if move is Move.WAIT else 0,
        "wait_seconds": topic_creation.LAG_SECONDS,
    }
