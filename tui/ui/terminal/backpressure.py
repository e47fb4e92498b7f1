"""Holds all frames back while too many bytes wait for the terminal, whoever asks for a frame."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from textual.app import App
from textual.screen import Screen

from tui.ui.terminal.writer import TerminalWriter

MOST = 8_000
"""Bytes that may wait when the next frame is painted: less than what buffers on the way hold anyway."""


class Backpressure:
    """Suspends an app's painting until everything has been written. What changes meanwhile is painted then, once."""

    def __init__(self, app: App[None], terminal_writer: TerminalWriter) -> None:
        self._app = app
        self._terminal_writer = terminal_writer
        self._held = ExitStack()
        self._screen: Screen[object] | None = None
        """The screen that was shown when painting was suspended; None while it is not."""
        self._moved = False
        """Whether the layout has changed since."""

    def check(self) -> None:
        """To be called after each frame, in the app's loop."""
        if (
            self._screen is None
            and self._terminal_writer.stuck
            and self._terminal_writer.waiting > MOST
            and self._app.is_running
        ):
            # Not within the frame: Textual announces the layout that it belongs to after it.
            asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        if self._screen is not None or not self._app.is_running:
            return
        self._screen, self._moved = self._app.screen, False
        self._screen.screen_layout_refresh_signal.subscribe(self._app, self._layout_changed, immediate=True)
        self._held.enter_context(self._app.batch_update())
        loop = asyncio.get_running_loop()

        def release() -> None:
            try:
                loop.call_soon_threadsafe(self._release)
            except RuntimeError:
                pass  # The program has ended.

        self._terminal_writer.when_empty(release)

    def _layout_changed(self, screen: Screen[object]) -> None:
        self._moved = True

    def _release(self) -> None:
        before, self._screen = self._screen, None
        self._held.close()
        if before is None or not self._app.is_running:
            return
        before.screen_layout_refresh_signal.unsubscribe(self._app)
        # While painting is suspended, what a new layout would have painted is lost; everything else is kept.
        if self._moved or self._app.screen is not before:
            self._app.screen.refresh()
        else:
            self._app.screen.check_idle()
