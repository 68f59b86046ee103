"""The formats of a result."""

import json

import pytest
import yaml

from msklink_cli.errors import CommandError
from msklink_cli.output import Format, Result, console, show

DATA = {
    "clusters": [
        {"name": "orders", "on": ["iam", "tls"], "clients": {"published": 2}, "run": None},
        {"name": "größe", "on": [], "clients": {}, "run": None},
    ]
}
RESULT = Result(DATA, lambda drawn: drawn.print("a picture", style="bold red"))


def printed(
    capsys: pytest.CaptureFixture[str], form: Format | None, query: str | None = None
) -> str:
    show(RESULT, form, query)
    return capsys.readouterr().out


def test_people_get_the_drawing_without_colours_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert printed(capsys, None) == printed(capsys, Format.TABLE) == "a picture\n"


def test_json_and_yaml_have_all_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(printed(capsys, Format.JSON)) == DATA
    assert yaml.safe_load(printed(capsys, Format.YAML)) == DATA


def test_text_has_a_line_for_each_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, Format.TEXT).splitlines() == [
        "CLUSTERS\torders\tNone",
        "CLIENTS\t2",
        "ON\tiam\ttls",
        "CLUSTERS\tgröße\tNone",
    ]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("clusters[].name", "orders\tgröße\n"),
        ("clusters[0].name", "orders\n"),
        ("clusters[?name=='orders'].on[]", "iam\ttls\n"),
        ("nothing", "None\n"),
    ],
)
def test_a_query_chooses_a_part(capsys: pytest.CaptureFixture[str], query: str, text: str) -> None:
    assert printed(capsys, Format.TEXT, query) == text


def test_the_result_of_a_query_is_json_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(printed(capsys, None, "clusters[].name")) == ["orders", "größe"]


@pytest.mark.parametrize("query", ["clusters[", "", "length(clusters, 1)", "nope(@)"])
def test_a_malformed_query_is_refused(query: str) -> None:
    with pytest.raises(CommandError) as refused:
        show(RESULT, Format.JSON, query)

    assert refused.value.code == "MalformedQuery"
    assert "\n" not in refused.value.line


def test_a_query_has_no_table() -> None:
    with pytest.raises(CommandError) as refused:
        show(RESULT, Format.TABLE, "clusters")

    assert refused.value.code == "QueryWithoutFormat"


def test_no_text_is_read_as_markup_or_emoji(capsys: pytest.CaptureFixture[str]) -> None:
    console().print("[red]the tag :smile: of others[/red]")

    assert capsys.readouterr().out == "[red]the tag :smile: of others[/red]\n"
