"""Every mode of the screen, in the order in which `,` and `.` go through them.

The app's keys and modes, the tabs at the top, the help and the documents are read from this table. A new mode is a
folder with its screen, and one entry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tui.ui import actions
from tui.ui.actions import HOST, Action, described

if TYPE_CHECKING:
    from tui.ui.mode_screen import ModeScreen


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Actions that work in one place of a screen."""

    heading: str
    """What the help calls the place."""
    place: str
    """What the documents say of where they work."""
    source: tuple[Action, ...] | str
    """The actions; or, as `module:NAME`, where they are or the widget whose own bindings they are. It is imported when
    somebody asks for them."""

    @property
    def actions(self) -> tuple[Action, ...]:
        """The actions, in the order of the help."""
        found = _imported(self.source) if isinstance(self.source, str) else self.source
        return found if isinstance(found, tuple) else described(found.BINDINGS)


@dataclass(frozen=True, slots=True)
class ScreenMode:
    """One of the screens that take turns."""

    name: str
    """What the program calls it."""
    key: str
    """The key that leads to it, as Textual spells it."""
    title: str
    about: str
    """What it shows, in a few words."""
    screen: str
    """Its screen: `module:Class`, a `ModeScreen`. It is imported when it is shown for the first time."""
    groups: tuple[KeyGroup, ...] = ()
    """Its actions, in the order of the help."""
    shows_answers: bool = False
    """Whether its help explains the bar and the numbers of an answer."""

    @property
    def tab(self) -> str:
        """Its key and its title, as the line at the top has them."""
        return f"{self.key.upper()} {self.title}"

    @property
    def action(self) -> Action:
        """The action that shows it."""
        return Action(
            f"app.{self.name}", self.key, self.key.upper(), f"show('{self.name}')", self.title, self.about,
            priority=True, needs=HOST,
        )  # fmt: skip

    def screen_class(self) -> type[ModeScreen]:
        """The class of its screen."""
        found: type[ModeScreen] = _imported(self.screen)
        return found


MODES = (
    ScreenMode(
        "models", "f1", "Models", "The models of the host", "tui.ui.models.screen:ModelsScreen",
        (
            KeyGroup("Models", "on the Models screen", actions.MODELS),
            KeyGroup("In the list", "on the Models screen", "tui.ui.widgets.model_table:ModelTable"),
        ),
    ),
    ScreenMode(
        "compare", "f2", "Compare", "One prompt, several models", "tui.ui.compare.screen:CompareScreen",
        (
            KeyGroup("In the prompt", "in the prompt", "tui.ui.widgets.prompt:PromptField"),
            KeyGroup("Compare", "in the panes", actions.COMPARE),
            KeyGroup("In an answer", "in the panes", "tui.ui.widgets.answer.pane:AnswerPane"),
        ),
        shows_answers=True,
    ),
)  # fmt: skip
FIRST = "compare"
"""The mode that the program begins with."""
EVERYWHERE = (*(mode.action for mode in MODES), *actions.APP)
"""What works on every screen."""


def mode_called(name: str) -> ScreenMode:
    """The mode with this name. Raises KeyError when there is none."""
    return {mode.name: mode for mode in MODES}[name]


def neighbour(name: str, step: int) -> str:
    """The name of the mode `step` places after this one; after the last comes the first."""
    names = [mode.name for mode in MODES]
    return names[(names.index(name) + step) % len(names)]


def _imported(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
