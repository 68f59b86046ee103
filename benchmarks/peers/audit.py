"""What goes wrong in MSK, counted in its calls, whoever makes them."""

from collections.abc import Collection
from typing import Any

from localcloud.msk import Caller, MskError
from msklink.policy.document import Policy, accounts_of


def granted(policy: str | None) -> set[str]:
    """Return the accounts that a cluster policy admits as a whole."""
    return {account for one in Policy.parse(policy).statements for account in accounts_of(one)}


class Audit:
    """An observer of the calls. Nobody offboards here, so every removed account is a loss."""

    def __init__(self) -> None:
        self.lost_grants = 0
        self.wrong_subnets = 0
        self._granted: set[str] = set()

    def __call__(
        self,
        caller: Caller,  # noqa: ARG002 the protocol names it
        operation: str,
        params: dict[str, Any],
        result: dict[str, Any] | None,  # noqa: ARG002
        error: MskError | None,
    ) -> None:
        if error:
            is_choice = operation == "CreateVpcConnection"
            self.wrong_subnets += is_choice and error.invalid_parameter == "clientSubnets"
        elif operation == "PutClusterPolicy":
            now = granted(params["Policy"])
            self.lost_grants += len(self._granted - now)
            self._granted = now

    def ungranted(self, accounts: Collection[str]) -> int:
        """Return how many of *accounts* the last policy does not admit."""
        return len(set(accounts) - self._granted)
