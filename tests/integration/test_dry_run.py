"""A dry run sends no change to AWS, and later reads show what it would have changed."""

from collections.abc import Callable, Iterator

import pytest

from msklink.auth_scheme import Scheme
from msklink.aws import cluster_item, dynamodb, ec2, eventbridge, ssm
from msklink.aws.dry_run.call import Overlay
from msklink.aws.dry_run.network import NetworkOverlay
from msklink.aws.dry_run.parameters import ParameterOverlay
from msklink.aws.dry_run.recorder import Recorder, dry_run
from msklink.aws.dry_run.table import TableOverlay
from msklink.aws.session import own_session
from msklink.connections.record import State
from tests.support.aws import CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.steps import Steps

pytestmark = pytest.mark.usefixtures("accounts")

CHANGES: dict[str, Callable[[str], object]] = {
    "a count": cluster_item.add_request,
    "an operation begins": lambda arn: cluster_item.record_enabling(arn, [Scheme.IAM]),
    "an operation ends": lambda arn: cluster_item.record_enabled_schemes(arn, [Scheme.IAM]),
    "one attribute": lambda arn: cluster_item.record_policy_digests(arn, "0123"),
    "a map": lambda arn: cluster_item.record_vendors(arn, {}),
    "a rejected update": lambda arn: cluster_item.record_rejected_update(arn, "no"),
}


def overlays() -> dict[str, Overlay]:
    return {
        "dynamodb": TableOverlay(dynamodb.read_raw),
        "ec2": NetworkOverlay({}),
        "ssm": ParameterOverlay(),
    }


@pytest.fixture
def dry() -> Iterator[Recorder]:
    with dry_run(Recorder(OWNER, overlays())) as recorder:
        yield recorder


# ---------------------------------------------------------------------------- what is not sent


def test_a_change_that_nobody_foresaw_is_not_sent(accounts: Accounts, dry: Recorder) -> None:
    vpc_id = accounts.make_network(OWNER)

    with pytest.raises(NotImplementedError, match="CreateTags"):
        ec2.client().create_tags(Resources=[vpc_id], Tags=[{"Key": "team", "Value": "x"}])

    assert dry.calls == []
    tags = accounts.client("ec2").describe_tags()["Tags"]
    assert "team" not in {tag["Key"] for tag in tags}


@pytest.mark.usefixtures("dry")
def test_a_service_without_an_overlay_gets_no_change() -> None:
    with pytest.raises(NotImplementedError, match="PutEvents"):
        eventbridge.put_event(eventbridge.DetailType.CLUSTER_REFUSED, cluster_arn="-")


def test_calls_outside_of_a_dry_run_are_sent(accounts: Accounts) -> None:
    with dry_run(Recorder(OWNER, overlays())) as recorder:
        ssm.write_plan("orders", "planned")
    ssm.write_plan("invoices", "written")

    assert [call.operation for call in recorder.calls] == ["PutParameter"]
    assert list(accounts.parameters(OWNER, "/")) == ["/msklink/invoices/plan"]


# -------------------------------------------------------------------------------- later reads


@pytest.mark.parametrize("first", CHANGES)
@pytest.mark.parametrize("second", CHANGES)
def test_an_item_reads_as_dynamodb_would_have_left_it(
    steps: Steps, first: str, second: str
) -> None:
    changes = [CHANGES[first], CHANGES[second]]
    with dry_run(Recorder(OWNER, overlays())):
        for change in changes:
            change(steps.cluster_arn)
        planned = cluster_item.read_cluster(steps.cluster_arn)
    assert cluster_item.read_cluster(steps.cluster_arn).requested == 0

    for change in changes:
        change(steps.cluster_arn)

    assert planned == cluster_item.read_cluster(steps.cluster_arn)


def test_a_dry_run_has_no_lease(steps: Steps) -> None:
    holder = cluster_item.read_cluster(steps.cluster_arn).holder
    assert holder

    with dry_run(Recorder(OWNER, overlays())):
        record = cluster_item.free_lease(steps.cluster_arn, holder)

    assert record.holder == holder
    assert cluster_item.read_cluster(steps.cluster_arn).holder == holder


def test_lists_of_items_have_what_was_written_and_lack_what_was_deleted(
    surveyed: Steps, accounts: Accounts, vpc_id: str
) -> None:
    [known] = dynamodb.connections(surveyed.cluster_arn)
    new = known.with_(vpc_id="vpc-0123456789abcdef0")
    with dry_run(Recorder(OWNER, overlays())):
        dynamodb.save(new, accounts.clock.now())
        dynamodb.save(known.with_(state=State.CONNECTED), accounts.clock.now())
        both = dynamodb.connections(surveyed.cluster_arn)
        dynamodb.delete_record(known)
        left = dynamodb.connections(surveyed.cluster_arn, CLIENT)

    assert [(one.vpc_id, one.state) for one in both] == [
        (new.vpc_id, State.PLANNED),
        (vpc_id, State.CONNECTED),
    ]
    assert [one.vpc_id for one in left] == [new.vpc_id]
    assert dynamodb.connections(surveyed.cluster_arn) == [known]


def test_parameters_are_read_as_they_would_have_been_written(accounts: Accounts) -> None:
    accounts.client("ssm").put_parameter(Name="/msklink/orders/iam/a", Value="1", Type="String")
    with dry_run(Recorder(OWNER, overlays())):
        ssm.client().put_parameter(Name="/msklink/orders/iam/b", Value="2", Type="String")
        ssm.client().delete_parameters(Names=["/msklink/orders/iam/a"])
        found = ssm.read_all(own_session(), "msklink")

    assert found == {"/msklink/orders/iam/b": "2"}
    assert ssm.read_all(own_session(), "msklink") == {"/msklink/orders/iam/a": "1"}
