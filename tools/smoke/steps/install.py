"""Deploy the owner and the client stack, or find the installation of the namespace."""

import json
from typing import Any

from tools.smoke import deployment
from tools.smoke.accounts import attempt
from tools.smoke.creation import ensure
from tools.smoke.kinds import installation, observers
from tools.smoke.smoke import Smoke, StepFailed
from tools.smoke.state import Json

QUICK = {"GraceHours": "0", "Dashboard": "false"}
"""Parameters of the owner stack that differ from their defaults."""


def run(smoke: Smoke) -> None:
    stack = _existing_stack(smoke)
    own = stack is None or smoke.state.find("stack", stack) is not None
    smoke.state.note(own_stack=own, stack=stack or smoke.options.namespace)
    if own:
        install(smoke)
    read_outputs(smoke)
    _subscribe(smoke)
    _invoke(smoke)


def _existing_stack(smoke: Smoke) -> str | None:
    """Return the name of the owner stack of the namespace, if there is one."""
    name = f"{smoke.options.namespace}-plan-cluster"
    functions = smoke.owner.client("lambda")
    found = attempt(functions.get_function_configuration, FunctionName=name)
    if found.answer is None:
        return None
    return str(found.answer["Environment"]["Variables"]["STACK_NAME"])


def install(smoke: Smoke) -> None:
    """Deploy both stacks under the names of the namespace; an interrupted one is gone on with."""
    name = smoke.options.namespace
    template = deployment.build(smoke)
    parameters = {"Namespace": name, "ClientAccounts": smoke.client.id, **QUICK}

    def deploy_owner() -> str:
        deployment.deploy(smoke, "owner", name, template, **parameters)
        return name

    ensure(smoke, "owner", "stack", name, deploy_owner)
    _settle(smoke, "owner", name, deploy_owner)
    for kind, logical in (("table", "ConnectivityTable"), ("key", "SecretsKey")):
        found = resource(smoke, "owner", name, logical)
        ensure(smoke, "owner", kind, found, lambda found=found: found)  # type: ignore[misc]
    given = json.loads(outputs(smoke, name)["ClientStack"])["parameters"]
    client = f"{name}-client"

    def deploy_client() -> str:
        path = deployment.REPOSITORY / "client.yaml"
        deployment.deploy(smoke, "client", client, path, **given)
        return client

    ensure(smoke, "client", "stack", client, deploy_client)
    _settle(smoke, "client", client, deploy_client)


def _settle(smoke: Smoke, role: str, name: str, deploy: Any) -> None:
    """Finish a stack that an interrupted deployment has left."""

    def is_settled() -> bool:
        return not installation.is_busy(installation.stack_status(smoke, role, name))

    smoke.until(is_settled, f"stack {name} is settled", installation.STACK_MINUTES, every=10)
    status = installation.stack_status(smoke, role, name)
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        if status and "ROLLBACK" in status:
            installation.delete_stack(smoke, role, name)
        deploy()


def outputs(smoke: Smoke, stack: str) -> dict[str, str]:
    """Return the outputs of the owner stack."""
    found = smoke.owner.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}


def resource(smoke: Smoke, role: str, stack: str, logical_id: str) -> str:
    """Return the physical id of a resource of a stack."""
    found = (
        smoke.account(role)
        .client("cloudformation")
        .describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def read_outputs(smoke: Smoke) -> None:
    """Keep what later steps need of the owner stack. Raises StepFailed without a client stack."""
    stack = smoke.state.fact("stack")
    found = outputs(smoke, stack)
    given: Json = json.loads(found["ClientStack"])["parameters"]
    smoke.state.note(
        alerts_topic=found["AlertsTopicArn"],
        table=found["TableName"],
        state_machine=found["StateMachineArn"],
        bus=given["OwnerBusArn"],
    )
    role = f"{given['Namespace']}-client-{smoke.owner.region}"
    if not attempt(smoke.client.client("iam").get_role, RoleName=role).accepted:
        raise StepFailed(
            "ClientStackMissing",
            f"the client account has no role {role}",
            "Deploy client.yaml there, with output ClientStackCommand of the owner stack.",
        )


def _subscribe(smoke: Smoke) -> None:
    """Subscribe a queue to the topic of alerts, in place of a mailbox."""
    sqs, name, topic = smoke.owner.client("sqs"), "owner-alerts", smoke.state.fact("alerts_topic")

    def create_queue() -> str:
        full = observers.queue_name(smoke, name)
        return str(sqs.create_queue(QueueName=full, tags=smoke.tags)["QueueUrl"])

    url = ensure(smoke, "owner", "queue", name, create_queue)
    arn = observers.arn_of(smoke, "owner", url)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    smoke.state.note(alerts_queue_arn=arn)

    def subscribe() -> str:
        made = smoke.owner.client("sns").subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
        )
        return str(made["SubscriptionArn"])

    ensure(smoke, "owner", "subscription", topic, subscribe)


def _invoke(smoke: Smoke) -> None:
    """Invoke a function, which shows that it was built for its architecture."""
    name = f"{smoke.options.namespace}-plan-cluster"
    functions = smoke.owner.client("lambda")
    answer = functions.invoke(
        FunctionName=name, Payload=json.dumps({"cluster": smoke.cluster_arn}).encode()
    )
    failed = answer.get("FunctionError", "")
    said = answer["Payload"].read().decode()[:300]
    found = functions.get_function_configuration(FunctionName=name)
    smoke.judge(
        "A3",
        confirmed=not failed,
        reason=f"{found.get('Architectures', ['?'])[0]}: {failed or 'it runs'}",
        evidence={"call": "lambda:Invoke", "error": failed, "answer": said if failed else ""},
    )
