"""Write the answers: smoke-report.json for programs, smoke-report.md to paste into an issue."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import boto3
import botocore

from tools.smoke.answers import Answer, Question, Verdict
from tools.smoke.questions import QUESTIONS
from tools.smoke.redaction import redacted
from tools.smoke.smoke import Smoke
from tools.smoke.steps import STEPS

JSON_NAME, TEXT_NAME = "smoke-report.json", "smoke-report.md"

Json = dict[str, Any]


def write(smoke: Smoke) -> tuple[Path, Path]:
    """Write both files into the folder of the options, and return their paths."""
    found = report(smoke)
    files = smoke.options.folder / JSON_NAME, smoke.options.folder / TEXT_NAME
    files[0].write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    files[1].write_text(text(found))
    return files


def report(smoke: Smoke) -> Json:
    """Return the report without anything that says whose accounts these are."""
    answers = smoke.state.answers
    questions = [
        _entry(question, answers.get(key) or _open(smoke, question))
        for key, question in QUESTIONS.items()
    ]
    found = {
        "version": 1,
        "date": smoke.now().date().isoformat(),
        "region": smoke.owner.region,
        "accounts": 2 if smoke.has_two_accounts else 1,
        "cluster": "own" if smoke.has_own_cluster else "named",
        "boto3": boto3.__version__,
        "botocore": botocore.__version__,
        "steps": [step.name for step in STEPS if smoke.state.is_done(step.name)],
        "summary": dict(Counter(one["verdict"] for one in questions)),
        "questions": questions,
    }
    redacted_report: Json = redacted(found, _names(smoke))
    return redacted_report


def _entry(question: Question, answer: Answer) -> Json:
    about = {"key": question.key, "question": question.text, "assumed": question.assumed}
    return about | answer.as_json()


def _open(smoke: Smoke, question: Question) -> Answer:
    """Return why a question has no answer."""
    if not question.step:
        return Answer(Verdict.NOT_ANSWERED, question.why_not)
    step = next((one for one in STEPS if one.name == question.step), None)
    if step and not step.applies(own_cluster=smoke.has_own_cluster):
        reason = "The smoke test does this to its own cluster only."
    elif step and smoke.state.is_done(step.name):
        reason = f"Step {question.step} did not come to it."
    else:
        reason = f"Step {question.step} was not run."
    return Answer(Verdict.NOT_ANSWERED, reason)


def _names(smoke: Smoke) -> dict[str, str]:
    """Return texts that have no form of their own, and what stands for them."""
    names = {smoke.owner.id: "<owner>", smoke.client.id: "<client>"}
    cluster = smoke.options.cluster
    if cluster:
        names[cluster.split("/")[1] if cluster.startswith("arn:") else cluster] = "<cluster>"
    return names


def text(found: Json) -> str:
    """Return the report as Markdown."""
    lines = [
        "## MSKLink smoke test",
        "",
        f"{found['date']}, Region {found['region']}, {found['accounts']} account(s), "
        f"{found['cluster']} cluster, botocore {found['botocore']}; "
        f"steps: {', '.join(found['steps']) or 'none'}",
        "",
        ", ".join(f"{count} {verdict}" for verdict, count in sorted(found["summary"].items())),
    ]
    for verdict in (Verdict.DIFFERENT, Verdict.CONFIRMED, Verdict.NOT_ANSWERED):
        chosen = [one for one in found["questions"] if one["verdict"] == verdict]
        if chosen:
            lines += ["", f"### {verdict.capitalize()}", "", "| question | assumed | seen |"]
            lines += ["|---|---|---|", *map(_row, chosen)]
        if verdict is Verdict.DIFFERENT:
            for one in chosen:
                evidence = json.dumps(one["evidence"], ensure_ascii=False)
                lines += ["", f"`{one['key']}`: `{evidence.replace('`', '')}`"]
    return "\n".join(lines) + "\n"


def _row(one: Json) -> str:
    cells = f"{one['question']} (`{one['key']}`)", one["assumed"], one["reason"]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
