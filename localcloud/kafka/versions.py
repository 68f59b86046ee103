"""Answer ApiVersions: the API versions that a client may use."""

from datetime import timedelta
from typing import Final

from kio.index import load_payload_module
from kio.schema.errors import ErrorCode
from kio.static.constants import EntityType

from localcloud.kafka.wire import Api, Request, Versions, encode_response

OWN: Final[Versions] = {
    Api.API_VERSIONS: (0, 4),
    Api.SASL_HANDSHAKE: (1, 1),
    Api.SASL_AUTHENTICATE: (0, 2),
}
# The responses of the first two are rewritten, so every version must be known. The others are those
# of consumer groups: the mock cluster announces more, but disconnects on JoinGroup 6, so the limits
# are the versions that librdkafka itself sends.
HIGHEST: Final[dict[int, int]] = {
    Api.METADATA: 13,
    Api.FIND_COORDINATOR: 3,
    Api.JOIN_GROUP: 5,
    Api.HEARTBEAT: 3,
    Api.LEAVE_GROUP: 1,
    Api.SYNC_GROUP: 3,
}


def offered(server: Versions) -> Versions:
    """Return the versions that clients may use, from those of the mock cluster and our own."""
    capped = {api: (low, min(high, HIGHEST.get(api, high))) for api, (low, high) in server.items()}
    return capped | OWN


def api_versions(request: Request, server: Versions) -> bytes:
    """Answer *request*; an unknown version gets version 0 and an error (KIP-511)."""
    known = request.version <= OWN[Api.API_VERSIONS][1]
    version = request.version if known else 0
    module = load_payload_module(Api.API_VERSIONS, version, EntityType.response)
    api_keys = tuple(
        module.ApiVersion(api_key=api, min_version=low, max_version=high)
        for api, (low, high) in sorted(offered(server).items())
    )
    answer = module.ApiVersionsResponse(
        error_code=ErrorCode.none if known else ErrorCode.unsupported_version,
        api_keys=api_keys,
        **({"throttle_time": timedelta()} if version else {}),
    )
    return encode_response(request.correlation, answer)
