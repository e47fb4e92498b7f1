"""Every key of a screen, on one page."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from tui.core.metrics.registry import Place, flags_in, metrics_in
from tui.core.requests.phase import Phase
from tui.ui import modes
from tui.ui.actions import Action
from tui.ui.dialogs.text_page import TextPageDialog
from tui.ui.widgets.phase_bar import GLYPHS, TIP

_PHASES = {
    Phase.QUEUE: "Waiting for its turn",
    Phase.LOAD: "The model was loaded",
    Phase.PREFILL: "The prompt was read, up to the first text",
    Phase.THINK: "Thinking",
    Phase.ANSWER: "The answer",
}


class HelpDialog(TextPageDialog):
    """Lists the actions of a mode by group, then those that work everywhere."""

    DEFAULT_CSS = """
    HelpDialog VerticalScroll { width: 72; }
    """

    def __init__(self, mode: str) -> None:
        """`mode` is the name of one of `tui.ui.modes`."""
        shown = modes.mode_called(mode)
        groups = [(group.heading, group.actions) for group in shown.groups]
        lines = _lines([*groups, ("Everywhere", modes.EVERYWHERE)])
        if shown.shows_answers:
            lines += [Content(""), *_bar(), Content(""), *_legend()]
        super().__init__("Keys", Content("\n").join(lines))


def _lines(groups: Iterable[tuple[str, Iterable[Action]]]) -> list[Content]:
    lines: list[Content] = []
    for title, listed in groups:
        lines.append(Content.styled(title, "bold"))
        lines += [Content(f"  {item.shown:<14}{item.about}") for item in listed]
        lines.append(Content(""))
    return lines[:-1]


def _bar() -> list[Content]:
    """What a request spent its time on, by the signs of its bar."""
    signs = [*((GLYPHS[phase], _PHASES[phase]) for phase in Phase), (TIP, "It still goes on")]
    return [Content.styled("The bar", "bold"), *(Content(f"  {sign:<14}{about}") for sign, about in signs)]


def _legend() -> list[Content]:
    """How the numbers of an answer are to be read, and why one of them is not known."""
    metrics = metrics_in(Place.PANE)
    signs = [
        *((metric.short_label or metric.unit, _sentence(metric.meaning)) for metric in metrics),
        *((flag.sign, flag.meaning) for place in (Place.NUMBERS, Place.PANE) for flag in flags_in(place)),
        ("-", "Not known"),
    ]
    lines = [Content.styled("Numbers", "bold"), *(Content(f"  {sign:<14}{about}") for sign, about in signs)]
    for metric in metrics:
        if metric.reasons:
            lines.append(Content(f"  {f'- {metric.unit}':<14}Not known, because"))
            lines += [Content(f"{'':<16}{why}") for why in metric.reasons]
    return lines


def _sentence(phrase: str) -> str:
    return phrase[0].upper() + phrase[1:]
