"""VPC connections, from creation to deletion."""

import re

import pytest

from localcloud.msk import (
    Caller,
    Endpoint,
    Scheme,
    SecurityGroup,
    Subnet,
    Vpc,
)
from tests.emulator.builders import (
    CLIENT,
    OTHER,
    OWNER,
    ZONES,
    Emulator,
    Json,
    connect_refusal,
    flags,
)


def test_a_connection_is_available_after_four_minutes(emulator: Emulator) -> None:
    connection = emulator.connect(emulator.private_cluster())

    assert emulator.connection_state(connection) == "CREATING"
    emulator.later(4)
    assert emulator.connection_state(connection) == "AVAILABLE"


def test_a_connection_arn_names_both_accounts_and_the_cluster(emulator: Emulator) -> None:
    connection = emulator.connect(emulator.private_cluster())

    assert re.fullmatch(
        r"arn:aws:kafka:eu-west-1:222222222222:vpc-connection/111111111111/orders/[0-9a-f-]{36}",
        connection,
    )


def test_creating_and_describing_name_the_subnets_differently(emulator: Emulator) -> None:
    wanted = emulator.wanted_connection(emulator.private_cluster(), Tags={"team": "a"})
    made = emulator.call(CLIENT, "CreateVpcConnection", **wanted)

    shown = emulator.call(CLIENT, "DescribeVpcConnection", Arn=made["VpcConnectionArn"])

    assert made["ClientSubnets"] == shown["Subnets"] == wanted["ClientSubnets"]
    assert "TargetClusterArn" not in made
    assert shown["TargetClusterArn"] == wanted["TargetClusterArn"]
    assert made["Tags"] == shown["Tags"] == {"team": "a"}


def test_the_endpoint_is_created_in_the_clients_account_with_the_tags_of_msk(
    emulator: Emulator,
) -> None:
    arn = emulator.private_cluster()
    emulator.connect(arn)

    [(where, endpoint)] = emulator.network.endpoints.items()
    assert where[0] == CLIENT.account
    assert endpoint.tags == {"AWSMSKManaged": "true", "ClusterArn": arn}
    assert endpoint.security_group_ids == ("sg-vpc-client",)


def test_owner_and_client_list_different_fields(emulator: Emulator) -> None:
    arn = emulator.private_cluster()
    connection = emulator.connect(arn)

    [clients] = emulator.call(CLIENT, "ListVpcConnections")["VpcConnections"]
    [owners] = emulator.call(OWNER, "ListClientVpcConnections", ClusterArn=arn)[
        "ClientVpcConnections"
    ]

    assert clients["VpcId"] == "vpc-client"
    assert "VpcId" not in owners
    assert owners["Owner"] == CLIENT.account
    assert clients["VpcConnectionArn"] == owners["VpcConnectionArn"] == connection
    assert emulator.call(OTHER, "ListVpcConnections")["VpcConnections"] == []


def test_a_connection_needs_the_cluster_policy(emulator: Emulator) -> None:
    arn = emulator.private_cluster()

    assert connect_refusal(emulator, arn, OTHER).code == "ForbiddenException"


def test_the_owners_other_vpcs_need_no_policy(emulator: Emulator) -> None:
    arn = emulator.private_cluster()
    emulator.call(OWNER, "DeleteClusterPolicy", ClusterArn=arn)
    emulator.network.add_vpc(OWNER.account, Vpc("vpc-other"), ZONES)
    wanted = emulator.wanted_connection(
        arn,
        VpcId="vpc-other",
        ClientSubnets=[f"subnet-vpc-other-{zone}" for zone in ZONES],
        SecurityGroups=["sg-vpc-other"],
    )

    assert emulator.call(OWNER, "CreateVpcConnection", **wanted)["State"] == "CREATING"


def test_a_connection_may_have_several_security_groups(emulator: Emulator) -> None:
    """As in Terraform's acceptance tests."""
    another = SecurityGroup("sg-another", "vpc-client")
    emulator.network.groups[CLIENT.account, another.group_id] = another

    groups = ["sg-vpc-client", "sg-another"]
    arn = emulator.connect(emulator.private_cluster(), SecurityGroups=groups)

    described = emulator.call(CLIENT, "DescribeVpcConnection", Arn=arn)
    assert described["SecurityGroups"] == groups


def test_the_clusters_own_vpc_is_refused(emulator: Emulator) -> None:
    error = connect_refusal(emulator, emulator.private_cluster(), OWNER, VpcId="vpc-owner")

    assert error.invalid_parameter == "vpcId"


