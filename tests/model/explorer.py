"""Everything that can happen from a start, breadth first, so that a counterexample is shortest."""

from collections import deque
from collections.abc import Hashable, Iterator
from typing import NamedTuple, Protocol

LIMIT = 500_000
"""States, past which there are taken to be ever more of them."""


class Model[State: Hashable](Protocol):
    @property
    def start(self) -> State: ...

    def transitions(self, state: State) -> Iterator[tuple[object, State]]:
        """What can happen next, each told by its `str`, and the state after it."""

    def violation(self, state: State) -> str | None:
        """What must not be so, and is."""


class Violation(AssertionError):
    """A state that must not be, and the shortest way there."""


class Explored(NamedTuple):
    states: int
    steps: int
    ends: int
    """States in which nothing can happen any more."""


def explore[State: Hashable](model: Model[State]) -> Explored:
    """
    Look at every state; whatever happens, it must come to an end.

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
            raise Violation(_describe("no end of new states", predecessor, here, state))
        after = []
        for move, successor in model.transitions(state):
            number = numbers.setdefault(successor, len(numbers))
            if number == len(predecessor):
                predecessor.append((here, move))
                waiting.append(successor)
            after.append(number)
        following.append(after)
    if (endless := _endless(following)) is not None:
        [state] = [state for state, number in numbers.items() if number == endless]
        raise Violation(
            _describe("from here it can go round for ever", predecessor, endless, state)
        )
    ends = sum(not after for after in following)
    return Explored(len(following), sum(map(len, following)), ends)


def _endless(following: list[list[int]]) -> int | None:
    """A state that can come back, the earliest of them; None if there is no circle."""
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
    circling = set(range(len(following))) - set(finite)
    while circling:
        dropped = {number for number in circling if not circling.intersection(before[number])}
        if not dropped:
            return min(circling)
        circling -= dropped
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
