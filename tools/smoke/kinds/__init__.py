"""The kinds of resources that the smoke test creates, by name."""

from tools.smoke.kinds import installation, msk, network, observers
from tools.smoke.resources import Kind

KINDS: dict[str, Kind] = {
    **network.KINDS,
    **observers.KINDS,
    **msk.KINDS,
    **installation.KINDS,
}
