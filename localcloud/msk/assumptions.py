"""Assumptions about unverified behaviour of MSK, which can be switched to test both cases."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True)
class Assumptions:
    """
    The current assumptions; the package's docstring explains each.

    The defaults are the stricter behaviour for a careless caller, unless that would affect a
    careful one too.
    """

    omitted_scheme_is_off: bool = True
    policy_is_normalised: bool = False
    tags_at_creation_emit: bool = False
    default_page: int = 100
    name_is_free_while_deleting: bool = False
    fresh_shows_flags: bool = True
    bad_principal_is_named: bool = False
    mixed_is_refused: bool = False
    policy_delay_seconds: float = 0
    role_delay_seconds: float = 0
    busy_takes_connections: bool = False
    unconnected_cannot_list: bool = True
    list_leaves_out: str = ""
    express_stays_active: bool = True
    topic_configs_are_json: bool = True
    active_operation: Literal["updates", "latest", "never"] = "updates"


DEFAULTS: Final = Assumptions()
