"""What ends the program from outside: a closed terminal, a request to end."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from textual.app import App

from tui.core.signals import NOT_KEPT, code_of, heeded

_PATIENCE = 2.0
"""Seconds a terminated program has for an orderly end."""
_PUTTING_BACK = 0.5
"""Seconds that a terminal has to be put back in order when there is no time for that."""


class Shutdown:
    """What signals do to an app. `keep` writes and ends what must not be lost, and says whether everything is kept.

    It is called at most once. `put_back` puts the terminal in order; nobody waits for it for long.
    """

    def __init__(self, app: App[None], keep: Callable[[], bool], put_back: Callable[[], None]) -> None:
        self._app = app
        self._keep = keep
        self._put_back = put_back
        self._loop: asyncio.AbstractEventLoop | None = None
        self.number: int | None = None
        """The signal that ends the program; None for none. Later ones change nothing."""

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen within the block, which is to hold the app's whole run and whatever is kept after it.

        Not the loop's own handlers: they are gone with the loop, before everything is kept. What is ignored (`nohup`)
        stays so.
        """
        before = {number: signal.signal(number, self._came) for number in heeded()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def begin(self) -> None:
        """The app's loop runs; from here on a signal ends it, and so does one that came before."""
        self._loop = asyncio.get_running_loop()
        if self.number is not None:
            self._leave()

    def _came(self, number: int, frame: FrameType | None) -> None:
        if self.number is None:
            self.number = number
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        if self.number == getattr(signal, "SIGHUP", None):
            self._leave_at_once()
        else:
            self._terminate()

    def _terminate(self) -> None:
        """Leave in order; if that takes too long, keep everything and leave all the same."""
        watchdog = threading.Timer(_PATIENCE, self._give_up_waiting)
        watchdog.daemon = True
        watchdog.start()
        self._app.exit(return_code=code_of(self.number or 0))

    def _give_up_waiting(self) -> None:
        if self._app.is_running:
            self._leave_at_once()

    def _leave_at_once(self) -> None:
        """The terminal is gone or stuck: painting one more frame could hang. Keep everything, and go."""
        kept = False
        try:
            kept = self._keep()
        finally:
            # A signal says that the line is gone; somebody who sent it by hand is still there.
            putting_back = threading.Thread(target=self._put_back, daemon=True)
            putting_back.start()
            putting_back.join(_PUTTING_BACK)
            os._exit(code_of(self.number or 0) if kept else NOT_KEPT)
