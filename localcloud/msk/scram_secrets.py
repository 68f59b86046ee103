"""
The SCRAM secrets of a cluster: associate, disassociate, list, and read at login.

The rules are those of the developer guide (Set up SASL/SCRAM authentication, Limitations when
using SCRAM secrets). A problem of one secret is an entry of `UnprocessedScramSecrets`; one of the
whole call, or an ARN that is no secret of the cluster's account and Region, is an error.
"""

import json
import re
from collections.abc import Callable
from typing import Final

from localcloud.msk.authorization import find_cluster
from localcloud.msk.errors import (
    ALREADY_ASSOCIATED,
    DEFAULT_KEY_OF_SECRET,
    INVALID_SECRET_ARN,
    NAME_OF_SECRET,
    NOT_ON_SERVERLESS,
    SECRET_NOT_READABLE,
    bad_request,
    forbidden,
)
from localcloud.msk.model import Cluster, Json, Scheme, ScramSecret
from localcloud.msk.pages import page
from localcloud.msk.secret_store import DEFAULT_KEY
from localcloud.msk.store import Call, Store

PREFIX: Final = "AmazonMSK_"
MOST_SECRETS: Final = 10
"""Secrets of one call; both operations have the limit."""

_SECRET: Final = re.compile(
    r"arn:[\w-]+:secretsmanager:([\w-]+):(\d{12}):secret:[\w/+=.@-]+-[0-9A-Za-z]{6}"
)
_ALIAS: Final = re.compile(r"(arn:.+:)?alias/.+")


def batch_associate_scram_secret(call: Call) -> Json:
    return _each(call, _associate)


def batch_disassociate_scram_secret(call: Call) -> Json:
    return _each(call, _disassociate)


def list_scram_secrets(call: Call) -> Json:
    shown, more = page(call, find_cluster(call).scram_secrets.values())
    return {"SecretArnList": [item.arn for item in shown], **more}


def scram_password(store: Store, cluster_arn: str, username: str) -> str | None:
    """
    Return the password of *username*; None unless an associated secret has that user.

    A secret that is deleted, or is not a JSON object with both strings, has no user. Of two
    secrets with the same user the one that was associated last counts.
    """
    cluster = store.clusters.get(cluster_arn)
    associated = list(cluster.scram_secrets) if cluster else []
    for arn in reversed(associated):
        user, password = _credentials(store.secrets.value(arn))
        if user == username:
            return password
    return None


def _credentials(value: str | None) -> tuple[str | None, str | None]:
    try:
        parsed = json.loads(value or "")
    except ValueError:
        return None, None
    match parsed:
        case {"username": str(user), "password": str(password)}:
            return user, password
    return None, None


def _each(call: Call, process: Callable[[Call, Cluster, str], str | None]) -> Json:
    """Process each secret; a string from *process* says why it was not."""
    cluster = find_cluster(call)
    secret_arns: list[str] = call.params["SecretArnList"]
    _check_cluster(cluster)
    _check_arns(cluster, secret_arns)
    unprocessed = []
    for arn in secret_arns:
        if problem := process(call, cluster, arn):
            error = {"SecretArn": arn, "ErrorCode": "InvalidSecretArn", "ErrorMessage": problem}
            unprocessed.append(error)
    return {"ClusterArn": cluster.arn, "UnprocessedScramSecrets": unprocessed}


def _check_cluster(cluster: Cluster) -> None:
    if cluster.serverless:
        raise bad_request(NOT_ON_SERVERLESS, "clusterArn")
    if cluster.state in ("CREATING", "DELETING", "FAILED"):
        raise bad_request(f"The cluster is {cluster.state}. It must be ACTIVE.", "clusterArn")
    if Scheme.SCRAM not in cluster.base_schemes:
        raise bad_request("SASL/SCRAM is not on for the cluster. Turn it on first.", "clusterArn")


def _check_arns(cluster: Cluster, secret_arns: list[str]) -> None:
    if not 1 <= len(secret_arns) <= MOST_SECRETS:
        raise bad_request(f"Specify from 1 to {MOST_SECRETS} secrets.", "secretArnList")
    for arn in secret_arns:
        match = _SECRET.fullmatch(arn)
        if match is None or match.groups() != (cluster.region, cluster.account):
            raise bad_request(INVALID_SECRET_ARN, "secretArnList")


def _associate(call: Call, cluster: Cluster, arn: str) -> str | None:
    store = call.store
    secret = store.secrets.secret(arn)
    if arn in cluster.scram_secrets:
        return ALREADY_ASSOCIATED
    if secret is None:
        return SECRET_NOT_READABLE
    if not secret.name.startswith(PREFIX):
        return NAME_OF_SECRET
    if secret.key_id.endswith(DEFAULT_KEY):
        return DEFAULT_KEY_OF_SECRET
    if _ALIAS.fullmatch(secret.key_id):
        return SECRET_NOT_READABLE
    try:
        store.secrets.admit_msk(call.caller, arn)
    except PermissionError as error:
        raise forbidden(str(error)) from error
    cluster.scram_secrets[arn] = ScramSecret(store.number(), arn)
    return None


def _disassociate(_: Call, cluster: Cluster, arn: str) -> str | None:
    """Disassociate a secret; its resource policy stays, for other clusters may use it."""
    if cluster.scram_secrets.pop(arn, None) is None:
        return INVALID_SECRET_ARN
    return None
