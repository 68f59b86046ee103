"""The lease of one cluster, with all who want it: requests, runs, and the ends of runs told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from msklink.runs.lease import requested_before
from tests.model.aws_model import (
    NO_ITEM,
    Answer,
    Call,
    Item,
    get_item,
    start_execution,
    update_item,
)
from tests.model.invocations import Clients, Invocation, Kind, Returned


class Trouble(NamedTuple):
    """How often what may happen."""

    failures: int = 0
    """Runs that fail, at any point."""
    deaths: int = 0
    """Invocations that die, and are called again."""
    repeats: int = 0
    """Events that are told twice."""
    lost_answers: int = 0
    """Calls that boto3 makes twice, because it did not hear of the first."""


class Stage(StrEnum):
    """What an execution does next, or how it has ended."""

    INSPECT = "inspects"
    LOOK = "looks"
    CONCLUDE = "concludes"
    END = "ends"
    SUCCEEDED = "has succeeded"
    FAILED = "has failed"


class Run(NamedTuple):
    """An execution."""

    name: str
    stage: Stage = Stage.INSPECT
    generation: int = 0
    seen: int = 0
    """Wishes that were made before it looked."""
    released: bool = False
    """Whether it has given its lease up, and is not at work any more."""
    log: tuple[Answer, ...] = ()
    """Of its invocation of Conclude."""

    @property
    def running(self) -> bool:
        return self.stage not in {Stage.SUCCEEDED, Stage.FAILED}

    @property
    def invocation(self) -> Invocation:
        if self.stage is Stage.INSPECT:
            return Invocation(Kind.INSPECTION, self.name)
        return Invocation(Kind.CONCLUSION, self.name, self.generation, self.seen, log=self.log)


class World(NamedTuple):
    invocations: tuple[Invocation, ...]
    """Those that nobody waits for; sorted, because it does not matter which of two alike acts."""
    trouble: Trouble
    """What may happen still."""
    item: Item = NO_ITEM
    runs: tuple[Run, ...] = ()
    wishes: tuple[int, ...] = ()
    """For each wish made, how often a run had been asked for when it was first told."""
    served: int = 0
    """Wishes that a run had seen that came to its conclusion."""

    @property
    def holder(self) -> str | None:
        return next((text for name, _, text in self.item if name == "holder"), None)

    @property
    def requested(self) -> int:
        return next((int(text) for name, _, text in self.item if name == "requested"), 0)

    def run(self, name: str) -> Run:
        return next(run for run in self.runs if run.name == name)

    def also(self, *more: Invocation) -> "World":
        return self._replace(invocations=tuple(sorted([*self.invocations, *more])))

    def having(self, changed: Run) -> "World":
        others = [run for run in self.runs if run.name != changed.name]
        return self._replace(runs=tuple(sorted([*others, changed])))

    def after(self, kind: str) -> "World":
        """One trouble of the *kind* less that may happen."""
        left = self.trouble._replace(**{kind: getattr(self.trouble, kind) - 1})
        return self._replace(trouble=left)


class Step(NamedTuple):
    who: Invocation
    call: Call
    answer: Answer
    then: str = ""

    def __str__(self) -> str:
        return f"{self.who}: {self.call} -> {self.answer}{self.then}"

    def unheard(self) -> "Step":
        return self._replace(then=", which is not heard of, so it is called again")


class Told(NamedTuple):
    who: object
    what: str

    def __str__(self) -> str:
        return f"{self.who} {self.what}"


type Moves = Iterator[tuple[object, World]]


@dataclass
class Protocol:
    """
    What can happen with *requests*, each for one wish, and no more trouble than given.

    A wish is made in the moment in which it is first counted. People make it earlier, which could
    only help a run to see it.
    """

    clients: Clients
    requests: int
    trouble: Trouble
    has_room: bool
    """Whether a run can go another round."""
    _known: dict[Invocation, Call | Returned] = field(default_factory=dict)

    @property
    def start(self) -> World:
        return World((Invocation(Kind.REQUEST, wish=True),) * self.requests, self.trouble)

    def flaw(self, world: World) -> str | None:
        at_work = [run.name for run in world.runs if run.running and not run.released]
        if len(at_work) > 1:
            return f"two runs at work at once, {' and '.join(at_work)}"
        if world.invocations or any(run.running for run in world.runs):
            return None
        if world.holder:
            return f"a lease left with {world.holder}"
        failed = [requested_before(run.name) for run in world.runs if run.stage is Stage.FAILED]
        for told in world.wishes[world.served :]:
            if told > max(failed, default=0):
                return f"request {told} lost"
        return None

    def moves(self, world: World) -> Moves:
        for position, invocation in enumerate(world.invocations):
            others = world.invocations[:position] + world.invocations[position + 1 :]
            if invocation not in others[:position]:
                yield from self._goes_on(world, invocation, others)
        for run in world.runs:
            if run.running:
                yield from self._runs(world, run)
                if world.trouble.failures:
                    yield from self._fails(world.after("failures"), run)
        if world.trouble.repeats:
            yield from self._tell_again(world.after("repeats"))

    def _goes_on(self, world: World, acting: Invocation, others: tuple[Invocation, ...]) -> Moves:
        """One for which nobody waits: Lambda calls it again if it dies, but for a Conclude."""
        step, then = self._call(world, acting)
        acted = acting.heard(step.answer)
        then = then._replace(invocations=others)
        yield step, then if self._has_returned(acted) else then.also(acted)
        if world.trouble.lost_answers:
            yield step.unheard(), then.after("lost_answers").also(acting._replace(wish=False))
        if world.trouble.deaths and acting.log:
            dead = world.after("deaths")._replace(invocations=others)
            again = [] if acting.kind is Kind.CONCLUSION else [acting.anew()]
            yield Told(acting, "dies"), dead.also(*again)

    def _runs(self, world: World, run: Run) -> Moves:
        match run.stage:
            case Stage.INSPECT:
                step, then = self._call(world, run.invocation)
                result = self._next(run.invocation.heard(step.answer))
                assert isinstance(result, Returned)
                yield step, then.having(run._replace(stage=Stage.LOOK, generation=result.value))
            case Stage.LOOK:
                looked = run._replace(stage=Stage.CONCLUDE, seen=len(world.wishes))
                yield Told(run.name, "looks and acts"), world.having(looked)
            case Stage.CONCLUDE:
                yield from self._concludes(world, run)
            case Stage.END:
                yield Told(run.name, "ends"), world.having(Run(run.name, Stage.SUCCEEDED))

    def _concludes(self, world: World, run: Run) -> Moves:
        """Step Functions waits for it, and calls it again when it does not hear of its end."""
        acting = run.invocation
        step, then = self._call(world, acting)
        released = then.run(run.name).released
        result = self._next(acting.heard(step.answer))
        if isinstance(result, Returned):
            stage = Stage.INSPECT if result.value else Stage.END
            yield step, then.having(Run(run.name, stage, released=released))
        else:
            yield step, then.having(run._replace(released=released, log=(*run.log, step.answer)))
        if world.trouble.lost_answers:
            yield step.unheard(), then.after("lost_answers")
        if world.trouble.deaths:
            again = world.after("deaths").having(run._replace(log=()))
            yield Told(acting, "is not heard of, and called again"), again.also(acting)
            if run.log:
                yield Told(acting, "dies, and is called again"), again

    def _fails(self, world: World, run: Run) -> Moves:
        """At any point, and also while its Conclude is under way, which nobody stops."""
        failed = world.having(Run(run.name, Stage.FAILED)).also(Invocation(Kind.BURIAL, run.name))
        yield Told(run.name, "fails"), failed
        if run.stage is Stage.CONCLUDE:
            yield Told(run.name, "fails, but not its Conclude"), failed.also(run.invocation)

    def _tell_again(self, world: World) -> Moves:
        again = [Invocation(Kind.REQUEST)] if world.wishes else []
        again += [
            Invocation(Kind.BURIAL, run.name) for run in world.runs if run.stage is Stage.FAILED
        ]
        for invocation in again:
            yield Told(invocation, "comes once more"), world.also(invocation)

    def _call(self, world: World, acting: Invocation) -> tuple[Step, World]:
        """The next call of *acting*, and the world after it, in which *acting* is as it was."""
        call = self._next(acting)
        assert isinstance(call, Call)
        answer, then = self._answered(world, call)
        if not acting.log:
            then = then._replace(served=max(then.served, acting.seen))
            if acting.wish:
                then = then._replace(wishes=(*then.wishes, then.requested))
        gave_up = acting.kind is Kind.CONCLUSION and world.holder == acting.run != then.holder
        if gave_up and (run := then.run(acting.run)).running:
            then = then.having(run._replace(released=True))
        return Step(acting, call, answer), then

    @staticmethod
    def _answered(world: World, call: Call) -> tuple[Answer, World]:
        match call.operation:
            case "GetItem":
                return get_item(world.item, call), world
            case "UpdateItem":
                item, answer = update_item(world.item, call)
                return answer, world._replace(item=item)
            case "StartExecution":
                running = {run.name: run.running for run in world.runs}
                started, answer = start_execution(running, call)
                return answer, world.having(Run(started)) if started else world
        raise NotImplementedError(call.operation)

    def _has_returned(self, invocation: Invocation) -> bool:
        return isinstance(self._next(invocation), Returned)

    def _next(self, invocation: Invocation) -> Call | Returned:
        if invocation not in self._known:
            self._known[invocation] = self.clients.next_call(invocation, has_room=self.has_room)
        return self._known[invocation]
