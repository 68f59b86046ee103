"""
An upgrade and the way back, as docs/upgrading.md has them, with a client connected.

The version before is that of tests/release/upgrade-from.txt. The producer of a client writes from
before the upgrade until after the way back.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from localcloud import application
from localcloud.logins import OwnerLogins
from localcloud.settings import REPOSITORY, credentials
from tests.e2e.deployed_cluster import CLIENT, OTHER, DeployedCluster, create_cluster, request
from tests.release.journey import CLUSTER, Installation, installed

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("upgrade")]

PRODUCER = "tests.e2e.long_producer"
BUSY = "orders"
"""A cluster that reboots during the upgrade."""

WRITTEN, TRIED = "entries", "trials"
"""The topic of the producer, and that of applications which begin later."""
ACCESS = {key: [WRITTEN, TRIED] for key in ("produce", "consume", "create", "groups")}
BOUNDS = {"names": [WRITTEN, TRIED], "actions": ["produce", "consume", "create"]}
USERS = {"users": ["ledger"]}
SCHEMES = ["iam", "scram"]


@dataclass
class Seen:
    """What was there at one point of the way."""

    operations: list[str]
    connections: dict[str, str]
    policy: Any
    statuses: dict[str, dict[str, Any]]
    """The status of each account."""
    failures: list[str]
    produces: bool
    """Whether the producer was still at work."""
    properties: dict[str, int]
    """The version of each parameter with a property of the client, by name."""
    runs: int
    release: str
    """The version that the owner stack publishes."""


@dataclass
class Way:
    points: dict[str, Seen] = field(default_factory=dict)
    offsets: list[int] = field(default_factory=list)
    user: dict[str, Any] = field(default_factory=dict)
    """The user of the new version, as the status of its client shows it."""
    busy: list[str] = field(default_factory=list)
    """The state of the other cluster after the upgrade of the owner stack, and in the end."""
    secrets: list[str] = field(default_factory=list)
    """The secrets that are associated with the cluster in the end."""


def see(
    installation: Installation, cluster: DeployedCluster, producer: "subprocess.Popen[str]"
) -> Seen:
    published = json.loads(installation.cloud.deployed.owner["ClientStack"])
    return Seen(
        operations=installation.update_operations(),
        connections=installation.connections(cluster.arn),
        policy=installation.policy(cluster.arn),
        statuses={one: cluster.status(one, CLUSTER) for one in (CLIENT, OTHER)},
        failures=installation.failures(),
        produces=producer.poll() is None,
        properties=cluster.aws(CLIENT).versions(f"/msklink/{CLUSTER}/iam"),
        runs=len(cluster.executions()),
        release=published["version"],
    )


def users(cluster: DeployedCluster) -> dict[str, Any]:
    """Return the users in the status of the client."""
    vpcs = cluster.status(CLIENT, CLUSTER)["vpcs"]
    found: dict[str, Any] = vpcs[cluster.cloud.networks[CLIENT].vpc_id]["scram"].get("users", {})
    return found


def is_published(cluster: DeployedCluster) -> bool:
    return all(cluster.status(one, CLUSTER).get("state") == "published" for one in (CLIENT, OTHER))


def run_application(installation: Installation) -> None:
    """Write and read a message as a new process of the client."""
    done = application.run(installation.cloud, credentials(CLIENT), CLUSTER, TRIED)
    assert done.returncode == 0, done.stderr


def onboard(installation: Installation) -> DeployedCluster:
    """Connect one client by a request with access, and another by a tag that it removes again."""
    cloud, owner = installation.cloud, OwnerLogins(installation.cloud)
    tags = {"msklink": " ".join(SCHEMES), "msklink/clients": f"{CLIENT} {OTHER}"}
    arn = owner.make_cluster(CLUSTER, owner.make_authority(CLUSTER), tags)
    cluster = DeployedCluster(cloud, arn)
    installation.bound(CLIENT, BOUNDS)
    cloud.until(lambda: cluster.state == "ACTIVE" and cluster.is_idle())
    request(cloud, CLIENT, CLUSTER, SCHEMES, access=ACCESS)
    cluster.tag_vpc(OTHER, "iam", CLUSTER)
    cloud.until(lambda: is_published(cluster))
    cluster.tag_vpc(OTHER, "off", CLUSTER)
    cloud.until(lambda: "leaving" in json.dumps(cluster.status(OTHER, CLUSTER)))
    cloud.until(cluster.is_idle)
    return cluster


def begin_reboot(installation: Installation) -> DeployedCluster:
    """Connect a client to another cluster until the run waits for the brokers to reboot."""
    cloud = installation.cloud
    tags = {"msklink": "iam", "msklink/clients": OTHER}
    cluster = DeployedCluster(cloud, create_cluster(cloud, BUSY, tags))
    cloud.until(lambda: cluster.state == "ACTIVE" and cluster.is_idle())
    cluster.tag_vpc(OTHER, "iam", BUSY)
    cloud.until(lambda: cluster.state == "UPDATING")
    return cluster


@pytest.fixture(scope="module")
def way(earlier: Path) -> Iterator[Way]:
    """Go the whole way, and yield what was seen at each point."""
    found = Way()
    with installed(earlier) as old:
        cluster, cloud = onboard(old), old.cloud
        run_application(old)
        application.run(cloud, credentials(CLIENT), CLUSTER, WRITTEN)  # creates the topic
        words = (PRODUCER, CLUSTER, WRITTEN, "iam")
        with application.started(cloud, credentials(CLIENT), *words) as producer:
            assert producer.stdout
            assert producer.stdout.readline() == "connected\n"
            busy = begin_reboot(old)
            found.points["before"] = see(old, cluster, producer)

            between = old.owner_from(REPOSITORY)
            found.busy.append(busy.state)
            between.sweep()
            cloud.until(lambda: cluster.status(OTHER, BUSY).get("state") == "published")
            found.busy.append(busy.state)
            found.points["between"] = see(between, cluster, producer)
            new = between.clients_from(REPOSITORY)
            new.sweep()
            found.points["upgraded"] = see(new, cluster, producer)
            cluster.tag_vpc(OTHER, "iam", CLUSTER)
            new.bound(CLIENT, BOUNDS | USERS)
            request(new.cloud, CLIENT, CLUSTER, SCHEMES, access=ACCESS, users=[{"name": "ledger"}])
            cloud.until(lambda: users(cluster).get("ledger", {}).get("state") == "ready")
            cloud.until(cluster.is_idle)
            found.user = users(cluster)["ledger"]
            run_application(new)
            found.points["used"] = see(new, cluster, producer)

            new.deployed_from(REPOSITORY, Freeze="true")
            back = new.deployed_from(earlier, Freeze="true")
            # It cannot read bounds with users, by which it would grant nothing.
            request(back.cloud, CLIENT, CLUSTER, SCHEMES, access=ACCESS)
            back.sweep()
            found.points["frozen"] = see(back, cluster, producer)
            back.bound(CLIENT, BOUNDS)
            back.sweep()
            back = back.deployed_from(earlier, Freeze="false")
            back.sweep()
            found.points["back"] = see(back, cluster, producer)
            request(back.cloud, CLIENT, CLUSTER, SCHEMES, access=ACCESS)
            back.sweep()
            run_application(back)
            found.points["end"] = see(back, cluster, producer)
            found.offsets = json.loads(producer.communicate(timeout=60)[0])["offsets"]
        kafka = cloud.client("kafka", cloud.owner)
        found.secrets = kafka.list_scram_secrets(ClusterArn=cluster.arn)["SecretArnList"]
        yield found


def test_the_producer_wrote_every_message_from_before_the_upgrade_to_after_the_way_back(
    way: Way,
) -> None:
    assert all(seen.produces for seen in way.points.values())
    assert len(way.offsets) > 1
    assert way.offsets == list(range(way.offsets[0], way.offsets[-1] + 1))


@pytest.mark.parametrize("fact", ["operations", "connections", "policy", "properties"])
def test_nothing_that_a_client_uses_changed(way: Way, fact: str) -> None:
    """Operations are those that rebooted brokers: there is the one from before the upgrade."""
    before = getattr(way.points["before"], fact)

    assert before
    assert [name for name, seen in way.points.items() if getattr(seen, fact) != before] == []


def test_a_run_that_waits_for_brokers_goes_on_with_the_new_functions(way: Way) -> None:
    """
    It ends with the state machine that it began with.

    Running executions keep their definition (Step Functions API reference, UpdateStateMachine).
    """
    assert way.busy == ["UPDATING", "ACTIVE"]


def test_the_upgrade_is_one_and_the_way_back_too(way: Way) -> None:
    releases = {name: seen.release for name, seen in way.points.items()}

    assert releases["before"] != releases["between"]
    assert releases["between"] == releases["upgraded"] == releases["used"]
    assert releases["frozen"] == releases["back"] == releases["end"] == releases["before"]


def test_no_run_and_no_event_failed(way: Way) -> None:
    assert not [seen.failures for seen in way.points.values() if seen.failures]


def test_each_version_goes_on_with_the_records_of_the_other(way: Way) -> None:
    used, end = way.points["used"], way.points["end"]

    assert used.runs > way.points["upgraded"].runs
    assert end.runs > way.points["back"].runs
    for seen in way.points.values():
        assert {one["state"] for one in seen.statuses.values()} == {"published"}
    assert "leaving" in json.dumps(way.points["upgraded"].statuses[OTHER])
    assert "leaving" not in json.dumps(used.statuses[OTHER])  # its tag came back in between
    assert "leaving" not in json.dumps(end.statuses[OTHER])


def test_a_user_of_the_new_version_keeps_its_secret_and_leaves_the_status(way: Way) -> None:
    """What the version before SCRAM users cannot know, as docs/upgrading.md says."""
    assert way.secrets == [way.user["secret_arn"]]
    assert "users" not in json.dumps(way.points["end"].statuses[CLIENT])
