"""Look at both accounts, read-only, for what would stop the steps that follow."""

from msklink_cli.errors import CommandError
from tools.smoke.accounts import Account, attempt
from tools.smoke.prices import ZONES
from tools.smoke.smoke import Smoke

WITHOUT_CLIENTS = frozenset({"use1-az3"})
"""Zones whose subnets MSK does not take (MSK API reference, BrokerNodeGroupInfo)."""

ROLE = "AWSServiceRoleForKafka"


def run(smoke: Smoke) -> None:
    zones = shared_zones(smoke.owner, smoke.client)
    smoke.say(f"  zones: {', '.join(sorted(zones))}")
    role = attempt(smoke.client.client("iam").get_role, RoleName=ROLE)
    smoke.state.note(had_service_role=role.accepted)
    exists = "exists" if role.accepted else "does not exist, so MSK creates it"
    smoke.say(f"  service-linked role {ROLE} in the client account: {exists}")
    trails = attempt(smoke.owner.client("cloudtrail").describe_trails)
    found = (trails.answer or {}).get("trailList", [])
    smoke.state.note(has_trail=bool(found))
    if not found:
        smoke.say("  no CloudTrail trail: tags will show by aws.tag events or by a sweep only")


def shared_zones(owner: Account, client: Account) -> dict[str, dict[str, str]]:
    """
    Return the names by role of the zones that both accounts have, by zone id.

    Raises CommandError where there are too few.
    """
    names = {one.role: _zones(one) for one in (owner, client)}
    shared = {
        zone: {role: zones[zone] for role, zones in names.items()}
        for zone in sorted(set.intersection(*map(set, names.values())))
    }
    if len(shared) < ZONES:
        raise CommandError(
            "TooFewZones",
            f"both accounts have only {len(shared)} Availability Zones of MSK in common",
            "Choose another Region.",
        )
    return shared


def _zones(account: Account) -> dict[str, str]:
    """Return the names of the Availability Zones of *account*, by zone id."""
    found = account.client("ec2").describe_availability_zones(
        Filters=[{"Name": "state", "Values": ["available"]}]
    )["AvailabilityZones"]
    return {
        zone["ZoneId"]: zone["ZoneName"]
        for zone in found
        if zone.get("ZoneType", "availability-zone") == "availability-zone"
        and zone["ZoneId"] not in WITHOUT_CLIENTS
    }
