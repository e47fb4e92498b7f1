"""What the focused answer differs in from another one: of another model, or an earlier one of its own model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual import events

from tui.background import Questions, start
from tui.core.requests.request import Request
from tui.core.text.clean import clean_line
from tui.ui.compare.part import ScreenPart
from tui.ui.compare.screen import CompareScreen
from tui.ui.widgets.answer.pane import PaneData

if TYPE_CHECKING:
    from tui.ui.widgets.answer.difference_rows import DifferenceRows
    from tui.ui.widgets.key_bar import FirstKey

_NAME_LENGTH = 24
_FOOT_LENGTH = 20
"""Characters for which there is room in the lower edge of the narrowest pane."""


@dataclass(slots=True)
class _Other:
    """An answer that the focused one can be compared with."""

    key: str
    """The key that chooses it."""
    name: str
    offer: str
    """What the choice calls it."""
    text: str
    pane: int | None
    """Where it stands, counted from 0; None where it is an earlier one."""


@dataclass(slots=True)
class _Shown:
    """A difference that is shown."""

    request: Request
    other: _Other
    rows: DifferenceRows
    beside: bool
    """Whether both answers are in sight and have so little in common that they are left as they are."""
    place: int = 0
    """Which of the differences is looked at, from 0."""


class Difference(ScreenPart):
    """Shown in the focused pane, until esc: worked out in a thread, for it takes a moment."""

    def __init__(self, screen: CompareScreen) -> None:
        super().__init__(screen)
        self._others: list[_Other] = []
        """What the next key chooses from; empty when it chooses nothing."""
        self._questions = Questions()
        self._waits = False
        self._steps = 0
        """How far to go on once the difference is there."""
        self._shown: _Shown | None = None
        self._earlier = 0
        """Which earlier answer of the model is compared with, 0 for the newest of them."""

    def choose(self) -> None:
        """The next digit names the pane to compare the focused one with."""
        refusal, self._others = self._found()
        self.screen.say(refusal)

    def step(self, by: int) -> None:
        """To the next difference, or the one before, around the ends."""
        shown = self._shown
        if self._waits:
            self._steps += by
        elif shown is None:
            self.screen.say("= and a digit shows in what this answer differs from another.")
        elif count := len(shown.rows.places):
            shown.place = (shown.place + by) % count
            self._look()
        else:
            self.screen.say(self._why_no_places(shown))

    def asks(self) -> str:
        """Which answers there are to compare with."""
        if not self._others:
            return ""
        offers = " · ".join(f"{other.key} {clean_line(other.offer, _NAME_LENGTH)}" for other in self._others)
        return f"Compare with which? {offers}"

    def on_key(self, event: events.Key) -> bool:
        """The digit after the key that asks, which is no score then; the key itself again takes the first answer."""
        if not self._others:
            return False
        others, self._others = self._others, []
        chosen = next((other for other in others if other.key == event.character), None)
        if event.key == "equals_sign":
            chosen = others[0]
        if chosen is not None:
            self._begin(chosen)
        elif event.character is not None and event.character.isdigit():
            self.screen.say(f"There is no answer {event.character} to compare with.")
        self.screen.show_status()
        return True

    def ask_no_more(self) -> None:
        """No digit names an answer to compare with."""
        self._others = []

    def leave(self) -> bool:
        """Show the answer again."""
        if self._shown is None and not self._waits:
            return False
        self._end()
        return True

    def notes(self) -> tuple[str, ...]:
        """What is compared with what."""
        if self._waits:
            return ("comparing …",)
        return () if self._shown is None else (f"= {clean_line(self._shown.other.name, _NAME_LENGTH)} · d D · esc",)

    def first_keys(self) -> Sequence[FirstKey]:
        """Those that go through the differences, and what esc does."""
        if self._shown is None:
            return (("", "End"),) if self._waits else ()
        steps = (("difference.next", "Next"), ("difference.previous", "Previous")) if self._shown.rows.places else ()
        return (*steps, ("", "End"))

    def shown(self, data: PaneData, request: Request) -> PaneData:
        """The difference in the answer's place, and how far one has got."""
        shown = self._shown
        if shown is None or request.spec.model != shown.request.spec.model:
            return data
        if request is not shown.request:
            self._shown = None  # It was asked again.
            return data
        return replace(data, stand_in=None if shown.beside else shown.rows, foot=self._foot(shown))

    def rebuilt(self) -> None:
        """Another question may be shown, or other panes."""
        if self._shown is not None and self._shown.request not in self._requests():
            self._shown = None

    # Which answers

    def _requests(self) -> list[Request]:
        return self.screen.painter.requests()

    def _found(self) -> tuple[str, list[_Other]]:
        """Why there is nothing to compare, as a sentence, or what there is to compare with."""
        here, presenter = self.screen.focused_request(), self.screen.presenter
        if here is None or not self._text_at(self.screen.grid.focused_index):
            return "There is no answer to compare in this pane.", []
        if not here.state.final:
            return "Wait for the end of this answer, or stop it: then it can be compared.", []
        others = []
        for index, request in enumerate(self._in_panes()):
            if request is not None and request is not here and request.state.final and (text := self._text_at(index)):
                name = f"{index + 1} {presenter.name_of(request)}"
                others.append(_Other(str(index + 1), name, presenter.name_of(request), text, index))
        if (earlier := self._earlier_of(here)) is not None:
            others.append(earlier)
        return ("" if others else "There is no other answer to compare it with."), others

    def _in_panes(self) -> list[Request | None]:
        keys = self.screen.grid.keys
        return [self.screen.presenter.request_in(keys, index) for index in range(len(keys))]

    def _text_at(self, index: int | None) -> str:
        """The answer in a pane as it may be seen."""
        data = self.screen.painter.data_of(index) if index is not None else None
        return data.answer if data is not None else ""

    def _earlier_of(self, here: Request) -> _Other | None:
        """Another answer of the model to the same prompt of its plan; chosen again, the one before that."""
        presenter, spec = self.screen.presenter, here.spec
        alike = [
            one
            for one in self.screen.view.session.requests.values()
            if (one.spec.plan, one.spec.model, one.spec.prompt) == (spec.plan, spec.model, spec.prompt)
            and not one.spec.warmup
            and one.state.final
            and one.answer
        ]
        others = [(number, one) for number, one in enumerate(alike, 1) if one is not here]
        if not others:
            return None
        shown = self._shown
        again = shown is not None and shown.request is here and shown.other.pane is None
        self._earlier = (self._earlier + 1) % len(others) if again else 0
        number, one = others[-1 - self._earlier]
        place = f"answer {number} of {len(alike)}"
        key = str((self.screen.grid.focused_index or 0) + 1)
        return _Other(key, f"{presenter.name_of(here)}, {place}", f"its {place}", one.answer, None)

    # The difference

    def _begin(self, other: _Other) -> None:
        from tui.ui.widgets.answer.difference_rows import Compared, DifferenceRows

        request, index = self.screen.focused_request(), self.screen.grid.focused_index
        if request is None or index is None:
            return
        self._waits, self._steps = True, 0
        view = list(self.screen.grid.panes.values())[index].view
        new = Compared(f"{index + 1} {self.screen.presenter.name_of(request)}", self._text_at(index))
        old, width, styles = Compared(other.name, other.text), view.row_width, view.styles_by_role
        number = self._questions.ask()

        def work() -> None:
            from tui.core.text.diff import diff

            rows = DifferenceRows(old, new, diff(old.text, new.text))
            rows.formatted(width, styles)
            self.screen.call_later(self._done, number, request, other, rows)

        start(work, "difference")

    def _done(self, number: int, request: Request, other: _Other, rows: DifferenceRows) -> None:
        if not self._questions.accept(number) or not self._waits:
            return  # Another was chosen meanwhile, or none at all.
        self._end()
        if request not in self._requests():
            return
        panes = self.screen.grid.in_sight
        beside = not rows.inline and other.pane in panes and self._place_of(request) in panes
        self._shown = _Shown(request, other, rows, beside)
        steps, self._steps = self._steps, 0
        self.screen.repaint_one(request)
        if rows.places:
            self._shown.place = steps % len(rows.places)
            self._look()
        else:
            self.screen.say(self._why_no_places(self._shown))
        self.screen.show_status()

    def _place_of(self, request: Request) -> int:
        return self._in_panes().index(request)

    def _look(self) -> None:
        """At the difference whose turn it is."""
        if (shown := self._shown) is not None:
            list(self.screen.grid.panes.values())[self._place_of(shown.request)].view.look_at_place(shown.place)
            self.screen.repaint_one(shown.request)

    def _end(self) -> None:
        shown, self._shown, self._waits = self._shown, None, False
        if shown is not None:
            self.screen.repaint_one(shown.request)
        self.screen.show_status()

    @staticmethod
    def _foot(shown: _Shown) -> str:
        alike = f"{_percent(shown)} alike"
        count = len(shown.rows.places)
        place = f"{shown.place + 1} of {count} · {alike}"
        return (place if len(place) <= _FOOT_LENGTH else place.removesuffix(" alike")) if count else alike

    @staticmethod
    def _why_no_places(shown: _Shown) -> str:
        remark, name = shown.rows.difference.remark, clean_line(shown.other.name, _NAME_LENGTH)
        if shown.rows.inline:
            return f"{remark} ({name})"
        return f"{remark} {_percent(shown)} of their words stay: both are shown whole."


def _percent(shown: _Shown) -> str:
    """How alike the two are; all of it only where they are the same."""
    difference = shown.rows.difference
    percent = round(100 * difference.similarity)
    return f"{min(percent, 99) if difference.changed else percent} %"
