"""Allowed imports, and the private names that tests replace."""

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from moto.awslambda.models import LambdaFunction
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.botocore_stubber import BotocoreStubber
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)
from moto.stepfunctions.parser.asl.jsonata import jsonata
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.sts.models import STSBackend

from tests.support.cloudformation import ROOT, handlers
from tests.support.permission_check import CLIENT_ROLE, granted

CORE = ROOT / "layers/core/msklink"
ACCESS = sorted((CORE / "aws").rglob("*.py"))
SERVICES = sorted((CORE / "services").glob("*.py"))
RULES = sorted({*CORE.rglob("*.py")} - {*ACCESS, *SERVICES})
FUNCTIONS = sorted((ROOT / "functions").glob("*.py"))
EVERYTHING = [*RULES, *ACCESS, *SERVICES, *FUNCTIONS]
STUBS = "mypy_boto3_"


def name_of(path: Path) -> str:
    """Return the name of a module of the layer or of a function."""
    return str(path.relative_to(CORE if path.is_relative_to(CORE) else ROOT).with_suffix(""))


def imported(path: Path) -> set[str]:
    """Return the full names of the modules that *path* imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def packages(path: Path) -> set[str]:
    """Return the packages that *path* imports, without the standard library."""
    return {name.partition(".")[0] for name in imported(path)} - set(sys.stdlib_module_names)


def rooms(path: Path) -> set[str]:
    """Return the packages of the layer, and top-level modules, that *path* imports."""
    return {name.split(".")[1] for name in imported(path) if name.startswith("msklink.")}


@pytest.mark.parametrize("path", RULES, ids=name_of)
def test_rule_modules_import_neither_aws_nor_services(path: Path) -> None:
    assert packages(path) <= {"msklink", "pydantic"}
    assert not {"aws", "services"} & rooms(path)


@pytest.mark.parametrize("path", ACCESS, ids=name_of)
def test_access_to_aws_needs_boto3_only(path: Path) -> None:
    stubs = {name for name in packages(path) if name.startswith(STUBS)}

    assert packages(path) - stubs <= {"msklink", "boto3", "botocore"}
    assert "services" not in rooms(path)


@pytest.mark.parametrize("path", SERVICES, ids=name_of)
def test_services_talk_to_aws_through_the_package_for_it(path: Path) -> None:
    stubs = {name for name in packages(path) if name.startswith(STUBS)}

    assert packages(path) - stubs <= {"msklink", "aws_lambda_powertools"}


def test_no_package_of_the_layer_imports_another_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for path in [*RULES, *ACCESS, *SERVICES]:
        room = path.relative_to(CORE).with_suffix("").parts[0]
        graph.setdefault(room, set()).update(rooms(path) - {room})

    assert [*TopologicalSorter(graph).static_order()]


def test_no_module_of_the_layer_imports_another_in_a_circle() -> None:
    modules = {
        "msklink." + name_of(path).replace("/", "."): path for path in [*RULES, *ACCESS, *SERVICES]
    }
    graph = {name: imported(path) & modules.keys() for name, path in modules.items()}

    assert [*TopologicalSorter(graph).static_order()]


@pytest.mark.parametrize("path", FUNCTIONS, ids=name_of)
def test_functions_are_thin(path: Path) -> None:
    stubs = {name for name in packages(path) if name.startswith(STUBS)}

    assert packages(path) - stubs <= {"msklink", "aws_lambda_powertools", "pydantic"}
    assert len(path.read_text().splitlines()) <= 40


@pytest.mark.parametrize("path", FUNCTIONS, ids=lambda path: path.stem)
def test_handlers_of_task_states_and_no_others_are_tasks(path: Path) -> None:
    tree = ast.parse(path.read_text())
    [handler] = [
        one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "handler"
    ]
    if path.stem == "plan_cluster":  # people and programs invoke it as well
        return
    is_task = [ast.unparse(one) for one in handler.decorator_list] == ["task"]

    assert is_task == (ast.get_docstring(tree) or "").startswith("Task state")
    assert is_task != (
        path.stem in {"receive_event", "release_lease", "rotate_password", "sweep_clusters"}
    )


def test_functions_and_layers_do_not_know_the_embedded_aws() -> None:
    for path in EVERYTHING:
        assert not {"localcloud", "tests"} & packages(path)


def test_every_file_says_what_it_is() -> None:
    for path in EVERYTHING:
        assert ast.get_docstring(ast.parse(path.read_text())), path


def test_no_granted_action_has_a_wildcard() -> None:
    for who in [CLIENT_ROLE, *handlers()]:
        assert not {action for action in granted(who) if "*" in action}


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (LambdaSimpleBackend, "invoke"),
        (LambdaFunction, "vpc_config"),
        (WaitFunction, "_wait_interval"),
        (retrier_decl, "time"),
        (jsonata, "_eval_jsonata"),
        (AmazonStateLanguageParser, "parse"),
        (STSBackend, "assume_role"),
        (SecurityGroupBackend, "delete_security_group"),
        (BotocoreStubber, "process_request"),
    ],
)
def test_moto_still_has_the_private_names_that_the_tests_replace(owner: object, name: str) -> None:
    assert hasattr(owner, name), f"moto changed: adapt tests/support and localcloud to {name}"
