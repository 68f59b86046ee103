import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.cluster.server_properties import ALLOW_EVERYONE, everyone_is_allowed, read_properties
from tests.unit.factories import thorough


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Nothing to read.
        ("", {}),
        ("\n \t\f\n\r\n", {}),
        ("# a=b\n! a=b\n  #a=b\n\t!a=b", {}),
        # What separates a name from its value.
        ("a=b", {"a": "b"}),
        ("a:b", {"a": "b"}),
        ("a b", {"a": "b"}),
        ("a\tb", {"a": "b"}),
        ("a\fb", {"a": "b"}),
        ("a = b", {"a": "b"}),
        ("a : b", {"a": "b"}),
        ("a  \t b", {"a": "b"}),
        ("a==b", {"a": "=b"}),
        ("a= =b", {"a": "=b"}),
        ("a:=b", {"a": "=b"}),
        ("a b=c", {"a": "b=c"}),
        ("a", {"a": ""}),
        ("a=", {"a": ""}),
        ("a   ", {"a": ""}),
        ("=b", {"": "b"}),
        # Space around.
        ("  a=b", {"a": "b"}),
        ("a=b  ", {"a": "b  "}),
        ("a=b # c", {"a": "b # c"}),
        ("a#=b", {"a#": "b"}),
        # Ends of lines.
        ("a=b\nc=d", {"a": "b", "c": "d"}),
        ("a=b\r\nc=d\r\n", {"a": "b", "c": "d"}),
        ("a=b\rc=d", {"a": "b", "c": "d"}),
        ("a=b\n\n\nc=d", {"a": "b", "c": "d"}),
        ("a=b\u2028c=d", {"a": "b\u2028c=d"}),  # ends a line in Python only
        ("a=b\vc=d", {"a": "b\vc=d"}),
        # Lines that continue.
        ("a=b\\\nc", {"a": "bc"}),
        ("a=b\\\r\n   c", {"a": "bc"}),
        ("a=b,\\\n  c,\\\n  d\ne=f", {"a": "b,c,d", "e": "f"}),
        ("a\\\n=b", {"a": "b"}),
        ("a=b\\\n#c", {"a": "b#c"}),
        ("a=b\\\n\nc=d", {"a": "b", "c": "d"}),
        ("a=b\\\\\nc=d", {"a": "b\\", "c": "d"}),
        ("a=b\\\\\\\nc=d", {"a": "b\\c=d"}),
        ("a=b\\", {"a": "b"}),
        ("# a\\\nb=c", {"b": "c"}),
        # Escapes.
        ("a\\=b=c", {"a=b": "c"}),
        ("a\\:b=c", {"a:b": "c"}),
        ("a\\ b=c", {"a b": "c"}),
        ("a\\ = c", {"a ": "c"}),
        ("a\\\\=b", {"a\\": "b"}),
        ("a\\\\ b", {"a\\": "b"}),
        ("a\\\\\\=b=c", {"a\\=b": "c"}),
        ("\\#a=b", {"#a": "b"}),
        ("a=\\t\\n\\r\\f\\z\\\\", {"a": "\t\n\r\fz\\"}),
        ("a=\\ b", {"a": " b"}),
        ("a=\\u00e9", {"a": "é"}),
        ("\\u0061=b", {"a": "b"}),
        ("a=\\\\u0061", {"a": "\\u0061"}),
        ("é=ü", {"é": "ü"}),
        # The last wins.
        ("a=b\na=c", {"a": "c"}),
        ("a=b\na", {"a": ""}),
        ("a=b\n#a=c", {"a": "b"}),
    ],
)
def test_a_configuration_is_read_as_java_reads_properties(
    text: str, expected: dict[str, str]
) -> None:
    assert read_properties(text) == expected


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        (None, True),  # MSK's default configuration
        ("", True),
        ("auto.create.topics.enable=false", True),
        (f"{ALLOW_EVERYONE}=true", True),
        (f"{ALLOW_EVERYONE}=", True),
        (f"{ALLOW_EVERYONE}=no", True),  # says nothing that Kafka understands
        (f"{ALLOW_EVERYONE}=0", True),
        (f"#{ALLOW_EVERYONE}=false", True),
        (f"{ALLOW_EVERYONE.upper()}=false", True),  # names have a case
        (f"{ALLOW_EVERYONE}x=false", True),
        (f"{ALLOW_EVERYONE}=false\n{ALLOW_EVERYONE}=true", True),
        (f"auto.create.topics.enable=\\\n{ALLOW_EVERYONE}=false", True),
        (f"{ALLOW_EVERYONE}=false", False),
        (f"{ALLOW_EVERYONE}=False", False),
        (f"{ALLOW_EVERYONE}=FALSE", False),
        (f"{ALLOW_EVERYONE}=false  ", False),
        (f"{ALLOW_EVERYONE}=false\r\n", False),
        (f"{ALLOW_EVERYONE} : false", False),
        (f"  {ALLOW_EVERYONE} false", False),
        (f"{ALLOW_EVERYONE}=fal\\\n  se", False),
        (f"{ALLOW_EVERYONE}=\\u0066alse", False),
        (f"{ALLOW_EVERYONE}=true\n{ALLOW_EVERYONE}=false", False),
        (f"# ACLs are set\n\nnum.partitions=3\n{ALLOW_EVERYONE}=false\n", False),
    ],
)
def test_everyone_is_allowed_unless_the_configuration_says_false(
    text: str | None, allowed: bool
) -> None:
    assert everyone_is_allowed(text) is allowed


@thorough
@given(st.text(st.sampled_from("ab#!=: \t\f\n\r\\u0e\v\0") | st.characters()))
def test_any_text_can_be_read(text: str) -> None:
    properties = read_properties(text)

    assert len(properties) <= 1 + text.count("\n") + text.count("\r")
    assert everyone_is_allowed(text) in {True, False}


def _escaped(text: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}
    return "".join(named.get(one, f"\\{one}" if one in "#!=: \\" else one) for one in text)


@thorough
@given(st.dictionaries(st.text(), st.text()), st.sampled_from(["=", ":", " = ", "\t", "=\\\n  "]))
def test_an_escaped_property_is_read_back(properties: dict[str, str], separator: str) -> None:
    lines = [
        f"{_escaped(name)}{separator}{_escaped(it)}" for name, it in properties.items() if name
    ]

    assert read_properties("\n".join(lines)) == {
        name: value for name, value in properties.items() if name
    }
