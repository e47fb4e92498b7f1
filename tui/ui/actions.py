"""Every action a key can reach, and what it needs. Bindings, key bar, help, greying and documents are read from here.

The keys that change the mode are made from the table of modes (`tui.ui.modes`). Actions of a widget stand in the
widget's own bindings, which `described()` turns into actions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from textual.binding import Binding, BindingType


class Need(Enum):
    """What must be there for an action to work. The value says it in the documents.

    Whoever has the actions answers for it: the app, and each screen of a mode in `meets()`.
    """

    HOST = "the host"
    """The host has been opened, and with it the runner."""
    VIEW = "a session"
    """The screen has a comparison to show, which may have no answers yet."""
    RUNNER = "a session that goes on"
    """The comparison that the screen shows can be acted on: not one that is only looked at."""
    PANE = "a pane"
    """There are panes on the screen."""
    POSSIBLE = "a host and a model that allow it"
    """The host is able to do it, and it makes sense for the model under the cursor."""
    LIST = "the focus in the list"
    """Text is not being typed into the field above it."""


@dataclass(frozen=True, slots=True)
class Action:
    """`keys` as Textual spells them, separated by commas; `shown` as people do."""

    id: str
    keys: str
    shown: str
    action: str
    label: str
    about: str
    footer: bool = False
    """Whether the key bar shows it where there is room."""
    priority: bool = False
    """Reaches the action even while text is being typed."""
    needs: tuple[Need, ...] = ()
    """What must be there for it to work: all of these."""
    always: bool = False
    """Whether the key bar shows it however little room there is."""

    @property
    def name(self) -> str:
        """The action without its parameters."""
        return self.action.partition("(")[0]

    @property
    def explains(self) -> bool:
        """Whether its key says why it cannot be done, by calling the action `why`, where it cannot."""
        return Need.POSSIBLE in self.needs


HOST, PANE, POSSIBLE, LIST = ((need,) for need in (Need.HOST, Need.PANE, Need.POSSIBLE, Need.LIST))
RUNNER, ACTS, PANE_ACTS = (Need.RUNNER,), (Need.VIEW, Need.RUNNER), (Need.PANE, Need.RUNNER)

APP = (
    Action("app.previous", "comma", ",", "step(-1)", "Previous", "The screen before this one", needs=HOST),
    Action("app.next", "full_stop", ".", "step(1)", "Next", "The screen after this one", needs=HOST),
    Action("app.host", "h", "h", "host", "Host", "Where the host was looked for, what it is and what it can do",
           needs=HOST),
    Action("app.help", "question_mark", "?", "help", "Keys", "Every key of this screen", True, needs=HOST,
           always=True),
    Action("app.theme", "f9", "F9", "change_theme", "Theme", "Choose another theme"),
    Action("app.quiet", "escape", "esc", "quiet", "Quiet", "Put the notices away"),
    Action("app.leave", "ctrl+c", "ctrl+c", "help_quit", "Leave", "Copy what is selected; if nothing is, ask to leave"),
    Action("app.quit", "ctrl+q", "ctrl+q", "quit", "Quit", "Leave; what arrived is kept", True, True, always=True),
)  # fmt: skip

COMPARE = (
    Action("pane.score", "1,2,3,4,5", "1-5", "score", "Score", "Score the focused answer; focus stays", True,
           needs=PANE_ACTS),
    Action("pane.clear", "0", "0", "score", "Clear", "Take the score back", needs=PANE_ACTS),
    Action("pane.note", "n", "n", "note", "Note", "Write a note on the focused answer", True, needs=PANE_ACTS),
    Action("pane.undo", "ctrl+z,u", "ctrl+z", "undo", "Undo", "Take back the last score or note", needs=ACTS),
    Action("pane.previous", "left", "←", "focus_pane(-1)", "Pane", "The pane to the left", needs=PANE),
    Action("pane.next", "right", "→", "focus_pane(1)", "Pane", "The pane to the right", True, needs=PANE),
    Action("pane.jump", "apostrophe", "' and a digit", "jump", "Jump", "Focus a pane by its number"),
    Action("pane.unscored", "g", "g", "unscored", "Unscored", "Go to the next answer without a score",
           needs=(Need.VIEW,)),
    Action("pane.zoom", "z", "z", "zoom", "Zoom", "The focused pane alone, and back", True, needs=PANE),
    Action("pane.thinking", "t", "t", "thinking", "Thinking", "Show or fold what a model thought", needs=PANE),
    Action("pane.markdown", "m", "m", "markdown", "Markdown", "The answer as Markdown, or as it came", needs=PANE),
    Action("pane.rerun", "r", "r", "rerun", "Rerun", "Ask the focused model again", True, needs=PANE_ACTS),
    Action("run.rerun", "R", "R", "rerun_all", "Rerun all", "Ask all models again", needs=ACTS),
    Action("pane.stop", "x", "x", "stop", "Stop", "Stop the focused answer; what arrived is kept", True,
           needs=PANE_ACTS),
    Action("run.stop", "X", "X", "stop_all", "Stop all", "Stop every answer", needs=ACTS),
    Action("run.edit", "e,enter", "e", "edit", "Edit", "To the prompt, as enter; typing replaces what was asked", True,
           needs=RUNNER),
    Action("run.mode", "ctrl+r", "ctrl+r", "mode", "Race/measure", "All at once, or one at a time", False, True,
           needs=RUNNER),
    Action("page.previous", "left_square_bracket", "[", "page(-1)", "Page", "The panes before these"),
    Action("page.next", "right_square_bracket", "]", "page(1)", "Page", "The panes after these"),
)  # fmt: skip

MODELS = (
    Action("models.filter", "slash", "/", "filter", "Filter", "Type to filter; ctrl+u empties the field, esc leaves",
           True),
    Action("models.device", "1", "1", "filter_by('device')", "Device", "Only the next device; after the last, all"),
    Action("models.state", "2", "2", "filter_by('state')", "State", "Only the next state"),
    Action("models.task", "3", "3", "filter_by('task')", "Task", "Only the next task"),
    Action("models.tools", "4", "4", "filter_by('tools')", "Tools", "Only those that can call tools, or cannot"),
    Action("models.licence", "5", "5", "filter_by('licence')", "Licence", "Only the next licence"),
    Action("models.all", "0", "0", "clear_filters", "All", "All of 1 to 5 again"),
    Action("models.open", "right", "→", "open(True)", "Variants", "Show the variants of an alias"),
    Action("models.close", "left", "←", "open(False)", "Close", "Fold the variants of an alias"),
    Action("models.choose", "space", "space", "choose", "Choose", "Choose a model, or not; 1 to 8", True),
    Action("models.compare", "enter", "enter", "compare", "Compare", "Compare the chosen models", True, True,
           needs=LIST),
    Action("models.load", "l", "l", "load", "Load", "Load the model into memory", True, needs=POSSIBLE),
    Action("models.unload", "u", "u", "unload", "Unload", "Free the model's memory", True, needs=POSSIBLE),
    Action("models.download", "d", "d", "download", "Download", "Download the model", True, needs=POSSIBLE),
    Action("models.cancel", "x", "x", "cancel", "Cancel", "Stop the model's download", True, needs=POSSIBLE),
    Action("models.remove", "delete", "delete", "remove", "Remove", "Delete it from the cache, after asking", False,
           needs=POSSIBLE),
    Action("models.register", "a", "a", "register", "Add", "Add a model from a folder", False, needs=POSSIBLE),
    Action("models.licence-text", "i", "i", "licence", "Licence", "Read the licence"),
    Action("models.details", "v", "v", "details", "Details", "All that is known of it, on a page that scrolls", True),
    Action("models.refresh", "f5,R", "F5", "refresh_models", "Refresh", "Ask the host again"),
)  # fmt: skip


def bindings(actions: Iterable[Action]) -> list[BindingType]:
    """The actions as Textual's bindings. A score's key is its parameter."""
    made: list[BindingType] = []
    for item in actions:
        keys = item.keys.split(",")
        for key in keys:
            name = f"score({key})" if item.action == "score" else item.action
            made.append(
                Binding(
                    key,
                    name,
                    item.label,
                    show=item.footer and key == keys[0],
                    key_display=item.shown,
                    priority=item.priority,
                    tooltip=item.about,
                    id=item.id if key == keys[0] else f"{item.id}.{key}",
                )
            )
            if item.explains:
                # The same id: when somebody gives the action another key, this goes with it.
                made.append(Binding(key, f"why('{item.action}')", item.label, show=False, id=item.id))
    return made


def needs_of(actions: Iterable[Action]) -> Mapping[str, tuple[Need, ...]]:
    """What each action needs, by its name."""
    return {item.name: item.needs for item in actions}


_SHOWN = {"up": "↑", "down": "↓", "pageup": "page up", "pagedown": "page down", "escape": "esc"}
"""How a key of a widget is shown, where Textual spells it in another way, but for F1 and the like."""


def described(found: Iterable[BindingType]) -> tuple[Action, ...]:
    """A widget's bindings as actions, so that they are documented with the rest. Those without an id are left out."""
    return tuple(
        Action(
            item.id,
            item.key,
            _SHOWN.get(item.key, item.key.upper() if item.key[1:].isdigit() else item.key),
            item.action,
            item.description,
            item.tooltip or item.description.capitalize(),
        )
        for item in found
        if isinstance(item, Binding) and item.id is not None
    )
