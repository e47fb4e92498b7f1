"""A note on one answer."""

from __future__ import annotations

from tui.ui.dialogs.text_input import TextInputDialog


class NoteDialog(TextInputDialog):
    """Gives back the note's text, or None when it was left as it was."""

    def __init__(self, about: str, text: str) -> None:
        super().__init__(f"Note on {about}", text, "enter keeps it, empty takes it back, esc leaves it")
