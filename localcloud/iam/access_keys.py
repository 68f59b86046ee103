"""Look up the identity and secret of an access key, for tokens that are not sent to MiniStack."""

import re
from functools import partial

from ministack.core import iam_evaluator
from ministack.core.responses import _account_from_sts_session

from localcloud.iam.authorization import Denied
from localcloud.kafka.tokens import Identity, Refused
from localcloud.settings import credentials


def identity(access_key_id: str, session_token: str | None) -> Identity:
    """
    Return the account root for an account id, else the user or the role session.

    Raises Refused for a key or a session token that MiniStack has not issued or that has expired.
    """
    if re.fullmatch(r"\d{12}", access_key_id) and not session_token:
        secret = credentials(access_key_id)["AWS_SECRET_ACCESS_KEY"]
        return Identity(secret, access_key_id, f"arn:aws:iam::{access_key_id}:root")
    account = _account_from_sts_session(access_key_id)
    account = account or iam_evaluator.find_iam_access_key_account(access_key_id)
    if account is None:
        raise Refused(f"access key {access_key_id} is not known here")
    found = iam_evaluator.resolve_credential(access_key_id, account, session_token)
    if isinstance(found, iam_evaluator.CredentialResolutionError):
        raise Refused(f"access key {access_key_id}: {found.message}")
    return Identity(
        found.secret_access_key,
        found.account_id,
        found.principal_arn,
        partial(_denial, access_key_id, found),
    )


def _denial(
    access_key_id: str, found: iam_evaluator.ResolvedCredential, action: str, resource: str
) -> str | None:
    """Return why the policies of a user or role do not allow *action*; None if they do."""
    principal = iam_evaluator.resolve_principal(access_key_id, found.account_id, found)
    if isinstance(principal, iam_evaluator.AuthError):
        return str(principal.message)
    if principal.policies is None:  # the root of the account
        return None
    context = iam_evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource,
        region=resource.split(":")[3],
        principal_keys=principal.keys,
    )
    result = iam_evaluator.evaluate(context, principal.policies, *principal.limits)
    if result.decision == "Allow":
        return None
    explicit = result.decision == "Deny"
    return str(Denied(action, resource, principal.arn, explicit))
