"""The documentation says what the code does."""

import json
import re
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from msklink.auth_scheme import Scheme
from msklink.parameters import published as parameter_published
from msklink.policy.access_bounds import AccessBounds, Action, cluster_of
from msklink.policy.kafka_access import ACTIONS, ON_CLUSTER, PRODUCE_ON_CLUSTER
from msklink.requests.inbound_events import ClientChanged, read_event
from tests.support.cloudformation import ROOT, template
from tests.support.refusal_page import PAGE, page
from tests.support.terraform import Module

PAGES = [
    ROOT / "README.md",
    ROOT / "client/terraform/README.md",
    *sorted((ROOT / "docs").glob("**/*.md")),
]


def test_the_page_of_refusals_is_that_of_the_catalogue() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))

    named = set(re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)`", path.read_text(), re.MULTILINE))

    assert {first or second for first, second in named} <= targets


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text()):
        assert (path.parent / link).exists(), link


def test_the_request_in_the_readme_is_understood() -> None:
    text = (ROOT / "README.md").read_text()
    found = re.search(r"put-events --entries '(\[.*?\])'", text, re.DOTALL)
    assert found is not None
    [entry] = json.loads(found[1])

    event = {"detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
    [hint] = read_event(event | {"account": "222222222222"}, "msklink")

    assert isinstance(hint, ClientChanged)
    assert hint.account == "222222222222"


def test_the_identity_policy_of_the_page_has_the_actions_of_the_cluster_policy() -> None:
    text = (ROOT / "docs/client.md").read_text()
    found = re.search(r"```json\n(\{\"Version\".*?)```", text, re.DOTALL)
    assert found is not None
    statements = json.loads(found[1])["Statement"]

    by_kind: dict[str, set[str]] = {}
    for one in statements:
        kind = one["Resource"].split(":")[5].split("/")[0]
        by_kind.setdefault(kind, set()).update(one["Action"])

    assert by_kind.pop("parameter") == {"ssm:GetParametersByPath", "ssm:GetParameter"}
    assert by_kind.pop("cluster") == {*ON_CLUSTER, *PRODUCE_ON_CLUSTER}
    expected: dict[str, set[str]] = {}
    for kind, actions in ACTIONS.values():
        expected.setdefault(kind, set()).update(actions)
    assert by_kind == expected


@pytest.mark.parametrize("path", ["README.md", "docs/client.md"])
def test_the_bounds_in_the_pages_can_be_read(path: str) -> None:
    found = re.search(
        r"put-parameter --name (\S+) .*?--value '(.*?)'", (ROOT / path).read_text(), re.S
    )
    assert found is not None

    assert cluster_of(found[1], "msklink") == "orders"
    assert AccessBounds.model_validate_json(found[2]).actions == tuple(Action)


def test_the_page_for_other_languages_says_what_becomes_of_each_property_for_iam() -> None:
    text = (ROOT / "docs/languages.md").read_text()
    published = parameter_published.parameters("msklink", "orders", {Scheme.IAM: "b-1:14001"})
    table = set(re.findall(r"`([a-z.]+)`", "".join(re.findall(r"^\| `.+?\|", text, re.MULTILINE))))

    assert table - {"iam"} == {name.rpartition("/")[2] for name in published}


def test_the_readme_names_every_parameter_of_the_client_stack() -> None:
    text = (ROOT / "README.md").read_text()
    parameters = template("client.yaml")["Parameters"]
    required = [name for name, one in parameters.items() if "Default" not in one]

    assert all(f"{name}=" in text for name in required)


def test_the_readme_of_the_module_sets_every_variable_that_it_must() -> None:
    text = (ROOT / "client/terraform/README.md").read_text()
    variables = Module(ROOT / "client/terraform", {}).variables()

    for name, variable in variables.items():
        assert re.search(rf"^  {name} *= " if "default" not in variable else name, text, re.M), name


def test_the_commands_for_a_stack_set_are_commands_of_the_cli() -> None:
    """Their options are members of the input of the API, in the spelling of the AWS CLI."""
    text = (ROOT / "docs/client-stack.md").read_text().replace("\\\n", " ")
    service = botocore.session.get_session().get_service_model("cloudformation")
    commands = re.findall(r"^aws cloudformation ([a-z-]+) (.+)", text, re.MULTILINE)

    assert [name for name, _ in commands] == ["create-stack-set", "create-stack-instances"]
    for name, options in commands:
        operation = service.operation_model("".join(map(str.capitalize, name.split("-"))))
        assert operation.input_shape is not None
        members = {xform_name(member, "-") for member in operation.input_shape.members}
        assert set(re.findall(r"--([a-z-]+)", options)) <= members
