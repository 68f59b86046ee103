"""VPC endpoints without the tags by which MSK manages them: reported, never repaired."""

from collections import Counter
from dataclasses import replace

from msklink.aws.cluster_snapshot import read_snapshot
from msklink.connections.sweep_rules import records_by_client
from msklink.services.account_scan import AccountScanner
from msklink.services.change_detection import report_untagged_endpoints
from tests.support import external_changes
from tests.support.aws import CLIENT, OTHER_CLIENT
from tests.support.functions import function_arn
from tests.support.onboarded_client import OnboardedClient


def test_endpoints_without_the_tags_of_msk_are_reported_once(onboarded: OnboardedClient) -> None:
    ec2 = onboarded.accounts.client("ec2", CLIENT)
    [endpoint] = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    ec2.delete_tags(Resources=[endpoint["VpcEndpointId"]], Tags=[{"Key": "AWSMSKManaged"}])

    assert onboarded.sweep() == 0
    assert onboarded.sweep() == 0

    assert onboarded.take_events() == [("Client Refused", "EndpointTagsMissing")]


def test_missing_tags_of_one_client_are_reported_whatever_another_did(
    onboarded: OnboardedClient,
) -> None:
    external_changes.remove_endpoint_tags(onboarded.accounts, OTHER_CLIENT)
    external_changes.overwrite_bootstrap_servers(onboarded.accounts, CLIENT)

    assert onboarded.sweep() == 1

    assert ("Client Refused", "EndpointTagsMissing") in onboarded.take_events()


def test_endpoints_created_after_the_scan_are_not_reported(
    onboarded: OnboardedClient,
) -> None:
    """A sweep scans each account once for all clusters, which may take minutes."""
    snapshot = read_snapshot(onboarded.cluster)
    [client] = [
        one for one in records_by_client((CLIENT,), snapshot.connections, (), ()) if one.is_listed
    ]
    scanner = AccountScanner(function_arn("SweepClustersFunction"), "sweep")
    [account_snapshot] = scanner.scan([CLIENT])
    assert account_snapshot is not None
    before = replace(account_snapshot, endpoints=Counter())

    report_untagged_endpoints(
        onboarded.cluster, client, snapshot, before, lambda: scanner.rescan(CLIENT)
    )
    assert onboarded.take_events() == []

    external_changes.remove_endpoint_tags(onboarded.accounts, CLIENT)
    report_untagged_endpoints(
        onboarded.cluster, client, snapshot, before, lambda: scanner.rescan(CLIENT)
    )
    assert onboarded.take_events() == [("Client Refused", "EndpointTagsMissing")]


def test_endpoints_deleted_after_the_table_was_read_are_not_reported(
    onboarded: OnboardedClient,
) -> None:
    snapshot = read_snapshot(onboarded.cluster)
    [client] = [
        one for one in records_by_client((CLIENT,), snapshot.connections, (), ()) if one.is_listed
    ]
    scanner = AccountScanner(function_arn("SweepClustersFunction"), "sweep")
    onboarded.accounts.untag_vpc(CLIENT, onboarded.vpc_id)
    onboarded.reconcile()
    onboarded.advance_hours(24)
    onboarded.sweep()
    onboarded.take_events()
    [account_snapshot] = scanner.scan([CLIENT])
    assert account_snapshot is not None
    assert not account_snapshot.endpoints

    report_untagged_endpoints(
        onboarded.cluster, client, snapshot, account_snapshot, lambda: scanner.rescan(CLIENT)
    )

    assert onboarded.take_events() == []


def test_endpoints_that_lose_their_tags_again_are_reported_again(
    onboarded: OnboardedClient,
) -> None:
    ec2 = onboarded.accounts.client("ec2", CLIENT)
    [endpoint] = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    tag = {"Key": "AWSMSKManaged", "Value": "true"}

    for _ in range(2):
        ec2.delete_tags(Resources=[endpoint["VpcEndpointId"]], Tags=[{"Key": tag["Key"]}])
        onboarded.sweep()
        ec2.create_tags(Resources=[endpoint["VpcEndpointId"]], Tags=[tag])
        onboarded.sweep()

    assert onboarded.take_events() == [("Client Refused", "EndpointTagsMissing")] * 2
