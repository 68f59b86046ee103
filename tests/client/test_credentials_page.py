"""What docs/credentials.md has teams and owners allow, and the command for a certificate."""

import json
import os
import re
import shlex

from msklink_client.secret_policies import Policy, Secret
from tests.client import requested_users
from tests.client.guide import CREDENTIALS, all_blocks, blocks, sections
from tests.support.cloudformation import ROOT

ARN = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:AmazonMSK_billing-a1b2c3"


def test_the_statement_for_requested_users_is_that_of_the_error() -> None:
    name = requested_users.secret_name("billing", "222222222222")
    arn = f"arn:aws:secretsmanager:eu-west-1:111111111111:secret:{name}-a1b2c3"
    secret = Secret(arn, "222222222222", "aws", "eu-west-1")
    [found] = blocks(sections(CREDENTIALS)["A password for SCRAM"], "json")

    assert json.loads(found) == secret.statements(Policy.ROLE)
    one_user = name.partition("222222222222")[2]
    assert f"`{one_user}-??????`" in CREDENTIALS.read_text()


def test_the_statements_of_the_page_are_those_of_the_error() -> None:
    secret = Secret(ARN, "222222222222", "aws", "eu-west-1")
    found = map(json.loads, blocks(sections(CREDENTIALS)["A secret made by hand"], "json"))

    assert [one if isinstance(one, list) else [one] for one in found] == [
        secret.statements(policy) for policy in (Policy.ROLE, Policy.SECRET, Policy.KEY)
    ]


def test_the_statements_for_a_certificate_allow_what_the_script_calls() -> None:
    """AWS shares a CA with three actions more (Private CA user guide, resource-based policies)."""
    owner, role = map(json.loads, blocks(sections(CREDENTIALS)["A certificate for TLS"], "json"))
    script = (ROOT / "client/certificate.sh").read_text()
    called = {*re.findall(r"\bpca ((?:describe|issue|get)-[a-z-]+)", script)}

    assert {f"acm-pca:{name.title().replace('-', '')}" for name in called} == {*role["Action"]}
    reads, issues = owner["Statement"]
    assert {*role["Action"]} <= {*reads["Action"], issues["Action"]}
    assert {one["Resource"] for one in (*owner["Statement"], role)} == {role["Resource"]}


def test_the_command_for_a_certificate_is_the_script() -> None:
    [block] = all_blocks(CREDENTIALS, "sh")
    script, arn, name, folder = shlex.split(block)

    assert os.access(ROOT / script, os.X_OK)
    assert arn.startswith("arn:aws:acm-pca:")
    text = CREDENTIALS.read_text()
    assert f"`User:CN={name}`" in text
    assert f"`{folder}` then has" in text
