"""Look at the cluster before any tag and before private connectivity is on."""

from typing import Any

from msklink.cluster.description import ClusterDescription
from tools.smoke.accounts import attempt
from tools.smoke.kinds.observers import observed
from tools.smoke.smoke import TAG, NotInTime, Smoke
from tools.smoke.steps import policy_questions

PAGE = 100
EVENT_MINUTES = 5
"""How long an event may take; EventBridge delivers within seconds, CloudTrail within minutes."""

NO_PAGE = "No list of the account is long enough."


def run(smoke: Smoke) -> None:
    info = smoke.cluster()
    private = _connectivity(info).get("VpcConnectivity")
    if schemes_on(private):
        for key in ("C3", "unconnected_cannot_list", "fresh_shows_flags"):
            smoke.leave_open(key, "Private connectivity is on for the cluster already.")
    else:
        _ask_about_connections(smoke)
        _ask_about_flags(smoke, private)
    _compare_describe_and_list(smoke, info)
    _ask_about_pages(smoke)
    if smoke.has_own_cluster:
        _ask_about_tags(smoke)
        policy_questions.ask(smoke)


def _connectivity(info: dict[str, Any]) -> dict[str, Any]:
    nodes = info.get("Provisioned", {}).get("BrokerNodeGroupInfo", {})
    found: dict[str, Any] = nodes.get("ConnectivityInfo") or {}
    return found


def private_schemes(info: dict[str, Any]) -> set[str]:
    """Return the schemes that are on for private connectivity: Iam, Scram, Tls."""
    return schemes_on(_connectivity(info).get("VpcConnectivity"))


def schemes_on(private: dict[str, Any] | None) -> set[str]:
    """Return the schemes that are on in VpcConnectivity."""
    block = (private or {}).get("ClientAuthentication") or {}
    sasl = block.get("Sasl") or {}
    flags = {"Iam": sasl.get("Iam"), "Scram": sasl.get("Scram"), "Tls": block.get("Tls")}
    return {name for name, flag in flags.items() if (flag or {}).get("Enabled")}


def _ask_about_connections(smoke: Smoke) -> None:
    found = attempt(smoke.kafka.list_client_vpc_connections, ClusterArn=smoke.cluster_arn)
    smoke.judge(
        "unconnected_cannot_list",
        confirmed=found.code == "BadRequestException",
        reason=found.code or "it lists nothing",
        evidence=found.evidence,
    )
    known = found.accepted or found.code == "BadRequestException"
    reason = found.code or "it lists nothing"
    smoke.judge("C3", confirmed=known, reason=reason, evidence=found.evidence)


def _ask_about_flags(smoke: Smoke, private: dict[str, Any] | None) -> None:
    block = (private or {}).get("ClientAuthentication") or {}
    shown = "Sasl" in block and "Tls" in block
    smoke.judge(
        "fresh_shows_flags",
        confirmed=shown,
        reason="all flags are there" if shown else "the flags are missing",
        evidence={"call": "kafka:DescribeClusterV2", "answer": {"VpcConnectivity": private}},
    )


def _compare_describe_and_list(smoke: Smoke, described: dict[str, Any]) -> None:
    pages = smoke.kafka.get_paginator("list_clusters_v2").paginate()
    clusters = [one for page in pages for one in page["ClusterInfoList"]]
    listed = next(one for one in clusters if one["ClusterArn"] == smoke.cluster_arn)
    missing = sorted(described["Provisioned"].keys() - listed.get("Provisioned", {}).keys())
    smoke.judge(
        "list_leaves_out",
        confirmed=not missing,
        reason=f"ListClustersV2 lacks {', '.join(missing)}" if missing else "both have the same",
        evidence={"call": "kafka:ListClustersV2", "missing": missing},
    )
    prints = [
        ClusterDescription.read(one).fingerprint(smoke.options.namespace)
        for one in (described, listed)
    ]
    same = prints[0] == prints[1]
    smoke.judge(
        "C4",
        confirmed=same,
        reason="the same" if same else "another: each sweep has to describe the cluster",
        evidence={"DescribeClusterV2": prints[0], "ListClustersV2": prints[1]},
    )


def _ask_about_pages(smoke: Smoke) -> None:
    """Answer how many items a page has, if any list of the account has more than a page."""
    kafka, longest = smoke.kafka, 0
    for call, key in (
        (kafka.list_clusters_v2, "ClusterInfoList"),
        (kafka.list_configurations, "Configurations"),
    ):
        found = attempt(call)
        items = (found.answer or {}).get(key, [])
        if (found.answer or {}).get("NextToken") or len(items) > PAGE:
            smoke.judge(
                "default_page",
                confirmed=len(items) == PAGE,
                reason=f"a page has {len(items)}",
                evidence={"call": found.call, "items": len(items)},
            )
            return
        longest = max(longest, len(items))
    smoke.leave_open("default_page", f"{NO_PAGE} The longest has {longest} items.")


def _ask_about_tags(smoke: Smoke) -> None:
    """Answer which tags of MSK make events, and which characters they may have."""
    arn = smoke.cluster_arn
    refused = attempt(smoke.kafka.tag_resource, ResourceArn=arn, Tags={"smoke-test": "a:b,c"})
    smoke.judge(
        "tag_characters",
        confirmed=not refused.accepted,
        reason=refused.code or "a colon and a comma are accepted",
        evidence=refused.evidence,
    )
    if refused.accepted:
        smoke.kafka.untag_resource(ResourceArn=arn, TagKeys=["smoke-test"])
    created = len(_tag_events(smoke, TAG))
    smoke.judge(
        "tags_at_creation_emit",
        confirmed=not created,
        reason=f"{created} events",
        evidence={"events": _tag_events(smoke, TAG)},
    )
    smoke.kafka.tag_resource(ResourceArn=arn, Tags=smoke.tags)  # changes nothing
    smoke.kafka.tag_resource(ResourceArn=arn, Tags={"smoke-test-done": "1"})
    smoke.kafka.untag_resource(ResourceArn=arn, TagKeys=["smoke-test-done"])
    try:
        smoke.until(
            lambda: _tag_events(smoke, "smoke-test-done"), "a tag event comes", EVENT_MINUTES
        )
    except NotInTime:
        smoke.leave_open("tagging_again", "No tag event came at all.")
        return
    again = len(_tag_events(smoke, TAG)) - created
    smoke.judge(
        "tagging_again",
        confirmed=not again,
        reason=f"{again} events",
        evidence={"events": _tag_events(smoke, TAG)},
    )


def _tag_events(smoke: Smoke, key: str) -> list[dict[str, Any]]:
    """Return the events aws.tag about *key* on clusters."""
    return [
        one
        for one in observed(smoke, "owner")
        if one["source"] == "aws.tag"
        and one.get("service") == "kafka"
        and key in one.get("changed-tag-keys", [])
    ]
