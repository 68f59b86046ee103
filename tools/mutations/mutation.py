"""One mutation: an exact change in one file that a test should notice."""

from typing import NamedTuple


class NotOnce(Exception):
    """The text to replace does not occur exactly once, so the catalogue is out of date."""


class Mutation(NamedTuple):
    number: int
    path: str
    """From the root of the repository."""
    harm: str
    """What is broken, and what a user would suffer."""
    before: str
    after: str
    moved_to: str = ""
    """Text in front of which *after* goes; where *before* stands if empty."""

    def applied_to(self, text: str) -> str:
        """Return *text* with the change made. Raises NotOnce."""
        if not self.moved_to:
            return self._substitute(text, self.before, self.after)
        without = self._substitute(text, self.before, "")
        return self._substitute(without, self.moved_to, self.after + self.moved_to)

    def _substitute(self, text: str, old: str, new: str) -> str:
        count = text.count(old)
        if count != 1:
            raise NotOnce(f"mutation {self.number}: its text occurs {count} times in {self.path}")
        return text.replace(old, new)
