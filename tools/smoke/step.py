"""A step of the smoke test."""

from collections.abc import Callable
from dataclasses import dataclass

from tools.smoke.smoke import Smoke


@dataclass(frozen=True)
class Step:
    name: str
    does: str
    """What it does, for the announcement."""
    minutes: int
    """How long it takes on AWS, about."""
    run: Callable[[Smoke], None]
    creates: bool = True
    """Whether it needs or creates resources, so that it has to run again after a cleanup."""
    own_cluster_only: bool = False

    def applies(self, *, own_cluster: bool) -> bool:
        return own_cluster or not self.own_cluster_only
