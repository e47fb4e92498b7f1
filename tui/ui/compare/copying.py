"""Copying answers, printing them plainly, and writing them to a file."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tui.background import in_thread
from tui.core.errors import CompareError
from tui.core.text.clean import clean, clean_line
from tui.core.text.code_blocks import CodeBlock, code_blocks
from tui.storage.new_file import write_new
from tui.ui.compare.part import ScreenPart
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.text_input import TextInputDialog
from tui.ui.terminal.clipboard import Way, way_to_clipboard

_MOST_BLOCKS = 9
"""Blocks of code that have a digit."""


class Copying(ScreenPart):
    """What is copied is what is shown: clean, and under the names that the screen has."""

    def choose(self) -> None:
        """Ask what to copy, and whether to print it or write it to a file instead."""
        answer = self._answer()
        if not answer:
            self.screen.say("There is no answer to copy in this pane.")
            return
        everything, blocks = self._all_as_markdown(), code_blocks(answer)
        way = way_to_clipboard(os.environ, sys.platform, shutil.which)
        ways: dict[str, Callable[[], object]] = {
            "y": partial(self.screen.app.copy_to_clipboard, answer),
            "a": partial(self.screen.app.copy_to_clipboard, everything),
            **{
                str(block.number): partial(self.screen.app.copy_to_clipboard, block.text)
                for block in blocks[:_MOST_BLOCKS]
            },
            "p": partial(self._print, answer),
            "P": partial(self._print, everything),
            "f": partial(self._ask_for_file, answer, "answer.md"),
            "F": partial(self._ask_for_file, everything, "answers.md"),
        }
        copies = [
            ("y", f"copies this answer, {len(answer):,} characters"),
            ("a", f"copies all answers as Markdown, {len(everything):,} characters"),
            *((str(block.number), f"copies {_named(block)}") for block in blocks[:_MOST_BLOCKS]),
        ]
        plain = [
            ("p", "prints this answer plainly, P all of them"),
            ("f", "writes this answer to a file, F all of them"),
        ]

        def go(key: str | None) -> None:
            if key is not None:
                ways[key]()

        offered = [*plain, *copies] if way.swallowed else [*copies, *plain]
        self.screen.app.push_screen(ChoiceDialog("Copy or write out", _about(way), offered, also="PF"), go)

    def _answer(self) -> str:
        """The focused answer as it is shown."""
        index = self.screen.grid.focused_index
        data = self.screen.painter.data_of(index) if index is not None else None
        return clean(data.answer) if data is not None else ""

    def _all_as_markdown(self) -> str:
        """The question and every answer in the panes, under the titles that the panes have."""
        made = [f"> {line}" for line in clean(self.screen.presenter.asked()).split("\n")]
        shown = [self.screen.painter.data_of(index) for index in range(len(self.screen.grid.panes))]
        for data in shown:
            if data is not None:
                made += ["", f"## {data.position} {clean_line(data.title)}", "", clean(data.answer) or "(no answer)"]
        return "\n".join(made) + "\n"

    def _print(self, text: str) -> None:
        """Leave the screen for a while, and print the text as any command would."""
        if self.screen.view.busy:
            self.screen.say("Wait for the end of the run: printing takes the screen away.")
            return
        with self.screen.app.suspend():
            terminal = sys.stdout  # As the screen's own.
            encoding = terminal.encoding or "utf-8"
            plain = f"\n{text}\n\nEnter goes back. "
            terminal.write(plain.encode(encoding, "replace").decode(encoding))
            terminal.flush()
            try:
                sys.stdin.readline()
            except (OSError, KeyboardInterrupt):
                pass

    def _ask_for_file(self, text: str, name: str) -> None:
        dialog = TextInputDialog(
            f"Write {len(text):,} characters to which file?", _free(name), "esc writes nothing", needed=True
        )
        self.screen.app.push_screen(dialog, lambda path: self._write(text, path) if path else None)

    def _write(self, text: str, path: str) -> None:
        output = Path(path).expanduser()

        def work() -> None:
            try:
                write_new(output, text if text.endswith("\n") else f"{text}\n")
            except CompareError as error:
                self.screen.call_later(self.screen.show_error, error)
            else:
                self.screen.call_later(self._written, output)

        in_thread(work, "file")

    def _written(self, output: Path) -> None:
        self.screen.say(f"Written to {clean_line(str(output.absolute()))}")


def _about(way: Way) -> str:
    if way.swallowed:
        return "The Windows console is known to drop what is copied over SSH. Print it, or write a file."
    return f"Copies go by {way.name}."


def _named(block: CodeBlock) -> str:
    lines = block.text.count("\n") + 1
    language = f"{clean_line(block.language, 20)}, " if block.language else ""
    return f"block of code {block.number}: {language}{lines} {'line' if lines == 1 else 'lines'}"


def _free(name: str) -> str:
    """A name like this one that no file here has."""
    stem, _, end = name.rpartition(".")
    names = (name, *(f"{stem}-{number}.{end}" for number in range(2, 100)))
    return next((one for one in names if not os.path.lexists(one)), name)
