"""Signals that end the program: a terminal that was closed, a request to end."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import FrameType

from textual.app import App

from tui.signals import NOT_KEPT, code_of, handled

_PATIENCE = 2.0
"""Seconds that the program has to end as usual."""
_RESTORING = 0.5
"""Seconds that the terminal has to be restored when the program cannot end as usual."""


class Shutdown:
    """What signals do to an app.

    `save_all` writes what must not be lost and ends what runs; it returns whether everything is kept, and is called at
    most once. `restore_terminal` may block; it is not waited for much longer than half a second.
    """

    def __init__(self, app: App[None], save_all: Callable[[], bool], restore_terminal: Callable[[], None]) -> None:
        self._app = app
        self._save_all = save_all
        self._restore_terminal = restore_terminal
        self._loop: asyncio.AbstractEventLoop | None = None
        self.number: int | None = None
        """The signal that ends the program; None for none. Later ones change nothing."""

    def listening(self) -> AbstractContextManager[None]:
        """Listen within the block, which should hold the app's whole run and whatever is saved after it.

        Not by the loop's own handlers: they end with the loop, before everything is saved. A signal that is ignored
        (`nohup`) stays so.
        """
        return handled(self._received)

    def begin(self) -> None:
        """The app's loop runs: from here on a signal ends it, and so does one that was received before."""
        self._loop = asyncio.get_running_loop()
        if self.number is not None:
            self._end()

    def _received(self, number: int, frame: FrameType | None) -> None:
        if self.number is None:
            self.number = number
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        if self.number == getattr(signal, "SIGHUP", None):
            self._end_at_once()
        else:
            self._terminate()

    def _terminate(self) -> None:
        """End as usual; if that takes too long, save everything and end at once."""
        watchdog = threading.Timer(_PATIENCE, self._end_if_still_running)
        watchdog.daemon = True
        watchdog.start()
        self._app.exit(return_code=code_of(self.number or 0))

    def _end_if_still_running(self) -> None:
        if self._app.is_running:
            self._end_at_once()

    def _end_at_once(self) -> None:
        """Save everything and end: the terminal is gone or stuck, so that painting another frame could block."""
        from tui.background import start

        kept = False
        try:
            kept = self._save_all()
        finally:
            # The terminal is usually gone by then; where somebody sent the signal by hand it is not.
            start(self._restore_terminal, "restore terminal").join(_RESTORING)
            os._exit(code_of(self.number or 0) if kept else NOT_KEPT)
