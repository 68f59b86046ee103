"""Which of the brokers that MSK names are published."""

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
    The brokers to publish of a cluster that has *count*: the *published*, or those *found* now.

    Of more than three each answer of MSK names any three (issues 21393 and 35696 of the Terraform
    provider), so what was published stays, unless brokers were added or removed since. *ids* are
    those of the brokers that there are, if MSK tells: after an upgrade from Standard to Express
    brokers there may be as many as before, and others.
    """
    kept = published.strings if published.broker_count == count else {}
    if ids is not None:
        kept = {scheme: text for scheme, text in kept.items() if _ids(text) <= set(ids)}
    chosen = {
        scheme: _prefer_published(kept.get(scheme), brokers) for scheme, brokers in found.items()
    }
    return PublishedBrokers(strings=chosen, broker_count=count)


def _prefer_published(kept: str | None, found: str) -> str:
    """*kept*, unless MSK names more brokers or others: a scheme turned on anew may have others."""
    is_good = kept and _domains(kept) == _domains(found) and kept.count(",") >= found.count(",")
    return kept if kept and is_good else ",".join(sorted(found.split(",")))


def _ids(brokers: str) -> set[int]:
    """The ids in the names of *brokers*, as far as they are of the form that has been seen."""
    return {int(number) for number in re.findall(r"(?:^|,)b-(\d+)\.", brokers)}


def _domains(brokers: str) -> set[str]:
    """What follows on the brokers' own names."""
    return {host.partition(".")[2].partition(":")[0] for host in brokers.split(",")}
