"""How long messages wait for others before they are written to the program."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Thread

import pytest

from tui.core.requests import events as ev
from tui.engine import __main__ as engine

PATIENCE_S = 30.0
LONG_S = 600.0
END = ev.Ended("r1", 9, "stop", True)


def text(number: int) -> ev.Delta:
    return ev.Delta("r1", number, number, ev.Kind.ANSWER, "x")


def taken(outbox: engine.Outbox) -> SimpleQueue[list[object]]:
    """What one `take()` gives, in a thread that waits for it."""
    found: SimpleQueue[list[object]] = SimpleQueue()
    Thread(target=lambda: found.put(list(outbox.take())), daemon=True).start()
    return found


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> engine.Outbox:
    """One in which text would wait for longer than any test, but for a request's first; that of r1 has come."""
    outbox = engine.Outbox()
    outbox.put(text(0))
    assert outbox.take() == [text(0)]
    monkeypatch.setattr(engine, "GATHER_S", LONG_S)
    return outbox


def test_a_request_s_first_text_waits_for_nothing(outbox: engine.Outbox) -> None:
    other = ev.Delta("r2", 1, 1, ev.Kind.REASONING, "y")
    outbox.put(other)
    assert taken(outbox).get(timeout=PATIENCE_S) == [other]


def test_text_waits_for_more_of_it(outbox: engine.Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    found = taken(outbox)
    outbox.put(text(1))
    outbox.put(text(2))
    assert found.empty()
    outbox.put(END)
    assert found.get(timeout=PATIENCE_S) == [text(1), text(2), END]
    monkeypatch.setattr(engine, "GATHER_S", 0.0)
    outbox.put(text(3))
    assert taken(outbox).get(timeout=PATIENCE_S) == [text(3)], "and no longer than it may"


def test_whatever_is_no_text_waits_for_nothing(outbox: engine.Outbox) -> None:
    for message in (ev.Sent("r1", 1, 1), ev.Headers("r1", 2), END, None):
        outbox.put(message)
        assert taken(outbox).get(timeout=PATIENCE_S) == [message]


def test_much_text_does_not_wait(outbox: engine.Outbox) -> None:
    for _ in range(2):
        found = taken(outbox)
        texts = [text(number) for number in range(engine.ENOUGH)]
        for one in texts:
            outbox.put(one)
        assert found.get(timeout=PATIENCE_S) == texts
