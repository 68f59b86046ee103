"""
What a smoke test costs at list price, in US dollars of us-east-1.

Sources: the price list of AmazonMSK (AWS Price List API) for private connectivity, see
msklink.change_control.cost; https://aws.amazon.com/msk/pricing for brokers and storage;
https://aws.amazon.com/privatelink/pricing for endpoints. MSK may include the endpoints of its
connections in its own price; they count here all the same.
"""

from collections.abc import Collection
from dataclasses import dataclass

from msklink.change_control.cost import HOURS_PER_MONTH, PRICED_ON, SCHEME_HOUR_USD

REGION = "us-east-1"
INSTANCE_TYPE = "kafka.m5.large"
"""The smallest with private connectivity, beside kafka.m7g.large, which some Regions lack."""

ZONES = 2
"""MSK takes two or three; a broker in each."""

STORAGE_GB = 1
BROKER_HOUR = 0.21
STORAGE_GB_MONTH = 0.10
SCHEME_HOUR = SCHEME_HOUR_USD[REGION]
ENDPOINT_HOUR = 0.01
"""For each zone."""

MSKLINK = 0.10
"""Runs, functions, logs, a key and a dashboard for a day, of $6 a month (docs/numbers.md)."""

SOURCES = (
    f"prices of {REGION}: aws.amazon.com/msk/pricing, aws.amazon.com/privatelink/pricing, and the "
    f"price list of AmazonMSK of {PRICED_ON}"
)


@dataclass(frozen=True)
class Cost:
    item: str
    dollars: float


def hourly(*, own_cluster: bool, schemes: int = 2, endpoints: int = 2) -> float:
    """Return the dollars an hour of what the smoke test has at its most."""
    brokers = ZONES * (BROKER_HOUR + STORAGE_GB * STORAGE_GB_MONTH / HOURS_PER_MONTH)
    connectivity = schemes * SCHEME_HOUR + endpoints * ZONES * ENDPOINT_HOUR
    return connectivity + (brokers if own_cluster else 0)


def costs(minutes: Collection[int], *, own_cluster: bool) -> list[Cost]:
    """Return the costs of steps that take *minutes*, in which everything exists."""
    hours = sum(minutes) / 60
    found = [Cost("private connectivity", hours * hourly(own_cluster=False))]
    if own_cluster:
        brokers = hourly(own_cluster=True) - hourly(own_cluster=False)
        found.append(Cost(f"{ZONES} brokers {INSTANCE_TYPE}", hours * brokers))
    return [*found, Cost("MSKLink itself", MSKLINK)]
