"""What the widgets' own keys do, as actions, so that they are documented with the rest."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding, BindingType

from tui.ui.actions import Action
from tui.ui.widgets.answer.pane import AnswerPane
from tui.ui.widgets.model_table import ModelTable
from tui.ui.widgets.prompt import PromptField


def _described(found: Iterable[BindingType], shown: dict[str, str]) -> tuple[Action, ...]:
    made = [item for item in found if isinstance(item, Binding)]
    return tuple(
        Action(
            item.id,
            item.key,
            shown.get(item.key, item.key),
            item.action,
            item.description,
            item.tooltip or item.description.capitalize(),
        )
        for item in made
        if item.id is not None
    )


_ARROWS = {"up": "↑", "down": "↓", "pageup": "page up", "pagedown": "page down"}
PROMPT = _described(PromptField.BINDINGS, _ARROWS | {"escape": "esc", "f7": "F7"})
ANSWER = _described(AnswerPane.BINDINGS, _ARROWS)
LIST = _described(ModelTable.BINDINGS, _ARROWS)
