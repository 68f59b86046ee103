"""The documentation agrees with the code."""

import json
import re
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.parameters import client_properties
from msklink.parameters import published as parameter_published
from msklink.policy.access_bounds import AccessBounds, Action, cluster_of
from msklink.policy.kafka_access import ACTIONS, ON_CLUSTER, PRODUCE_ON_CLUSTER
from msklink.policy.topic_access import decide_topics
from msklink.policy.user_access import decide_users
from msklink.requests.inbound_events import ClientChanged, OnboardingDetail, read_event
from tests.support import diagrams
from tests.support.cloudformation import ROOT, definition, template
from tests.support.refusal_page import PAGE, page
from tests.support.terraform import Module
from tests.template.test_code import CORE, EVERYTHING, name_of, rooms

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    ROOT / "client/terraform/README.md",
    *sorted((ROOT / "docs").glob("**/*.md")),
]

CURRENT_PAGES = [path for path in PAGES if path.parent.name != "decisions"]
"""Records of decisions keep the names of their time."""


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


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_heading_leads_somewhere(path: Path) -> None:
    for link, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", path.read_text()):
        page = path.parent / link if link else path
        headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)

        assert anchor in {_anchor(one) for one in headings}, f"{link}#{anchor}"


def _anchor(heading: str) -> str:
    """Return the anchor that GitHub makes of *heading*."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("path", diagrams.DIAGRAMS, ids=lambda path: path.name)
def test_diagrams_are_those_of_the_code(path: Path) -> None:
    text = path.read_text()

    assert text == diagrams.with_diagram(text, diagrams.DIAGRAMS[path]()), "run `make docs`"


def test_every_step_of_a_run_has_a_caption() -> None:
    assert [*diagrams.CAPTIONS] == diagrams.steps(definition({}))


def test_the_flow_follows_choices_and_waits_to_the_next_step() -> None:
    machine = {
        "StartAt": "Begin",
        "States": {
            "Begin": {"Type": "Pass", "Next": "Ask"},
            "Ask": {"Type": "Task", "Next": "Choose"},
            "Choose": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $states.input.move = 'wait' %}", "Next": "Wait"}],
                "Default": "Write",
            },
            "Wait": {"Type": "Wait", "Next": "Ask"},
            "Write": {"Type": "Map", "Next": "Finish"},
            "Finish": {"Type": "Succeed"},
        },
    }

    assert diagrams.machine_start(machine) == "Ask"
    assert diagrams.edges(machine) == [
        ("Ask", "Write", ""),
        ("Ask", "Ask", "wait"),
        ("Write", "Finish", ""),
    ]


def test_the_diagram_of_packages_leaves_out_what_follows_from_other_arrows() -> None:
    graph = {"a": {"b", "c"}, "b": {"c"}, "c": set[str]()}

    assert diagrams.without_implied(graph) == {"a": {"b"}, "b": {"c"}, "c": set()}


def test_the_diagram_of_packages_has_every_import_between_them() -> None:
    """`test_code` reads imports independently of the diagram."""
    arrows = re.findall(r"^  (\w+) --> (\w+)$", diagrams.package_diagram(), re.MULTILINE)
    graph: dict[str, set[str]] = {name: set() for name in diagrams.packages()}
    for source, target in arrows:
        graph.setdefault(source, set()).add(target)
    for path in EVERYTHING:
        package = name_of(path).split("/")[0]
        if package in graph:
            imported = rooms(path) & graph.keys() - {package}
            assert imported <= diagrams.reached(graph, package), path


def test_the_page_on_architecture_names_every_package_and_module_beside_them() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    modules = {path.name for path in CORE.glob("*.py")} - {"__init__.py"}

    for name in {f"{package}/" for package in diagrams.packages()} | modules:
        assert f"`{name}`" in text, name


def test_the_page_on_architecture_has_the_handler_of_each_map() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    states = definition({})["States"]
    inner = {
        name: one["ItemProcessor"]["StartAt"] for name, one in states.items() if "Items" in one
    }

    for name, state in inner.items():
        handler = f"functions/{xform_name(state)}.py"
        assert f"| {name} | {state} | `{handler}` |" in text


PATH = r"`([a-z][\w./-]*(?:\.py|\.yaml|\.md|/))(?::(\w+))?`"
"""A path in backticks that is not the name of a tag or parameter, and a name that it defines."""

NOT_OURS = {"application.yaml", "smoke-report.md"}
"""Files of those who read the pages, or that a command writes."""


@pytest.mark.parametrize("path", CURRENT_PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_is_named_exists_and_defines_what_is_said(path: Path) -> None:
    for named, symbol in re.findall(PATH, path.read_text()):
        found = [one / named for one in (ROOT, CORE, path.parent) if (one / named).exists()]
        assert found or named in NOT_OURS, named
        defined = rf"^(?:(?:def|class) {symbol}\b|{symbol}\b.* = )"
        assert not symbol or re.search(defined, found[0].read_text(), re.MULTILINE), symbol


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 200


def test_the_index_has_every_page() -> None:
    text = (ROOT / "docs/README.md").read_text()
    linked = set(re.findall(r"\]\(([^)#]+)", text))

    assert {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"} <= linked


def test_the_index_of_decisions_has_each_by_its_title_and_by_what_replaced_it() -> None:
    expected = []
    for path in sorted((ROOT / "docs/decisions").glob("0*.md")):
        number, title = path.read_text().splitlines()[0].removeprefix("# ").split(". ", 1)
        replaced = re.findall(r"^Replaced in part by \[(\d+)\]\(00\1-", path.read_text(), re.M)
        mark = "".join(f" (in part replaced by {one})" for one in replaced)
        expected.append(f"{number}. [{title}]({path.name}){mark}")

    index = (ROOT / "docs/decisions/README.md").read_text().splitlines()

    assert [line for line in index if re.match(r"\d+\. ", line)] == expected


@pytest.mark.parametrize("path", ["README.md", "docs/client.md", "docs/topics.md", "docs/users.md"])
def test_the_request_in_the_documentation_is_understood(path: str) -> None:
    text = (ROOT / path).read_text().replace("vpc-…", "vpc-0123456789abcdef0")
    found = re.search(r"put-events --entries '(\[.*?\])'", text, re.DOTALL)
    assert found is not None
    [entry] = json.loads(found[1])

    event = {"detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
    [trigger] = read_event(event | {"account": "222222222222"}, "msklink")

    assert isinstance(trigger, ClientChanged)
    assert trigger.account == "222222222222"


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


@pytest.mark.parametrize("page", ["topics.md", "users.md"])
def test_what_a_page_requests_is_within_its_bounds(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    bounds = re.search(r"--value '(\{.*?\})'\n```", text, re.DOTALL)
    entries = re.search(r"put-events --entries '(\[.*?\])'", text, re.DOTALL)
    assert bounds
    assert entries
    [entry] = json.loads(entries[1].replace("vpc-…", "vpc-0123456789abcdef0"))
    request = OnboardingDetail.model_validate_json(entry["Detail"])
    cluster = ClusterArn.parse("arn:aws:kafka:eu-west-1:111111111111:cluster/orders/uuid")
    terms = {"/msklink/orders/access/222222222222": bounds[1]}, cluster, "222222222222", "msklink"

    topics = decide_topics(request.topics, *terms)
    users = decide_users(request.users, *terms)

    assert (topics.beyond, users.beyond) == ({}, {})
    assert len(topics.allowed) == (page == "topics.md")
    assert users.allowed == (("billing",) if page == "users.md" else ())


@pytest.mark.parametrize("path", ["docs/access.md"])
def test_the_bounds_in_the_documentation_are_valid(path: str) -> None:
    found = re.search(
        r"put-parameter --name (\S+) .*?--value '(.*?)'", (ROOT / path).read_text(), re.S
    )
    assert found is not None

    assert cluster_of(found[1], "msklink") == "orders"
    assert AccessBounds.model_validate_json(found[2]).actions == tuple(Action)


def test_the_guide_has_every_property_as_published() -> None:
    text = (ROOT / "docs/client.md").read_text()
    [_, *rows] = re.findall(r"^\| `?[a-z.]+`? \|.*$", text.partition("## 6.")[2], re.MULTILINE)
    cells = [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows]

    for column, scheme in enumerate(Scheme, 1):
        published = client_properties.client_properties(scheme, "all brokers")
        assert {row[0]: row[column] for row in cells if row[column]} == published


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
