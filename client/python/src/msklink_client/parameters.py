"""Read what MSKLink has published for a cluster in this account and Region, and keep it a while."""

import json
import logging
import threading
import time
from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from msklink_client import scram_secrets
from msklink_client.diagnosis import why_nothing
from msklink_client.errors import MskLinkError, error_code, explained
from msklink_client.missing_users import why_no_user

MAX_AGE_SECONDS = 300.0

_LAST_WRITTEN = "bootstrap.servers"
"""Without this parameter the others of a scheme are not complete."""

_log = logging.getLogger(__name__)
_default_session = cache(boto3.Session)  # one, since each reads the models of AWS's services anew
_config = Config(user_agent_extra="msklink-client", retries={"mode": "standard"})


class Parameters:
    """
    The parameters of one cluster.

    They are read once, and again when they are *max_age* seconds old. When they cannot be read
    again because AWS is busy or out of reach, those of before are used; an application that
    connects need not fail for that. It is safe to use from several threads.
    """

    def __init__(
        self,
        cluster: str,
        namespace: str = "msklink",
        session: boto3.Session | None = None,
        max_age: float = MAX_AGE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not cluster or "/" in cluster:
            raise MskLinkError(
                "BadArgument",
                f"{cluster!r} is not the name of a cluster.",
                "Give the name alone, as in the tag msklink/<cluster name>; not an ARN or a path.",
            )
        self.cluster = cluster
        self.namespace = namespace
        self.session = session or _default_session()
        self._max_age = max_age
        self._clock = clock
        self._lock = threading.Lock()
        self._read: dict[str, tuple[float, dict[str, str]]] = {}

    @property
    def region(self) -> str:
        """Return the Region of the session: that of the cluster (MSK developer guide, limits)."""
        return str(self._ssm.meta.region_name)

    @property
    def path(self) -> str:
        return f"/{self.namespace}/{self.cluster}"

    def properties(self, scheme: str) -> dict[str, str]:
        """
        Return the Kafka properties of *scheme* (`iam`, `scram` or `tls`), by their names in Java.

        Raises `MskLinkError` where there are none, which says why as far as the status tells.
        """
        found = self._kept(scheme, _LAST_WRITTEN)
        if _LAST_WRITTEN not in found:
            raise why_nothing(self, scheme)
        return found

    def status(self) -> dict[str, Any] | None:
        """Return what MSKLink says of this account's connections to the cluster, if anything."""
        name = f"{self.path}/status"
        with explained("ssm:GetParameter", self._arn(name)):
            try:
                value = self._ssm.get_parameter(Name=name)["Parameter"]["Value"]
            except ClientError as error:
                if error_code(error) == "ParameterNotFound":
                    return None
                raise
        parsed: dict[str, Any] = json.loads(value)
        return parsed

    def secret(self, name: str) -> tuple[str, str]:
        """
        Return user name and password of a secret for SCRAM, by its name or ARN.

        Raises `MskLinkError`, which names the policy that does not allow it.
        """
        return scram_secrets.read(self.session, name)

    def secret_of(self, user: str) -> str:
        """
        Return the ARN of the secret of *user*, whom a request names for scram.

        Raises `MskLinkError` where there is none, with the users that there are.
        """
        found = self._kept("users", user)
        if user not in found:
            raise why_no_user(self, user, sorted(found))
        return found[user]

    def _kept(self, folder: str, needed: str) -> dict[str, str]:
        """Return the parameters in *folder*: those of before while they have *needed*."""
        with self._lock:
            read_at, known = self._read.get(folder, (0.0, {}))
            is_known = needed in known
            if is_known and self._clock() - read_at < self._max_age:
                return dict(known)
            try:
                found = self._parameters(folder)
            except (BotoCoreError, ClientError) as error:
                if not is_known:
                    raise
                _log.warning("the parameters of before are used: %s", error)
                found = known
            self._read[folder] = (self._clock(), found)
            return dict(found)

    def _parameters(self, folder: str) -> dict[str, str]:
        path = f"{self.path}/{folder}"
        with explained("ssm:GetParametersByPath", self._arn(path)):
            pages = self._ssm.get_paginator("get_parameters_by_path").paginate(Path=path)
            return {
                one["Name"].rpartition("/")[2]: one["Value"]
                for page in pages
                for one in page["Parameters"]
            }

    def _arn(self, name: str) -> str:
        """Return the ARN to allow; the account is the caller's, who may not even ask for it."""
        meta = self._ssm.meta
        return f"arn:{meta.partition}:ssm:{meta.region_name}:*:parameter{name}"

    @cached_property
    def _ssm(self) -> Any:
        with explained("", ""):
            return self.session.client("ssm", config=_config)
