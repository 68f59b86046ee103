"""What a smoke test has left in the accounts."""

from tests.smoke.builders import SmokeInMoto


def nothing_is_left(smoked: SmokeInMoto) -> bool:
    """Return whether neither account has anything that the smoke test creates."""
    kafka = smoked.accounts.client("kafka")
    found = [
        *kafka.list_clusters_v2()["ClusterInfoList"],
        *kafka.list_configurations()["Configurations"],
    ]
    for role in ("owner", "client"):
        pages = smoked.smoke.account(role).client("kafka").list_vpc_connections()
        found += pages["VpcConnections"]
    for account in (smoked.smoke.owner, smoked.smoke.client):
        ec2 = account.client("ec2")
        named = [{"Name": "tag-key", "Values": ["smoke-test-msklink"]}]
        found += ec2.describe_vpcs(Filters=named)["Vpcs"]
        found += ec2.describe_subnets(Filters=named)["Subnets"]
        found += account.client("sqs").list_queues(QueueNamePrefix="smoke-").get("QueueUrls", [])
        found += account.client("events").list_rules(NamePrefix="smoke-")["Rules"]
    return not found