def subnets(*zones: str) -> list[str]:
    return [f"subnet-vpc-client-{zone}" for zone in zones]


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        pytest.param({"Authentication": "PLAIN"}, "authentication", id="unknown scheme"),
        pytest.param({"Authentication": "TLS"}, "authentication", id="scheme off"),
        pytest.param({"VpcId": "vpc-none"}, "vpcId", id="unknown VPC"),
        pytest.param({"ClientSubnets": subnets(*ZONES[:2])}, "clientSubnets", id="a zone short"),
        pytest.param(
            {"ClientSubnets": [*subnets(*ZONES), "subnet-spare"]}, "clientSubnets", id="too many"
        ),
        pytest.param(
            {"ClientSubnets": [*subnets(*ZONES[:2]), "subnet-spare"]},
            "clientSubnets",
            id="one zone twice",
        ),
        pytest.param(
            {"ClientSubnets": [*subnets(*ZONES[1:]), "subnet-full"]},
            "clientSubnets",
            id="no free address",
        ),
        pytest.param(
            {"ClientSubnets": [*subnets(*ZONES[1:]), "subnet-other"]},
            "clientSubnets",
            id="subnet of another VPC",
        ),
        pytest.param({"ClientSubnets": ["subnet-none"]}, "clientSubnets", id="unknown subnet"),
        pytest.param({"SecurityGroups": []}, "securityGroups", id="no group"),
        pytest.param({"SecurityGroups": ["sg-none"]}, "securityGroups", id="unknown group"),
        pytest.param({"SecurityGroups": ["sg-other"]}, "securityGroups", id="group elsewhere"),
        pytest.param({"Tags": {"a:b": "c"}}, "tags", id="tag with a colon"),
    ],
)
def test_a_connection_that_cannot_work_is_refused(
    emulator: Emulator, changes: Json, parameter: str
) -> None:
    arn = emulator.private_cluster(Scheme.IAM)
    add = emulator.network.add_subnet
    add(CLIENT.account, Subnet("subnet-spare", "vpc-client", ZONES[1]))
    add(CLIENT.account, Subnet("subnet-full", "vpc-client", ZONES[0], free_addresses=0))
    add(CLIENT.account, Subnet("subnet-other", "vpc-other", ZONES[0]))
    emulator.network.groups[CLIENT.account, "sg-other"] = SecurityGroup("sg-other", "vpc-other")

    error = connect_refusal(emulator, arn, **changes)

    assert (error.code, error.invalid_parameter) == ("BadRequestException", parameter)
    assert emulator.network.endpoints == {}


@pytest.mark.parametrize(
    "vpc",
    [Vpc("vpc-client", dns_support=False), Vpc("vpc-client", dns_hostnames=False)],
)
def test_both_dns_attributes_must_be_on(emulator: Emulator, vpc: Vpc) -> None:
    arn = emulator.private_cluster()
    emulator.network.vpcs[CLIENT.account, "vpc-client"] = vpc

    assert connect_refusal(emulator, arn).invalid_parameter == "vpcId"


def test_a_connection_must_wait_for_the_update_to_end(emulator: Emulator) -> None:
    arn = emulator.private_cluster(Scheme.IAM)
    emulator.update(arn, flags(Scheme.IAM, Scheme.TLS))

    assert connect_refusal(emulator, arn).invalid_parameter == "targetClusterArn"


def test_a_second_connection_of_the_same_kind_is_refused(emulator: Emulator) -> None:
    arn = emulator.private_cluster(Scheme.IAM, Scheme.TLS)
    first = emulator.connect(arn)

    assert first in connect_refusal(emulator, arn).message
    emulator.connect(arn, Authentication="TLS")


def test_only_the_client_describes_and_deletes_its_connection(emulator: Emulator) -> None:
    connection = emulator.connect(emulator.private_cluster())

    for operation in ("DescribeVpcConnection", "DeleteVpcConnection"):
        assert emulator.refusal(OWNER, operation, Arn=connection).status == 403


@pytest.mark.parametrize(
    ("arn", "status"),
    [
        ("arn:aws:kafka:eu-west-1:222222222222:vpc-connection/111111111111/orders/none", 404),
        ("nonsense", 400),
    ],
)
def test_a_missing_connection_is_refused(emulator: Emulator, arn: str, status: int) -> None:
    assert emulator.refusal(CLIENT, "DescribeVpcConnection", Arn=arn).status == status


