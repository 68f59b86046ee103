"""Say what is wrong in the words of the people whose application it is."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
BAD_CREDENTIALS = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "RequestExpired",
        "UnrecognizedClientException",
    }
)
UNUSABLE_CREDENTIALS = (
    CredentialRetrievalError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)

_ACTION = re.compile(r"perform: (\S+)")
_RESOURCE = re.compile(r"on resource: (\S+)")


class MskLinkError(Exception):
    """
    Why there is no configuration, or nothing was changed, and what to do about it.

    `code` is stable, one of: NotOnboarded, Waiting, SchemeNotPublished, WrongRegion, NoPermission,
    NoCredentials, NoRegion, UserMissing, SecretUnusable, CertificateMissing,
    CertificateUnusable, PackageMissing, BadArgument, and of the commands VpcNotFound, VpcShared,
    TagLimit, WrongCluster, DeletionProtected, RequestedByEvent, EventRejected, NotConfirmed,
    AwsError.

    With `Waiting`, `until` is the time at which the wait ends by itself, if that is known.
    """

    def __init__(self, code: str, message: str, remedy: str, until: datetime | None = None) -> None:
        gap = "\n\n" if "\n" in remedy else " "  # before statements to copy
        super().__init__(f"{code}: {message}{gap}{remedy}")
        self.code = code
        self.message = message
        self.remedy = remedy
        self.until = until


def bad_argument(message: str, remedy: str) -> MskLinkError:
    return MskLinkError("BadArgument", message, remedy)


def error_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def sentence(error: Exception) -> str:
    """Return what *error* says, with a full stop."""
    return f"{str(error).rstrip('. ')}."


@contextmanager
def explained(action: str, resource: str) -> Iterator[None]:
    """
    Turn what AWS says when it does not know or not let the caller into an `MskLinkError`.

    *action* and *resource*, an ARN, are named when the answer of AWS does not name its own.
    All other errors, such as throttling, pass.
    """
    try:
        yield
    except NoRegionError as error:
        raise MskLinkError(
            "NoRegion",
            "No AWS Region is set.",
            "Set AWS_DEFAULT_REGION to the Region of the cluster, or give a session that has one.",
        ) from error
    except NoCredentialsError as error:
        raise no_credentials() from error
    except UNUSABLE_CREDENTIALS as error:
        raise MskLinkError(
            "NoCredentials",
            f"The AWS credentials cannot be used: {sentence(error)}",
            "Get new ones, with IAM Identity Center by: aws sso login.",
        ) from error
    except ClientError as error:
        if error_code(error) in BAD_CREDENTIALS:
            raise MskLinkError(
                "NoCredentials",
                f"AWS does not accept the credentials ({error_code(error)}).",
                "Get new ones, and look whether AWS_SESSION_TOKEN belongs to them.",
            ) from error
        if error_code(error) in DENIED:
            raise _no_permission(str(error), action, resource) from error
        raise


def no_credentials() -> MskLinkError:
    return MskLinkError(
        "NoCredentials",
        "No AWS credentials were found.",
        "Run with a role of the client account: an instance profile, a task role, a profile.",
    )


def _no_permission(said: str, action: str, resource: str) -> MskLinkError:
    """Return what AWS denies; it names action and resource, though not in every service."""
    denied = _ACTION.search(said)
    on = _RESOURCE.search(said)
    action, resource = denied[1] if denied else action, on[1] if on else resource
    return MskLinkError(
        "NoPermission",
        f"The credentials may not do {action} on {resource}.",
        f"Allow {action} on {resource} in a policy of the role that makes the call.",
    )
