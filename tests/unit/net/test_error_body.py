"""The sentence in a server's error, wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest

from tui.net.error_body import MAX_CHARS, error_message
from tui.net.failures import without_origin


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": "gone"}, "gone"),
        ({"error": {"message": " gone "}}, "gone"),
        ({"error": {"detail": "gone"}}, "gone"),
        ({"error": {"error": "gone"}}, "gone"),
        ({"error": {"code": 502}}, "code 502"),
        ({"error": {"code": "no_quota"}}, "no_quota"),
        ({"error": {"code": True}}, None),
        ({"error": {"message": 7, "code": 9**99}}, None),
        ({"error": {"message": ["gone"]}}, None),
        ({"error": "", "message": "gone"}, "gone"),
        ({"error": True, "detail": "gone"}, "gone"),
        ({"errors": [{"message": "gone"}, "away"]}, "gone; away"),
        ({"error_msg": "gone"}, "gone"),
        ({"msg": "gone"}, "gone"),
        ([{"error": {"message": "gone"}}], "gone"),
        ([{"error": "gone"}, {"error": "away"}], None),
        ({"message": {"role": "assistant", "content": "Hello"}}, None),
        ([], None),
        ("gone", None),
        (None, None),
    ],
)
def test_an_error_is_found_in_the_usual_places(body: Any, said: str | None) -> None:
    assert error_message(body) == said


NESTED: list[Any] = []
for _ in range(100_000):
    NESTED = [NESTED]
LONG = "A" * 1_000_000


@pytest.mark.parametrize(
    "body",
    [
        {"error": LONG},
        {"error": {"message": LONG}},
        {"error": {"code": LONG}},
        {"detail": [{"msg": LONG, "loc": ["body"]}]},
        {"errors": [LONG[:500]] * 4000},
        [{"message": LONG}],
    ],
)
def test_of_a_sentence_without_end_the_beginning_is_taken(body: Any) -> None:
    said = error_message(body)
    assert said is not None and len(said) == MAX_CHARS


def test_a_place_that_is_no_name_is_left_out() -> None:
    assert error_message({"detail": [{"msg": "gone", "loc": ["body", NESTED, 0]}]}) == "body.0: gone"


def test_a_word_of_any_length_is_looked_through_once() -> None:
    """A search that began again at each of its letters would take longer than anybody waits."""
    assert without_origin(LONG) == LONG
    assert without_origin(f"{LONG} a.cc:1 f(int) gone") == f"{LONG} gone"
