"""The mutations that measure the test suites match the current code."""

from pathlib import Path

import pytest
import yaml

from tools.mutations.__main__ import table
from tools.mutations.catalogue import CATALOGUE
from tools.mutations.mutation import Mutation, NotOnce
from tools.mutations.sandbox import ROOT, Outcome


@pytest.mark.parametrize("mutation", CATALOGUE, ids=lambda one: f"{one.number}-{one.path}")
def test_each_mutation_matches_its_file_and_leaves_valid_python(mutation: Mutation) -> None:
    text = (ROOT / mutation.path).read_text()

    mutant = mutation.applied_to(text)

    assert mutant != text
    if Path(mutation.path).suffix == ".py":
        compile(mutant, mutation.path, "exec")
    else:
        assert yaml.compose(mutant)


def test_mutations_are_numbered_in_order() -> None:
    assert [one.number for one in CATALOGUE] == list(range(1, len(CATALOGUE) + 1))


@pytest.mark.parametrize("text", ["none of it", "a = 1\na = 1\n"])
def test_a_text_that_does_not_occur_once_is_not_replaced(text: str) -> None:
    with pytest.raises(NotOnce, match="mutation 1"):
        Mutation(1, "a.py", "", "a = 1\n", "a = 2\n").applied_to(text)


def test_a_text_can_move_in_front_of_another() -> None:
    mutation = Mutation(1, "a.py", "", "b = 1\n", "b = 2\n", moved_to="a = 1\n")

    assert mutation.applied_to("a = 1\nb = 1\n") == "b = 2\na = 1\n"
    with pytest.raises(NotOnce, match="mutation 1"):
        mutation.applied_to("b = 1\n")


def test_the_table_has_suites_across_and_mutations_down() -> None:
    mutations = [Mutation(number, "a.py", "It breaks", "a", "b") for number in (1, 2)]
    found, missed = Outcome("tests/unit/test_a.py::test_a", 30), Outcome("", 90)

    lines = table(mutations, {"unit": {1: found, 2: missed}, "e2e": {1: found, 2: found}})

    assert lines.splitlines() == [
        "| Number | File | Mutation | unit | e2e |",
        "| --: | --- | --- | --- | --- |",
        "| 1 | `a.py` | It breaks | found | found |",
        "| 2 | `a.py` | It breaks | **not found** | found |",
        "|  |  | found | 1 | 2 |",
        "|  |  | minutes | 2 | 1 |",
    ]
