"""The version has one place, and all that names it agrees."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError

import pytest

from msklink_client import version as client_version
from msklink_client.command import main as client_command
from tests.release import interpreters
from tests.support.cloudformation import ROOT, resources, template

VERSION = template()["Mappings"]["Release"]["MSKLink"]["Version"]
FIND_VERSION = {"Fn::FindInMap": ["Release", "MSKLink", "Version"]}
PACKAGES = ("cli", "client/python")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_takes_its_version_from_the_template(package: str) -> None:
    project = tomllib.loads((ROOT / package / "pyproject.toml").read_text())
    place = project["tool"]["hatch"]["version"]

    found = re.search(place["pattern"], (ROOT / package / place["path"]).read_text())

    assert "version" not in project["project"]
    assert found
    assert found["version"] == VERSION


def test_the_functions_and_the_parameter_for_clients_take_it_from_the_mapping() -> None:
    variables = template()["Globals"]["Function"]["Environment"]["Variables"]
    [parameter] = resources("AWS::SSM::Parameter").values()

    assert variables["VERSION"] == FIND_VERSION
    assert parameter["Value"]["Fn::Sub"][1]["Version"] == FIND_VERSION


def test_the_version_is_in_no_other_file_that_is_built_or_deployed() -> None:
    built = [
        ROOT / "client.yaml",
        *ROOT.glob("client/terraform/*.tf"),
        *(path for package in PACKAGES for path in (ROOT / package).rglob("*.toml")),
        *(path for folder in ("cli", "client", "layers") for path in (ROOT / folder).rglob("*.py")),
    ]

    assert len(built) > 100
    assert not [path for path in built if f'"{VERSION}"' in path.read_text()]


def test_the_changelog_begins_with_this_version_and_each_has_its_date_or_is_unreleased() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    form = r"\[(\d+\.\d+\.\d+)\] - (unreleased|\d{4}-\d{2}-\d{2})"

    found = [re.fullmatch(form, heading) for heading in headings]

    assert all(found), headings
    [(newest, _), *others] = [one.groups() for one in found if one]
    assert newest == VERSION
    assert "unreleased" not in [date for _, date in others]


def test_the_workflow_tries_the_client_on_its_oldest_python_and_that_of_the_functions() -> None:
    runtime = template()["Globals"]["Function"]["Runtime"]

    first, *_, last = interpreters.supported()

    assert first == interpreters.oldest("client/python")
    assert last == interpreters.oldest("cli") == runtime.removeprefix("python")


def test_every_action_is_pinned_to_a_commit_and_no_job_may_write() -> None:
    text = interpreters.WORKFLOW.read_text()
    used = re.findall(r"uses: (.+)", text)

    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one) for one in used)
    assert re.findall(r"permissions:\n((?: +.+\n)+)", text) == ["  contents: read\n"]
    assert re.search(r"^ +- run: .*\.ci/run", text, re.MULTILINE)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_carries_the_licence(package: str) -> None:
    assert (ROOT / package / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize("installed", ["0.1.0", None])
def test_the_client_names_the_version_that_is_installed(
    installed: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def version(name: str) -> str:
        assert name == "msklink-client"
        if installed is None:
            raise PackageNotFoundError(name)
        return installed

    monkeypatch.setattr(client_version, "installed_version", version)

    with pytest.raises(SystemExit) as ended:
        client_command(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"msklink-client {installed or '(not installed)'}\n"
