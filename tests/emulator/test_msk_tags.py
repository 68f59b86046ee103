"""Tags: the grammar, who may, and who hears of it."""

import pytest

from localcloud.msk import Assumptions
from tests.emulator.builders import CLIENT, OWNER, Scene


def tags(scene: Scene, arn: str) -> dict[str, str]:
    found: dict[str, str] = scene.call(OWNER, "ListTagsForResource", ResourceArn=arn)["Tags"]
    return found


def test_tagging_adds_and_overwrites_and_untagging_removes(scene: Scene) -> None:
    arn = scene.cluster()

    scene.call(OWNER, "TagResource", ResourceArn=arn, Tags={"a": "1", "b": "2"})
    scene.call(OWNER, "TagResource", ResourceArn=arn, Tags={"b": "3"})
    scene.call(OWNER, "UntagResource", ResourceArn=arn, TagKeys=["a", "never-there"])

    assert tags(scene, arn) == {"b": "3"}


def test_a_connection_has_tags_of_its_own(scene: Scene) -> None:
    connection = scene.connect(scene.private_cluster())

    scene.call(CLIENT, "TagResource", ResourceArn=connection, Tags={"team": "a"})

    shown = scene.call(CLIENT, "DescribeVpcConnection", Arn=connection)
    assert shown["Tags"] == {"team": "a"}
    assert scene.tag_changes[-1].resource_type == "vpc-connection"


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
    scene: Scene, wrong: dict[str, str]
) -> None:
    arn = scene.cluster()

    error = scene.refusal(OWNER, "TagResource", ResourceArn=arn, Tags=wrong)

    assert (error.code, error.invalid_parameter) == ("BadRequestException", "tags")
    assert tags(scene, arn) == {}


def test_the_tags_that_msklink_uses_are_in_the_grammar(scene: Scene) -> None:
    arn = scene.cluster()
    wanted = {"msklink": "iam scram tls", "msklink/clients/2": "222222222222 333333333333"}

    scene.call(OWNER, "TagResource", ResourceArn=arn, Tags=wanted)

    assert tags(scene, arn) == wanted


def test_a_resource_holds_50_tags_however_they_came(scene: Scene) -> None:
    arn = scene.cluster()
    scene.call(OWNER, "TagResource", ResourceArn=arn, Tags={f"k{n}": "" for n in range(50)})

    assert scene.refusal(OWNER, "TagResource", ResourceArn=arn, Tags={"more": ""}).status == 400


def test_tags_of_others_are_closed_and_of_nothing_not_found(scene: Scene) -> None:
    arn = scene.private_cluster()

    assert scene.refusal(CLIENT, "ListTagsForResource", ResourceArn=arn).status == 403
    assert scene.refusal(OWNER, "ListTagsForResource", ResourceArn=arn + "9").status == 404


def test_the_hook_hears_changed_keys_and_all_tags_after(scene: Scene) -> None:
    arn = scene.cluster()

    scene.call(OWNER, "TagResource", ResourceArn=arn, Tags={"a": "1", "b": "2"})
    scene.call(OWNER, "TagResource", ResourceArn=arn, Tags={"b": "2", "c": "3"})
    scene.call(OWNER, "UntagResource", ResourceArn=arn, TagKeys=["a"])

    heard = [(change.changed_keys, change.tags, change.version) for change in scene.tag_changes]
    assert heard == [
        (("a", "b"), {"a": "1", "b": "2"}, 1),
        (("c",), {"a": "1", "b": "2", "c": "3"}, 2),
        (("a",), {"b": "2", "c": "3"}, 3),
    ]
    assert {(change.resource_arn, change.resource_type) for change in scene.tag_changes} == {
        (arn, "cluster")
    }


def test_the_hook_hears_nothing_when_nothing_changed(scene: Scene) -> None:
    arn = scene.cluster()
    scene.call(OWNER, "TagResource", ResourceArn=arn, Tags={"a": "1"})
    scene.tag_changes.clear()

    scene.call(OWNER, "TagResource", ResourceArn=arn, Tags={"a": "1"})
    scene.call(OWNER, "UntagResource", ResourceArn=arn, TagKeys=["b"])

    assert scene.tag_changes == []


@pytest.mark.parametrize("emit", [False, True])
def test_whether_a_new_clusters_tags_are_heard_can_be_chosen(emit: bool) -> None:
    scene = Scene(Assumptions(tags_at_creation_emit=emit))

    scene.call(
        OWNER,
        "CreateClusterV2",
        ClusterName="orders",
        Provisioned=scene.provisioned(),
        Tags={"msklink": "auto"},
    )

    assert len(scene.tag_changes) == emit


def test_a_door_can_look_up_tags_without_a_call(scene: Scene) -> None:
    arn = scene.cluster()
    scene.call(OWNER, "TagResource", ResourceArn=arn, Tags={"a": "1"})
    before = scene.msk.calls.total()

    assert scene.msk.tags_of(arn) == {"a": "1"}
    assert scene.msk.tags_of("arn:aws:kafka:::cluster/none") == {}
    assert scene.msk.calls.total() == before
