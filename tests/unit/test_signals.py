"""What ends the program: which signals, how they are put off, and what Windows sends instead."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

import pytest

from tui.signals import code_of, ending_signals, handled, uninterrupted


def test_a_signal_reaches_the_handler_and_what_was_there_before_comes_back() -> None:
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.getsignal(number) for number in ending_signals()}
    with handled(note):
        for number in before:
            signal.raise_signal(number)
    assert came == list(before) and signal.SIGINT in before
    assert {number: signal.getsignal(number) for number in before} == before


def test_what_comes_meanwhile_comes_at_the_end() -> None:
    order: list[str] = []

    def note(number: int, frame: FrameType | None) -> None:
        order.append("signal")

    with handled(note):
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            order.append("work")
        order.append("after")
    assert order == ["work", "signal", "after"]


@pytest.mark.skipif(sys.platform != "win32", reason="Windows' consoles")
@pytest.mark.parametrize("event", [2, 5, 6], ids=["close", "log off", "shut down"])
def test_the_end_of_a_console_is_a_signal_and_waits_for_the_program(event: int) -> None:
    from tui.signals import console_event

    came: list[int] = []
    arrived, done = threading.Event(), threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        arrived.set()

    returned = threading.Event()

    def as_windows_does() -> None:
        console_event(event, stay=lambda seconds: done.wait())
        returned.set()

    with handled(note):
        thread = threading.Thread(target=as_windows_does)
        thread.start()
        while not arrived.is_set():
            arrived.wait(0.05)
        assert came == [signal.SIGBREAK] and code_of(came[0]) == 130
        assert not returned.is_set()
        done.set()
        thread.join()


@pytest.mark.skipif(sys.platform != "win32", reason="Windows' consoles")
@pytest.mark.parametrize("event", [0, 1], ids=["ctrl+c", "ctrl+break"])
def test_other_events_of_a_console_are_left_to_python(event: int) -> None:
    from tui.signals import console_event

    assert console_event(event, stay=lambda seconds: pytest.fail("it waits")) == 0
