"""What may import what, and that the seams of the tests are where they should be."""

import ast
import sys
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
from tests.support.privileges import CLIENT_ROLE, granted

CORE = ROOT / "layers/core/msklink"
RULES = sorted(CORE.glob("*.py"))
ACCESS = sorted((CORE / "aws").glob("*.py"))
FUNCTIONS = sorted((ROOT / "functions").glob("*.py"))
TALKING = {
    "access_grants",
    "burying",
    "connection_creation",
    "connectivity",
    "granting",
    "leasing",
    "managed_groups",
    "policy_grants",
    "recording",
    "repairing",
    "sights",
    "strangers",
    "succession",
    "task_state",
    "telling",
    "vendors",
    "watching",
}
"""Modules beside `aws` that lead to it."""


def imported(path: Path) -> set[str]:
    """The full names of the modules that *path* imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def packages(path: Path) -> set[str]:
    """The packages that *path* imports, the standard library apart."""
    return {name.partition(".")[0] for name in imported(path)} - set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rules_do_not_talk_to_aws(path: Path) -> None:
    allowed = {"msklink", "pydantic"} | (
        {"aws_lambda_powertools", "mypy_boto3_ec2", "mypy_boto3_kafka"}
        if path.stem in TALKING
        else set()
    )

    assert packages(path) <= allowed
    if path.stem not in TALKING:
        reaching = {"msklink.aws", *(f"msklink.{name}" for name in TALKING)}
        assert not {name for name in imported(path) if name.startswith(tuple(reaching))}


@pytest.mark.parametrize("path", ACCESS, ids=lambda path: path.stem)
def test_access_to_aws_needs_boto3_only(path: Path) -> None:
    stubs = {name for name in packages(path) if name.startswith("mypy_boto3_")}

    assert packages(path) - stubs <= {"msklink", "boto3", "botocore"}


@pytest.mark.parametrize("path", FUNCTIONS, ids=lambda path: path.stem)
def test_functions_are_thin(path: Path) -> None:
    stubs = {name for name in packages(path) if name.startswith("mypy_boto3_")}

    assert packages(path) - stubs <= {"msklink", "aws_lambda_powertools", "pydantic"}
    assert len(path.read_text().splitlines()) <= 150


@pytest.mark.parametrize("path", FUNCTIONS, ids=lambda path: path.stem)
def test_handlers_of_task_states_and_no_others_are_tasks(path: Path) -> None:
    tree = ast.parse(path.read_text())
    [handler] = [
        one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "handler"
    ]
    is_task = [ast.unparse(one) for one in handler.decorator_list] == ["task"]

    assert is_task == (ast.get_docstring(tree) or "").startswith("Task state")
    assert is_task != (path.stem in {"receive_event", "release_lease", "sweep_clusters"})


def test_functions_and_layers_do_not_know_the_embedded_aws() -> None:
    for path in [*RULES, *ACCESS, *FUNCTIONS]:
        assert not {"localcloud", "tests"} & packages(path)


def test_every_file_says_what_it_is() -> None:
    for path in [*RULES, *ACCESS, *FUNCTIONS]:
        assert ast.get_docstring(ast.parse(path.read_text())), path


def test_nobody_is_granted_everything() -> None:
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
