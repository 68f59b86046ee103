import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.refusals import MESSAGES, Code, refuse


def facts_of(code: Code) -> set[str]:
    texts = " ".join(MESSAGES[code])
    return {name for _, name, _, _ in string.Formatter().parse(texts) if name}


def test_every_code_has_its_texts() -> None:
    assert set(MESSAGES) == set(Code)


@pytest.mark.parametrize("code", list(Code))
def test_every_text_is_filled_in(code: Code) -> None:
    refusal = refuse(code, **dict.fromkeys(facts_of(code), "fact"))

    assert refusal.code is code
    assert refusal.message.endswith((".", "fact"))
    assert refusal.remedy.endswith(".")
    assert not {"{", "}"} & {*refusal.message, *refusal.remedy}


@given(st.text())
def test_facts_from_outside_are_not_used_as_templates(word: str) -> None:
    refusal = refuse(Code.CONNECTION_REFUSED_BY_MSK, problem=word)

    assert refusal.message.endswith(word)


def test_a_missing_fact_is_a_bug() -> None:
    with pytest.raises(KeyError):
        refuse(Code.VPC_NOT_FOUND, vpc_id="vpc-1")


@pytest.mark.parametrize("code", list(Code))
def test_every_fact_of_a_text_is_needed(code: Code) -> None:
    facts = facts_of(code)

    for missing in facts:
        with pytest.raises(KeyError, match=missing):
            refuse(code, **dict.fromkeys(facts - {missing}, "fact"))


@pytest.mark.parametrize("code", list(Code))
def test_braces_in_facts_are_literal(code: Code) -> None:
    refusal = refuse(code, **dict.fromkeys(facts_of(code), "{0} {code}"))

    assert "{{" not in refusal.message + refusal.remedy


def test_no_two_codes_have_the_same_text() -> None:
    assert len({message for message, _ in MESSAGES.values()}) == len(Code)


def test_codes_are_names_for_machines() -> None:
    assert all(code.value.isalpha() and code.value[0].isupper() for code in Code)
