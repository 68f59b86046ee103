"""Tags: their grammar, permissions and events."""

import pytest

from localcloud.msk import Assumptions
from tests.emulator.builders import CLIENT, OWNER, Emulator


def tags(emulator: Emulator, arn: str) -> dict[str, str]:
    found: dict[str, str] = emulator.call(OWNER, "ListTagsForResource", ResourceArn=arn)["Tags"]
    return found


def test_tagging_adds_and_overwrites_and_untagging_removes(emulator: Emulator) -> None:
    arn = emulator.cluster()

    emulator.call(OWNER, "TagResource", ResourceArn=arn, Tags={"a": "1", "b": "2"})
    emulator.call(OWNER, "TagResource", ResourceArn=arn, Tags={"b": "3"})
    emulator.call(OWNER, "UntagResource", ResourceArn=arn, TagKeys=["a", "never-there"])

    assert tags(emulator, arn) == {"b": "3"}


def test_a_connection_has_tags_of_its_own(emulator: Emulator) -> None:
    connection = emulator.connect(emulator.private_cluster())

    emulator.call(CLIENT, "TagResource", ResourceArn=connection, Tags={"team": "a"})

    shown = emulator.call(CLIENT, "DescribeVpcConnection", Arn=connection)
    assert shown["Tags"] == {"team": "a"}
    assert emulator.tag_changes[-1].resource_type == "vpc-connection"


@pytest.mark.parametrize(
    "wrong",
    [
        {"aws:reserved": "x"},
        {"": "x"},
        {"k" * 129: "x"},
        {"k": "v" * 256},
        {"k": "a:b"},
        {"k": "a,b"},
        {"k,": "a"},
        {f"k{number}": "" for number in range(51)},
    ],
)
def test_tags_outside_the_documented_grammar_are_refused(
    emulator: Emulator, wrong: dict[str, str]
) -> None:
    arn = emulator.cluster()

    error = emulator.refusal(OWNER, "TagResource", ResourceArn=arn, Tags=wrong)

    assert (error.code, error.invalid_parameter) == ("BadRequestException", "tags")
    assert tags(emulator, arn) == {}


def test_the_tags_that_msklink_uses_are_in_the_grammar(emulator: Emulator) -> None:
    arn = emulator.cluster()
    wanted = {"msklink": "iam scram tls", "msklink/clients/2": "222222222222 333333333333"}

    emulator.call(OWNER, "TagResource", ResourceArn=arn, Tags=wanted)

    assert tags(emulator, arn) == wanted


def test_a_resource_has_at_most_50_tags(emulator: Emulator) -> None:
    arn = emulator.cluster()
    emulator.call(OWNER, "TagResource", ResourceArn=arn, Tags={f"k{n}": "" for n in range(50)})

    assert emulator.refusal(OWNER, "TagResource", ResourceArn=arn, Tags={"more": ""}).status == 400


def test_tags_of_other_accounts_are_forbidden_and_of_missing_resources_not_found(
    emulator: Emulator,
) -> None:
    arn = emulator.private_cluster()

    assert emulator.refusal(CLIENT, "ListTagsForResource", ResourceArn=arn).status == 403
    assert emulator.refusal(OWNER, "ListTagsForResource", ResourceArn=arn + "9").status == 404


def test_the_hook_receives_changed_keys_and_all_tags(emulator: Emulator) -> None:
    arn = emulator.cluster()

    emulator.call(OWNER, "TagResource", ResourceArn=arn, Tags={"a": "1", "b": "2"})
    emulator.call(OWNER, "TagResource", ResourceArn=arn, Tags={"b": "2", "c": "3"})
    emulator.call(OWNER, "UntagResource", ResourceArn=arn, TagKeys=["a"])

    heard = [(change.changed_keys, change.tags, change.version) for change in emulator.tag_changes]
    assert heard == [
        (("a", "b"), {"a": "1", "b": "2"}, 1),
        (("c",), {"a": "1", "b": "2", "c": "3"}, 2),
        (("a",), {"b": "2", "c": "3"}, 3),
    ]
    assert {(change.resource_arn, change.resource_type) for change in emulator.tag_changes} == {
        (arn, "cluster")
    }


def test_the_hook_is_not_called_without_a_change(emulator: Emulator) -> None:
    arn = emulator.cluster()
    emulator.call(OWNER, "TagResource", ResourceArn=arn, Tags={"a": "1"})
    emulator.tag_changes.clear()

    emulator.call(OWNER, "TagResource", ResourceArn=arn, Tags={"a": "1"})
    emulator.call(OWNER, "UntagResource", ResourceArn=arn, TagKeys=["b"])

    assert emulator.tag_changes == []


@pytest.mark.parametrize("emit", [False, True])
def test_whether_the_tags_of_a_new_cluster_emit_an_event_can_be_chosen(emit: bool) -> None:
    emulator = Emulator(Assumptions(tags_at_creation_emit=emit))

    emulator.call(
        OWNER,
        "CreateClusterV2",
        ClusterName="orders",
        Provisioned=emulator.provisioned(),
        Tags={"msklink": "auto"},
    )

    assert len(emulator.tag_changes) == emit


def test_tags_can_be_read_without_an_api_call(emulator: Emulator) -> None:
    arn = emulator.cluster()
    emulator.call(OWNER, "TagResource", ResourceArn=arn, Tags={"a": "1"})
    before = emulator.msk.calls.total()

    assert emulator.msk.tags_of(arn) == {"a": "1"}
    assert emulator.msk.tags_of("arn:aws:kafka:::cluster/none") == {}
    assert emulator.msk.calls.total() == before
