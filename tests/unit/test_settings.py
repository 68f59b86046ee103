import pytest
from pydantic import ValidationError

from msklink.settings import Settings

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
