"""
Kafka's ACLs of a cluster, which decide about clients by SCRAM and TLS.

They are evaluated as by Kafka's StandardAuthorizer (Kafka documentation, "Authorization and ACLs"):
a deny decides, then an allow. A resource without any ACL is open to everyone if the cluster's
configuration has allow.everyone.if.no.acl.found=true, which is MSK's default.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import IntEnum
from typing import Any, Final

from kio.index import load_payload_module
from kio.schema.errors import ErrorCode
from kio.static.constants import EntityType

from localcloud.kafka.authorization import CLUSTER_NAME, Operation, Resource
from localcloud.kafka.wire import Api, Request

ANY: Final = 1
"""The code that matches every value, in a filter."""

MATCH: Final = 2
"""The pattern type of a filter that matches whatever applies to the name."""

EVERYONE: Final = "User:*"
EVERY_HOST: Final = "*"
EVERY_NAME: Final = "*"


class Pattern(IntEnum):
    LITERAL = 3
    PREFIXED = 4


class Effect(IntEnum):
    DENY = 2
    ALLOW = 3


IMPLIED: Final = {
    Operation.DESCRIBE: {Operation.READ, Operation.WRITE, Operation.DELETE, Operation.ALTER},
    Operation.DESCRIBE_CONFIGS: {Operation.ALTER_CONFIGS},
}
"""The operations whose permission implies another (KIP-11)."""


@dataclass(frozen=True)
class Acl:
    """One ACL; all codes are those of the protocol."""

    resource_type: int
    resource_name: str
    pattern_type: int
    principal: str
    host: str
    operation: int
    permission_type: int

    def covers(self, resource: int, name: str) -> bool:
        if self.resource_type != resource:
            return False
        if self.pattern_type == Pattern.PREFIXED:
            return name.startswith(self.resource_name)
        return self.resource_name in (name, EVERY_NAME)

    def names(self, principal: str) -> bool:
        return self.principal in (principal, EVERYONE)


@dataclass
class Acls:
    """The ACLs of a cluster; *everyone_allowed* tells what holds for a resource without any."""

    everyone_allowed: Callable[[], bool]
    _acls: dict[Acl, None] = field(default_factory=dict)

    def may(self, principal: str, operation: Operation, resource: Resource, name: str) -> bool:
        """Return whether *principal*, such as `User:billing`, may do *operation*."""
        if (operation, resource) == (Operation.CREATE, Resource.TOPIC) and self.may(
            principal, operation, Resource.CLUSTER, CLUSTER_NAME
        ):
            return True
        found = [acl for acl in self._acls if acl.covers(resource, name)]
        if not found:
            return self.everyone_allowed()
        ours = [acl for acl in found if acl.names(principal)]
        if _any(ours, Effect.DENY, {operation}):
            return False
        return _any(ours, Effect.ALLOW, {operation, *IMPLIED.get(operation, ())})

    def may_write_idempotently(self, principal: str) -> bool:
        """Return whether *principal* may write to any topic (KIP-679)."""
        topics = [acl for acl in self._acls if acl.resource_type == Resource.TOPIC]
        ours = [acl for acl in topics if acl.names(principal)]
        return _any(ours, Effect.ALLOW, {Operation.WRITE}) or self.everyone_allowed()

    def answer(self, request: Request, payload: Any) -> Any:
        """Answer a request that describes, creates or deletes ACLs."""
        module = load_payload_module(request.api, request.version, EntityType.response)
        match request.api:
            case Api.DESCRIBE_ACLS:
                return self._describe(module, payload)
            case Api.CREATE_ACLS:
                return self._create(module, payload)
        return self._delete(module, payload)

    def _create(self, module: Any, payload: Any) -> Any:
        for creation in payload.creations:
            self._acls[_acl_of(creation)] = None
        done = module.AclCreationResult(error_code=ErrorCode.none, error_message=None)
        return module.CreateAclsResponse(
            throttle_time=timedelta(), results=(done,) * len(payload.creations)
        )

    def _describe(self, module: Any, payload: Any) -> Any:
        return module.DescribeAclsResponse(
            throttle_time=timedelta(),
            error_code=ErrorCode.none,
            error_message=None,
            resources=tuple(
                module.DescribeAclsResource(
                    resource_type=acl.resource_type,
                    resource_name=acl.resource_name,
                    pattern_type=acl.pattern_type,
                    acls=(
                        module.AclDescription(
                            principal=acl.principal,
                            host=acl.host,
                            operation=acl.operation,
                            permission_type=acl.permission_type,
                        ),
                    ),
                )
                for acl in self._matching(payload)
            ),
        )

    def _delete(self, module: Any, payload: Any) -> Any:
        results = []
        for each in payload.filters:
            matching = list(self._matching(each))
            for acl in matching:
                del self._acls[acl]
            deleted = tuple(
                module.DeleteAclsMatchingAcl(
                    error_code=ErrorCode.none,
                    error_message=None,
                    **{name.name: getattr(acl, name.name) for name in fields(Acl)},
                )
                for acl in matching
            )
            results.append(
                module.DeleteAclsFilterResult(
                    error_code=ErrorCode.none, error_message=None, matching_acls=deleted
                )
            )
        return module.DeleteAclsResponse(throttle_time=timedelta(), filter_results=tuple(results))

    def _matching(self, wanted: Any) -> Iterator[Acl]:
        return (acl for acl in list(self._acls) if _matches(wanted, acl))


@dataclass(frozen=True)
class AclPrincipal:
    """A client by SCRAM or TLS, such as `User:billing` or `User:CN=billing`."""

    name: str
    acls: Acls

    def may(self, operation: Operation, resource: Resource, name: str) -> bool:
        if self.acls.may(self.name, operation, resource, name):
            return True
        return operation is Operation.IDEMPOTENT_WRITE and self.acls.may_write_idempotently(
            self.name
        )


def _any(acls: list[Acl], effect: Effect, operations: set[Operation]) -> bool:
    wanted = {Operation.ALL, *operations}
    return any(acl.permission_type == effect and acl.operation in wanted for acl in acls)


def _acl_of(creation: Any) -> Acl:
    return Acl(
        creation.resource_type,
        creation.resource_name,
        creation.resource_pattern_type,
        creation.principal,
        creation.host,
        creation.operation,
        creation.permission_type,
    )


def _matches(wanted: Any, acl: Acl) -> bool:
    """Return whether a filter of DescribeAcls or DeleteAcls matches *acl*."""
    name = wanted.resource_name_filter
    if wanted.pattern_type_filter == MATCH and name is not None:
        named = acl.covers(acl.resource_type, name)
    else:
        named = name in (None, acl.resource_name)
    codes = (
        (wanted.resource_type_filter, acl.resource_type),
        (wanted.operation, acl.operation),
        (wanted.permission_type, acl.permission_type),
    )
    texts = ((wanted.principal_filter, acl.principal), (wanted.host_filter, acl.host))
    return (
        named
        and wanted.pattern_type_filter in (ANY, MATCH, acl.pattern_type)
        and all(code in (ANY, has) for code, has in codes)
        and all(text in (None, has) for text, has in texts)
    )
