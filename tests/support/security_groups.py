"""Refuse to delete security groups in use, as EC2 does; moto deletes them."""

from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroupBackend

_delete = SecurityGroupBackend.delete_security_group


def delete_unless_in_use(
    backend: EC2Backend, name: str | None = None, group_id: str | None = None
) -> None:
    if group_id in _in_use(backend):
        raise DependencyViolationError(f"resource {group_id} has a dependent object")
    _delete(backend, name, group_id)


def _in_use(backend: EC2Backend) -> set[str]:
    interfaces = {group.id for eni in backend.enis.values() for group in eni.group_set}
    endpoints = {
        group
        for endpoint in backend.vpc_end_points.values()
        if endpoint.state == "available"
        for group in endpoint.security_group_ids
    }
    return interfaces | endpoints
