"""The numbers beside the alternatives are those of the code: file, pages and chart."""

from pathlib import Path

import pytest

from benchmarks.peers import by_hand, chart, msklink, page, polling_loop
from benchmarks.peers.__main__ import WAYS
from benchmarks.peers.audit import Audit
from benchmarks.peers.figures import Figures, load
from benchmarks.peers.workload import SIZES, SMALL, Size
from localcloud.msk import Caller, MskError
from tests.support.functions import OWNER, REGION

STALE = "run `make bench-peers`"
CALLER = Caller(OWNER, REGION, f"arn:aws:iam::{OWNER}:root")


def saved(way: str, size: Size) -> Figures:
    [found] = [one for one in load() if (one.way, one.size) == (way, size)]
    return found


def test_the_file_has_every_way_at_every_size() -> None:
    assert len(load()) == len(WAYS) * len(SIZES)


@pytest.mark.parametrize("size", SMALL, ids=str)
@pytest.mark.parametrize("measure", [msklink.measure, by_hand.one_script, by_hand.twenty_teams])
def test_the_small_sizes_are_as_in_the_file(measure: page.Measure, size: Size) -> None:
    measured = measure(size)

    assert measured == saved(measured.way, size), STALE


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_arithmetic_is_as_in_the_file(size: Size) -> None:
    assert polling_loop.measure(size) == saved(polling_loop.WAY, size), STALE


@pytest.mark.parametrize("path", page.blocks(load()), ids=lambda path: str(path.name))
def test_the_pages_have_the_figures_of_the_file(path: Path) -> None:
    text = path.read_text()

    assert page.with_blocks(text, page.blocks(load())[path]) == text, STALE


def test_the_chart_has_the_figures_of_the_file() -> None:
    assert chart.draw(load()) == chart.PICTURE.read_text(), STALE


def test_msklink_loses_no_grant_and_chooses_no_wrong_subnet_at_any_size() -> None:
    for one in load():
        if one.way == msklink.WAY:
            assert (one.lost_grants, one.ungranted, one.wrong_subnets) == (0, 0, 0)


def test_every_figure_in_which_another_way_is_better_is_listed() -> None:
    best = Figures("other", 1, 1, 0, 0, 0, 0, 0.0, 0, 0, 0, 0)
    own = Figures(msklink.WAY, 1, 1, 2, 30, 9, 5, 0.01, 3, 0, 0, 0)

    text = page.worse([own, best], (Size(1, 1),))

    assert [line.split(":")[0] for line in text.splitlines()] == [
        "- reboots",
        "- minutes from the last request",
        "- hours of a person",
        "- API calls",
        "- transitions",
        "- dollars",
    ]


def put(*accounts: str) -> dict[str, str]:
    names = ",".join(f'"arn:aws:iam::{one}:root"' for one in accounts)
    return {"Policy": f'{{"Statement": [{{"Principal": {{"AWS": [{names}]}}}}]}}'}


def test_a_grant_is_lost_when_a_put_removes_it() -> None:
    audit, first, second = Audit(), "200000000001", "200000000002"

    audit(CALLER, "PutClusterPolicy", put(first), {}, None)
    audit(CALLER, "PutClusterPolicy", put(second), {}, None)
    audit(CALLER, "PutClusterPolicy", put(), None, MskError("BadRequestException", "stale"))

    assert audit.lost_grants == 1
    assert audit.ungranted([first, second]) == 1
