"""The managed policies for people: the operator may do what the viewer may, and set tags."""

from typing import Any

from msklink.aws.dry_run.call import READS
from tests.support.cloudformation import resources

TAGGING = ["kafka:TagResource", "kafka:UntagResource"]


def statements(policy: str) -> list[dict[str, Any]]:
    policies = resources("AWS::IAM::ManagedPolicy")
    found: list[dict[str, Any]] = policies[policy]["PolicyDocument"]["Statement"]
    return found


def actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


def test_the_operator_may_do_what_the_viewer_may_and_set_tags_of_the_namespace() -> None:
    *read, tagging = statements("OperatorPolicy")

    assert read == statements("ViewerPolicy")
    assert actions(tagging) == TAGGING
    assert list(tagging["Condition"]) == ["ForAllValues:StringLike"]
    assert list(tagging["Condition"]["ForAllValues:StringLike"]) == ["aws:TagKeys"]


def test_the_viewer_reads_and_invokes_the_function_that_plans_only() -> None:
    every = [(action, one) for one in statements("ViewerPolicy") for action in actions(one)]
    reads = tuple(f":{one}" for one in (*READS, "Scan"))
    changing = [
        (action, one) for action, one in every if not action[action.index(":") :].startswith(reads)
    ]

    assert [(action, one["Resource"]) for action, one in changing] == [
        ("lambda:InvokeFunction", {"Fn::GetAtt": ["PlanClusterFunction", "Arn"]})
    ]
