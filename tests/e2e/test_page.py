"""The owner's page and report, with the policy for viewers, while a run goes on."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from localcloud.cloud import Cloud
from localcloud.owner_page import owner_page
from tests.e2e.deployed_cluster import CLIENT, OTHER, DeployedCluster, create_cluster
from tests.e2e.owner_command import Msklink, person
from tests.support.browser import opened

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

NAME = "pictured"


@pytest.fixture(scope="module")
def viewer(cloud: Cloud) -> Msklink:
    return person(cloud, "page-viewer", cloud.deployed.owner["ViewerPolicyArn"])


@pytest.fixture(scope="module")
def cluster(cloud: Cloud) -> DeployedCluster:
    """Create a cluster that two clients ask for, one of them in vain."""
    tags = {
        "msklink": "iam",
        "msklink/clients": f"{CLIENT} {OTHER}",
        "msklink/approval": "required",
    }
    found = DeployedCluster(cloud, create_cluster(cloud, NAME, tags))
    found.tag_vpc(CLIENT, "iam", NAME)
    found.tag_vpc(OTHER, "scram", NAME)
    return found


@pytest.fixture(scope="module")
def address(viewer: Msklink) -> Iterator[str]:
    with viewer.start("page", "--interval", "0.2") as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.terminate()
        process.communicate()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    with opened(chromium, address) as page:
        yield page


def test_the_page_shows_a_run_from_the_hold_to_its_end(
    page: Page, cluster: DeployedCluster, cloud: Cloud
) -> None:
    card = page.locator(f".cluster[data-name={NAME}]")
    cloud.until(lambda: cluster.status(CLIENT, NAME).get("state") == "waiting")
    expect(card.locator(".doing")).to_contain_text("AwaitingApproval")
    expect(card.locator(".problems")).to_contain_text(f"msklink approve {NAME}")
    expect(card.locator(".problems")).to_contain_text("The owner offers iam on the cluster")

    tags = "msklink/approved=iam"
    cluster.owner("kafka", "tag-resource", "--resource-arn", cluster.arn, "--tags", tags)
    cloud.until(lambda: cluster.item(cluster.arn).get("enabling", {}).get("L"))
    expect(card.locator(".steps [aria-current=step]")).to_contain_text("enabling")
    expect(card.locator(".steps progress")).to_be_attached()

    cloud.until(lambda: cluster.status(CLIENT, NAME).get("state") == "published")
    cloud.until(cluster.is_idle)
    expect(card.locator(".client", has_text="published")).to_have_count(1)
    expect(card.locator(".client", has_text="SchemeNotOffered")).to_have_count(1)
    expect(card.locator(".doing")).to_contain_text("idle")
    expect(card.locator("dl")).to_contain_text("admits 1 account")


def test_browsers_take_lists_and_no_call_for_each_cluster(
    chromium: Browser, page: Page, address: str, cloud: Cloud
) -> None:
    with opened(chromium, address) as other:
        before = len(cloud.calls())
        for _ in range(5):
            for one in (page, other):
                one.evaluate("fetch('changes?since=0').then((answer) => answer.json())")
        made = Counter(
            call.operation for call in cloud.calls(before) if "/page-viewer/" in call.principal
        )

    assert made["GetClusterPolicy"] <= 1
    assert made.keys() <= {"ListClustersV2", "Scan", "ListExecutions", "GetClusterPolicy"}


def test_the_report_is_one_file_that_shows_the_same(
    viewer: Msklink, chromium: Browser, cluster: DeployedCluster, cloud: Cloud, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    file.write_text("an older one")
    done = viewer.run("report", str(file))
    code, printed, _ = viewer.run("report", "-")

    assert done == (0, "", "")
    assert code == 0
    for html in (file.read_text(), printed):
        assert cluster.arn in html
        assert cloud.deployed.external_id not in html
        assert not re.search(r"data-live", html)
    with opened(chromium, file.as_uri()) as page:
        card = page.locator(f".cluster[data-name={NAME}]")
        card.locator("summary").first.press("Enter")
        expect(card.locator(".problems")).to_contain_text("SchemeNotOffered")


@pytest.mark.usefixtures("cluster")
def test_the_page_runs_beside_the_embedded_aws(chromium: Browser, cloud: Cloud) -> None:
    with owner_page(cloud) as address, opened(chromium, address) as page:
        expect(page.locator(f".cluster[data-name={NAME}]")).to_have_count(1)
    with pytest.raises(URLError):
        urlopen(address)


def test_a_file_in_a_folder_that_is_not_there_is_refused(viewer: Msklink) -> None:
    code, _, wrong = viewer.run("report", "/no-such-folder/report.html")

    assert code == 1
    assert wrong.startswith("msklink: FileNotWritten: /no-such-folder/report.html cannot be")


def test_a_port_that_is_taken_is_named(viewer: Msklink, address: str) -> None:
    port = re.findall(r":(\d+)/", address)[0]

    code, _, wrong = viewer.run("page", "--port", port)

    assert code == 1
    assert wrong.startswith(f"msklink: PortTaken: port {port} of 127.0.0.1 cannot be used")
