"""Which model judges, and whether it scores the answers or compares them in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.core.catalog.model_card import ModelCard
from tui.core.scoring.judgement import NO_JUDGES
from tui.core.text.clean import clean_line
from tui.ui.cells import cut

_ABOUT = {
    False: "Scores: each answer for each criterion, the reason before the score.",
    True: "Pairs: which of each two answers to a question is better, in both orders.",
}
_WORTH = (
    "It reads no names. A model prefers what is like itself, and a small one judges poorly: what it says is kept apart "
    "from people's scores, and unproven until they have scored 30 of the same answers."
)
_NAME, _ROW = 40, 70


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that could judge."""

    card: ModelCard
    partial: str
    """What it is to the judged, in a few words; empty for nothing."""


Choice = tuple[ModelCard, bool]
"""The model, and whether it compares pairs."""


class JudgeDialog(ModalScreen[Choice | None]):
    """Gives back the choice, or None when it was left with esc."""

    DEFAULT_CSS = """
    JudgeDialog {
        align: center middle;
        & > Vertical {
            width: 76; max-width: 98%; height: auto; max-height: 94%; padding: 0 1; border: round $primary;
            background: $surface;
        }
        & OptionList { height: auto; max-height: 10; border: none; padding: 0; background: $surface;
                       scrollbar-size-vertical: 1; }
        & OptionList:focus { border: none; }
        & #worth { color: $text-muted; height: auto; }
        &:ansi #worth { color: ansi_default; text-style: dim; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "leave it", tooltip="Have none judge", id="judge.leave"),
        Binding("tab", "change", "scores or pairs", tooltip="Scores, or pairs", priority=True, id="judge.pairs"),
    ]

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        super().__init__()
        self._candidates = candidates
        self._pairs = False

    def compose(self) -> ComposeResult:
        """The models, and what will be asked below them."""
        rows = [
            Option(Content(cut(f"{clean_line(one.card.key, _NAME):{_NAME}}  {one.partial}".rstrip(), _ROW)))
            for one in self._candidates
        ]
        with Vertical() as frame:
            frame.border_title = "Which model judges?"
            frame.border_subtitle = "enter begins · tab scores or pairs · esc leaves"
            yield OptionList(*rows, markup=False)
            yield Static(id="asked", markup=False)
            toys = f" {NO_JUDGES}" if any(one.card.toy for one in self._candidates) else ""
            yield Static(f"{_WORTH}{toys}", id="worth", markup=False)

    def on_mount(self) -> None:
        """The first that is not partial is under the cursor, and none of the demo models where there are others."""
        ranked = sorted(self._candidates, key=lambda one: (one.card.toy, bool(one.partial)))
        models = self.query_one(OptionList)
        models.highlighted = self._candidates.index(ranked[0]) if ranked else 0
        models.focus()
        self._say()

    def action_change(self) -> None:
        """Scores, or pairs."""
        self._pairs = not self._pairs
        self._say()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """That one."""
        event.stop()
        self.dismiss((self._candidates[event.option_index].card, self._pairs))

    def _say(self) -> None:
        self.query_one("#asked", Static).update(Content.styled(_ABOUT[self._pairs], "bold"))
