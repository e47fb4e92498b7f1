"""What ends the program from outside: a closed terminal, a request to end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable

from textual.app import App

_HANGUP_CODE, _TERMINATED_CODE = 129, 143
_PATIENCE = 2.0
"""Seconds a terminated program has for an orderly end."""


class Leaving:
    """Listens to signals for a running app. `keep` writes and ends what must not be lost; it may be called once."""

    def __init__(self, app: App[None], keep: Callable[[], None]) -> None:
        self._app = app
        self._keep = keep

    def watch(self) -> None:
        """Begin to listen; the app's loop is running."""
        if sys.platform == "win32":
            # There is no loop handler here; console close and Ctrl+Break arrive as SIGBREAK.
            signal.signal(signal.SIGBREAK, lambda *_: self._terminate())
        else:
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGHUP, self._leave_at_once, _HANGUP_CODE)
            loop.add_signal_handler(signal.SIGTERM, self._terminate)

    def _terminate(self) -> None:
        """Leave in order; if that takes too long, keep everything and leave all the same."""
        watchdog = threading.Timer(_PATIENCE, self._give_up_waiting)
        watchdog.daemon = True
        watchdog.start()
        self._app.exit(return_code=_TERMINATED_CODE)

    def _give_up_waiting(self) -> None:
        if self._app.is_running:
            self._leave_at_once(_TERMINATED_CODE)

    def _leave_at_once(self, code: int) -> None:
        """The terminal is gone or stuck: painting one more frame could hang. Keep everything, and go."""
        self._keep()
        os._exit(code)
