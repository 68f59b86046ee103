"""The reported text of a call that AWS denied."""

import pytest

from msklink.aws.errors import impersonal

ROLE = "arn:aws:sts::222222222222:assumed-role/msklink-client-eu-west-1"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            f"User: {ROLE}/orders-0b1c2d3e-17 is not authorized to perform: kafka:TagResource",
            "MSKLink is not authorized to perform: kafka:TagResource",
        ),
        (
            "You are not authorized to perform this operation. Encoded authorization failure "
            "message: aB3_-x9",
            "You are not authorized to perform this operation.",
        ),
        ("It failed.", "It failed."),
    ],
)
def test_a_denial_has_the_same_text_in_every_run(said: str, expected: str) -> None:
    assert impersonal(said) == expected
