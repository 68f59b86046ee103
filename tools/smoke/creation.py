"""Create resources once, and say how a person deletes them."""

from collections.abc import Callable

from tools.smoke.kinds import KINDS
from tools.smoke.smoke import Smoke
from tools.smoke.state import Json


def ensure(smoke: Smoke, role: str, kind: str, name: str, create: Callable[[], str]) -> str:
    """Return the id of a resource of the account *role*, created unless it exists."""
    entry = {"account": role, "kind": kind, "name": name, "id": None}
    return smoke.state.ensure(role, kind, name, create, lambda: KINDS[kind].look(smoke, entry))


def command(smoke: Smoke, entry: Json) -> str:
    """Return the command by which a person deletes the resource."""
    words = KINDS[entry["kind"]].command.format(
        id=entry["id"] or f"<id of {entry['name']}>", name=entry["name"]
    )
    options = smoke.options
    mine = options.client_profile if entry["account"] == "client" else ""
    profile = mine or options.owner_profile
    suffix = f" --region {smoke.owner.region}" + (f" --profile {profile}" if profile else "")
    return " && ".join(f"aws {part}{suffix}" for part in words.split(" && "))
