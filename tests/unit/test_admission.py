import pytest

from msklink.cluster.admission import admission_refusal
from tests.unit.factories import CLIENT, cluster


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"msklink": "auto", "msklink/clients": CLIENT}, None),
        ({"msklink": "nonsense", "msklink/clients": CLIENT}, None),  # the run gives the reason
        ({"msklink": "off", "msklink/clients": CLIENT}, "ClusterNotManaged"),
        ({"msklink/clients": CLIENT}, "ClusterNotManaged"),
        ({"msklink": "auto"}, "AccountNotAllowed"),
        ({"msklink": "auto", "msklink/clients": "333333333333"}, "AccountNotAllowed"),
        ({"other": "auto", "other/clients": CLIENT}, "ClusterNotManaged"),
    ],
)
def test_an_account_is_admitted_if_the_cluster_is_opted_in_and_lists_it(
    tags: dict[str, str], expected: str | None
) -> None:
    refusal = admission_refusal(cluster(tags=tags), CLIENT, "msklink")

    assert (refusal and refusal.code) == expected


def test_an_envelope_without_an_account_is_not_admitted() -> None:
    refusal = admission_refusal(cluster(tags={"msklink": "auto"}), "", "msklink")

    assert refusal
    assert refusal.code == "AccountNotAllowed"
