"""Create the server application from MiniStack and this package.

Import it only after server.prepare_environment: MiniStack reads its environment on import.
"""

import threading
from collections.abc import Callable
from functools import cache, partial

from ministack import app as ministack
from ministack.core import iam_actions, lambda_runtime

from localcloud import (
    call_recorder,
    control_api,
    ministack_adapter,
    ministack_patches,
    parameter_events,
    tag_events,
)
from localcloud.acm_pca import service as acm_pca
from localcloud.call_log import CallLog
from localcloud.clock import SimulatedClock, run_clock
from localcloud.ec2_network import Ec2Network
from localcloud.iam import authorization, policy_variables, resource_policies
from localcloud.iam.acm_pca import acm_pca_checks
from localcloud.iam.ec2 import Ec2Checks
from localcloud.iam.eventbridge import eventbridge_checks
from localcloud.iam.kafka import KafkaChecks
from localcloud.iam.kms import kms_checks
from localcloud.iam.scheduler import scheduler_checks
from localcloud.iam.secretsmanager import secretsmanager_checks
from localcloud.iam.ssm import ssm_checks
from localcloud.kafka.broker_processes import BrokerProcesses
from localcloud.kafka.topics import BrokerTopics
from localcloud.ministack_patches import (
    lambda_functions,
    secret_rotation,
    secretsmanager,
    tagging,
)
from localcloud.ministack_patches.ec2 import tags_of
from localcloud.msk import Msk
from localcloud.secrets_manager import SecretsManager
from localcloud.settings import Settings


def create_app(chosen: Settings) -> control_api.Application:
    log = CallLog()
    clock = SimulatedClock()
    clock.set_process_time()
    ministack_patches.install(clock, log)
    brokers = BrokerProcesses()
    msk = Msk(
        clock,
        Ec2Network(),
        observers=[tag_events.msk_called],
        tag_hooks=[tag_events.cluster_tags_changed],
        secrets=SecretsManager(),
        authorities=acm_pca.PrivateAuthorities(),
        topic_store=BrokerTopics(brokers),
    )
    clock.add(msk)
    handlers = ministack.SERVICE_HANDLERS
    handlers["acm-pca"] = acm_pca.handle_request
    iam_actions.SERVICE_TO_IAM_NAMESPACE["acm-pca"] = "acm-pca"
    handlers["kafka"] = ministack_adapter.kafka_handler(msk)
    handlers["ec2"] = tag_events.publishing_tag_changes(handlers["ec2"])
    handlers["ssm"] = parameter_events.publishing_parameter_changes(handlers["ssm"])
    handlers["secretsmanager"] = secretsmanager.in_owners_account(
        secret_rotation.with_cancel_rotate_secret(handlers["secretsmanager"])
    )
    tagging.install(msk)
    policy_variables.install()
    resource_policies.install({"acm-pca": acm_pca.policy_for_arn})
    authorization.install(
        {
            "acm-pca": acm_pca_checks,
            "ec2": Ec2Checks(tags_of),
            "events": eventbridge_checks,
            "kafka": KafkaChecks(msk.tags_of),
            "kms": kms_checks,
            "scheduler": scheduler_checks,
            "secretsmanager": secretsmanager_checks,
            "ssm": ssm_checks,
        }
    )
    call_recorder.install(log)
    if chosen.time_scale:
        run = partial(run_clock, clock, chosen.time_scale, threading.Event().wait)
        threading.Thread(target=run, daemon=True).start()
    return control_api.with_control_api(
        ministack.app, log, msk, clock, _kafka(chosen, msk, brokers)
    )


def _kafka(chosen: Settings, msk: Msk, brokers: BrokerProcesses) -> Callable[[], control_api.Kafka]:
    """Return a function that starts the Kafka proxy, once."""

    @cache
    def started() -> control_api.Kafka:
        # The import takes half a second, which only users of Kafka need.
        from localcloud.kafka.service import KafkaService  # noqa: PLC0415

        return KafkaService(chosen, msk, brokers)

    starting = threading.Lock()

    def kafka() -> control_api.Kafka:
        with starting:
            return started()

    return kafka


def end_child_processes() -> None:
    """End the processes of the functions; callers that wait for one get an error."""
    lambda_functions.refuse_new_invocations()
    lambda_runtime.reset()
