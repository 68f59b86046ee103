"""The probe of client.yaml: off by default, invoked by the owner only, one file of code."""

from msklink.aws.lambda_probe import PATIENCE_SECONDS
from msklink.client_role import ClientAccount
from tests.support import probe_code
from tests.support.cloudformation import filled_in, resources, template
from tests.support.functions import NAMESPACE, OWNER, REGION
from tests.template.stack_values import CLIENT, VALUES

ROLES = filled_in(resources("AWS::IAM::Role", "client.yaml"), VALUES)


def test_the_probe_is_off_by_default() -> None:
    parameters = template("client.yaml")["Parameters"]
    conditional = {
        name
        for name, resource in template("client.yaml")["Resources"].items()
        if resource.get("Condition") == "HasProbe"
    }

    assert parameters["ProbeSubnetIds"]["Default"] == ""
    assert parameters["ProbeSecurityGroupIds"]["Default"] == ""
    assert conditional == {"ProbeRole", "ProbeLogs", "Probe"}


def test_the_owner_may_invoke_only_the_probe() -> None:
    [policy] = ROLES["ClientRole"]["Policies"]
    [statement] = [one for one in policy["PolicyDocument"]["Statement"] if one["Sid"] == "AskProbe"]
    [probe] = filled_in(resources("AWS::Lambda::Function", "client.yaml"), VALUES).values()

    name = ClientAccount("aws", REGION, OWNER, CLIENT, NAMESPACE).probe
    assert probe["FunctionName"] == name
    assert statement["Action"] == ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"]
    assert statement["Resource"] == f"arn:aws:lambda:{REGION}:{CLIENT}:function:{name}"


def test_the_code_of_the_probe_may_not_use_the_permissions_of_lambda() -> None:
    [policy] = ROLES["ProbeRole"]["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    [denied] = [one["Action"] for one in statements if one["Effect"] == "Deny"]
    granted = [
        action
        for one in statements
        if one["Effect"] == "Allow"
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    ]

    assert set(granted) - set(denied) == {
        "kafka-cluster:Connect",
        "kafka-cluster:DescribeCluster",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }


def test_the_probe_is_generated_from_the_client_library() -> None:
    assert probe_code.TEMPLATE.read_text() == probe_code.template(), "run `make docs`"
    assert probe_code.TERRAFORM.read_text() == probe_code.code(), "run `make docs`"


def test_the_template_can_be_deployed_without_a_bucket() -> None:
    """51,200 bytes without a bucket (CloudFormation user guide, quotas)."""
    assert probe_code.TEMPLATE.stat().st_size < 51_200


def test_the_owner_waits_longer_than_the_timeout_of_the_probe() -> None:
    [probe] = resources("AWS::Lambda::Function", "client.yaml").values()
    own = template()["Globals"]["Function"]["Timeout"]

    assert probe["Timeout"] < PATIENCE_SECONDS < own / 2
