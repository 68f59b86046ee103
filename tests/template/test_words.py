"""Names and texts use the words of AWS, so that code has one word for one thing."""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

from tests.support.cloudformation import ROOT

RETIRED = {
    "asking": "client_requests",
    "burying": "failed_runs",
    "departure": "offboarding request",
    "departures": "offboarding requests",
    "doubtful": "suspended",
    "forsaken": "orphaned",
    "hint": "trigger",
    "hints": "inbound_events",
    "hopes": "retryable",
    "leasing": "lease",
    "leaving": "removal",
    "memories": "run_state",
    "memory": "history",
    "news": "changes",
    "patiently": "schedule_retries",
    "repairing": "repair_decisions",
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

RETIRED_PHRASES = {
    "anybody": "the account, the client or the owner",
    "be it": "whether",
    "for ever": "without end",
    "is told": "is notified",
    "make anew": "create again",
    "mend": "fix or solve",
    "nobody wants": "is not wanted",
    "somebody": "others",
    "taken away": "removed",
    "tell of": "report",
    "told": "reported or notified",
    "under way": "in progress",
    "who is left": "the remaining accounts",
    "whoever": "the account or tool that",
    "wish": "request",
}
"""By retired phrase, the words in its place: those of AWS's own documentation."""

NOT_VERBS = frozenset(
    {"a", "all", "an", "as", "by", "every", "how", "in", "its", "of", "one", "that", "the", "those"}
    | {"what", "where", "whether", "which", "who", "why"}
)
"""First words of descriptions that do not say what a function does."""

QUESTION = re.compile(r"_?(are|can|has|is|may|needs|was)_")
YES_OR_NO = {"bool", "bool | None"}
"""What functions return whose names are questions."""

NAMES_OF_OTHERS = {"memory_limit_in_mb"}
"""Names that others chose: here one of Lambda's context object."""

FOLDERS = ("benchmarks", "localcloud", "tests", "tools")
MODULES = sorted(
    [
        *ROOT.glob("functions/*.py"),
        *ROOT.glob("layers/core/msklink/**/*.py"),
        *ROOT.glob("cli/src/**/*.py"),
    ]
)
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


def prose(path: Path) -> Iterator[str]:
    """Yield the comments and texts of *path*, with each on one line."""
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type in {tokenize.COMMENT, tokenize.STRING, tokenize.FSTRING_MIDDLE}:
                yield " ".join(token.string.replace("#", " ").lower().split())


def retired_phrases(text: str) -> set[str]:
    return {phrase for phrase in RETIRED_PHRASES if re.search(rf"\b{phrase}\b", text)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_has_a_retired_phrase(path: Path) -> None:
    found = {phrase for text in prose(path) for phrase in retired_phrases(text)}

    assert not {phrase: RETIRED_PHRASES[phrase] for phrase in found}


@pytest.mark.parametrize(
    "name", ["template.yaml", "client.yaml", "statemachine/reconcile_cluster.asl.yaml"]
)
def test_no_template_has_a_retired_phrase(name: str) -> None:
    words = " ".join((ROOT / name).read_text().replace("#", " ").lower().split())

    assert not retired_phrases(words)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_docstrings_of_functions_begin_with_a_verb(path: Path) -> None:
    nodes = [one for one in ast.walk(ast.parse(path.read_text())) if is_plain_function(one)]
    first = [(ast.get_docstring(one) or "Return").split()[0] for one in nodes]

    assert not [word for word in first if word.lower() in NOT_VERBS or not word.isalpha()]


def is_plain_function(node: ast.AST) -> TypeGuard[ast.FunctionDef]:
    """Return whether *node* is a function, and no property, which a noun describes."""
    return isinstance(node, ast.FunctionDef) and not any(
        "property" in ast.unparse(decorator) for decorator in node.decorator_list
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_functions_with_the_name_of_a_question_return_yes_or_no(path: Path) -> None:
    nodes = [one for one in ast.walk(ast.parse(path.read_text())) if is_plain_function(one)]
    questions = [one for one in nodes if QUESTION.match(one.name)]

    assert not [one.name for one in questions if ast.unparse(one.returns or one) not in YES_OR_NO]


def test_retired_phrases_are_found_across_lines_and_as_whole_words() -> None:
    assert retired_phrases("the owner is told") == {"is told", "told"}
    assert not retired_phrases("amended")
