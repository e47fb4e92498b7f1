"""Asks how a report is to be handed over: to be read here, or as a file in one of the formats."""

from __future__ import annotations

from collections.abc import Callable

from tui.report.formats.registry import FILE_FORMATS, FORMATS
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.list_screen import ListScreen


def ask_format(screen: ListScreen, title: str, then: Callable[[str], object]) -> None:
    """Ask, and do `then` with the name of the format, which is empty for a page to read."""
    forms = dict(zip("1234567890", FORMATS, strict=True)) | {one.name[0]: one for one in FILE_FORMATS}
    answers = [("enter", "reads the report here")]
    # What it is for makes room for what it has: all answers are in sight in 24 rows.
    answers += [(key, f"{form.name}: {form.purpose.rpartition(': ')[2]}") for key, form in forms.items()]

    def answered(key: str | None) -> None:
        if key is not None:
            then("" if key == "enter" else forms[key].name)

    text = "A file is written into the folder that the program was started in."
    screen.app.push_screen(ChoiceDialog(title, text, answers), answered)
