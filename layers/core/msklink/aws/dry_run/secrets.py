"""What a dry run would have changed in Secrets Manager."""

from msklink.aws.dry_run.call import Answer, Call

_SILENT = {
    "CancelRotateSecret",
    "DeleteSecret",
    "PutResourcePolicy",
    "PutSecretValue",
    "RestoreSecret",
    "RotateSecret",
}
"""Operations whose effect no later call of the same run reads."""


class SecretOverlay:
    """The secrets of the owner's account, as a dry run would leave them."""

    def __init__(self, place: str) -> None:
        """Keep *place*, what the ARN of a secret begins with before its name."""
        self._place = place

    def answer(self, call: Call) -> Answer | None:
        asked = call.parameters
        if call.operation == "CreateSecret":
            arn = f"{self._place}:secret:{asked['Name']}-planned"
            return {"ARN": arn, "Name": asked["Name"], "VersionId": "planned"}
        return {} if call.operation in _SILENT else None

    def amend(self, call: Call, answer: Answer) -> None:
        """Change nothing."""
