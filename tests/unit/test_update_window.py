from statistics import median, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.cluster.update_window import (
    CLOSE_SECONDS,
    CONNECTIVITY,
    DEFAULT_WINDOW,
    LATE_SECONDS,
    ROLLING,
    SPARSE_SECONDS,
    UNKNOWN_WINDOW,
    PastUpdate,
    expected_window,
    limit_seconds,
    wait_seconds,
)
from tests.unit.factories import thorough

MINUTE = 60


def connectivity(*minutes: float) -> list[PastUpdate]:
    return [PastUpdate(CONNECTIVITY, one * MINUTE) for one in minutes]


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        ([], DEFAULT_WINDOW),
        ([PastUpdate("INCREASE_BROKER_COUNT", 600)], DEFAULT_WINDOW),  # restarts no broker
        ([PastUpdate("REBOOT_NODE", 600)], DEFAULT_WINDOW),  # restarts one only
        ([PastUpdate("", 600)], DEFAULT_WINDOW),
        (connectivity(50), (45 * MINUTE, 55 * MINUTE)),
        (connectivity(60, 40, 50), (36 * MINUTE, 66 * MINUTE)),
        ([PastUpdate("UPDATE_SECURITY", 6000)], (5400, 6600)),
        ([PastUpdate("UPDATE_SECURITY", 600), PastUpdate("UPDATE_BROKER_TYPE", 6000)], (540, 6600)),
        ([PastUpdate("UPDATE_CLUSTER_KAFKA_VERSION", 9000), *connectivity(50)], (2700, 3300)),
        ([PastUpdate("UPDATE_SECURITY", 6000), PastUpdate("REBOOT_NODE", 1)], (5400, 6600)),
        (connectivity(0), (0, 0)),
    ],
)
def test_an_update_is_expected_to_take_as_long_as_before(
    past: list[PastUpdate], expected: tuple[int, int]
) -> None:
    assert expected_window(past, 3) == expected
    assert expected_window(iter(past), 3) == expected


def test_an_update_of_connectivity_restarts_every_broker() -> None:
    assert CONNECTIVITY in ROLLING


@pytest.mark.parametrize(
    ("waited", "expected", "seconds"),
    [
        (0, (1000, 2000), SPARSE_SECONDS),
        (699, (1000, 2000), SPARSE_SECONDS),
        (700, (1000, 2000), 300),
        (701, (1000, 2000), 299),  # not beyond the earliest end
        (999, (1000, 2000), 1),
        (1000, (1000, 2000), CLOSE_SECONDS),
        (1999, (1000, 2000), CLOSE_SECONDS),
        (2000, (1000, 2000), LATE_SECONDS),
        (9999, (1000, 2000), LATE_SECONDS),
        (0, UNKNOWN_WINDOW, LATE_SECONDS),
        (0, DEFAULT_WINDOW, SPARSE_SECONDS),
        (27 * MINUTE, DEFAULT_WINDOW, CLOSE_SECONDS),
        (120 * MINUTE, DEFAULT_WINDOW, LATE_SECONDS),
    ],
)
def test_polls_are_frequent_around_the_expected_end(
    waited: int, expected: tuple[int, int], seconds: int
) -> None:
    assert wait_seconds(waited, expected, 3) == seconds


def looks(took: float, expected: tuple[int, int], brokers: int = 3) -> list[int]:
    """Return when an update is polled, in seconds after its start, until its end."""
    found = [wait_seconds(0, expected, brokers)]
    while found[-1] < took:
        found.append(found[-1] + wait_seconds(found[-1], expected, brokers))
    return found


def transitions(took: float, expected: tuple[int, int]) -> int:
    return 3 * len(looks(took, expected)) + 25


def delays(first: int, last: int, expected: tuple[int, int]) -> list[float]:
    """Return how late the end is seen, for updates of *first* to *last* seconds."""
    return [looks(took + 0.5, expected)[-1] - took - 0.5 for took in range(first, last)]


