"""What the parts of the Compare screen have in common: each is one thing a person does there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from textual import events

from tui.ui.fitting import Note

if TYPE_CHECKING:
    from tui.core.plans.prompt import Prompt
    from tui.core.requests.request import Request
    from tui.ui.compare.asked import Asked
    from tui.ui.compare.screen import CompareScreen
    from tui.ui.widgets.answer.pane import PaneData
    from tui.ui.widgets.answer.view import AnswerView
    from tui.ui.widgets.key_bar import FirstKey

Part = TypeVar("Part", bound="ScreenPart")

_MOST_STEPS = 10
"""How many things a part may have open at once, one in the other."""

StatusNote = Note


class ScreenPart:
    """Has a method for each action that the table gives to it (`tui.ui.actions`). Made once there is a comparison.

    What it does not need it leaves as it stands here.
    """

    def __init__(self, screen: CompareScreen) -> None:
        self.screen = screen

    def asks(self) -> str:
        """What stands in the status line while the next key is this part's, as a sentence; empty when it is not."""
        return ""

    def on_key(self, event: events.Key) -> bool:
        """Take a key before anything is bound to it. Returns whether it was taken."""
        return False

    def ask_no_more(self) -> None:
        """Somebody goes elsewhere: the key that comes after that is no answer to what was asked here before."""

    def refuses(self, action: str) -> str:
        """Why an action of the screen's parts cannot be done now, as a sentence; empty when this part allows it."""
        return ""

    def leave(self) -> bool:
        """End what esc ends, such as a search. Returns whether there was something to end."""
        return False

    def first_keys(self) -> Sequence[FirstKey]:
        """The keys that count while this part is at work and the answers have the focus, for the key bar."""
        return ()

    def says(self) -> str:
        """What stands in the status line while this part is at work, in the place of the status; empty when it is
        not."""
        return ""

    def decided(self) -> Awaitable[None] | None:
        """Something was said of an answer, or taken back."""
        return None

    def put_away(self) -> None:
        """End all that esc would end: another comparison takes the place of the one that is shown."""
        for _ in range(_MOST_STEPS):
            if not self.leave():
                return

    def notes(self) -> Sequence[StatusNote]:
        """What stands in the status line about this part, in a few words each."""
        return ()

    def shown(self, data: PaneData, request: Request) -> PaneData:
        """The pane of a request as this part wants it to be painted."""
        return data

    def scrolled(self, view: AnswerView) -> None:
        """A person moved through an answer."""

    def wanted(self, asked: Asked) -> Asked:
        """What is asked next, as this part wants it. Raises CompareError when it cannot be asked so."""
        return asked

    def next_prompt(self) -> Prompt | None:
        """What is next to be asked, of a part that knows; None of others."""
        return None

    def begun(self, asked: Asked) -> None:
        """A run has begun that asks this."""

    def rebuilt(self) -> None:
        """Other panes may be there, or other answers in them."""


class PartGroup:
    """The parts of a screen, by the names that the table of actions has for them. What is asked of all of them is asked
    in their order."""

    def __init__(self, parts: Mapping[str, ScreenPart]) -> None:
        self._parts = parts
        # They are asked for each key of the key bar.
        self._refusing = [part for part in self if type(part).refuses is not ScreenPart.refuses]

    def __iter__(self) -> Iterator[ScreenPart]:
        return iter(self._parts.values())

    def __getitem__(self, kind: type[Part]) -> Part:
        """The part of this kind. Raises StopIteration before there is a comparison."""
        return next(part for part in self if isinstance(part, kind))

    def method(self, action: str) -> Callable[..., Any] | None:
        """What does an action of the table, `PART.METHOD`; None before there is a comparison."""
        name, _, method = action.partition(".")
        return getattr(self._parts[name], method) if name in self._parts else None

    def refuses(self, action: str) -> str:
        """Why one of them does not allow an action now, as a sentence; empty when all do."""
        return next(filter(None, (part.refuses(action) for part in self._refusing)), "")

    def asks(self) -> str:
        """What one of them asks, which the next key answers; empty when none does."""
        return next(filter(None, (part.asks() for part in self)), "")

    def says(self) -> str:
        """What one of them has to say in the place of the status; empty when none has."""
        return next(filter(None, (part.says() for part in self)), "")

    def notes(self) -> list[StatusNote]:
        """What stands in the status line about them."""
        return [note for part in self for note in part.notes()]

    def first_keys(self) -> list[FirstKey]:
        """The keys of those that are at work."""
        return [key for part in self for key in part.first_keys()]

    def on_key(self, event: events.Key) -> bool:
        """Offer a key to each of them. Returns whether one has taken it."""
        return any(part.on_key(event) for part in self)

    def leave(self) -> bool:
        """Have the first that can end what esc ends. Returns whether one could."""
        return any(part.leave() for part in self)

    def shown(self, data: PaneData, request: Request) -> PaneData:
        """The pane of a request as all of them want it to be painted."""
        for part in self:
            data = part.shown(data, request)
        return data

    def wanted(self, asked: Asked) -> Asked:
        """What is asked next, as all of them want it. Raises CompareError when it cannot be asked so."""
        for part in self:
            asked = part.wanted(asked)
        return asked

    def next_prompt(self) -> Prompt | None:
        """What is next to be asked, if one of them knows."""
        return next(filter(None, (part.next_prompt() for part in self)), None)

    async def decided(self) -> None:
        """Let each go on from what was said of an answer, or taken back."""
        for part in self:
            if (going_on := part.decided()) is not None:
                await going_on