def test_a_deleted_connection_disappears_after_its_duration(emulator: Emulator) -> None:
    connection = emulator.connect(emulator.private_cluster())
    assert emulator.refusal(CLIENT, "DeleteVpcConnection", Arn=connection).status == 400
    emulator.later(4)

    deleted = emulator.call(CLIENT, "DeleteVpcConnection", Arn=connection)
    assert deleted["State"] == "DELETING"
    assert emulator.network.endpoints == {}
    assert emulator.refusal(CLIENT, "DeleteVpcConnection", Arn=connection).status == 400

    emulator.later(2)
    assert emulator.refusal(CLIENT, "DescribeVpcConnection", Arn=connection).status == 404


def test_a_rejected_connection_remains_until_the_client_deletes_it(emulator: Emulator) -> None:
    arn = emulator.private_cluster()
    connection = emulator.connect(arn)
    asked = {"ClusterArn": arn, "VpcConnectionArn": connection}
    assert emulator.refusal(OWNER, "RejectClientVpcConnection", **asked).status == 400
    emulator.later(4)

    emulator.call(OWNER, "RejectClientVpcConnection", **asked)
    assert emulator.connection_state(connection) == "REJECTING"
    emulator.later(1)
    assert emulator.connection_state(connection) == "REJECTED"
    assert emulator.call(CLIENT, "DeleteVpcConnection", Arn=connection)["State"] == "DELETING"


def test_only_connections_of_the_cluster_can_be_rejected(emulator: Emulator) -> None:
    connection = emulator.connect(emulator.private_cluster())
    other = emulator.cluster("payments")

    error = emulator.refusal(
        OWNER, "RejectClientVpcConnection", ClusterArn=other, VpcConnectionArn=connection
    )

    assert error.code == "NotFoundException"


def test_switching_a_scheme_off_makes_its_connections_inactive_permanently(
    emulator: Emulator,
) -> None:
    arn = emulator.private_cluster(Scheme.IAM, Scheme.TLS)
    iam, tls = emulator.connect(arn), emulator.connect(arn, Authentication="TLS")

    emulator.update(arn, flags(Scheme.TLS))
    emulator.later(45)
    assert emulator.connection_state(iam) == "DEACTIVATING"
    emulator.later(1)
    assert emulator.connection_state(iam) == "INACTIVE"
    assert emulator.connection_state(tls) == "AVAILABLE"

    emulator.update(arn, flags(Scheme.IAM, Scheme.TLS))
    emulator.later(46)
    assert emulator.connection_state(iam) == "INACTIVE"


def test_a_removed_policy_does_not_change_connections(emulator: Emulator) -> None:
    arn = emulator.private_cluster()
    connection = emulator.connect(arn)

    emulator.call(OWNER, "DeleteClusterPolicy", ClusterArn=arn)
    emulator.later(60)

    assert emulator.connection_state(connection) == "AVAILABLE"


def test_the_cluster_operations_have_created_and_deleted_connections(emulator: Emulator) -> None:
    arn = emulator.private_cluster()
    connection = emulator.connect(arn)
    emulator.later(4)
    emulator.call(CLIENT, "DeleteVpcConnection", Arn=connection)
    emulator.later(2)

    listed = emulator.call(OWNER, "ListClusterOperationsV2", ClusterArn=arn)
    left, attached, _ = listed["ClusterOperationInfoList"]

    assert (left["OperationType"], left["OperationState"]) == (
        "DELETE_VPC_CONNECTION",
        "DELETE_COMPLETE",
    )
    info = emulator.operation(attached["OperationArn"])["Provisioned"]["VpcConnectionInfo"]
    assert (info["Owner"], info["VpcConnectionArn"]) == (CLIENT.account, connection)


def test_a_caller_that_may_not_create_endpoints_cannot_connect(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = emulator.private_cluster()

    def may_not(caller: Caller, endpoint: Endpoint) -> str:
        raise PermissionError(f"{caller.arn} may not create {endpoint.vpc_id}")

    monkeypatch.setattr(emulator.network, "create_endpoint", may_not)

    assert connect_refusal(emulator, arn).code == "ForbiddenException"
    assert emulator.call(CLIENT, "ListVpcConnections")["VpcConnections"] == []


def test_a_caller_that_may_not_delete_the_endpoint_cannot_delete_the_connection(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = emulator.connect(emulator.private_cluster())
    emulator.later(4)

    def may_not(caller: Caller, endpoint_id: str) -> None:
        raise PermissionError(f"{caller.arn} may not delete {endpoint_id}")

    monkeypatch.setattr(emulator.network, "delete_endpoint", may_not)

    assert emulator.refusal(CLIENT, "DeleteVpcConnection", Arn=connection).status == 403
    assert emulator.connection_state(connection) == "AVAILABLE"
