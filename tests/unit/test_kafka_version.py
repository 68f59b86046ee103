import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.cluster.eligibility import cluster_refusal, cluster_warnings
from msklink.cluster.kafka_version import is_supported, read_version
from msklink.refusals import Code
from tests.unit.factories import cluster, thorough


@pytest.mark.parametrize(
    ("text", "version", "supported"),
    [
        # Everything that MSK lists, has listed, or is about to.
        ("1.1.1", (1, 1, 1), False),
        ("2.2.1", (2, 2, 1), False),
        ("2.4.1.1", (2, 4, 1), False),  # four numbers
        ("2.6.3", (2, 6, 3), False),
        ("2.7.0", (2, 7, 0), False),  # the last that is too old
        ("2.7.1", (2, 7, 1), True),  # the first that is not
        ("2.7.2", (2, 7, 2), True),
        ("2.8.0", (2, 8, 0), True),
        ("2.8.2.tiered", (2, 8, 2), True),
        ("3.3.2", (3, 3, 2), True),
        ("3.6.0.1", (3, 6, 0), True),
        ("3.7.x", (3, 7, None), True),
        ("3.7.x.kraft", (3, 7, None), True),
        ("3.9.x", (3, 9, None), True),
        ("4.0.x.kraft", (4, 0, None), True),
        ("4.1.x", (4, 1, None), True),
        # Numbers are compared as numbers.
        ("2.10.0", (2, 10, 0), True),
        ("2.7.10", (2, 7, 10), True),
        ("10.0.0", (10, 0, 0), True),
        ("1.9.9", (1, 9, 9), False),
        ("02.07.01", (2, 7, 1), True),
        # An x is whatever patch MSK runs, so the latest.
        ("2.7.x", (2, 7, None), True),
        ("2.6.x", (2, 6, None), False),
        ("1.1.x.kraft", (1, 1, None), False),
    ],
)
def test_a_version_is_read_in_the_form_of_msk(
    text: str, version: tuple[int, int, int | None], supported: bool
) -> None:
    assert read_version(text) == version
    assert is_supported(text) is supported

    refusal = cluster_refusal(cluster(kafka_version=text))
    assert (refusal and refusal.code) == (None if supported else Code.KAFKA_TOO_OLD)
    assert not cluster_warnings(cluster(kafka_version=text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "x",
        "2",
        "2.x",
        "2.8",
        "2.x.x",
        "2.7.X",
        "2.7.1 ",
        " 2.7.1",
        "2.7.1\n",
        "2.7.1-rc1",
        "2.7.1.",
        "2..1",
        "-2.7.1",
        "v3.6.0",
        "3.6.xy",
        "99999.0.0",
        "2.7.\N{ARABIC-INDIC DIGIT ONE}",
        "latest",
    ],
)
def test_msk_decides_about_a_version_that_cannot_be_read(text: str) -> None:
    assert read_version(text) is None
    assert is_supported(text) is None

    [warning] = cluster_warnings(cluster(kafka_version=text))
    assert warning.code is Code.KAFKA_VERSION_UNKNOWN
    assert cluster_refusal(cluster(kafka_version=text)) is None


spellings = st.lists(
    st.sampled_from(
        ["0", "1", "2", "3", "7", "8", "27", "x", "kraft", "tiered", "", "٣", " ", "-"]
    ),
    max_size=6,
).map(".".join)


@thorough
@given(spellings | st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    version = read_version(text)

    assert (is_supported(text) is None) is (version is None)
    assert version is None or version[:2] == tuple(map(int, text.split(".")[:2]))


@thorough
@given(st.tuples(*[st.integers(0, 9999)] * 3))
def test_versions_from_2_7_1_are_supported(version: tuple[int, int, int]) -> None:
    assert is_supported(".".join(map(str, version))) is (version >= (2, 7, 1))
