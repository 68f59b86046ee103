"""The accounts of the smoke test, and calls whose refusal is an answer."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from msklink_cli.errors import CommandError
from tools.smoke.options import Options

CONFIG = Config(retries={"mode": "standard", "max_attempts": 8}, connect_timeout=5, read_timeout=60)

# TestState has a host of its own, sync-states, which an emulator has not.
OF_EMULATORS = CONFIG.merge(Config(inject_host_prefix=False))


@dataclass
class Account:
    """An account with the credentials of its user; `role` is owner or client."""

    role: str
    session: boto3.Session
    id: str = ""
    endpoint: str | None = None
    """Of an emulator; None for AWS."""
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return the boto3 client of *service*."""
        if service not in self._clients:
            emulated = self.endpoint or os.environ.get("AWS_ENDPOINT_URL")
            self._clients[service] = self.session.client(  # type: ignore[call-overload]  # any one
                service, endpoint_url=self.endpoint, config=OF_EMULATORS if emulated else CONFIG
            )
        return self._clients[service]

    @property
    def region(self) -> str:
        return str(self.session.region_name)

    @property
    def partition(self) -> str:
        return str(self.session.get_partition_for_region(self.region))


def connect(options: Options) -> tuple[Account, Account]:
    """
    Return the owner and the client account, which are the same without a client profile.

    Raises CommandError without a Region, and botocore's errors without valid credentials.
    """
    owner = _account("owner", options.owner_profile, options.region)
    if not options.client_profile:
        return owner, Account("client", owner.session, owner.id)
    return owner, _account("client", options.client_profile, owner.region)


def _account(role: str, profile: str, region: str) -> Account:
    session = boto3.Session(profile_name=profile or None, region_name=region or None)
    if not session.region_name:
        raise CommandError(
            "NoRegion", "there is no Region", "Choose one with --region or AWS_REGION."
        )
    account = Account(role, session)
    account.id = account.client("sts").get_caller_identity()["Account"]
    return account


@dataclass(frozen=True)
class Outcome:
    """What AWS said to a call: an answer, or an error with its code and message."""

    call: str
    answer: dict[str, Any] | None = None
    code: str = ""
    message: str = ""

    @property
    def accepted(self) -> bool:
        return self.answer is not None

    @property
    def evidence(self) -> dict[str, Any]:
        """The call with what shows the answer, for the report."""
        if self.answer is None:
            return {"call": self.call, "error": self.code, "message": self.message}
        shown = {key: value for key, value in self.answer.items() if key != "ResponseMetadata"}
        return {"call": self.call, "answer": shown}


def attempt(call: Callable[..., Any], **parameters: Any) -> Outcome:
    """Return what AWS says to *call* of a boto3 client with *parameters*."""
    client: Any = getattr(call, "__self__", None)
    service = client.meta.service_model.service_name
    name = f"{service}:{client.meta.method_to_api_mapping[call.__name__]}"
    try:
        return Outcome(name, call(**parameters))
    except ClientError as error:
        found = error.response.get("Error", {})
        return Outcome(name, None, found.get("Code", ""), found.get("Message", ""))
