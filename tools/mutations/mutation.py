"""One mutation: an exact replacement in one file that a test should notice."""

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

    def applied_to(self, text: str) -> str:
        """Return *text* with the replacement made. Raises NotOnce."""
        count = text.count(self.before)
        if count != 1:
            raise NotOnce(f"mutation {self.number}: its text occurs {count} times in {self.path}")
        return text.replace(self.before, self.after)
