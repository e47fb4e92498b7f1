"""The sentence in a server's error, wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest

from tui.net.said import error_message


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
