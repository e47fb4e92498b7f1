"""A name with a slip in it finds the one that was meant, and another finds none."""

from __future__ import annotations

import pytest

from tui.core.text.nearest import nearest, unknown_name

NAMES = ("default_host", "default_models", "theme", "plan.max_tokens", "hosts")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("defualt_host", "default_host"),
        ("default-model", "default_models"),
        ("THEME", "theme"),
        ("plan.maxtokens", "plan.max_tokens"),
        ("host", "hosts"),
        ("zzz", None),
        ("", None),
    ],
)
def test_a_slip_of_the_finger_finds_the_name_that_was_meant(name: str, meant: str | None) -> None:
    assert nearest(name, NAMES) == meant


def test_of_names_that_differ_in_case_alone_the_first_is_named() -> None:
    assert nearest("Themes", ["Theme", "theme"]) == "Theme"


def test_the_sentence_names_the_nearest_or_else_all_there_are() -> None:
    assert unknown_name("them", NAMES, "a key") == "`them` is not a key that is known; did you mean `theme`?"
    assert unknown_name("xyzzy", ["a", "b"], "a key") == "`xyzzy` is not a key that is known; known are a, b"


def test_a_name_of_any_length_costs_little() -> None:
    assert nearest("x" * 1_000_000, NAMES) is None
    assert len(unknown_name("x" * 1_000_000, NAMES, "a key")) < 300
