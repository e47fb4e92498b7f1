"""Words as a search takes them: those of scripts with marks, with joiners, and without spaces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.some import any_number_of
from tui.core.text.words import extract, spaced, wanted


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("cafe", "a café and a Cafeteria"),
        ("café", "one cafe\u0301 too"),
        ("हिन्दी", "यह हिन्दी है"),
        ("می\u200cخواهم", "من می\u200cخواهم بروم"),
        ("日本", "これは日本語です"),
        ("ภาษา", "นี่คือภาษาไทย"),
        ("left-to-right", "read it left to right"),
        ("don't", "I don’t know"),
        ("STRASSE", "die strasse"),
        ("3.5", "phi 3.5 mini"),
        ("x_y", "the x_y of it"),
    ],
)
def test_a_word_is_found_where_one_begins_with_it(words: str, text: str) -> None:
    place = extract(text, wanted(words))
    assert place is not None
    assert place.before + place.found + place.after


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("café", "a cafe"),
        ("cafe", "a café"),
        ("न्दी", "यह हिन्दी है"),
        ("خواهم", "من می\u200cخواهم بروم"),
        ("afe", "cafe"),
        ("語日", "日本語"),
    ],
)
def test_a_part_of_a_word_is_none(words: str, text: str) -> None:
    assert extract(text, wanted(words)) is None


def test_signs_alone_are_no_words() -> None:
    assert wanted('" * - ) AND') == wanted("AND")
    assert wanted("\u200d 👩\u200d👩") == []
    assert extract("anything", []) is None


def test_an_extract_is_one_line_around_the_first_place() -> None:
    text = "x" * 100 + "\nbefore needle\n\nafter " + "y" * 100
    place = extract(text, wanted("needle"), around=12)
    assert (str(place), place and place.found) == ("…xxxx before needle after yyyy…", "needle")

    assert place is not None
    assert str(place.within(16)) == "…ore needle aft…"
    assert str(place.within(3)) == "needle"
    assert place.within(100) == place


@given(st.text(), st.text())
@settings(max_examples=40)
def test_any_text_can_be_looked_for_in_any(words: str, text: str) -> None:
    extract(text, wanted(words))
    spaced(text)


@given(st.text(alphabet="abc é日本ह\u093f\u200dñ'-", min_size=1))
@settings(max_examples=40)
def test_each_word_of_a_text_is_found_in_it(text: str) -> None:
    for part in any_number_of(text.split()):
        if one := wanted(part):
            assert extract(text, one) is not None, part
