"""Every key of a screen, on one page: to read, and to find what one wants done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.core.metrics.registry import Place, flags_in, metrics_in
from tui.core.requests.phase import Phase
from tui.ui import modes
from tui.ui.actions import Action, Need
from tui.ui.keymap import Keymap
from tui.ui.widgets.line_field import LineField
from tui.ui.widgets.phase_bar import GLYPHS, TIP

_PHASES = {
    Phase.QUEUE: "Waiting for its turn",
    Phase.LOAD: "The model was loaded",
    Phase.PREFILL: "The prompt was read, up to the first text",
    Phase.THINK: "Thinking",
    Phase.ANSWER: "The answer",
}


_BEFORE = 16
"""Cells before what an action does."""
_USUAL_WIDTH = 70


class FindField(LineField):
    """Where the words are typed. The key that opened the list closes it again, while nothing has been typed."""

    def on_key(self, event: events.Key) -> None:
        """No word begins with these."""
        if event.character in ("?", ":") and not self.value:
            event.stop()
            event.prevent_default()
            self.screen.dismiss()
        else:
            super().on_key(event)


class HelpDialog(ModalScreen[str | None]):
    """All actions by the places where they work, and how an answer's numbers are read. What is typed narrows them down;
    enter does the one that is marked.

    Returns the id of the action that is to be done, or None when it was closed.
    """

    DEFAULT_CSS = """
    HelpDialog { align: center middle; }
    HelpDialog Vertical {
        width: 76; max-width: 98%; height: auto; max-height: 94%; padding: 0 1; border: round $primary;
        background: $surface;
    }
    HelpDialog FindField, HelpDialog FindField:focus { height: 1; border: none; padding: 0; background: $panel; }
    HelpDialog VerticalScroll { height: auto; max-height: 100%; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "close", tooltip="Close the list of keys", id="help.close"),
        Binding("up", "move(-1)", "up", show=False, tooltip="The action above", id="help.up"),
        Binding("down", "move(1)", "down", show=False, tooltip="The action below", id="help.down"),
        Binding("pageup", "page(-1)", "page up", show=False, tooltip="A page up", id="help.page-up"),
        Binding("pagedown", "page(1)", "page down", show=False, tooltip="A page down", id="help.page-down"),
    ]
    AUTO_FOCUS = "FindField"

    def __init__(
        self, mode: str, why_not: Callable[[Action], str | None] = lambda _: "", keymap: Keymap | None = None
    ) -> None:
        """`mode` is the name of one of `tui.ui.modes`. `why_not` says why an action cannot be done, as a sentence: with
        an empty text it can be, and None says that it is a key of a widget, which is to be pressed there."""
        super().__init__()
        mode_shown = modes.mode_called(mode)
        groups = [(group.heading, group.actions) for group in mode_shown.groups]
        self._groups = [
            (
                heading,
                [_Row(action, keymap.shown(action) if keymap else action.shown, why_not(action)) for action in listed],
            )
            for heading, listed in (*groups, ("Everywhere", modes.EVERYWHERE))
        ]
        self._legend = [Content(""), *_bar(), Content(""), *_legend()] if mode_shown.shows_answers else []
        self._found: list[_Row] = []
        """What has the words that were typed; empty while none are."""
        self._marked = 0
        """Which of them is marked."""

    def compose(self) -> ComposeResult:
        """A field to type in, and the list."""
        with Vertical() as box:
            box.border_title = "Keys"
            box.border_subtitle = "type to find · enter does it · esc closes"
            yield (field := FindField(placeholder="find an action"))
            field.cursor_blink = False
            with VerticalScroll(can_focus=False):
                yield Static(self._text, markup=False)

    def on_resize(self) -> None:
        """Rows are as long as there is room."""
        self._show()

    @property
    def _width(self) -> int:
        width = self.query_one(VerticalScroll).outer_size.width if self.is_mounted else 0
        return width - 1 if width else _USUAL_WIDTH  # Its scroll bar may come and go.

    @property
    def _text(self) -> Content:
        if self.is_mounted and self.query_one(FindField).value.strip():
            if not self._found:
                return Content("No action has all of these words.")
            return Content("\n").join(row.line(self._width, at == self._marked) for at, row in enumerate(self._found))
        lines: list[Content] = []
        for heading, rows in self._groups:
            lines += [Content.styled(heading, "bold"), *(row.line(self._width) for row in rows), Content("")]
        return Content("\n").join([*lines[:-1], *self._legend])

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what has the words."""
        words = event.value.casefold().split()
        rows = [row for _, listed in self._groups for row in listed]
        # What is no word may be a key.
        exact = [row for row in rows if words and row.shown == event.value.strip()]
        found = [row for row in rows if words and row not in exact and row.has(words)]
        self._found = [*exact, *sorted(found, key=lambda row: row.rank(words))]
        self._marked = 0
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Do what is marked, or close the list where nothing is."""
        row = self._found[self._marked] if self._found else None
        if row is None:
            if not event.value.strip():
                self.dismiss(None)
        elif row.why_not is None:
            self.notify(f"{row.shown} does it where it works: {row.action.about.casefold()}.", markup=False)
        else:
            self.dismiss(row.action.id)

    def action_move(self, step: int) -> None:
        """Mark the action above or below; without a mark, a row up or down."""
        if self._found:
            self._marked = (self._marked + step) % len(self._found)
            self._show()
        else:
            self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)

    def action_page(self, step: int) -> None:
        """A page up or down."""
        page = self.query_one(VerticalScroll)
        page.scroll_relative(y=step * max(page.size.height - 1, 1), animate=False)

    def _show(self) -> None:
        self.query_one(Static).update(self._text)
        if self._found:
            above = sum(row.line(self._width).plain.count("\n") + 1 for row in self._found[: self._marked])
            page = self.query_one(VerticalScroll)
            page.scroll_to(y=max(above - page.size.height // 2, 0), animate=False)


@dataclass(frozen=True, slots=True)
class _Row:
    """One action in the list."""

    action: Action
    shown: str
    why_not: str | None

    def has(self, words: Sequence[str]) -> bool:
        """Whether all words occur in what is said of it."""
        said = " ".join(
            (self.shown, *self.action.twins, self.action.label, self.action.about, self.action.id)
        ).casefold()
        return all(word in said for word in words)

    def rank(self, words: Sequence[str]) -> tuple[bool, bool]:
        """The lower, the further up: first what is called so, or is described in a sentence that begins so. Of those
        that fit alike, what changes ratings comes last: enter does the first."""
        typed = " ".join(words)
        begins = any(said.casefold().startswith(typed) for said in (self.action.label, self.action.about))
        return not begins, Need.RATINGS in self.action.needs

    def line(self, width: int, marked: bool = False) -> Content:
        """The key and what it does, in as many rows as that takes; why it cannot be done. What has no key begins with
        what the action is called."""
        twins = f" ({', '.join(self.action.twins)})" if self.action.twins and self.shown == self.action.shown else ""
        text = f"{'' if self.shown else f'{self.action.label}: '}{self.action.about}{twins}"
        if self.why_not:
            text += f" - not now: {self.why_not[0].lower()}{self.why_not[1:].rstrip('.')}"
        first, *rest = wrap(text, max(width - _BEFORE, 20)) or [""]
        rows = [f"{'▸' if marked else ' '} {self.shown or '-':<{_BEFORE - 2}}{first}"]
        rows += [f"{'':<{_BEFORE}}{row}" for row in rest]
        style = "$text-muted" if self.why_not else ""
        return Content.styled("\n".join(rows), ("reverse" if self.why_not else "bold reverse") if marked else style)


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
