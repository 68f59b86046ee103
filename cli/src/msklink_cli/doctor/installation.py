"""Read what the owner stack depends on: trails, rules, the bus, queues, alarms and quotas."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msklink.aws.session import CONFIG, own_session
from msklink.settings import settings
from msklink_cli.version import version

PARAMETERS = 10_000
"""Standard parameters of an account in a Region (Systems Manager user guide, default tier)."""

NEARLY_ALL_PARAMETERS = 9_000


@dataclass(frozen=True)
class Trail:
    name: str
    is_logging: bool
    has_writes: bool
    """Whether it logs management events that write."""


@dataclass(frozen=True)
class Rule:
    bus: str
    name: str
    is_enabled: bool


@dataclass(frozen=True)
class Installation:
    """The owner stack and what it needs around it, as AWS has it now."""

    trails: tuple[Trail, ...]
    rules: tuple[Rule, ...]
    bus_policy: str
    """JSON; empty where the bus has none."""
    queues: Mapping[str, int]
    """By logical id, the number of messages in each dead-letter queue."""
    alarms: Mapping[str, str]
    """The descriptions of the alarms that are on, by name."""
    concurrency: int
    """The concurrent executions that Lambda allows in the account and Region."""
    parameters: int
    """The parameters of the owner account in the Region, counted up to NEARLY_ALL_PARAMETERS."""
    stack_version: str
    """The version of the owner stack; empty before 0.1.0."""
    command_version: str


def read_installation() -> Installation:
    """
    Read the installation with one call for each list, trail and queue.

    Sources: the API references of the services. Raises ClientError where the user may not read.
    """
    resources = dict(_resources())
    queues = {name: id_ for (kind, name), id_ in resources.items() if kind == "AWS::SQS::Queue"}
    alarms = [id_ for (kind, _), id_ in resources.items() if kind == "AWS::CloudWatch::Alarm"]
    bus = _client("events").describe_event_bus(Name=settings().namespace)
    limits = _client("lambda").get_account_settings()["AccountLimit"]
    return Installation(
        trails=tuple(_trails(_client("cloudtrail"))),
        rules=tuple(_rules()),
        bus_policy=bus.get("Policy", ""),
        queues={name: _messages(url) for name, url in sorted(queues.items())},
        alarms=dict(_alarms(alarms)),
        concurrency=limits["ConcurrentExecutions"],
        parameters=count_parameters(NEARLY_ALL_PARAMETERS),
        stack_version=settings().version,
        command_version=version(),
    )


def _client(service: str) -> Any:
    return own_session().client(service, config=CONFIG)  # type: ignore[call-overload]  # any service


def _resources() -> Iterator[tuple[tuple[str, str], str]]:
    """Yield type and logical id of each resource of the stack, with its physical id."""
    pages = _client("cloudformation").get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=settings().stack_name):
        for one in page["StackResourceSummaries"]:
            kind, name = one["ResourceType"], one["LogicalResourceId"]
            yield (kind, name), one.get("PhysicalResourceId", "")


def _trails(cloudtrail: Any) -> Iterator[Trail]:
    """Yield the trails that log in the Region, those of other Regions and the organization too."""
    for trail in cloudtrail.describe_trails(includeShadowTrails=True)["trailList"]:
        arn = trail["TrailARN"]
        selectors = cloudtrail.get_event_selectors(TrailName=arn)
        yield Trail(
            name=trail["Name"],
            is_logging=cloudtrail.get_trail_status(Name=arn)["IsLogging"],
            has_writes=_logs_writes(selectors),
        )


def _logs_writes(selectors: Mapping[str, Any]) -> bool:
    """Return whether basic or advanced selectors include management events that write."""
    for one in selectors.get("EventSelectors") or ():
        if one.get("IncludeManagementEvents", True) and one.get("ReadWriteType") != "ReadOnly":
            return True
    for one in selectors.get("AdvancedEventSelectors") or ():
        fields = {field["Field"]: field for field in one["FieldSelectors"]}
        is_management = "Management" in fields.get("eventCategory", {}).get("Equals", ())
        if is_management and "true" not in fields.get("readOnly", {}).get("Equals", ()):
            return True
    return False


def _rules() -> Iterator[Rule]:
    """Yield the rules of the stack on the default bus and on its own."""
    for bus in ("default", settings().namespace):
        pages = _client("events").get_paginator("list_rules")
        for page in pages.paginate(EventBusName=bus, NamePrefix=f"{settings().stack_name}-"):
            for rule in page["Rules"]:
                yield Rule(bus, rule["Name"], rule["State"] != "DISABLED")


def _messages(queue_url: str) -> int:
    name = "ApproximateNumberOfMessages"
    found = _client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=[name])
    return int(found["Attributes"][name])


def _alarms(names: list[str]) -> Iterator[tuple[str, str]]:
    if not names:
        return
    pages = _client("cloudwatch").get_paginator("describe_alarms")
    for page in pages.paginate(AlarmNames=names, StateValue="ALARM"):
        for alarm in page["MetricAlarms"]:
            yield alarm["AlarmName"], " ".join(alarm.get("AlarmDescription", "").split())


def count_parameters(most: int) -> int:
    """Return the number of parameters, at most *most*; one call counts fifty."""
    pages = (
        _client("ssm")
        .get_paginator("describe_parameters")
        .paginate(PaginationConfig={"MaxItems": most, "PageSize": 50})
    )
    return sum(len(page["Parameters"]) for page in pages)
