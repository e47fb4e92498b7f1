"""No more frames while too much waits for the terminal, whoever asks for them."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from textual.app import App
from textual.screen import Screen

from tui.ui.terminal.writer import TerminalWriter

MOST = 8_000
"""Bytes that may wait before the next frame is painted: less than what lies in buffers on the way anyway."""


class Backpressure:
    """Suspends an app's painting until everything has gone. What changes meanwhile is painted then, once."""

    def __init__(self, app: App[None], terminal_writer: TerminalWriter) -> None:
        self._app = app
        self._terminal_writer = terminal_writer
        self._held = ExitStack()
        self._screen: Screen[object] | None = None
        """The one that was shown when it began; None while nothing is held."""
        self._moved = False

    def look(self) -> None:
        """To be called after each frame, in the app's loop."""
        if (
            self._screen is None
            and self._terminal_writer.stuck
            and self._terminal_writer.waiting > MOST
            and self._app.is_running
        ):
            # Not within the frame: the layout that it belongs to is told of after it.
            asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        if self._screen is not None or not self._app.is_running:
            return
        self._screen, self._moved = self._app.screen, False
        self._screen.screen_layout_refresh_signal.subscribe(self._app, self._layout_changed, immediate=True)
        self._held.enter_context(self._app.batch_update())
        loop = asyncio.get_running_loop()

        def tell() -> None:
            try:
                loop.call_soon_threadsafe(self._release)
            except RuntimeError:
                pass  # The program has ended.

        self._terminal_writer.when_empty(tell)

    def _layout_changed(self, screen: Screen[object]) -> None:
        self._moved = True

    def _release(self) -> None:
        before, self._screen = self._screen, None
        self._held.close()
        if before is None or not self._app.is_running:
            return
        before.screen_layout_refresh_signal.unsubscribe(self._app)
        # What a new layout would have painted is lost while painting is suspended; all else is kept.
        if self._moved or self._app.screen is not before:
            self._app.screen.refresh()
        else:
            self._app.screen.check_idle()