KNOWN = expected_window(connectivity(75), 3)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (*KNOWN, KNOWN),  # took 75 minutes before, and takes a tenth more or less now
        (30 * MINUTE, 75 * MINUTE, DEFAULT_WINDOW),
        (27 * MINUTE, 120 * MINUTE, DEFAULT_WINDOW),
    ],
)
def test_the_end_of_an_update_is_seen_within_half_a_minute(
    first: int, last: int, expected: tuple[int, int]
) -> None:
    found = delays(first, last, expected)

    assert median(found) <= 15
    assert quantiles(found, n=20)[-1] <= 30
    assert max(found) <= 30


@pytest.mark.parametrize(
    ("past", "most"),
    [
        (connectivity(75), 120),
        (connectivity(74, 75, 76), 120),
        (connectivity(60, 75), 184),  # the wider the past, the more looks
        ([], 331),
    ],
)
def test_an_update_of_75_minutes_has_a_known_number_of_transitions(
    past: list[PastUpdate], most: int
) -> None:
    assert transitions(75 * MINUTE, expected_window(past, 3)) <= most


def test_the_end_of_an_unusually_long_update_is_seen_within_a_minute() -> None:
    assert max(delays(KNOWN[1], KNOWN[1] + 30 * MINUTE, KNOWN)) <= LATE_SECONDS


@thorough
@given(
    st.lists(
        st.builds(
            PastUpdate, st.sampled_from([*sorted(ROLLING), "REBOOT_NODE"]), st.floats(0, 20_000)
        ),
        max_size=6,
    ),
    st.integers(0, 20_000),
    st.integers(0, 300),
)
def test_there_is_always_a_next_poll_and_it_is_never_late_for_the_earliest_end(
    past: list[PastUpdate], waited: int, brokers: int
) -> None:
    earliest, latest = expected_window(past, brokers)

    seconds = wait_seconds(waited, (earliest, latest), brokers)

    assert 0 <= earliest <= latest
    assert (
        0 < seconds <= max(SPARSE_SECONDS, earliest / 20, limit_seconds((0, latest), brokers) / 240)
    )
    assert waited >= earliest or waited + seconds <= earliest


@pytest.mark.parametrize(
    ("brokers", "expected"),
    [(3, DEFAULT_WINDOW), (30, (150 * MINUTE, 450 * MINUTE)), (60, (300 * MINUTE, 900 * MINUTE))],
)
def test_an_update_of_many_brokers_is_expected_to_take_longer(
    brokers: int, expected: tuple[int, int]
) -> None:
    assert expected_window([], brokers) == expected


@pytest.mark.parametrize(
    ("expected", "brokers", "hours"),
    [
        (UNKNOWN_WINDOW, 0, 4),
        (UNKNOWN_WINDOW, 3, 4),
        (UNKNOWN_WINDOW, 30, 15),
        (expected_window([], 30), 30, 15),
        (expected_window(connectivity(180), 3), 3, 6.6),  # took three hours before
    ],
)
def test_an_update_times_out_after_twice_its_expected_time(
    expected: tuple[int, int], brokers: int, hours: float
) -> None:
    assert limit_seconds(expected, brokers) == hours * 60 * MINUTE


MOST_LOOKS = 450
"""As many as `lease.EVENTS_PER_ROUND` counts on."""


@given(
    st.lists(st.builds(PastUpdate, st.just(CONNECTIVITY), st.floats(0, 200_000)), max_size=3),
    st.integers(0, 300),
)
def test_the_number_of_polls_does_not_grow_with_the_timeout(
    past: list[PastUpdate], brokers: int
) -> None:
    for expected in (UNKNOWN_WINDOW, expected_window(past, brokers)):
        limit = limit_seconds(expected, brokers)
        assert len(looks(limit, expected, brokers)) <= MOST_LOOKS
