"""The checks of CreateVpcConnection on the cluster and on the client's VPC."""

from collections import Counter
from datetime import timedelta

from localcloud.msk.errors import ROLE_IN_THE_MAKING, bad_request
from localcloud.msk.model import Cluster, Scheme
from localcloud.msk.store import Call
from localcloud.msk.tags import check_tags


def check_connection(call: Call, cluster: Cluster) -> Scheme:
    """Return the requested scheme, or raise the error of CreateVpcConnection."""
    scheme = _scheme(call.params["Authentication"])
    _check_cluster(call, cluster, scheme)
    _check_vpc(call, cluster)
    _check_subnets(call, cluster)
    _check_security_groups(call)
    _check_first(call, cluster, scheme)
    check_tags(call.params.get("Tags", {}))
    _check_role(call)
    return scheme


def _scheme(authentication: str) -> Scheme:
    for scheme in Scheme:
        if scheme.authentication == authentication:
            return scheme
    raise bad_request("The authentication must be SASL_IAM, SASL_SCRAM or TLS.", "authentication")


def _check_cluster(call: Call, cluster: Cluster, scheme: Scheme) -> None:
    fit = {"ACTIVE"}
    if call.store.assumptions.busy_takes_connections:
        fit |= {"UPDATING", "HEALING", "MAINTENANCE", "REBOOTING_BROKER"}
    if cluster.state not in fit:
        raise bad_request(
            f"The cluster is {cluster.state}. It must be ACTIVE for a VPC connection.",
            "targetClusterArn",
        )
    if scheme not in cluster.connectivity.schemes:
        raise bad_request(
            f"Private connectivity with {scheme.authentication} is not on for the cluster.",
            "authentication",
        )


def _check_vpc(call: Call, cluster: Cluster) -> None:
    vpc_id: str = call.params["VpcId"]
    vpc = call.store.network.vpc(call.caller.account, call.caller.region, vpc_id)
    if vpc is None:
        raise bad_request(f"The VPC {vpc_id} does not exist.", "vpcId")
    if cluster.account == call.caller.account and vpc_id in cluster.vpc_ids:
        raise bad_request(f"The VPC {vpc_id} is the cluster's own.", "vpcId")
    if not (vpc.dns_support and vpc.dns_hostnames):
        raise bad_request(
            f"The VPC {vpc_id} must have enableDnsSupport and enableDnsHostnames on.", "vpcId"
        )


def _check_subnets(call: Call, cluster: Cluster) -> None:
    """Require one subnet that can hold an endpoint in each zone of the cluster."""
    subnet_ids: list[str] = call.params["ClientSubnets"]
    caller = call.caller
    subnets = call.store.network.subnets(caller.account, caller.region, subnet_ids)
    vpc_id = call.params["VpcId"]
    if len(subnets) != len(subnet_ids) or any(subnet.vpc_id != vpc_id for subnet in subnets):
        raise bad_request(f"The subnets must exist in the VPC {vpc_id}.", "clientSubnets")
    if Counter(subnet.zone_id for subnet in subnets) != Counter(cluster.zone_ids):
        raise bad_request(
            "Specify one subnet in each Availability Zone ID of the cluster: "
            f"{', '.join(sorted(cluster.zone_ids))}.",
            "clientSubnets",
        )
    if unfit := [
        f"{one.subnet_id} in {one.unsupported_location}"
        for one in subnets
        if one.unsupported_location
    ]:
        raise bad_request(f"These subnets cannot hold an endpoint: {unfit}.", "clientSubnets")
    if full := [subnet.subnet_id for subnet in subnets if subnet.free_addresses < 1]:
        raise bad_request(f"These subnets have no free address: {full}.", "clientSubnets")


def _check_security_groups(call: Call) -> None:
    group_ids: list[str] = call.params["SecurityGroups"]
    caller = call.caller
    groups = call.store.network.security_groups(caller.account, caller.region, group_ids)
    vpc_id = call.params["VpcId"]
    if not group_ids or len(groups) != len(group_ids):
        raise bad_request("Specify security groups that exist.", "securityGroups")
    if any(group.vpc_id != vpc_id for group in groups):
        raise bad_request(f"The security groups must be of the VPC {vpc_id}.", "securityGroups")


def _check_role(call: Call) -> None:
    """Require MSK's service-linked role, which the first connection of an account creates."""
    store, now = call.store, call.store.now()
    delay = timedelta(seconds=store.assumptions.role_delay_seconds)
    if now < store.roles.setdefault(call.caller.account, now + delay):
        raise bad_request(ROLE_IN_THE_MAKING)


def _check_first(call: Call, cluster: Cluster, scheme: Scheme) -> None:
    """Refuse a second connection: its endpoint would claim the same private DNS names."""
    vpc_id = call.params["VpcId"]
    for other in call.store.connections_of(cluster):
        if (other.vpc_id, other.scheme, other.account) == (vpc_id, scheme, call.caller.account):
            raise bad_request(
                f"The VPC {vpc_id} already has a VPC connection to the cluster with "
                f"{scheme.authentication}: {other.arn}.",
                "vpcId",
            )
