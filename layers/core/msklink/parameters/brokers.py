"""Choose which of the brokers that MSK returns are published."""

import re
from collections.abc import Collection, Mapping

from msklink.auth_scheme import Scheme
from msklink.runs.cluster_record import PublishedBrokers


def choose_brokers(
    published: PublishedBrokers,
    found: Mapping[Scheme, str],
    count: int,
    ids: Collection[int] | None,
) -> PublishedBrokers:
    """
    Return the brokers to publish of a cluster that has *count*: *published* ones, or *found* now.

    With more than three brokers, each answer of MSK names any three (Terraform provider issues
    21393 and 35696). So published brokers stay, unless brokers were added or removed since. *ids*
    are those of the present brokers, if MSK lists them: an upgrade from Standard to Express brokers
    can replace all of them and keep their number.
    """
    kept = published.strings if published.broker_count == count else {}
    if ids is not None:
        kept = {scheme: text for scheme, text in kept.items() if _ids(text) <= set(ids)}
    chosen = {
        scheme: _prefer_published(kept.get(scheme), brokers) for scheme, brokers in found.items()
    }
    return PublishedBrokers(strings=chosen, broker_count=count)


def _prefer_published(kept: str | None, found: str) -> str:
    """Return *kept*, unless MSK returns more brokers, or other domains after a scheme was off."""
    is_good = kept and _domains(kept) == _domains(found) and kept.count(",") >= found.count(",")
    return kept if kept and is_good else ",".join(sorted(found.split(",")))


def _ids(brokers: str) -> set[int]:
    """Return the ids in the names of *brokers*, where names have the known form."""
    return {int(number) for number in re.findall(r"(?:^|,)b-(\d+)\.", brokers)}


def _domains(brokers: str) -> set[str]:
    """Return the domains of *brokers*, without the brokers' own names."""
    return {host.partition(".")[2].partition(":")[0] for host in brokers.split(",")}
