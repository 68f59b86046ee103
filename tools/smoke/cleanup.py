"""Delete what the smoke test has created, newest first, and say what is left."""

from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from msklink_cli.errors import CommandError
from tools.smoke.creation import command
from tools.smoke.kinds import KINDS
from tools.smoke.smoke import Smoke
from tools.smoke.state import Json


def clean_up(smoke: Smoke) -> list[Json]:
    """Delete all resources, and return those that could not be deleted."""
    smoke.say("\nDeleting what the smoke test has created", "bold")
    for entry in reversed(list(smoke.state.resources)):
        _delete(smoke, entry)
    left = list(smoke.state.resources)
    smoke.say(f"  {len(left)} could not be deleted" if left else "  nothing is left")
    return left


def _delete(smoke: Smoke, entry: Json) -> None:
    kind = KINDS[entry["kind"]]
    try:
        found = entry["id"] or kind.look(smoke, entry)
        if found:
            smoke.say(f"  {entry['kind']} {found}")
            kind.delete(smoke, entry | {"id": found})
        smoke.state.drop(entry)
    except (CommandError, BotoCoreError, ClientError) as error:
        smoke.say(f"  {entry['kind']} {entry['id'] or entry['name']} stays: {error}", "red")


def commands(smoke: Smoke) -> Iterator[str]:
    """Yield the command that deletes each resource, in the order in which it works."""
    for entry in reversed(smoke.state.resources):
        yield command(smoke, entry)
