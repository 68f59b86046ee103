import re

import pytest
from pydantic import ValidationError

from msklink.drift.kinds import REPAIRABLE, DriftKind
from msklink.settings import Settings
from tests.support.cloudformation import template

ENVIRONMENT = {
    "NAMESPACE": "msklink",
    "TABLE_NAME": "table",
    "STACK_NAME": "msklink",
    "EXTERNAL_ID": "a-secret",
    "STATE_MACHINE_ARN": "arn:aws:states:eu-west-1:111111111111:stateMachine:reconcile",
    "PATH": "/bin",
}


def test_settings_are_read_from_the_environment() -> None:
    settings = Settings.model_validate(ENVIRONMENT)

    assert settings.namespace == "msklink"
    assert settings.state_machine_arn.endswith(":stateMachine:reconcile")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NAMESPACE", "Upper"),
        ("NAMESPACE", "m"),
        ("NAMESPACE", "a/b"),
        ("NAMESPACE", "a" * 21),
        ("TABLE_NAME", ""),
        ("STACK_NAME", ""),
        ("EXTERNAL_ID", "short"),
        ("STATE_MACHINE_ARN", "reconcile"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate(ENVIRONMENT | {name: value})


@pytest.mark.parametrize("name", [name for name in ENVIRONMENT if name != "PATH"])
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({key: value for key, value in ENVIRONMENT.items() if key != name})


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("connection", {DriftKind.CONNECTION}),
        ("policy,security-group", {DriftKind.POLICY, DriftKind.SECURITY_GROUP}),
        (" policy , connectivity ", {DriftKind.POLICY, DriftKind.CONNECTIVITY}),
        ("", set()),
    ],
)
def test_the_setting_for_repairs_is_a_list_of_words(text: str, kinds: set[DriftKind]) -> None:
    settings = Settings.model_validate(ENVIRONMENT | {"REPAIR": text})

    assert {kind for kind in DriftKind if settings.repairs(kind)} == kinds


@pytest.mark.parametrize(
    "text", ["connections", "policy parameters", "policy,all", "endpoint-tags"]
)
def test_an_unknown_word_is_refused_with_the_known_words(text: str) -> None:
    unknown = text.rpartition(",")[2]
    with pytest.raises(ValidationError, match=f"Repair has {unknown}; it can have connection, pol"):
        Settings.model_validate(ENVIRONMENT | {"REPAIR": text})


@pytest.mark.parametrize("kind", DriftKind)
def test_the_owner_stack_and_the_code_accept_the_same_words(kind: DriftKind) -> None:
    parameter = template()["Parameters"]["Repair"]

    assert bool(re.fullmatch(parameter["AllowedPattern"], kind)) == (kind in REPAIRABLE)
    assert (kind in parameter["ConstraintDescription"]) == (kind in REPAIRABLE)


def test_the_owner_stack_and_the_code_have_the_same_default_repairs() -> None:
    default = template()["Parameters"]["Repair"]["Default"]
    chosen = Settings.model_validate(ENVIRONMENT | {"REPAIR": default})

    assert chosen.repair == Settings.model_validate(ENVIRONMENT).repair
