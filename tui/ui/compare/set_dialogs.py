"""Which file a set of prompts is read from, or written to."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.background import Questions, in_thread
from tui.core.errors import CompareError
from tui.core.plans.prompt import PromptSet
from tui.core.text.clean import clean, clean_line
from tui.files import is_there
from tui.storage.prompt_library import MOST_OFFERED, PromptLibrary
from tui.ui.dialogs.text_input import TextInputDialog
from tui.ui.widgets.line_field import LineField

Found = tuple[Path, PromptSet]
ROWS = 10
"""How many files are in sight at most, as the style has it."""


class OpenSetDialog(ModalScreen[Found | None]):
    """Gives back a file and what it holds, or None when it was left with esc. A file that cannot be used is told here,
    and another can be named.

    While nothing is typed the sets are offered that were opened last; then how the path can go on.
    """

    DEFAULT_CSS = """
    OpenSetDialog {
        align: center middle;
        & > Vertical {
            width: 76; max-width: 98%; height: auto; max-height: 98%; padding: 0 1; border: round $primary;
            background: $surface;
        }
        & LineField { height: 1; border: none; padding: 0; background: $panel; }
        & LineField:focus { border: none; }
        & OptionList { height: auto; max-height: 10; border: none; padding: 0; background: $surface;
                       scrollbar-size-vertical: 1; }
        & #wrong { color: $error; height: auto; }
        & #about { color: $text-muted; }
        &:ansi #about { color: ansi_default; text-style: dim; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "leave it", id="path.leave"),
        Binding("down", "move(1)", "the next file", id="path.next"),
        Binding("up", "move(-1)", "the file before", id="path.previous"),
        Binding("tab", "complete", "complete the path", priority=True, id="path.complete"),
    ]

    def __init__(self, library: PromptLibrary) -> None:
        super().__init__()
        self._library = library
        self._questions = Questions()
        self._offered: list[str] = []
        self._about = ""
        """What the rows are, or why there are none."""
        self._chosen = False
        """Whether a row was gone to with the arrows: then enter takes it, and not what is typed."""
        self._offered_for = ""
        """What was typed when the rows were looked for."""
        self._to_complete: str | None = None
        """What was typed when its completion was asked for, before its rows were there."""

    def compose(self) -> ComposeResult:
        """A field, and what is offered below it."""
        with Vertical() as frame:
            frame.border_title = "Open a set of prompts"
            frame.border_subtitle = "enter opens · ↑↓ choose · tab goes on with it · esc leaves"
            yield LineField(placeholder="A file: .json, .toml, or .txt with a prompt in each line")
            yield Static("", id="about", markup=False)
            yield OptionList(markup=False)
            yield Static(id="wrong", markup=False)

    def on_mount(self) -> None:
        """The field has the keys; the list only shows what arrows go to."""
        self.query_one(OptionList).can_focus = False
        self.query_one(LineField).focus()
        self._ask("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer how the path can go on."""
        self.query_one("#wrong", Static).update("")
        self._ask(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Open what was gone to, else what is typed, else the first of the recent ones."""
        row = self.query_one(OptionList).highlighted or 0
        chosen = self._offered[row] if row < len(self._offered) else ""
        typed = event.value.strip()
        path = chosen if self._chosen or not typed else typed
        if path.endswith((os.sep, "/")):
            self._type(path)
        elif path:
            self.run_worker(self._open(path), exclusive=True)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click opens it, or goes into the folder."""
        event.stop()
        self._chosen = True
        self.query_one(OptionList).highlighted = event.option_index
        field = self.query_one(LineField)
        self.on_input_submitted(Input.Submitted(field, field.value))

    def action_move(self, step: int) -> None:
        """To the row before or after."""
        rows = self.query_one(OptionList)
        if self._offered:
            here = rows.highlighted
            rows.highlighted = (0 if here is None or not self._chosen else here + step) % len(self._offered)
            self._chosen = True
            self._say_how_many()

    def action_complete(self) -> None:
        """Type what was gone to; else as much as all that is offered has in common. Where the rows are still those of
        what was typed before, once they are not."""
        row = self.query_one(OptionList).highlighted
        typed = self.query_one(LineField).value
        self._to_complete = None if self._chosen or typed == self._offered_for else typed
        if self._to_complete is not None or not self._offered:
            return
        if self._chosen and row is not None:
            self._type(self._offered[row])
        else:
            common = _common(self._offered) if typed else ""
            self._type(common if len(common) > len(typed) else self._offered[0])

    def _type(self, text: str) -> None:
        field = self.query_one(LineField)
        field.value = text
        field.cursor_position = len(text)

    def _ask(self, typed: str) -> None:
        self.run_worker(self._offer(self._questions.ask(), typed))

    async def _offer(self, number: int, typed: str) -> None:
        found = await asyncio.wrap_future(in_thread(partial(self._look, typed), "sets"))
        if self._questions.accept(number) and self.is_attached:
            self._offered_for = typed
            self._show(found, "" if found else "Nothing here ends in .json, .toml or .txt." if typed else
                       "No set has been opened yet. ./ and tab show the files of this folder.",
                       "" if typed else "Opened last")  # fmt: skip
            if typed == self._to_complete == self.query_one(LineField).value:
                self.action_complete()

    def _look(self, typed: str) -> list[str]:
        return self._library.completions(typed) if typed.strip() else [str(path) for path in self._library.recent()]

    def _show(self, found: Sequence[str], why_none: str, heading: str) -> None:
        self._offered, self._chosen, self._about = list(found), False, why_none or heading
        rows = self.query_one(OptionList)
        rows.clear_options()
        rows.add_options([Option(Content(clean_line(_short(path), 200))) for path in found])
        self._say_how_many()

    def _say_how_many(self) -> None:
        """What the rows are, and where there are more of them than are in sight, how many."""
        count, said = len(self._offered), self._about
        if count > ROWS:
            row = self.query_one(OptionList).highlighted
            every = f"the first {count}" if count >= MOST_OFFERED else f"{count}"
            place = f"{row + 1} of {every}" if self._chosen and row is not None else (
                f"{ROWS} of {every} · ↓ goes on to the others · typing narrows them down"
            )  # fmt: skip
            said = " · ".join(filter(None, (said, place)))
        self.query_one("#about", Static).update(Content(said))

    def _read(self, typed: str) -> Found:
        """What a file holds. Where there is none of this name, and one alone that begins so, that is meant."""
        path = self._library.path_of(typed)
        if not is_there(path) and len(ways := self._library.completions(typed)) == 1:
            path = self._library.path_of(ways[0])
        return path, self._library.open(path)

    async def _open(self, typed: str) -> None:
        try:
            path, found = await asyncio.wrap_future(in_thread(partial(self._read, typed), "open set"))
        except CompareError as error:
            self.query_one("#wrong", Static).update(Content(clean(error.sentence())))
            return
        if self.is_attached:
            self.dismiss((path, found))


class SaveSetDialog(TextInputDialog):
    """Gives back what was typed, or None."""

    def __init__(self, title: str) -> None:
        super().__init__(title, "", "a name, or a path ending in .toml or .json")


def _common(texts: Sequence[str]) -> str:
    """What all of these begin with."""
    first, last = min(texts), max(texts)
    same = next((place for place, sign in enumerate(first) if last[place : place + 1] != sign), len(first))
    return first[:same]


def _short(path: str) -> str:
    """The end of a long path."""
    return path if len(path) <= 70 else f"…{path[-69:]}"
