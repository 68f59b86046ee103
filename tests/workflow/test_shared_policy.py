"""A cluster policy into which others write as well: whom they let in, and what they manage."""

from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.served import TAGS, Served

STRANGER = "444444444444"


def add_to_our_statement(served: Served, account: str) -> None:
    [foreign, ours] = served.accounts.policy(served.cluster)["Statement"]
    principals = {"AWS": [*ours["Principal"]["AWS"], f"arn:aws:iam::{account}:root"]}
    served.accounts.put_policy(served.cluster, foreign, ours | {"Principal": principals})


def connect_by_hand(served: Served, account: str) -> None:
    vpc_id = served.accounts.make_network(account)
    group = served.accounts.client("ec2", account).create_security_group(
        GroupName="by-hand", Description="-", VpcId=vpc_id
    )
    served.accounts.client("kafka", account).create_vpc_connection(
        TargetClusterArn=served.cluster,
        Authentication="SASL_IAM",
        VpcId=vpc_id,
        ClientSubnets=served.accounts.subnets(account, vpc_id),
        SecurityGroups=[group["GroupId"]],
    )
    served.pass_hours(1)


# ------------------------------------------------------------------------------ who is let in


def test_who_is_put_into_our_statement_by_others_goes_though_connected(served: Served) -> None:
    add_to_our_statement(served, STRANGER)
    connect_by_hand(served, STRANGER)

    assert served.sweep() == 1

    assert served.granted() == [CLIENT, OTHER_CLIENT]
    told = [("Drift Repaired", ""), ("Cluster Refused", "UnknownConnection")]
    assert served.told() == told
    assert served.connections(STRANGER) == ["AVAILABLE"]
    assert served.sweep() == 0


def test_a_listed_account_that_connected_by_hand_keeps_its_grant(served: Served) -> None:
    served.accounts.deploy_client(STRANGER)
    served.accounts.tag_cluster(
        served.cluster, msklink__clients=f"{TAGS['msklink/clients']} {STRANGER}"
    )
    add_to_our_statement(served, STRANGER)
    connect_by_hand(served, STRANGER)

    served.reconcile()
    served.reconcile()

    assert served.granted() == [CLIENT, OTHER_CLIENT, STRANGER]


def test_who_connected_by_hand_loses_the_grant_with_its_place_on_the_list(served: Served) -> None:
    served.accounts.deploy_client(STRANGER)
    served.accounts.tag_cluster(
        served.cluster, msklink__clients=f"{TAGS['msklink/clients']} {STRANGER}"
    )
    add_to_our_statement(served, STRANGER)
    connect_by_hand(served, STRANGER)
    served.reconcile()

    served.accounts.tag_cluster(served.cluster, msklink__clients=TAGS["msklink/clients"])
    served.reconcile()

    assert served.granted() == [CLIENT, OTHER_CLIENT]
