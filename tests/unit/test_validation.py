"""What is said of data that people wrote: field by field, and nothing of Python."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msklink.policy.access_bounds import AccessBounds
from msklink.requests.inbound_events import OnboardingDetail
from msklink.validation import problems

RIGHT = {"cluster": "orders", "vpc_id": "vpc-0123456789abcdef0"}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


def said(kind: type[AccessBounds | OnboardingDetail], data: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        kind.model_validate_json(data if isinstance(data, str) else json.dumps(data))
    return problems(raised.value, "the whole", 5)


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (AccessBounds, "no JSON", "the whole is not JSON"),
        (AccessBounds, [], "the whole must be an object"),
        (AccessBounds, {"names": []}, "actions is missing"),
        (AccessBounds, {"names": "a", "actions": []}, "names must be a list"),
        (AccessBounds, {"names": [], "actions": ["rule"]}, "actions.0 must be one of 'produce'"),
        (AccessBounds, {"names": [], "actions": [], "x": 1}, "x is not a known field"),
        (OnboardingDetail, RIGHT | {"schemes": 7}, "schemes must be a list"),
        (OnboardingDetail, RIGHT | {"subnet_ids": "subnet-1"}, "subnet_ids must be a list"),
        (OnboardingDetail, RIGHT | {"access": {"produce": [1]}}, "access.produce.0 must be a text"),
        (OnboardingDetail, {"vpc_id": "vpc-1"}, "cluster is missing"),
    ],
)
def test_each_problem_names_its_field(kind: type[Any], data: Any, expected: str) -> None:
    assert expected in said(kind, data)


@given(st.sampled_from(["schemes", "subnet_ids", "access", "cluster", "vpc_id", "more"]), anything)
def test_nothing_is_said_of_python(field: str, value: Any) -> None:
    data = RIGHT | {field: value}
    try:
        OnboardingDetail.model_validate(data)
    except ValidationError as error:
        text = problems(error, "the detail", 5)
        assert not [word for word in ("tuple", "Tuple", "Input should", "dict") if word in text]
