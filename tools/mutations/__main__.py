"""
Measure how strong a suite of tests is, by mutations of the code that it should notice.

The suite runs once without a mutation and then once with each of the catalogue. A line is printed
for each, and a table at the end. One that no suite finds is a test that is missing.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Mapping, Sequence

from tools.mutations.catalogue import CATALOGUE
from tools.mutations.mutation import Mutation, NotOnce
from tools.mutations.sandbox import ROOT, Outcome, Sandbox, TestsBroken, sandbox

SUITES = (
    *("unit", "template", "integration", "workflow", "model"),
    *("client", "emulator", "e2e", "faults"),
)

Results = Mapping[str, Mapping[int, Outcome]]
"""By suite and number of the mutation."""


def main(suites: Sequence[str], mutations: Sequence[Mutation], expression: str) -> None:
    for mutation in mutations:
        mutation.applied_to((ROOT / mutation.path).read_text())
    with sandbox() as copy:
        results = {suite: _measure(copy, suite, mutations, expression) for suite in suites}
    _say(table(mutations, results))


def _measure(
    copy: Sandbox, suite: str, mutations: Sequence[Mutation], expression: str
) -> dict[int, Outcome]:
    whole = copy.run(suite, expression)
    if whole.found:
        raise TestsBroken(f"{suite} fails without a mutation: {whole.first_failure}")
    _say(f"0 {suite}: passes without a mutation, in {whole.seconds:.0f} s")
    outcomes = {}
    for mutation in mutations:
        with copy.mutated(mutation):
            outcome = copy.run(suite, expression, whole.seconds)
        said = f"found by {outcome.first_failure}" if outcome.found else "not found"
        _say(f"{mutation.number} {suite}: {said}, in {outcome.seconds:.0f} s")
        outcomes[mutation.number] = outcome
    return outcomes


def table(mutations: Sequence[Mutation], results: Results) -> str:
    """Return the *results* in Markdown: suites across, mutations down, and totals."""
    rows = [
        ["Number", "File", "Mutation", *results],
        ["--:", "---", "---", *("---" for _ in results)],
    ]
    for one in mutations:
        outcomes = [outcomes[one.number] for outcomes in results.values()]
        marks = ["found" if outcome.found else "**not found**" for outcome in outcomes]
        rows.append([str(one.number), f"`{one.path}`", one.harm, *marks])
    rows.append(["", "", "found", *_totals(results, lambda some: sum(one.found for one in some))])
    rows.append(["", "", "minutes", *_totals(results, _minutes)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _totals(results: Results, total: Callable[[Sequence[Outcome]], float]) -> list[str]:
    return [str(total(list(outcomes.values()))) for outcomes in results.values()]


def _minutes(outcomes: Sequence[Outcome]) -> int:
    return round(sum(one.seconds for one in outcomes) / 60)


def _numbers(text: str) -> set[int]:
    return {int(number) for number in text.split(",")}


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.mutations", description=__doc__)
    parser.add_argument("suite", nargs="+", choices=SUITES, help="folder of tests")
    parser.add_argument("-k", dest="expression", default="", help="as of pytest: which tests")
    parser.add_argument("--only", type=_numbers, help="numbers of mutations, such as 3,17")
    chosen = parser.parse_args()
    known = {one.number for one in CATALOGUE}
    if unknown := (chosen.only or set()) - known:
        parser.error(f"there is no mutation {', '.join(map(str, sorted(unknown)))}")
    # Ends as by Ctrl-C, so that the copy goes and pytest ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    numbers = chosen.only or known
    try:
        main(chosen.suite, [one for one in CATALOGUE if one.number in numbers], chosen.expression)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except (NotOnce, TestsBroken) as trouble:
        sys.exit(str(trouble))
