import pytest

from msklink.arns import ClusterArn, console_link, is_cluster_name
from tests.unit.factories import ARN


def test_an_arn_is_split_into_its_parts() -> None:
    arn = ClusterArn.parse(ARN)

    assert (arn.partition, arn.region, arn.account) == ("aws", "eu-west-1", "111111111111")
    assert (arn.name, arn.uuid) == ("orders", "0b1c2d3e-aaaa-bbbb-cccc-1234567890ab-1")
    assert arn.text == ARN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "orders",
        ARN + "\n",
        ARN.replace("cluster/", "topic/"),
        ARN.replace("111111111111", "1111"),
        ARN.replace("orders", "öre"),
        ARN.replace("111111111111", "\N{ARABIC-INDIC DIGIT ONE}" * 12),
        ARN.replace("orders/", "orders/x/"),
    ],
)
def test_this_is_not_the_arn_of_a_cluster(text: str) -> None:
    assert ClusterArn.find(text) is None
    with pytest.raises(ValueError, match="is not the ARN of an MSK cluster"):
        ClusterArn.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("orders", True),
        ("Orders-2", True),
        ("o" * 64, True),
        ("o" * 65, False),
        ("", False),
        ("two words", False),
        ("orders/2", False),
        ("öre", False),
        ("orders\n", False),
    ],
)
def test_a_cluster_name_has_the_characters_that_msk_allows(text: str, expected: bool) -> None:
    assert is_cluster_name(text) is expected


@pytest.mark.parametrize(
    ("partition", "region", "start"),
    [
        ("aws", "eu-west-1", "https://eu-west-1.console.aws.amazon.com/states/"),
        ("aws-cn", "cn-north-1", "https://cn-north-1.console.amazonaws.cn/states/"),
        ("aws-us-gov", "us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/"),
    ],
)
def test_a_run_has_a_page_in_the_console_of_its_partition(
    partition: str, region: str, start: str
) -> None:
    arn = f"arn:{partition}:states:{region}:111111111111:execution:reconcile:orders-1"

    assert console_link(arn).startswith(start)
    assert console_link(arn).endswith(arn)


def test_a_partition_without_a_known_console_has_no_page() -> None:
    assert console_link("arn:aws-iso:states:us-iso-east-1:111111111111:execution:r:o-1") == ""
