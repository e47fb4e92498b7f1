"""What `run --json` says of a request."""

from __future__ import annotations

from tests.support.everything import everything
from tui.cli.run import _as_json


def test_a_follow_up_has_its_conversation_as_it_was_sent() -> None:
    session = everything()
    first, later = (_as_json(session, session.requests[run]) for run in ("r1", "r4"))
    assert first["conversation"] is None
    assert later["conversation"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Who are you?"},
        {"role": "assistant", "content": "I am alpha by Acme."},
        {"role": "user", "content": "Are you sure?"},
    ]
    del session.requests["r1"]
    assert _as_json(session, session.requests["r4"])["conversation"] is None, "what it follows is in no file"
