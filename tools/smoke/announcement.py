"""What the smoke test will do, where, how long and at what cost."""

from collections.abc import Iterator, Sequence

from tools.smoke import prices
from tools.smoke.smoke import TAG, Smoke
from tools.smoke.step import Step


def announcement(smoke: Smoke, steps: Sequence[Step]) -> Iterator[str]:
    """Yield the lines for the user, for the *steps* that are left."""
    own = smoke.has_own_cluster
    yield f"Owner account   {smoke.owner.id}, Region {smoke.owner.region}"
    same = "" if smoke.has_two_accounts else " (the same: what needs two accounts is not answered)"
    yield f"Client account  {smoke.client.id}, Region {smoke.client.region}{same}"
    if own:
        cluster = f"an own one, {prices.ZONES} brokers {prices.INSTANCE_TYPE}, deleted at the end"
    else:
        cluster = (
            f"{smoke.options.cluster}, which gets tags, and no reboot without another question"
        )
    yield f"Cluster         {cluster}"
    yield f"Tag             {TAG}={smoke.state.run} on everything that is created"
    yield ""
    for step in steps:
        yield f"  {step.name:<11} {step.minutes:>3} min  {step.does}"
    minutes = [step.minutes for step in steps]
    yield ""
    yield f"Together about {_duration(sum(minutes))}. You can stop at any time, and go on later."
    if not any(step.creates for step in steps):
        yield "Nothing is created, and it costs nothing."
        return
    found = prices.costs([one.minutes for one in steps if one.creates], own_cluster=own)
    for cost in found:
        yield f"  ${cost.dollars:6.2f}  {cost.item}"
    yield f"  ${sum(cost.dollars for cost in found):6.2f}  in all, and ${hourly(smoke):.2f} an hour"
    yield "          if you stop in between and keep what exists"
    yield f"  ({prices.SOURCES})"
    if smoke.owner.region != prices.REGION:
        yield f"  MSKLink has no prices of Region {smoke.owner.region}; they may be higher there."


def hourly(smoke: Smoke) -> float:
    return prices.hourly(own_cluster=smoke.has_own_cluster)


def _duration(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours else f"{rest} minutes"
