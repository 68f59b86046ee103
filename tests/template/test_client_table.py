"""The table of clients in docs/local-kafka.md has what the tests run, and a reason for all else."""

from tests.e2e.clients.steps import STEPS
from tests.e2e.clients.table import CLIENTS, RUNS
from tests.support.cloudformation import ROOT

HEAD = f"| client | scheme | {' | '.join(STEPS)} | why not |"


def rows() -> list[list[str]]:
    lines = (ROOT / "docs/local-kafka.md").read_text().split(f"{HEAD}\n")[1].splitlines()[1:]
    table = lines[: next(n for n, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_what_the_table_says_to_run_is_tested_and_nothing_else() -> None:
    said = {
        (client, scheme, step)
        for client, scheme, *cells, _ in rows()
        for step, cell in zip(STEPS, cells, strict=True)
        if cell
    }

    assert {cell for _, _, *cells, _ in rows() for cell in cells} == {"run", ""}
    assert said == set(RUNS)


def test_each_row_says_why_something_does_not_run() -> None:
    for client, scheme, *cells, reason in rows():
        assert bool(reason) is ("" in cells), (client, scheme)


def test_each_client_has_a_row_for_each_scheme() -> None:
    named = {(client, scheme) for client, scheme, *_ in rows()}

    assert {(name, scheme) for name in CLIENTS for scheme in ("iam", "scram", "tls")} <= named
