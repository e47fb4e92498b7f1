"""A key that a server echoes goes no further, however the stream was cut."""

from __future__ import annotations

import itertools

import pytest

from tests.support.some import some
from tui.core.requests import events as ev
from tui.core.sessions.session_model import Endpoint
from tui.engine.protocol import Start
from tui.engine.redaction import HELD, KeyInStream, without_key
from tui.engine.thinking_tags import UnopenedThinking
from tui.net.secrets import REDACTED, SHORTEST_KEY

KEY = "sk-sk-proj-0123456789"
"""Its beginning occurs in it twice."""


def said(pieces: list[str]) -> str:
    stream = KeyInStream(KEY)
    return "".join([*map(stream.take, pieces), stream.rest()])


@pytest.mark.parametrize("before", ["", "Your key is ", "sk-", "sk-sk-", "sk-sk-sk-proj-"])
@pytest.mark.parametrize("after", ["", ".", KEY, "sk-sk-p"])
def test_no_cut_lets_a_key_through(before: str, after: str) -> None:
    whole = before + KEY + after
    for first, second in some(itertools.combinations_with_replacement(range(len(whole) + 1), 2)):
        told = said([whole[:first], whole[first:second], whole[second:]])
        assert KEY[HELD - 1 :] not in told and told.count(REDACTED) == whole.count(KEY)
        # All that may come before the blot is as much of the key as any word could hold.
        shown = told.replace(REDACTED, "")
        assert len(shown) - len(whole.replace(KEY, "")) in range((HELD - 1) * whole.count(KEY) + 1)
    letters = said(list(whole))
    assert KEY[HELD - 1 :] not in letters and letters.count(REDACTED) == whole.count(KEY)


@pytest.mark.parametrize("text", ["sk-", "ask-sk-p", "A sk, a sk-s and a sk-sk-proj-1.", ""])
def test_everything_else_is_left_as_it_is(text: str) -> None:
    for first, second in some(itertools.combinations_with_replacement(range(len(text) + 1), 2)):
        assert said([text[:first], text[first:second], text[second:]]) == text


@pytest.mark.parametrize("length", range(SHORTEST_KEY, len(KEY)))
def test_a_key_that_the_end_of_the_stream_cuts_is_taken_out_as_well(length: int) -> None:
    text = f"It is {KEY[:length]}"
    for first, second in some(itertools.combinations_with_replacement(range(len(text) + 1), 2)):
        told = said([text[:first], text[first:second], text[second:]])
        assert told.endswith(REDACTED) and len(told) - len(f"It is {REDACTED}") < HELD


def test_a_piece_that_is_no_part_of_a_key_is_not_held_back() -> None:
    stream = KeyInStream(KEY)
    assert [stream.take(piece) for piece in ("a ", "tas", "k", "s", "sk-", "!")] == ["a ", "tas", "k", "s", "sk-", "!"]
    assert [stream.take(piece) for piece in ("sk-s", "k-", "x")] == ["", "", "sk-sk-x"]


def test_every_event_of_a_request_with_a_key_is_looked_through_and_its_instants_stay() -> None:
    seen: list[ev.Event] = []
    endpoint = Endpoint("http://box/v1", "m", KEY)
    emit = without_key(Start("r1", endpoint, []), seen.append)
    text, thought = ev.Kind.ANSWER, ev.Kind.REASONING
    for event in (
        ev.Delta("r1", 1, 1, text, f"so {KEY[:9]}"), ev.Delta("r1", 2, 2, thought, KEY[:12]),
        ev.Delta("r1", 3, 3, text, f"{KEY[9:]}!"), ev.Delta("r1", 4, 4, thought, KEY[12:]),
        ev.Delta("r1", 5, 5, text, KEY[:7]), ev.Failed("r1", 6, "status", f"no {KEY}", f"use {KEY}", "E"),
    ):  # fmt: skip
        emit(event)
    assert seen == [
        ev.Delta("r1", 1, 1, text, "so "), ev.Delta("r1", 3, 3, text, f"{REDACTED}!"),
        ev.Delta("r1", 4, 4, thought, REDACTED),
        ev.Delta("r1", 5, 5, text, KEY[:7]), ev.Failed("r1", 6, "status", f"no {REDACTED}", f"use {REDACTED}", "E"),
    ]  # fmt: skip
    kept: list[ev.Event] = []
    for key in (None, "none", "short"):
        plain = without_key(Start("r1", Endpoint("http://box/v1", "m", key), []), kept.append)
        plain(ev.Delta("r1", 1, 1, text, "none short"))
    assert all(event == ev.Delta("r1", 1, 1, text, "none short") for event in some(kept)) and len(kept) == 3


def test_thinking_that_is_found_late_is_counted_in_what_goes_on() -> None:
    seen: list[ev.Event] = []
    emit = without_key(Start("r1", Endpoint("http://box/v1", "m", KEY), []), seen.append)
    pieces = [f"The key is {KEY[:9]}", f"{KEY[9:]}.", "\n</think>\n", "Hello!"]
    unopened = UnopenedThinking()
    for number, piece in enumerate(pieces, 1):
        delta = ev.Delta("r1", number, number, ev.Kind.ANSWER, piece)
        unopened.take(delta)
        emit(delta)
    found = unopened.found("r1")
    assert found is not None
    emit(found)
    text = "".join(event.text for event in seen if isinstance(event, ev.Delta))
    told = seen[-1]
    assert isinstance(told, ev.ThinkingFound) and KEY not in text
    assert (text[: told.thought_chars].strip(), text[told.answer_from :]) == (f"The key is {REDACTED}.", "Hello!")
    assert told.chunks == len(seen) - 2, "all deltas but the answer's, and the event itself"
