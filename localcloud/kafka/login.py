"""Authenticate a client of a broker by the schemes of the name under which it has connected."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from localcloud.kafka.acls import AclPrincipal, Acls
from localcloud.kafka.authorization import IamPrincipal, Principal
from localcloud.kafka.sasl import (
    AWS_MSK_IAM,
    OAUTHBEARER,
    Exchange,
    Mechanisms,
    authenticate,
    iam_mechanisms,
)
from localcloud.kafka.scram import SCRAM_SHA_512, ScramExchange
from localcloud.kafka.tls import Accepted
from localcloud.kafka.tokens import Identity, Keys, Refused
from localcloud.msk import BrokerName, Caller, Scheme


class Cluster(Protocol):
    """What a login asks of the clusters; `Msk` implements it."""

    def unreachable_reason(self, broker: BrokerName, account: str | None) -> str | None:
        """Return why a client cannot reach *broker* on AWS; its *account* may be unknown."""

    def data_denial(
        self, caller: Caller, cluster_arn: str, action: str, resource: str
    ) -> str | None:
        """Return why the cluster policy denies *action*, or None."""

    def scram_password(self, cluster_arn: str, username: str) -> str | None: ...


@dataclass(frozen=True)
class Login:
    """The ways into the cluster of *broker*."""

    clusters: Cluster
    keys: Keys
    broker: BrokerName
    acls: Acls

    async def authenticate(self, accepted: Accepted) -> Principal | None:
        """
        Return who the client is, by its certificate or by SASL; None if it disconnects before.

        Raises Refused, after the client got the reason, if SASL has a way to send it.
        """
        if Scheme.TLS in self.broker.addresses:
            self._check_reachable(None)
            return self._named(accepted.subject or "")
        return await authenticate(accepted.client, self._mechanisms(accepted.host))

    def scheme_of(self, principal: Principal) -> Scheme:
        if isinstance(principal, IamPrincipal):
            return Scheme.IAM
        return Scheme.TLS if Scheme.TLS in self.broker.addresses else Scheme.SCRAM

    def _mechanisms(self, host: str) -> Mechanisms:
        region = self.broker.region
        mechanisms: dict[str, Callable[[], Exchange]] = {}
        if Scheme.IAM in self.broker.addresses:
            mechanisms |= iam_mechanisms(host, region, self.keys, self._permitted)
        if Scheme.SCRAM in self.broker.addresses:
            mechanisms[SCRAM_SHA_512] = self._scram_exchange
        return mechanisms

    def _scram_exchange(self) -> Exchange:
        if reason := self.clusters.unreachable_reason(self.broker, None):
            return Refusing(reason)
        password_of = partial(self.clusters.scram_password, self.broker.cluster_arn)
        return ScramExchange(password_of, self._named)

    def _permitted(self, identity: Identity) -> IamPrincipal:
        """Return the client with what its own policies and the cluster policy allow."""
        self._check_reachable(identity.account)
        arn, region = self.broker.cluster_arn, self.broker.region
        caller = Caller(identity.account, region, identity.arn)

        def denial(action: str, resource: str) -> str | None:
            return identity.denial(action, resource) or self.clusters.data_denial(
                caller, arn, action, resource
            )

        return IamPrincipal(arn, denial)

    def _named(self, name: str) -> AclPrincipal:
        return AclPrincipal(f"User:{name}", self.acls)

    def _check_reachable(self, account: str | None) -> None:
        if reason := self.clusters.unreachable_reason(self.broker, account):
            raise Refused(reason)


@dataclass
class Refusing:
    """An exchange that refuses every client with *reason*."""

    reason: str
    principal: Principal | None = None

    def answer(self, message: bytes) -> bytes:  # noqa: ARG002 refused in any case
        raise Refused(self.reason)


def refusing(reason: str) -> Mechanisms:
    """Return mechanisms that refuse every client with *reason*."""

    return dict.fromkeys((AWS_MSK_IAM, OAUTHBEARER, SCRAM_SHA_512), partial(Refusing, reason))
