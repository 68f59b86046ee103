"""Kafka's ACLs, for clients by SCRAM and TLS."""

import uuid
from collections.abc import Iterator

import kafka
import pytest
from kafka.admin import (
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePatternFilter,
)
from kafka.admin import ResourceType as Type
from kafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailedError,
)

from localcloud.kafka import resolver
from localcloud.kafka.acls import Acl, Acls, Effect, Pattern
from localcloud.kafka.authorization import CLUSTER_NAME, Operation, Resource
from localcloud.msk import Scheme
from tests.emulator.builders import CLIENT, REGION
from tests.emulator.kafka_builders import DEADLINE, SECRET, USER, RunningBrokers, running_brokers
from tests.emulator.kafka_libraries import SUBJECT, acl, administrator, make_topic, settings

READ, WRITE, DESCRIBE = Operation.READ, Operation.WRITE, Operation.DESCRIBE
TOPIC, CLUSTER = Resource.TOPIC, Resource.CLUSTER


def one(
    operation: Operation,
    resource: Resource = TOPIC,
    name: str = "orders",
    *,
    pattern: Pattern = Pattern.LITERAL,
    effect: Effect = Effect.ALLOW,
    principal: str = "User:billing",
) -> Acl:
    return Acl(resource, name, pattern, principal, "*", operation, effect)


@pytest.mark.parametrize(
    ("acls", "operation", "allowed"),
    [
        ([], READ, False),
        ([one(READ)], READ, True),
        ([one(READ)], WRITE, False),
        ([one(READ)], DESCRIBE, True),
        ([one(Operation.ALL)], WRITE, True),
        ([one(READ, name="*")], READ, True),
        ([one(READ, name="ord", pattern=Pattern.PREFIXED)], READ, True),
        ([one(READ, name="ord")], READ, False),
        ([one(READ, name="other")], READ, False),
        ([one(READ, principal="User:*")], READ, True),
        ([one(READ, principal="User:another")], READ, False),
        ([one(READ), one(READ, effect=Effect.DENY)], READ, False),
        ([one(READ), one(DESCRIBE, effect=Effect.DENY)], READ, True),
        ([one(Operation.CREATE, CLUSTER, CLUSTER_NAME)], Operation.CREATE, True),
        ([one(Operation.ALTER_CONFIGS)], Operation.DESCRIBE_CONFIGS, True),
    ],
)
def test_the_rules_of_acls(acls: list[Acl], operation: Operation, allowed: bool) -> None:
    judged = Acls(lambda: False, dict.fromkeys(acls))

    assert judged.may("User:billing", operation, TOPIC, "orders") is allowed


def test_everyone_may_use_a_resource_without_acls_if_the_configuration_says_so() -> None:
    open_to_all = Acls(lambda: True, {one(READ): None})

    assert open_to_all.may("User:another", READ, TOPIC, "without")
    assert not open_to_all.may("User:another", READ, TOPIC, "orders")


@pytest.fixture(name="brokers")
def _brokers(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningBrokers]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", CLIENT.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    with running_brokers() as made, resolver.installed(made.proxy.port):
        yield made


@pytest.mark.parametrize(("scheme", "name"), [(Scheme.SCRAM, USER), (Scheme.TLS, SUBJECT)])
def test_a_cluster_without_acls_locks_out_until_one_allows(
    brokers: RunningBrokers, scheme: Scheme, name: str
) -> None:
    make_topic(brokers, "orders")
    # An idempotent producer needs a permission of its own before.
    with kafka.KafkaProducer(enable_idempotence=False, **settings(brokers, scheme)) as producer:
        with pytest.raises(TopicAuthorizationFailedError):
            producer.send("orders", b"one").get(DEADLINE)

        with administrator(brokers) as admin:
            admin.create_acls([acl(f"User:{name}", ACLOperation.WRITE, name="orders")])

        assert producer.send("orders", b"one").get(DEADLINE).offset == 0


EVERY_ACL = ACLFilter(
    None,
    None,
    ACLOperation.ANY,
    ACLPermissionType.ANY,
    ResourcePatternFilter(Type.ANY, None, ACLResourcePatternType.ANY),
)


def test_acls_are_described_and_deleted(brokers: RunningBrokers) -> None:
    mine = ACLFilter(
        "User:billing",
        None,
        ACLOperation.ANY,
        ACLPermissionType.ANY,
        ResourcePatternFilter(Type.TOPIC, "orders", ACLResourcePatternType.MATCH),
    )
    with administrator(brokers) as admin:
        admin.create_acls(
            [acl("User:billing"), acl("User:another", ACLOperation.READ, name="orders")]
        )
        described = admin.describe_acls(mine)[0]
        admin.delete_acls([mine])
        left = admin.describe_acls(EVERY_ACL)[0]

    assert [found.principal for found in described] == ["User:billing"]
    assert [found.principal for found in left] == ["User:another"]


def test_a_user_without_alter_on_the_cluster_creates_no_acls(brokers: RunningBrokers) -> None:
    with administrator(brokers, **settings(brokers, Scheme.SCRAM)) as user:
        answer = user.create_acls([acl("User:billing")])

    assert answer == {"succeeded": [], "failed": [ClusterAuthorizationFailedError]}
    with administrator(brokers) as admin:
        assert admin.describe_acls(EVERY_ACL)[0] == []


def test_groups_and_transactions_need_acls_of_their_own(brokers: RunningBrokers) -> None:
    topic = f"orders-{uuid.uuid4().hex}"
    make_topic(brokers, topic)
    with administrator(brokers) as admin:
        admin.create_acls([acl(f"User:{USER}")])

    with (
        pytest.raises(GroupAuthorizationFailedError),
        kafka.KafkaConsumer(
            topic,
            group_id="mine",
            consumer_timeout_ms=DEADLINE * 1000,
            **settings(brokers, Scheme.SCRAM),
        ) as consumer,
    ):
        next(consumer)
    with (
        pytest.raises(TransactionalIdAuthorizationFailedError),
        kafka.KafkaProducer(transactional_id="mine", **settings(brokers, Scheme.SCRAM)) as producer,
    ):
        producer.init_transactions()
