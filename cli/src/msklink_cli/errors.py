"""Errors that end a command: one line with a code, what is wrong, and the remedy."""

import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)

from msklink.aws.errors import is_denied
from msklink.refusals import Refusal

ERROR, CHANGES_PLANNED = 1, 2
"""Exit codes; 0 means that nothing is to be done, or that all was done."""

_BAD_CREDENTIALS = {
    *("ExpiredToken", "ExpiredTokenException", "RequestExpired"),
    *("InvalidClientTokenId", "UnrecognizedClientException"),
}
"""Codes of credentials that have expired or that AWS does not know (common errors of the APIs)."""


class CommandError(Exception):
    """What ends a command; *remedy* says what the user can do."""

    def __init__(self, code: str, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.code, self.problem, self.remedy = code, problem, remedy

    @classmethod
    def of(cls, refusal: Refusal) -> "CommandError":
        return cls(refusal.code, refusal.message, refusal.remedy)

    @property
    def line(self) -> str:
        """The error in one line."""
        text = f"{self.code}: {_sentence(self.problem)} {self.remedy}"
        return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def aws_error(error: BotoCoreError | ClientError) -> CommandError:
    """Return the error of a call to AWS as one of ours, with a remedy."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "ClientError")
        if is_denied(error):
            return CommandError(
                code,
                str(error),
                "Attach a policy of the owner stack to your role (outputs ViewerPolicyArn and "
                "OperatorPolicyArn), or choose another role with --profile.",
            )
        if code in _BAD_CREDENTIALS:
            return CommandError(code, str(error), "Sign in again, for example with aws sso login.")
        return CommandError(code, str(error), "Try again; if it stays, see docs/operations.md.")
    name, text = type(error).__name__, _without_credentials(str(error))
    match error:
        case NoCredentialsError() | PartialCredentialsError():
            remedy = (
                "Sign in, for example with aws sso login, or choose credentials with --profile."
            )
        case NoRegionError():
            remedy = "Choose the Region of the clusters with --region or AWS_REGION."
        case ProfileNotFound():
            remedy = "aws configure list-profiles lists the profiles that there are."
        case EndpointConnectionError():
            remedy = "Check --region, AWS_ENDPOINT_URL and the network."
        case _:
            remedy = "Check your AWS configuration and the network, and try again."
    return CommandError(name, text, remedy)


def _without_credentials(text: str) -> str:
    """Return *text* without the header of a signed request, which some errors quote."""
    return re.sub(r"AWS4-HMAC-SHA256.*", "…", text, flags=re.DOTALL)


def unexpected_error(error: Exception) -> CommandError:
    """Return an error that nobody foresaw as one of ours."""
    text = _without_credentials(str(error))
    if isinstance(error, ValueError) and any(one in text for one in ("endpoint", "IPv6", "Port")):
        # botocore and urllib raise ValueError for a malformed address.
        return CommandError("InvalidEndpoint", text, "Correct AWS_ENDPOINT_URL, or leave it out.")
    return CommandError(
        "UnexpectedError",
        f"{type(error).__name__}: {text}",
        "This is a defect of msklink: open an issue with the words of the command.",
    )
