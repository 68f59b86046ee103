"""
The state of a smoke test: what exists, which steps are done, and the answers so far.

It is written after each change, by a rename, so an interrupt leaves the old or the new one. It
has the ids of resources and so is for its user only; the report has none.
"""

import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from msklink_cli.errors import CommandError
from tools.smoke.answers import Answer, Verdict

VERSION = 1
NAME = "smoke-state.json"

Json = dict[str, Any]


class State:
    """The file *path*, which need not exist."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data: Json = self._read()

    def _read(self) -> Json:
        if not self.path.exists():
            empty: Json = {"done": [], "resources": [], "facts": {}, "answers": {}}
            return {"version": VERSION, "run": secrets.token_hex(4), "place": {}, **empty}
        try:
            data: Json = json.loads(self.path.read_text())
        except ValueError as error:
            raise self._unusable("it is not JSON") from error
        if not isinstance(data, dict) or data.get("version") != VERSION:
            raise self._unusable(f"it is not of version {VERSION}")
        return data

    def _unusable(self, problem: str) -> CommandError:
        return CommandError(
            "StateUnusable",
            f"{self.path} cannot be read: {problem}",
            "Delete by hand what has the tag smoke-test-msklink, and then the file.",
        )

    def save(self) -> None:
        beside = self.path.with_suffix(".new")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self.data, file, indent=1, default=str)
        beside.replace(self.path)

    def forget(self) -> None:
        with suppress(FileNotFoundError):
            self.path.unlink()

    @property
    def run(self) -> str:
        """The id of this smoke test, the value of its tag."""
        return str(self.data["run"])

    def settle_in(self, place: Json) -> None:
        """
        Keep *place*: the accounts, the Region, and the cluster and stack that are used.

        Raises CommandError where the file is of another place, and something exists there.
        """
        before = self.data["place"]
        if before and before != place and self.data["resources"]:
            differs = ", ".join(key for key in place if place[key] != before.get(key))
            raise CommandError(
                "StateOfAnotherPlace",
                f"{self.path} is of a smoke test with other values of: {differs}",
                "Use the options and profiles that you began with, or another --folder.",
            )
        if before != place:
            self.data |= {"place": place, "done": [], "facts": {}, "answers": {}}
        self.save()

    # ------------------------------------------------------------------------------ steps

    def is_done(self, step: str) -> bool:
        return step in self.data["done"]

    def finish(self, step: str) -> None:
        if not self.is_done(step):
            self.data["done"].append(step)
        self.save()

    def reopen(self, steps: list[str]) -> None:
        """Have *steps* run again, with the facts about what they made forgotten."""
        self.data["done"] = [step for step in self.data["done"] if step not in steps]
        self.data["facts"] = {}
        self.save()

    # ------------------------------------------------------------------------------ facts

    def fact(self, name: str) -> Any:
        return self.data["facts"].get(name)

    def note(self, **facts: Any) -> None:
        """Keep facts that later steps need, such as times."""
        self.data["facts"].update(facts)
        self.save()

    # ---------------------------------------------------------------------------- answers

    def answer(self, key: str, answer: Answer) -> None:
        """Keep an answer. A later one replaces it, but none that is no answer."""
        if answer.verdict is Verdict.NOT_ANSWERED and key in self.data["answers"]:
            return
        self.data["answers"][key] = answer.as_json()
        self.save()

    @property
    def answers(self) -> dict[str, Answer]:
        return {
            key: Answer(Verdict(one["verdict"]), one["reason"], one["evidence"])
            for key, one in self.data["answers"].items()
        }

    # -------------------------------------------------------------------------- resources

    @property
    def resources(self) -> list[Json]:
        """What was created or begun, in order: kind, name, account (owner or client) and id."""
        found: list[Json] = self.data["resources"]
        return found

    def find(self, kind: str, name: str) -> str | None:
        """Return the id of a resource that exists."""
        entry = self._entry(kind, name)
        return entry["id"] if entry else None

    def _entry(self, kind: str, name: str) -> Json | None:
        same = (one for one in self.resources if (one["kind"], one["name"]) == (kind, name))
        return next(same, None)

    def ensure(
        self,
        account: str,
        kind: str,
        name: str,
        create: Callable[[], str],
        look: Callable[[], str | None],
    ) -> str:
        """
        Return the id of the resource, created if it does not exist; never twice.

        The intent is saved first. After an interrupt between the call and its answer, *look* finds
        what AWS has made.
        """
        entry = self._entry(kind, name)
        if entry is None:
            entry = {"account": account, "kind": kind, "name": name, "id": None}
            self.resources.append(entry)
            self.save()
        elif entry["id"] is None:
            entry["id"] = look()
        if entry["id"] is None:
            entry["id"] = create()
        self.save()
        return str(entry["id"])

    def drop(self, entry: Json) -> None:
        """Forget a resource that is gone."""
        self.resources.remove(entry)
        self.save()
