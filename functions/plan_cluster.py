"""
Say what a run would do, and change nothing.

People and programs invoke it with a cluster and, under `if`, what to take for granted. Within a run
it is task state PlanCluster, whose answer HoldChanges reports.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws.errors import transient_faults_named
from msklink.services import run_plan

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    with logger.append_context_keys(dry_run=True):  # nothing that the services log has happened
        plan = transient_faults_named(run_plan.plan_cluster)(event, context.invoked_function_arn)
    of_run = isinstance(event, dict) and event.get("run")
    return run_plan.for_run(plan) if of_run else plan.model_dump(mode="json")
