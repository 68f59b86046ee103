import pytest

from msklink.auth_scheme import Scheme


@pytest.mark.parametrize("scheme", list(Scheme))
def test_the_name_in_the_api_maps_back_to_the_scheme(scheme: Scheme) -> None:
    assert Scheme.of_authentication(scheme.authentication) is scheme


def test_names_in_the_api_are_those_of_msk() -> None:
    assert {scheme.authentication for scheme in Scheme} == {"SASL_IAM", "SASL_SCRAM", "TLS"}
