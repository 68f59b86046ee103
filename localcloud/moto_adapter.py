"""Answer every `kafka` request of this process by the MSK emulator, under moto."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSPreparedRequest
from moto.acmpca.models import acmpca_backends
from moto.core.botocore_stubber import BotocoreStubber
from moto.ec2.models import EC2Backend, ec2_backends
from moto.iam.models import get_account_id_from
from moto.sts.models import sts_backends

from localcloud.iam.acm_pca import owner_of
from localcloud.moto_secrets import MotoSecretStore, secrets_as_on_aws
from localcloud.msk import (
    Assumptions,
    Caller,
    Clock,
    Durations,
    Endpoint,
    ManualClock,
    Msk,
    Observer,
    SecurityGroup,
    Subnet,
    TagHook,
    Vpc,
)
from localcloud.msk.assumptions import DEFAULTS
from localcloud.msk.clock import AS_ON_AWS
from localcloud.msk.network import NOT_IN_SHARED_VPCS
from localcloud.msk.wire import Answer, handle

_SIGNATURE = re.compile(r"Credential=([^/]+)/\d+/([\w-]+)/kafka/")


@contextmanager
def in_process_msk(
    clock: Clock | None = None,
    durations: Durations = AS_ON_AWS,
    observers: Iterable[Observer] = (),
    tag_hooks: Iterable[TagHook] = (),
    assumptions: Assumptions = DEFAULTS,
) -> Iterator[Msk]:
    """
    Replace moto's own MSK by the emulator, and correct its secrets, inside `mock_aws()`.

    moto answers botocore's `before-send` through one stubber. Patching that, not adding a second
    handler, covers clients created earlier and keeps moto's MSK from running.
    """
    msk = Msk(
        clock or ManualClock(),
        MotoNetwork(),
        durations,
        observers,
        tag_hooks=tag_hooks,
        assumptions=assumptions,
        secrets=MotoSecretStore(),
        authorities=MotoAuthorities(),
    )
    moto_answers = BotocoreStubber.process_request

    def process_request(
        stubber: BotocoreStubber, request: AWSPreparedRequest
    ) -> tuple[int, Mapping[str, str], str | bytes] | None:
        if caller := signer(request):
            return _answer(msk, caller, request)
        return moto_answers(stubber, request)

    with (
        mock.patch.object(BotocoreStubber, "process_request", process_request),
        secrets_as_on_aws(),
    ):
        yield msk


def signer(request: AWSPreparedRequest) -> Caller | None:
    """Return who signed a request to MSK; None for other services."""
    authorization = request.headers.get("Authorization", b"")
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    match = _SIGNATURE.search(text)
    if match is None:
        return None
    access_key, region = match.groups()
    account = get_account_id_from(access_key)
    _, arn, _ = sts_backends[account]["aws"].get_caller_identity(access_key, region)
    return Caller(account, region, arn)


def _answer(msk: Msk, caller: Caller, request: AWSPreparedRequest) -> Answer:
    url = urlsplit(request.url)
    return handle(
        msk,
        caller,
        request.method,
        url.path,
        parse_qs(url.query, keep_blank_values=True),
        dict(request.headers.items()),
        _body(request),
    )


def _body(request: AWSPreparedRequest) -> bytes:
    match request.body:
        case None:
            return b""
        case str() as text:
            return text.encode()
        case bytes() | bytearray() as content:
            return bytes(content)
    raise TypeError("no MSK request streams its body")


class MotoNetwork:
    """The VPCs of moto's EC2."""

    def vpc(self, account: str, region: str, vpc_id: str) -> Vpc | None:
        found = _ec2(account, region).vpcs.get(vpc_id)
        if found is None:
            return None
        cidrs = tuple(item["cidr_block"] for item in found.get_cidr_block_association_set())
        return Vpc(
            vpc_id, _is_on(found.enable_dns_support), _is_on(found.enable_dns_hostnames), cidrs
        )

    def subnets(self, account: str, region: str, subnet_ids: Sequence[str]) -> list[Subnet]:
        by_id = {
            subnet_id: subnet
            for zone in _ec2(account, region).subnets.values()
            for subnet_id, subnet in zone.items()
        }
        return [
            Subnet(
                subnet_id,
                by_id[subnet_id].vpc_id,
                by_id[subnet_id].availability_zone_id,
                by_id[subnet_id].available_ip_address_count,
                _unsupported_location(by_id[subnet_id]),
            )
            for subnet_id in subnet_ids
            if subnet_id in by_id
        ]

    def security_groups(
        self, account: str, region: str, group_ids: Sequence[str]
    ) -> list[SecurityGroup]:
        found = (_ec2(account, region).get_security_group_from_id(name) for name in group_ids)
        return [SecurityGroup(group.id, str(group.vpc_id)) for group in found if group]

    def create_endpoint(self, caller: Caller, endpoint: Endpoint) -> str:
        if _ec2(caller.account, caller.region).vpcs[endpoint.vpc_id].owner_id != caller.account:
            raise PermissionError(NOT_IN_SHARED_VPCS)
        made = _ec2(caller.account, caller.region).create_vpc_endpoint(
            vpc_id=endpoint.vpc_id,
            service_name=endpoint.service_name,
            endpoint_type="Interface",
            policy_document=None,
            route_table_ids=[],
            subnet_ids=list(endpoint.subnet_ids),
            security_group_ids=list(endpoint.security_group_ids),
            tags=dict(endpoint.tags),
            private_dns_enabled=True,
        )
        return str(made.id)

    def delete_endpoint(self, caller: Caller, endpoint_id: str) -> None:
        _ec2(caller.account, caller.region).delete_vpc_endpoints([endpoint_id])


class MotoAuthorities:
    """The private certificate authorities of moto."""

    def certificate(self, arn: str) -> bytes | None:
        if not owner_of(arn):
            return None
        _, _, _, region, account, *_ = arn.split(":")
        found = acmpca_backends[account][region].certificate_authorities.get(arn)
        return found.certificate_bytes if found and found.status == "ACTIVE" else None


def _unsupported_location(subnet: Any) -> str:
    """Return why a subnet can hold no endpoint; moto has no Outposts, which tests add."""
    if getattr(subnet, "outpost_arn", None):
        return "an Outpost"
    zone_type: str = subnet._availability_zone.zone_type
    if zone_type != "availability-zone":
        return f"a {zone_type}"
    return "an IPv6-only subnet" if subnet.ipv6_native else ""


def _ec2(account: str, region: str) -> EC2Backend:
    return ec2_backends[account][region]


def _is_on(attribute: bool | str) -> bool:
    """Read a VPC attribute, which moto keeps as the string it was set with."""
    return str(attribute).lower() == "true"
