"""Every action a key can reach. The bindings, the footer, the help screen and the README's table are read from here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding, BindingType


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
    priority: bool = False
    """Reaches the action even while text is being typed."""
    refusable: bool = False
    """Where it cannot be done, its key calls the action `why` instead."""


EVERYWHERE = (
    Action("app.models", "f1", "F1", "show('models')", "Models", "The models of the host", False, True),
    Action("app.compare", "f2", "F2", "show('compare')", "Compare", "One prompt, several models", False, True),
    Action("app.previous", "comma", ",", "step(-1)", "Previous", "The screen before this one"),
    Action("app.next", "full_stop", ".", "step(1)", "Next", "The screen after this one"),
    Action("app.host", "h", "h", "host", "Host", "Where the host was looked for, what it is and what it can do"),
    Action("app.help", "question_mark", "?", "help", "Keys", "Every key of this screen", True),
    Action("app.theme", "f9", "F9", "change_theme", "Theme", "Choose another theme"),
    Action("app.quiet", "escape", "esc", "quiet", "Quiet", "Put the notices away"),
    Action("app.leave", "ctrl+c", "ctrl+c", "help_quit", "Leave", "Copy what is selected; if nothing is, ask to leave"),
    Action("app.quit", "ctrl+q", "ctrl+q", "quit", "Quit", "Leave; what arrived is kept", True, True),
)

COMPARE = (
    Action("pane.score", "1,2,3,4,5", "1-5", "score", "Score", "Score the focused answer; focus stays", True),
    Action("pane.clear", "0", "0", "score", "Clear", "Take the score back"),
    Action("pane.note", "n", "n", "note", "Note", "Write a note on the focused answer", True),
    Action("pane.undo", "ctrl+z,u", "ctrl+z", "undo", "Undo", "Take back the last score or note"),
    Action("pane.previous", "left", "←", "focus_pane(-1)", "Pane", "The pane to the left"),
    Action("pane.next", "right", "→", "focus_pane(1)", "Pane", "The pane to the right", True),
    Action("pane.jump", "apostrophe", "' and a digit", "jump", "Jump", "Focus a pane by its number"),
    Action("pane.unscored", "g", "g", "unscored", "Unscored", "Go to the next answer without a score"),
    Action("pane.zoom", "z", "z", "zoom", "Zoom", "The focused pane alone, and back", True),
    Action("pane.thinking", "t", "t", "thinking", "Thinking", "Show or fold what a model thought"),
    Action("pane.markdown", "m", "m", "markdown", "Markdown", "The answer as Markdown, or as it came"),
    Action("pane.rerun", "r", "r", "rerun", "Rerun", "Ask the focused model again", True),
    Action("run.rerun", "R", "R", "rerun_all", "Rerun all", "Ask all models again"),
    Action("pane.stop", "x", "x", "stop", "Stop", "Stop the focused answer; what arrived is kept", True),
    Action("run.stop", "X", "X", "stop_all", "Stop all", "Stop every answer"),
    Action("run.edit", "e,enter", "e", "edit", "Edit", "To the prompt, as enter; typing replaces what was asked", True),
    Action("run.mode", "ctrl+r", "ctrl+r", "mode", "Race/measure", "All at once, or one at a time", False, True),
    Action("page.previous", "left_square_bracket", "[", "page(-1)", "Page", "The panes before these"),
    Action("page.next", "right_square_bracket", "]", "page(1)", "Page", "The panes after these"),
)

MODELS = (
    Action(
        "models.filter", "slash", "/", "filter", "Filter", "Type to filter; ctrl+u empties the field, esc leaves", True
    ),
    Action("models.device", "1", "1", "facet('device')", "Device", "Only the next device; after the last, all"),
    Action("models.state", "2", "2", "facet('state')", "State", "Only the next state"),
    Action("models.task", "3", "3", "facet('task')", "Task", "Only the next task"),
    Action("models.tools", "4", "4", "facet('tools')", "Tools", "Only those that can call tools, or cannot"),
    Action("models.licence", "5", "5", "facet('licence')", "Licence", "Only the next licence"),
    Action("models.all", "0", "0", "open_facets", "All", "All of 1 to 5 again"),
    Action("models.open", "right", "→", "open(True)", "Variants", "Show the variants of an alias"),
    Action("models.close", "left", "←", "open(False)", "Close", "Fold the variants of an alias"),
    Action("models.choose", "space", "space", "choose", "Choose", "Choose a model, or not; 1 to 8", True),
    Action("models.compare", "enter", "enter", "compare", "Compare", "Compare the chosen models", True, True),
    Action("models.load", "l", "l", "load", "Load", "Load the model into memory", True, refusable=True),
    Action("models.unload", "u", "u", "unload", "Unload", "Free the model's memory", True, refusable=True),
    Action("models.download", "d", "d", "download", "Download", "Download the model", True, refusable=True),
    Action("models.cancel", "x", "x", "cancel", "Cancel", "Stop the model's download", True, refusable=True),
    Action("models.remove", "delete", "delete", "remove", "Remove", "Delete it from the cache, after asking", False,
           refusable=True),
    Action("models.register", "a", "a", "register", "Add", "Add a model from a folder", False, refusable=True),
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
            if item.refusable:
                # The same id: when somebody gives the action another key, this goes with it.
                made.append(Binding(key, f"why('{item.action}')", item.label, show=False, id=item.id))
    return made
