"""Explore all states of a model breadth first, so that a counterexample is as short as possible."""

from collections import deque
from collections.abc import Hashable, Iterator
from typing import NamedTuple, Protocol

LIMIT = 500_000
"""Number of states above which the model counts as infinite."""


class Model[State: Hashable](Protocol):
    @property
    def start(self) -> State: ...

    def transitions(self, state: State) -> Iterator[tuple[object, State]]:
        """Yield each possible transition, whose `str` describes it, and the state after it."""

    def violation(self, state: State) -> str | None:
        """Return which invariant *state* violates, if any."""


class Violation(AssertionError):
    """A state that violates an invariant, and the shortest path to it."""


class Explored(NamedTuple):
    states: int
    steps: int
    ends: int
    """Number of final states, which have no transition."""


def explore[State: Hashable](model: Model[State]) -> Explored:
    """
    Visit every state of *model*, which must always reach a final state.

    Raises Violation.
    """
    numbers = {model.start: 0}
    predecessor: list[tuple[int, object]] = [(0, "")]
    following: list[list[int]] = []
    waiting = deque([model.start])
    while waiting:
        state = waiting.popleft()
        here = len(following)
        if violation := model.violation(state):
            raise Violation(_describe(violation, predecessor, here, state))
        if here >= LIMIT:
            raise Violation(_describe("too many states", predecessor, here, state))
        after = []
        for move, successor in model.transitions(state):
            number = numbers.setdefault(successor, len(numbers))
            if number == len(predecessor):
                predecessor.append((here, move))
                waiting.append(successor)
            after.append(number)
        following.append(after)
    if (looping := _first_on_cycle(following)) is not None:
        [state] = [state for state, number in numbers.items() if number == looping]
        raise Violation(_describe("from here it can loop forever", predecessor, looping, state))
    ends = sum(not after for after in following)
    return Explored(len(following), sum(map(len, following)), ends)


def _first_on_cycle(following: list[list[int]]) -> int | None:
    """Return the earliest state on a cycle; None if there is no cycle."""
    successors_left = [len(after) for after in following]
    before: list[list[int]] = [[] for _ in following]
    for number, after in enumerate(following):
        for successor in after:
            before[successor].append(number)
    finite = [number for number, left in enumerate(successors_left) if not left]
    for number in finite:
        for predecessor in before[number]:
            successors_left[predecessor] -= 1
            if not successors_left[predecessor]:
                finite.append(predecessor)
    cyclic = set(range(len(following))) - set(finite)
    while cyclic:
        dropped = {number for number in cyclic if not cyclic.intersection(before[number])}
        if not dropped:
            return min(cyclic)
        cyclic -= dropped
    return None


def _describe(
    violation: str, predecessor: list[tuple[int, object]], number: int, state: object
) -> str:
    steps = []
    while number:
        number, step = predecessor[number]
        steps.append(str(step))
    steps_taken = [f"{position:3}. {step}" for position, step in enumerate(reversed(steps), 1)]
    return "\n".join([f"{violation}, after:", *steps_taken, f"  in: {state}"])
