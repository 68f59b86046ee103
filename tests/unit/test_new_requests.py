"""Which records of a survey are requests that no run has seen before."""

from typing import Any

import pytest

from msklink.auth_scheme import Scheme
from msklink.connections.record import ConnectionRecord, State, new_requests
from tests.unit.factories import connection

REFUSED_VPC: dict[str, Any] = {"scheme": None, "state": State.REFUSED}


@pytest.mark.parametrize(
    ("before", "after", "number"),
    [
        ([], [{}], 1),
        ([], [{"state": State.REFUSED}], 1),
        ([], [REFUSED_VPC], 1),
        ([], [{}, {"scheme": Scheme.SCRAM}, {"vpc_id": "vpc-2"}], 3),
        ([{}], [{}, {"scheme": Scheme.SCRAM}], 1),
        ([{}], [{"state": State.PUBLISHED}], 0),
        ([REFUSED_VPC], [{}], 0),  # the client has corrected its VPC
        ([{}], [REFUSED_VPC], 0),
        ([{"vpc_id": "vpc-2"}], [REFUSED_VPC], 1),
        ([], [{"vpc_id": "", **REFUSED_VPC}], 0),  # its account cannot be read
        ([], [{"wanted": False}], 0),
    ],
)
def test_a_request_is_new_where_nothing_is_known_of_it(
    before: list[dict[str, Any]], after: list[dict[str, Any]], number: int
) -> None:
    assert len(new_requests(records(before), records(after))) == number


def records(facts: list[dict[str, Any]]) -> list[ConnectionRecord]:
    return [connection(**one) for one in facts]
