"""The alarms of tests follow the tables of the CloudWatch user guide on missing data."""

import pytest

from tests.support.alarms import ALARM, INSUFFICIENT_DATA, OK, Alarm, DataPoints

RETAINED = "retained"

TABLE = [
    # data points, missing, ignore, breaching, notBreaching
    ("0 - X - X", OK, OK, OK, OK),
    ("0 - - - -", OK, OK, OK, OK),
    ("- - - - -", INSUFFICIENT_DATA, RETAINED, ALARM, OK),
    ("0 X X - X", ALARM, ALARM, ALARM, ALARM),
]


@pytest.mark.parametrize(("text", "missing", "ignore", "breaching", "not_breaching"), TABLE)
def test_missing_data_are_treated_as_in_the_guide(
    text: str, missing: str, ignore: str, breaching: str, not_breaching: str
) -> None:
    data: DataPoints = [{"0": 0.0, "X": 1.0, "-": None}[one] for one in text.split()]

    states = {
        treatment: Alarm(
            {
                "EvaluationPeriods": 3,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": treatment,
            },
            state=RETAINED,
        ).state_of(data)
        for treatment in ("missing", "ignore", "breaching", "notBreaching")
    }

    assert states == {
        "missing": missing,
        "ignore": ignore,
        "breaching": breaching,
        "notBreaching": not_breaching,
    }
