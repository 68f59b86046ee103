import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.auth_scheme import ALL_SCHEMES, Scheme
from msklink.refusals import Code
from msklink.tags import (
    NO_SCHEMES,
    client_key,
    is_account_id,
    read_client_accounts,
    read_schemes,
    read_vendor_accounts,
)
from tests.unit.factories import CLIENT, OTHER_CLIENT, account_ids


@pytest.mark.parametrize("value", [None, "off", " OFF "])
def test_no_scheme_is_requested_by(value: str | None) -> None:
    assert read_schemes(value, "Tag") == NO_SCHEMES


@pytest.mark.parametrize("value", ["", "   "])
def test_an_empty_value_is_refused_with_the_values_to_use(value: str) -> None:
    [refusal] = read_schemes(value, "Tag msklink/orders of VPC vpc-1").refusals

    assert refusal.code == Code.SCHEME_MISSING
    assert "msklink/orders of VPC vpc-1" in refusal.message
    assert "auto" in refusal.remedy


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("iam", {Scheme.IAM}),
        ("iam scram tls", ALL_SCHEMES),
        ("  TLS   iam ", {Scheme.TLS, Scheme.IAM}),
        ("iam iam", {Scheme.IAM}),
    ],
)
def test_schemes_are_words_in_any_case_and_order(value: str, expected: set[Scheme]) -> None:
    asked = read_schemes(value, "Tag")

    assert asked.schemes == expected
    assert not asked.auto
    assert not asked.refusals


def test_auto_requests_every_possible_scheme() -> None:
    asked = read_schemes("Auto", "Tag")

    assert asked.auto
    assert asked.schemes == ALL_SCHEMES


def test_each_unknown_word_is_refused_and_the_others_are_used() -> None:
    asked = read_schemes("iam imam off auto", "Tag msklink of the cluster")

    assert asked.schemes == {Scheme.IAM}
    assert [refusal.code for refusal in asked.refusals] == [Code.UNKNOWN_SCHEME] * 3
    assert "Tag msklink of the cluster contains 'auto'" in asked.refusals[0].message


@given(st.text())
def test_any_value_can_be_read(value: str) -> None:
    asked = read_schemes(value, "Tag")

    assert asked.schemes <= ALL_SCHEMES
    assert asked == read_schemes(value, "Tag")


def test_clients_are_collected_from_numbered_tags() -> None:
    tags = {"msklink/clients": CLIENT, "msklink/clients/2": f" {OTHER_CLIENT}  {CLIENT}"}

    assert read_client_accounts(tags, "msklink").accounts == {CLIENT, OTHER_CLIENT}


@pytest.mark.parametrize("key", ["msklink", "msklink/client", "msklink/clientsx", "other/clients"])
def test_clients_are_not_read_from(key: str) -> None:
    assert not read_client_accounts({key: CLIENT}, "msklink").accounts


def test_a_word_that_is_not_an_account_is_refused_with_its_tag() -> None:
    clients = read_client_accounts(
        {"msklink/clients": CLIENT, "msklink/clients/2": "2222"}, "msklink"
    )

    [refusal] = clients.refusals
    assert clients.accounts == {CLIENT}
    assert refusal.code is Code.MALFORMED_ACCOUNT_LIST
    assert "msklink/clients/2" in refusal.message


@given(st.sets(account_ids, max_size=20))
def test_every_account_of_a_list_is_admitted(accounts: set[str]) -> None:
    clients = read_client_accounts({"msklink/clients": " ".join(sorted(accounts))}, "msklink")

    assert clients.accounts == accounts
    assert not clients.refusals


def test_vendors_are_collected_and_checked_like_clients() -> None:
    tags = {"msklink/vendors": f"{CLIENT} x", "msklink/vendors/2": OTHER_CLIENT, "msklink": "iam"}

    vendors = read_vendor_accounts(tags, "msklink")

    assert vendors.accounts == {CLIENT, OTHER_CLIENT}
    assert [one.code for one in vendors.refusals] == [Code.MALFORMED_ACCOUNT_LIST]
    assert "Tag msklink/vendors of" in vendors.refusals[0].message
    assert not read_client_accounts(tags, "msklink").accounts


def test_an_account_that_is_client_and_vendor_is_a_client_and_is_reported() -> None:
    tags = {"msklink/vendors": f"{CLIENT} {OTHER_CLIENT}", "msklink/clients/2": CLIENT}

    vendors = read_vendor_accounts(tags, "msklink")

    assert vendors.accounts == {OTHER_CLIENT}
    assert [one.code for one in vendors.refusals] == [Code.VENDOR_IS_CLIENT]
    assert CLIENT in vendors.refusals[0].message


@pytest.mark.parametrize("text", ["", "22222222222", "2222222222222", "22222222222a", "٢" * 12])
def test_an_account_id_is_not(text: str) -> None:
    assert not is_account_id(text)


def test_tags_of_clients_name_the_cluster() -> None:
    assert client_key("msklink", "orders") == "msklink/orders"
