"""Names use the words of AWS: one word for each thing, and no retired word."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cloudformation import ROOT

RETIRED = {
    "asking": "client_requests",
    "burying": "failed_runs",
    "departure": "offboarding request",
    "departures": "offboarding requests",
    "doubtful": "suspended",
    "forsaken": "orphaned",
    "granting": "policy_grants",
    "hint": "trigger",
    "hints": "inbound_events",
    "hopes": "retryable",
    "leasing": "lease",
    "leaving": "removal",
    "memories": "run_state",
    "memory": "history",
    "news": "changes",
    "patiently": "schedule_retries",
    "repairing": "drift_repair",
    "sight": "account snapshot",
    "sights": "account scanner",
    "spared": "exempt",
    "spell": "describe",
    "strange": "unknown",
    "strangers": "unknown connections",
    "sweeping": "sweep",
    "telling": "notifications",
    "told": "reported, shown or content",
    "watching": "change_detection",
    "wish": "requested VPC",
    "wished": "requested",
}
"""By retired word, the one in its place."""

NAMES_OF_OTHERS = {"memory_limit_in_mb"}
"""Names that others chose: here one of Lambda's context object."""

FOLDERS = ("benchmarks", "localcloud", "tests", "tools")
MODULES = sorted([*ROOT.glob("functions/*.py"), *ROOT.glob("layers/core/msklink/**/*.py")])
CODE = sorted(
    [
        *MODULES,
        *ROOT.glob("client/python/src/**/*.py"),
        *(path for name in FOLDERS for path in ROOT.glob(f"{name}/**/*.py")),
    ]
)


def names(path: Path) -> Iterator[str]:
    """Yield every name in the code of *path*, and those of its folders and of the file."""
    yield from path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.TypeVar(name=name):
                yield name
            case ast.keyword(arg=str(name)) | ast.ExceptHandler(name=str(name)):
                yield name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case ast.alias(name=name, asname=other):
                yield from (name, other or name)


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_name_has_a_retired_word(path: Path) -> None:
    found = {name for whole in names(path) for name in whole.split(".")} - NAMES_OF_OTHERS
    words = {word for name in found for word in name.lower().split("_")}

    assert not {word: RETIRED[word] for word in words & RETIRED.keys()}


def test_layers_do_not_import_under_another_name() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("msklink"):
                assert not [one.asname for one in node.names if one.asname], path
