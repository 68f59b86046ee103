"""Names that users rely on stay; docs/upgrading.md promises it."""

import pytest

from tests.support.contract import contract, merged, missing, recorded, required_parameters


def test_no_name_that_users_rely_on_is_removed_or_renamed() -> None:
    gone = missing(recorded(), contract())

    assert not gone, "add it again, or see tests/support/contract.py"


def test_every_name_is_recorded() -> None:
    new = missing(contract(), recorded())

    assert not new, "run `python -m tests.support.contract`"


def test_an_update_of_a_stack_needs_no_new_parameter() -> None:
    assert required_parameters() == {
        "template.yaml": [],
        "client.yaml": ["ExternalId", "OwnerAccountId", "OwnerBusArn"],
    }


@pytest.mark.parametrize("subject", contract())
def test_a_removed_name_of_each_subject_would_be_found(subject: str) -> None:
    current = contract()
    first, *others = current[subject]

    assert missing(recorded(), current | {subject: others}) == {subject: [first]}


def test_recording_adds_names_and_removes_none() -> None:
    assert merged({"tags": ["a"], "outputs": ["x"]}, {"tags": ["b"]}) == {
        "tags": ["a", "b"],
        "outputs": ["x"],
    }
