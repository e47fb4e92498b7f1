"""Textual's driver for programs whose terminal is a pair of pipes, which ends the program when the pipe ends."""

from __future__ import annotations

from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp


class PipeDriver(WebDriver):
    """A program whose server is gone has nobody to paint for, and must not stay behind."""

    def run_input_thread(self) -> None:
        """Read until the pipe ends or the program does."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._app.post_message(ExitApp())
