"""The smoke test has every open question, and a step or a reason for each."""

import re
from dataclasses import fields

import localcloud.msk
from localcloud.msk import Assumptions
from tests.support.cloudformation import ROOT
from tools.smoke import prices
from tools.smoke.answers import Question
from tools.smoke.questions import QUESTIONS
from tools.smoke.questions.msk_clients import CLIENTS
from tools.smoke.questions.msk_clusters import CLUSTERS
from tools.smoke.questions.review import REVIEW
from tools.smoke.steps import NAMES, STEPS

MSK = [*CLUSTERS, *CLIENTS]


def rows() -> list[tuple[str, str]]:
    """Return the first two columns of the list of assumptions, line by line."""
    lines = (localcloud.msk.__doc__ or "").splitlines()
    [rule] = [number for number, line in enumerate(lines) if line.startswith("----")]
    second, third = (found.start() for found in list(re.finditer("-+", lines[rule]))[1:])
    body = [line for line in lines[rule + 1 :] if line.strip()]
    return [(line[:second].strip(), line[second:third].strip()) for line in body]


def joined(lines: list[tuple[str, str]], column: int) -> str:
    return " ".join(" ".join(line[column] for line in lines).split())


def test_every_row_of_the_list_of_assumptions_is_a_question_and_no_other() -> None:
    lines = rows()
    for question in MSK:
        length = next(count for count in range(1, 6) if joined(lines[:count], 0) == question.text)
        while len(lines) > length and not lines[length][0]:
            length += 1
        assumed = re.sub(r" ?\[\w+]", "", joined(lines[:length], 1))
        assert assumed == question.assumed, question.key
        lines = lines[length:]
    assert not lines


def test_every_assumption_that_can_be_switched_is_answered_by_a_step() -> None:
    keys = {one.name for one in fields(Assumptions)}

    assert keys <= QUESTIONS.keys()
    assert not {key for key in keys if not QUESTIONS[key].step}


def test_every_question_has_a_step_or_a_reason() -> None:
    def is_complete(one: Question) -> bool:
        return bool(one.step) != bool(one.why_not) and (not one.step or one.step in NAMES)

    assert not [key for key, one in QUESTIONS.items() if not is_complete(one)]


def test_no_key_is_used_twice() -> None:
    assert len(QUESTIONS) == len(REVIEW) + len(MSK)


def test_the_guide_has_every_step_with_its_minutes() -> None:
    text = (ROOT / "docs/smoke.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \| .+ \| (\d+) min \|$", text, re.MULTILINE)

    assert rows == [(step.name, str(step.minutes)) for step in STEPS]


def test_the_guide_has_the_time_and_the_price_of_a_whole_run() -> None:
    text = (ROOT / "docs/smoke.md").read_text()
    found = prices.costs([step.minutes for step in STEPS if step.creates], own_cluster=True)

    assert "four and a half hours" in text
    assert abs(sum(step.minutes for step in STEPS) / 60 - 4.5) < 0.25
    assert f"about ${round(sum(cost.dollars for cost in found), 1):.2f}" in text
