"""
Answer an authenticated client: by the broker behind the proxy, where the client may do so.

A broker answers the requests of a connection one after the other, and so does this.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from kio.index import load_payload_module
from kio.static.constants import EntityType

from localcloud.kafka.acls import Acls
from localcloud.kafka.authorization import CLUSTER_NAME, Operation, Principal, Resource
from localcloud.kafka.denials import denial, with_denied, without_denied
from localcloud.kafka.metadata import ClusterBrokers
from localcloud.kafka.permissions import ITEMS
from localcloud.kafka.versions import api_versions, is_offered
from localcloud.kafka.wire import (
    Api,
    Peer,
    Request,
    decode_response,
    encode_request,
    encode_response,
)

SESSION_TIMEOUT: Final = timedelta(seconds=6)
"""Tansu waits half of it for other members, so 3 seconds, as long as Kafka does by default."""

PRODUCER_VERSION: Final = 4
"""A version of InitProducerId with the fields that Tansu needs."""

AUTO_CREATION_VERSION: Final = 4
"""The first version of Metadata that says whether topics are to be created."""

_ACLS: Final[Sequence[int]] = (Api.DESCRIBE_ACLS, Api.CREATE_ACLS, Api.DELETE_ACLS)
_REWRITTEN: Final[Sequence[int]] = (Api.METADATA, Api.FIND_COORDINATOR, Api.LIST_GROUPS)


class Disconnected(Exception):
    """A side has closed its connection."""


@dataclass(frozen=True)
class Relay:
    """A client that is authenticated as *principal*, its cluster, and the broker's connection."""

    client: Peer
    server: Peer
    principal: Principal
    brokers: Callable[[], ClusterBrokers]
    """Returns those of the cluster now; brokers are added and removed meanwhile."""
    acls: Acls

    async def run(self) -> None:
        """Answer requests until one side closes."""
        while request := await self.client.request():
            if request.api == Api.API_VERSIONS:
                await self.client.send(api_versions(request))
            elif not is_offered(request):
                return  # Kafka's broker disconnects too: the client knows the versions
            else:
                try:
                    await self._serve(request, request.payload())
                except Disconnected:
                    return

    async def _serve(self, request: Request, payload: Any) -> None:
        answer = denial(request, payload, self.principal)
        if answer is None and request.api in _ACLS:
            answer = self.acls.answer(request, payload)
        if answer is None:
            await self._forward(request, payload)
        elif not _is_unanswered(request, payload):
            await self.client.send(encode_response(request.correlation, answer))

    async def _forward(self, request: Request, payload: Any) -> None:
        """Ask the broker for what the client may do, and return its answer to the client."""
        asked = _for_tansu(without_denied(request, payload, self.principal))
        changed = asked is not payload
        header = {
            "request_api_key": request.api,
            "request_api_version": asked.__version__,
            "correlation_id": request.correlation,
            "client_id": None,
        }
        await self.server.send(encode_request(header, asked) if changed else request.frame)
        if _is_unanswered(request, payload):
            return
        frame = await self.server.frame()
        if frame is None:
            raise Disconnected
        if changed or request.api in _REWRITTEN:
            answer = decode_response(request.api, asked.__version__, frame)
            answer = self._for_client(request, payload, answer)
            frame = encode_response(request.correlation, answer)
        await self.client.send(frame)

    def _for_client(self, request: Request, payload: Any, answer: Any) -> Any:
        """Return the broker's *answer* as the client shall see it."""
        match request.api:
            case Api.METADATA:
                return self.brokers().metadata(request, payload, answer, self.principal)
            case Api.FIND_COORDINATOR:
                return self.brokers().coordinator(payload, answer)
            case Api.LIST_GROUPS:
                return replace(answer, groups=tuple(filter(self._may_list, answer.groups)))
            case Api.INIT_PRODUCER_ID:
                module = load_payload_module(request.api, request.version, EntityType.response)
                return module.InitProducerIdResponse(
                    throttle_time=answer.throttle_time,
                    error_code=answer.error_code,
                    producer_id=answer.producer_id,
                    producer_epoch=answer.producer_epoch,
                )
            case api if api in ITEMS:
                return with_denied(request, payload, answer, self.principal)
        return answer

    def _may_list(self, group: Any) -> bool:
        may = self.principal.may
        return may(Operation.DESCRIBE, Resource.CLUSTER, CLUSTER_NAME) or may(
            Operation.DESCRIBE, Resource.GROUP, group.group_id
        )


def _is_unanswered(request: Request, payload: Any) -> bool:
    return request.api == Api.PRODUCE and payload.acks == 0


def _for_tansu(payload: Any) -> Any:
    """Return the request in the form that Tansu needs."""
    match payload.__api_key__:
        case Api.JOIN_GROUP:
            shortest = min(payload.session_timeout, SESSION_TIMEOUT)
            return replace(payload, session_timeout=shortest)
        case Api.METADATA if payload.__version__ >= AUTO_CREATION_VERSION:
            # As MSK by default, auto.create.topics.enable=false (MSK developer guide).
            return replace(payload, allow_auto_topic_creation=False)
        case Api.INIT_PRODUCER_ID if payload.__version__ < PRODUCER_VERSION:
            module = load_payload_module(Api.INIT_PRODUCER_ID, PRODUCER_VERSION, EntityType.request)
            return module.InitProducerIdRequest(
                transactional_id=payload.transactional_id,
                transaction_timeout=payload.transaction_timeout,
            )
    return payload
