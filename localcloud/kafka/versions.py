"""Answer ApiVersions: the APIs that clients may use, with their versions."""

from datetime import timedelta
from typing import Final

from kio.index import load_payload_module
from kio.schema.errors import ErrorCode
from kio.static.constants import EntityType

from localcloud.kafka.wire import Api, Request, Versions, encode_response

OFFERED: Final[Versions] = {
    Api.PRODUCE: (3, 11),
    Api.FETCH: (4, 12),  # from 13 on topics have ids in place of names
    Api.LIST_OFFSETS: (1, 7),
    Api.METADATA: (0, 12),
    Api.OFFSET_COMMIT: (2, 8),
    Api.OFFSET_FETCH: (1, 7),  # from 8 on for many groups at once
    Api.FIND_COORDINATOR: (0, 3),  # from 4 on for many keys at once
    Api.JOIN_GROUP: (0, 9),
    Api.HEARTBEAT: (0, 4),
    Api.LEAVE_GROUP: (0, 5),
    Api.SYNC_GROUP: (0, 5),
    Api.DESCRIBE_GROUPS: (0, 5),
    Api.LIST_GROUPS: (0, 4),
    Api.SASL_HANDSHAKE: (0, 1),
    Api.API_VERSIONS: (0, 4),
    Api.CREATE_TOPICS: (2, 7),
    Api.DELETE_TOPICS: (1, 5),  # from 6 on topics have ids beside names
    Api.DELETE_RECORDS: (0, 2),
    Api.INIT_PRODUCER_ID: (0, 4),
    Api.ADD_PARTITIONS_TO_TXN: (0, 3),  # from 4 on between brokers
    Api.ADD_OFFSETS_TO_TXN: (0, 3),
    Api.END_TXN: (0, 3),
    Api.TXN_OFFSET_COMMIT: (0, 3),
    Api.DESCRIBE_ACLS: (1, 3),
    Api.CREATE_ACLS: (1, 3),
    Api.DELETE_ACLS: (1, 3),
    Api.DESCRIBE_CONFIGS: (1, 4),
    Api.SASL_AUTHENTICATE: (0, 2),
    Api.DELETE_GROUPS: (0, 2),
    Api.INCREMENTAL_ALTER_CONFIGS: (0, 1),
}
"""The versions that a broker of Kafka 3.8 and Tansu share, unless a comment says why fewer."""


def is_offered(request: Request) -> bool:
    lowest, highest = OFFERED.get(request.api, (0, -1))
    return lowest <= request.version <= highest


def api_versions(request: Request) -> bytes:
    """Answer *request*; an unknown version gets version 0 and an error (KIP-511)."""
    known = is_offered(request)
    version = request.version if known else 0
    module = load_payload_module(Api.API_VERSIONS, version, EntityType.response)
    api_keys = tuple(
        module.ApiVersion(api_key=api, min_version=low, max_version=high)
        for api, (low, high) in sorted(OFFERED.items())
    )
    answer = module.ApiVersionsResponse(
        error_code=ErrorCode.none if known else ErrorCode.unsupported_version,
        api_keys=api_keys,
        **({"throttle_time": timedelta()} if version else {}),
    )
    return encode_response(request.correlation, answer)
