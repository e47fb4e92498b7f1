"""A program of two text fields, with the driver and the order of keys of the terminal's program.

`python -P -m tests.support.keyed FILE`: what stands in the fields, where the focus is and what was submitted goes to
FILE, as JSON, after each change. Ctrl+q ends the program.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from tui.ui.terminal.driver import bounded_driver
from tui.ui.terminal.keys_in_turn import KeysInTurn
from tui.ui.terminal.writer import TerminalWriter
from tui.ui.widgets.line_field import LineField
from tui.ui.widgets.prompt import PromptField


class Keyed(KeysInTurn[None]):
    BINDINGS: ClassVar[list[BindingType]] = [("l", "line", "To the line"), ("3", "three", "Three")]

    def __init__(self, report: Path) -> None:
        super().__init__(driver_class=bounded_driver(TerminalWriter()))
        self.report = report
        self.submitted: list[str] = []
        self.threes = 0

    def compose(self) -> ComposeResult:
        yield PromptField()
        yield LineField()

    def on_mount(self) -> None:
        self.set_interval(0.02, self.write_report)

    def on_prompt_field_submitted(self, event: PromptField.Submitted) -> None:
        self.submitted.append(event.text)

    def on_prompt_field_left(self) -> None:
        self.screen.set_focus(None)

    def action_line(self) -> None:
        self.query_one(LineField).focus()

    def action_three(self) -> None:
        self.threes += 1

    def write_report(self) -> None:
        if self._turn is None:
            state = [self.query_one(PromptField).text, self.query_one(LineField).value, self.submitted, self.threes]
            made = self.report.with_suffix(".new")
            made.write_text(json.dumps(state))
            made.replace(self.report)


if __name__ == "__main__":
    Keyed(Path(sys.argv[1])).run()
