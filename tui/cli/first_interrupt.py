"""A first Ctrl+C that asks for an end, and a second one that does not wait for it."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType

from tui.cli.output import say


class FirstInterrupt:
    """From `begin()` to the end of the block the first interrupt is noted and said; the next is what it always is.

    Where interrupts are ignored (`nohup`), or in another thread than the main one, nothing is changed.
    """

    def __init__(self, sentence: str) -> None:
        """`sentence` says what happens now, and what a second interrupt does."""
        self._sentence = sentence
        self._came = False
        self._before: object = None

    def came(self) -> bool:
        """Whether there was an interrupt."""
        return self._came

    def __enter__(self) -> FirstInterrupt:
        return self

    def begin(self) -> None:
        """There is something now that comes to an end by itself."""
        try:
            if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
                self._before = signal.signal(signal.SIGINT, self._note)
        except ValueError:  # Python changes handlers in its main thread alone.
            self._before = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_back()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._came = True
        self._give_back()
        say(f"\n{self._sentence}")

    def _give_back(self) -> None:
        if callable(self._before) or isinstance(self._before, int):
            signal.signal(signal.SIGINT, self._before)
            self._before = None
