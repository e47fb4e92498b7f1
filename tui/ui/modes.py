"""Every mode of the screen, in the order in which `,` and `.` go through them.

The app's keys and modes, the tabs at the top, the help and the documents are read from this table. A new mode is a
folder with its screen, and one entry here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tui.ui import actions
from tui.ui.actions import HOST, VIEW, Action, Need, described

if TYPE_CHECKING:
    from tui.ui.keymap import Placed
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
    typed: bool = False
    """Whether text is typed there."""

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
    names_models: bool = False
    """Whether it says which models there are, and how they are: it is closed while their answers are blind."""
    shows_answers: bool = False
    """Whether its help explains the bar and the numbers of an answer."""
    needs: tuple[Need, ...] = VIEW
    """What must be there for it to be shown."""

    @property
    def tab(self) -> str:
        """Its key and its title, as the line at the top has them."""
        return f"{self.key.upper()} {self.title}"

    @property
    def action(self) -> Action:
        """The action that shows it."""
        return Action(
            f"app.{self.name}", self.key, self.key.upper(), f"show('{self.name}')", self.title, self.about,
            priority=True, needs=self.needs,
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
            KeyGroup("In the list", "on the Models screen", "tui.ui.widgets.row_table:RowTable"),
            KeyGroup("In the filter", "in the filter", "tui.ui.widgets.line_field:FilterField", typed=True),
        ),
        names_models=True,
        needs=HOST,
    ),
    ScreenMode(
        "compare", "f2", "Compare", "One prompt, several models", "tui.ui.compare.screen:CompareScreen",
        (
            KeyGroup("In the prompt", "in the prompt", "tui.ui.widgets.prompt:PromptField", typed=True),
            KeyGroup("Scores", "in the panes", actions.SCORING),
            KeyGroup("Reading", "in the panes", actions.READING),
            KeyGroup("Asking", "in the panes", actions.ASKING),
            KeyGroup("Replay", "in the panes of a replay", actions.REPLAYING),
            KeyGroup("In an answer", "in the panes", "tui.ui.widgets.answer.pane:AnswerPane"),
            KeyGroup("In a search", "in a search", "tui.ui.compare.search:SearchField", typed=True),
        ),
        shows_answers=True,
    ),
    ScreenMode(
        "history", "f3", "History", "What was kept", "tui.ui.history.screen:HistoryScreen",
        (
            KeyGroup("History", "on the History screen", actions.HISTORY),
            KeyGroup("In the list", "on the History screen", "tui.ui.widgets.row_table:RowTable"),
            KeyGroup("In the search", "in the search", "tui.ui.widgets.line_field:FilterField", typed=True),
        ),
    ),
    ScreenMode(
        "report", "f4", "Report", "What it adds up to", "tui.ui.report.screen:ReportScreen",
        (
            KeyGroup("Report", "on the Report screen", actions.REPORT),
            KeyGroup("In the list", "on the Report screen", "tui.ui.widgets.row_table:RowTable"),
            KeyGroup("Among figures", "on the Report screen", "tui.ui.widgets.figure_table:FigureTable"),
            KeyGroup("In the filter", "in the filter", "tui.ui.widgets.line_field:FilterField", typed=True),
        ),
        names_models=True,
    ),
)  # fmt: skip
FIRST = "compare"
"""The mode that the program begins with."""
EVERYWHERE = (*(mode.action for mode in MODES), *actions.APP)
"""What works on every screen."""
OVER_ALL = (
    KeyGroup("In the list of keys", "in the list of keys", "tui.ui.dialogs.help:HelpDialog", typed=True),
    KeyGroup("Behind a figure", "behind a figure", "tui.ui.report.answers:AnswersDialog"),
    KeyGroup("Baseline", "where a baseline is chosen", "tui.ui.report.baselines:BaselineDialog"),
    KeyGroup("On a page of text", "on a page of text", "tui.ui.dialogs.text_page:TextPageDialog"),
    KeyGroup("Agreement", "where agreement is shown", "tui.ui.history.agreement:AgreementDialog"),
    KeyGroup("In a question", "in a question", "tui.ui.dialogs.choice:ChoiceDialog"),
    KeyGroup("Choosing a judge", "where a judge is chosen", "tui.ui.compare.judge_dialog:JudgeDialog"),
    KeyGroup("In the parameters", "in the parameters", "tui.ui.compare.parameters:ParametersDialog", typed=True),
    KeyGroup("Opening a set", "where a set is opened", "tui.ui.compare.set_dialogs:OpenSetDialog", typed=True),
    KeyGroup("In the facets", "in the facets", "tui.ui.compare.facets:FacetsDialog"),
    KeyGroup("In the system prompt", "in the system prompt", "tui.ui.compare.parameters:SystemField", typed=True),
    KeyGroup("In a line to write", "in a line to write", "tui.ui.dialogs.text_input:TextInputDialog", typed=True),
)
"""What works in what lies over a screen, and takes all keys."""


def mode_called(name: str) -> ScreenMode:
    """The mode with this name. Raises KeyError when there is none."""
    return {mode.name: mode for mode in MODES}[name]


def all_actions() -> tuple[Action, ...]:
    """Every action of every screen and of its widgets, which are imported for it."""
    groups = (*(group for mode in MODES for group in mode.groups), *OVER_ALL)
    # Two screens may have the same list.
    return (*EVERYWHERE, *dict.fromkeys(action for group in groups for action in group.actions))


def placed_actions() -> tuple[Placed, ...]:
    """Every action with where its keys work, for the keymap."""
    from tui.ui.keymap import Placed

    groups = [(mode.name, group) for mode in MODES for group in mode.groups]
    groups += [("", group) for group in OVER_ALL]
    return (
        *(Placed(action) for action in EVERYWHERE),
        *(
            Placed(action, mode, "" if action.priority and not group.typed else group.place, group.typed)
            for mode, group in groups
            for action in group.actions
        ),
    )


def neighbour(name: str, step: int, missing: Collection[Need] = ()) -> str:
    """The name of the mode `step` places after this one; after the last comes the first. Those that need what is
    missing are passed over."""
    names = [mode.name for mode in MODES if mode.name == name or not set(mode.needs) & set(missing)]
    return names[(names.index(name) + step) % len(names)]


def _imported(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
