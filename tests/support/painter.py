"""A program of one widget, with the driver of the terminal's program: it repaints all it has, again and again.

`python -P -m tests.support.painter FILE`: a line with how often it painted, how much waited at most, and whether it was
held goes to FILE after each beat. Key p goes on painting, key s stops with a last picture, key q ends the program.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.events import Key
from textual.strip import Strip
from textual.widget import Widget

from tui.ui.terminal.backpressure import Backpressure
from tui.ui.terminal.driver import bounded_driver
from tui.ui.terminal.keys_in_turn import KeysInTurn
from tui.ui.terminal.writer import TerminalWriter

BEAT = 0.02


class Wall(Widget):
    """Each row in colours of its own, and other ones with every beat."""

    beats = 0

    def render_line(self, y: int) -> Strip:
        style = Style.parse(f"#{(self.beats * 7 + y) % 256:02x}8040 on #101010")
        text = f"beat {self.beats} row {y} 你好 ".ljust(self.size.width - 2)
        return Strip([Segment(text, style)])


class Painter(KeysInTurn[None]):
    CSS = "Wall { width: 100%; height: 100%; }"

    def __init__(self, report: Path) -> None:
        self.terminal_writer = TerminalWriter()
        super().__init__(driver_class=bounded_driver(self.terminal_writer))
        self.backpressure = Backpressure(self, self.terminal_writer)
        self.report = report
        self.most = 0
        self.painting = True

    def compose(self) -> ComposeResult:
        yield Wall()

    def on_mount(self) -> None:
        self.set_interval(BEAT, self.beat)

    def post_display_hook(self) -> None:
        self.most = max(self.most, self.terminal_writer.waiting)
        self.backpressure.check()

    def beat(self) -> None:
        wall = self.query_one(Wall)
        if self.painting:
            wall.beats += 1
            wall.refresh()
        self.report.write_text(f"{wall.beats} {self.most} {self.terminal_writer.waiting} {self.terminal_writer.slow}")

    def on_key(self, event: Key) -> None:
        self.painting = {"p": True, "s": False}.get(event.key, self.painting)
        if event.key == "q":
            self.exit()


if __name__ == "__main__":
    Painter(Path(sys.argv[1])).run()
