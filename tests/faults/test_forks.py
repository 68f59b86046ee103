"""Work in a fork changes nothing in this process, and its failures are reported."""

import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

import pytest

from tests.support.forks import ForkFailed, Prepared, in_fork


@contextmanager
def _prepared() -> Iterator[list[str]]:
    yield ["prepared"]


def _add(things: list[str], thing: str) -> list[str]:
    things.append(thing)
    return things


def test_each_order_runs_in_a_copy_of_the_prepared_value() -> None:
    with closing(Prepared(_prepared, _add)) as prepared:
        assert prepared.work("one") == ["prepared", "one"]
        assert prepared.work("another") == ["prepared", "another"]


def test_preparing_changes_nothing_in_this_process() -> None:
    things = list[str]()

    @contextmanager
    def changed() -> Iterator[list[str]]:
        things.append("changed")
        yield things

    with closing(Prepared(changed, _add)) as prepared:
        assert prepared.work("one") == ["changed", "one"]
    assert not things


def test_an_error_in_a_copy_is_raised_and_the_next_order_runs() -> None:
    with closing(Prepared(_prepared, lambda things, place: things[place])) as prepared:
        with pytest.raises(ForkFailed, match="IndexError"):
            prepared.work(1)
        assert prepared.work(0) == "prepared"


def test_an_error_of_preparing_is_raised() -> None:
    @contextmanager
    def broken() -> Iterator[list[str]]:
        raise ValueError("broken")
        yield []

    with (
        closing(Prepared(broken, _add)) as prepared,
        pytest.raises(ForkFailed, match="ValueError: broken"),
    ):
        prepared.work("one")


def test_an_error_in_a_thread_is_raised() -> None:
    def work() -> None:
        thread = threading.Thread(target=int, args=("no number",))
        thread.start()
        thread.join()

    with pytest.raises(ForkFailed, match="no number"):
        in_fork(work)


def test_a_copy_that_dies_is_raised() -> None:
    with pytest.raises(ForkFailed, match="died"):
        in_fork(partial(os._exit, 1))
