"""
Run every state of the state machine on AWS's own engine, by TestState with mocked results.

Nothing is created, nothing is called, and it costs nothing. What AWS answers is compared with the
engine by which all tests run (localcloud/single_state.py). Mocked results came to TestState on
2025-11-19; an older botocore does not know the parameter, and a Region may not have it.
"""

import json
from collections.abc import Iterator
from typing import Any

import botocore
from botocore.exceptions import ClientError

from localcloud.single_state import run_state
from tools.smoke import machine
from tools.smoke.smoke import Smoke

COMPARED = ("status", "output", "error", "nextState")
INSPECTED = ("afterArguments", "afterItemSelector", "variables", "maxConcurrency")
JSON_TEXT = frozenset({"output", "afterArguments", "afterItemSelector", "variables"})
SHOWN = 10
"""Differences that the report has; one cause makes many."""

LONGEST = 300
"""Characters of a value in the report."""

NOT_SUPPORTED = frozenset({"UnknownOperationException", "InvalidAction", "AccessDeniedException"})

REFUSED = frozenset({"ValidationException", "InvalidDefinition", "InvalidExecutionInput"})
"""Errors about the state or its case, which are an answer."""

Json = dict[str, Any]


def run(smoke: Smoke) -> None:
    states = smoke.owner.client("stepfunctions")
    if reason := missing_parameters(states):
        smoke.leave_open("A4", reason)
        return
    parsed = machine.definition(smoke.owner.partition)
    text = json.dumps(parsed)
    found: list[Json] = []
    cases = list(machine.cases(parsed))
    smoke.say(f"  {len(cases)} calls of TestState ...", "bright_black")
    for case in cases:
        asked = case.request(text)
        try:
            seen = states.test_state(**asked)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in NOT_SUPPORTED:
                reason = f"Region {smoke.owner.region} did not answer TestState: {error}"
                smoke.leave_open("A4", reason)
                return
            if code not in REFUSED:
                raise
            seen = {"status": code, "error": error.response["Error"]["Message"]}
        if differences := dict(different(seen, run_state(asked))):
            found.append({"state": case.state, "case": case.about, "different": differences})
    names = {case.state for case in cases}
    reason = f"{len(names)} states in {len(cases)} cases, {len(found)} of which differ"
    evidence = {"call": "states:TestState", "states": sorted(names), "differences": found[:SHOWN]}
    smoke.judge("A4", confirmed=not found, reason=reason, evidence=evidence)


def missing_parameters(states: Any) -> str:
    """Return why this botocore cannot mock results, or nothing."""
    model = states.meta.service_model
    if "TestState" in model.operation_names:
        members = model.operation_model("TestState").input_shape.members
        missing = {"mock", "stateName", "variables", "stateConfiguration"} - members.keys()
        if not missing:
            return ""
    return (
        f"botocore {botocore.__version__} does not know TestState with mocked results, which AWS "
        "added on 2025-11-19: update the requirements"
    )


def different(seen: Json, expected: Json) -> Iterator[tuple[str, Json]]:
    """Yield what AWS answered otherwise than *expected*, by field."""
    inspected = seen.get("inspectionData", {}), expected.get("inspectionData", {})
    for fields, (ours, theirs) in ((COMPARED, (seen, expected)), (INSPECTED, inspected)):
        for name in fields:
            pair = value(name, ours.get(name)), value(name, theirs.get(name))
            if pair[1] is not None and pair[0] != pair[1]:
                yield name, {"seen": _short(pair[0]), "expected": _short(pair[1])}


def value(name: str, found: Any) -> Any:
    """Return the value of a field, parsed where it is JSON text."""
    if name == "variables" and isinstance(found, str):
        # PrepareRun keeps the name of the execution, which TestState chooses.
        return {key: one for key, one in json.loads(found).items() if key != "run"}
    return json.loads(found) if name in JSON_TEXT and isinstance(found, str) else found


def _short(found: Any) -> str:
    text = json.dumps(found)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
