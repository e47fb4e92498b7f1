"""Every action a key can reach, and what it needs. Bindings, key bar, help, greying and documents are read from here.

The keys that change the mode are made from the table of modes (`tui.ui.modes`). Actions of a widget stand in the
widget's own bindings, which `described()` turns into actions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from textual.binding import Binding, BindingType
from textual.keys import format_key

NO_KEY = "no-key"
"""What Textual is told to bind where a keymap leaves an action no key: it takes no empty list."""


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
    RATINGS = "a session that can be scored"
    """Scores and notes can be kept: not of one that is only read."""
    PANE = "a pane"
    """There are panes on the screen."""
    POSSIBLE = "a host and a model that allow it"
    """The host is able to do it, and it makes sense for the model under the cursor."""
    REPLAY = "a replay"
    """What the screen shows is played again, as it went."""
    PAUSES = "a session that goes on, or a replay"
    """There is something that can stand still for a while."""
    LIST = "the focus in the list"
    """Text is not being typed into the field above it."""
    BLIND = "blind answers"
    """It is hidden which model gave which answer."""
    RUNNING = "an answer that still comes"
    """Something is being asked: there is something to stop."""


REASONS = {
    Need.HOST: "No host has been found yet.",
    Need.VIEW: "There is no session yet.",
    Need.RUNNER: "This session is only looked at: nothing is asked of it.",
    Need.RATINGS: "This session is only looked at: nothing is scored in it.",
    Need.PANE: "There is no pane: choose models on the Models screen.",
    Need.POSSIBLE: "The host cannot do it.",
    Need.REPLAY: "This is no replay.",
    Need.PAUSES: "This session is only looked at: nothing is asked of it.",
    Need.LIST: "The keys are the field's; esc leaves it.",
    Need.RUNNING: "Nothing is being asked.",
    Need.BLIND: "Nothing is hidden.",
}
"""Why an action cannot be done whose need is not met, as a sentence, where nobody knows better."""


@dataclass(frozen=True, slots=True)
class Action:
    """`keys` as Textual spells them, separated by commas; `shown` as people do. Both are empty for what has no key:
    the palette leads to it.

    `action` is one of the screen itself (`edit`), or `PART.METHOD` of a part of it (`asking.stop`), with parameters
    where it has any.
    """

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
    vital: bool = False
    """Whether it must never be without a key."""
    tells: str = ""
    """Of an action that would tell which model gave which answer: why it is not done while that is hidden."""

    @property
    def name(self) -> str:
        """The action without its parameters."""
        return self.action.partition("(")[0]

    @property
    def key_list(self) -> tuple[str, ...]:
        """Its usual keys, as Textual spells them."""
        return tuple(self.keys.split(",")) if self.keys else ()

    @property
    def by_place(self) -> bool:
        """Whether each of its keys means another thing: the first key scores 1, the second 2."""
        return self.action.endswith("score") and len(self.key_list) > 1

    def bound(self, key: str) -> str:
        """The action of one of its keys as Textual spells it. A score's key is its parameter."""
        name, opened, parameters = self.action.partition("(")
        inside = parameters.removesuffix(")") if opened else key if self.by_place else ""
        if "." not in name:
            return f"{name}({inside})" if inside else name
        return f"part({', '.join(filter(None, (repr(name), inside)))})"

    @property
    def twins(self) -> tuple[str, ...]:
        """What else leads to it, as people write it: for keyboards and terminals that lack its key."""
        return () if self.by_place else tuple(shown_key(key) for key in self.key_list[1:])

    @property
    def explains(self) -> bool:
        """Whether its key says why it cannot be done, by calling the action `why`, where it cannot. What only needs the
        focus in a list leaves its key to the field that has it."""
        return bool({*self.needs} - {Need.LIST})


REPLAY = (Need.REPLAY,)
HOST, PANE, POSSIBLE, LIST = ((need,) for need in (Need.HOST, Need.PANE, Need.POSSIBLE, Need.LIST))
VIEW = (Need.VIEW,)
RUNNER, ACTS, PANE_ACTS = (Need.RUNNER,), (Need.VIEW, Need.RUNNER), (Need.PANE, Need.RUNNER)
STOPS, PANE_STOPS = (Need.RUNNER, Need.RUNNING), (Need.PANE, Need.RUNNER, Need.RUNNING)
RATES, PANE_RATES = (Need.VIEW, Need.RATINGS), (Need.PANE, Need.RATINGS)

APP = (
    Action("app.previous", "comma", ",", "step(-1)", "Previous", "The screen before this one", needs=VIEW),
    Action("app.next", "full_stop", ".", "step(1)", "Next", "The screen after this one", needs=VIEW),
    Action("app.host", "h", "h", "host", "Host", "Where the host was looked for, what it is and what it can do",
           needs=HOST),
    Action("app.help", "question_mark", "?", "help", "Keys", "Every key of this screen", True,
           needs=(Need.VIEW,), always=True),
    Action("app.palette", "colon,ctrl+p", ":", "help", "Do", "Find an action by its name, and do it",
           needs=(Need.VIEW,)),
    Action("app.theme", "f9", "F9", "change_theme", "Theme", "Choose another theme"),
    Action("app.quiet", "escape", "esc", "quiet", "Quiet", "Put the notices away; then back from an opened session"),
    Action("app.leave", "ctrl+c", "ctrl+c", "help_quit", "Leave", "Copy what is selected; if nothing is, ask to leave"),
    Action("app.quit", "ctrl+q", "ctrl+q", "quit", "Quit", "Leave; what arrived is kept", True, True, always=True,
           vital=True),
)  # fmt: skip

SCORING = (
    Action("pane.score", "1,2,3,4,5,6,7,8,9", "1-5", "scoring.score", "Score", "Score the focused answer; focus stays",
           True, needs=PANE_RATES),
    Action("pane.clear", "0", "0", "scoring.score(0)", "Clear", "Take the score back", needs=PANE_RATES),
    Action("pane.criterion", "c", "c", "scoring.criterion", "Criterion", "The next score is for the next criterion",
           needs=PANE_RATES),
    Action("pane.winner", "w", "w", "voting.winner", "Winner", "The focused answer is better than all others in sight",
           True, needs=PANE_RATES),
    Action("pane.both-good", "T", "T", "voting.both_good", "Both good", "All answers in sight are good alike",
           needs=PANE_RATES),
    Action("pane.both-bad", "B", "B", "voting.both_bad", "Both bad", "All answers in sight are bad alike",
           needs=PANE_RATES),
    Action("pane.note", "n", "n", "scoring.note", "Note", "Write a note on the focused answer", True, needs=PANE_RATES),
    Action("pane.note-elsewhere", "N", "N", "scoring.note_elsewhere", "Other note",
           "A note on the model or the session, or the session's title", needs=RATES),
    Action("pane.unscored", "g", "g", "score_pass.unscored", "Unscored", "Go to the next answer without a score",
           needs=(Need.VIEW,)),
    Action("pane.pass", "G", "G", "score_pass.begin", "Score pass",
           "Go through all that lacks a score; within the pass, the last ten decisions", needs=RATES),
    Action("pane.undo", "ctrl+z,u", "ctrl+z", "scoring.undo", "Undo",
           "Take back what was said last; what is elsewhere is shown first", needs=RATES),
    Action("pane.redo", "U", "U", "scoring.redo", "Redo", "Bring back what was taken back last", needs=RATES),
    Action("run.blind", "b", "b", "blind.blind", "Blind", "Hide the models from the next question on, or no longer",
           needs=ACTS),
    Action("run.reveal", "V", "V", "blind.reveal", "Reveal", "After asking, show which model gave which answer", True,
           needs=(Need.VIEW, Need.BLIND)),
    Action("run.judge", "v", "v", "judging.choose", "Judge", "Have a second model score the answers, or compare them "
           "in pairs; esc stops it", needs=ACTS,
           tells="Which models a judge is like is hidden: V reveals whose the answers are first."),
    Action("pane.standing", "S", "S", "standing.page", "Standing", "Where the models stand, and which to take",
           needs=(Need.VIEW,)),
)  # fmt: skip

READING = (
    Action("pane.previous", "left", "←", "reading.focus_pane(-1)", "Pane", "The pane to the left", needs=PANE),
    Action("pane.next", "right", "→", "reading.focus_pane(1)", "Pane", "The pane to the right", True, needs=PANE),
    Action("pane.jump", "apostrophe,j", "' and a digit", "reading.jump", "Jump", "Focus a pane by its number",
           needs=PANE),
    Action("pane.zoom", "z", "z", "reading.zoom", "Zoom", "The focused pane alone, and back", True, needs=PANE),
    Action("pane.thinking", "t", "t", "reading.thinking", "Thinking", "Show or fold what a model thought", needs=PANE,
           tells="What the models thought is hidden until V reveals it."),
    Action("pane.markdown", "m", "m", "reading.markdown", "Markdown", "The answer as Markdown, or as it came",
           needs=PANE),
    Action("pane.figures", "i", "i", "figures.show", "Figures", "All figures of the answer, and why one is not known",
           needs=PANE),
    Action("page.previous", "left_square_bracket,H", "[", "reading.page(-1)", "Page", "The panes before these",
           needs=PANE),
    Action("page.next", "right_square_bracket,L", "]", "reading.page(1)", "Page", "The panes after these",
           needs=PANE),
    Action("panes.together", "s", "s", "scrolling.change", "Together",
           "Scroll all panes in sight together: in proportion, by paragraph, off", needs=PANE),
    Action("panes.search", "slash", "/", "search.open", "Search",
           "Search the answers in sight; enter and ↑ go on and back, esc ends", needs=PANE),
    Action("difference.choose", "equals_sign", "= and a digit", "difference.choose", "Compare",
           "Show in what the answer differs from another pane's; its own digit: from an earlier one of its own",
           needs=PANE),
    Action("difference.next", "d", "d", "difference.step(1)", "Difference", "To the next difference", needs=PANE),
    Action("difference.previous", "D", "D", "difference.step(-1)", "Difference", "To the difference before",
           needs=PANE),
    Action("pane.copy", "y", "y", "copying.choose", "Copy", "Copy the answer, all of them or a block of code; or write "
           "them to a file", True, needs=PANE),
    Action("question.older", "left_curly_bracket,K", "{", "reading.question(-1)", "Older",
           "The question before this one, with its answers and scores", needs=(Need.VIEW,)),
    Action("question.newer", "right_curly_bracket,J", "}", "reading.question(1)", "Newer",
           "The question after this one", needs=(Need.VIEW,)),
)  # fmt: skip

ASKING = (
    Action("pane.rerun", "r", "r", "asking.rerun", "Rerun", "Ask the focused model again", True, needs=PANE_ACTS,
           tells="One answer asked again alone would tell which model it is. R asks all again."),
    Action("run.rerun", "R", "R", "asking.rerun_all", "Rerun all", "Ask all models again", needs=ACTS),
    Action("pane.stop", "x", "x", "asking.stop", "Stop", "Stop the focused answer; what arrived is kept", True,
           needs=PANE_STOPS,
           tells="Which answer still comes is hidden. X stops all."),
    Action("run.stop", "X", "X", "asking.stop_all", "Stop all", "Stop every answer", needs=STOPS),
    Action("run.edit", "e,enter", "e", "edit", "Edit", "To the prompt, as enter; typing replaces what was asked", True,
           needs=RUNNER),
    Action("run.follow-up", "F", "F", "follow.begin", "Follow-up",
           "The next question goes on with each model's own conversation; again, and it does not", needs=PANE_ACTS),
    Action("run.parameters", "p", "p", "parameters.edit", "Parameters",
           "System prompt, temperature, tokens, seed, stop, rounds and warm-ups of the next run", needs=ACTS),
    Action("run.deterministic", "", "", "parameters.deterministic", "Deterministic",
           "Temperature 0 and a seed from the next run on, as `run --deterministic`", needs=ACTS),
    Action("run.set", "o,ctrl+o", "o", "prompts.open", "Prompt set",
           "Open a file of prompts", True, needs=ACTS),
    Action("set.previous", "less_than_sign", "<", "prompts.step(-1)", "Set", "The prompt of the set before this one",
           needs=ACTS),
    Action("set.next", "greater_than_sign", ">", "prompts.step(1)", "Set", "The prompt of the set after this one",
           needs=ACTS),
    Action("set.run", "ctrl+g", "ctrl+g", "prompts.ask_left", "Run set",
           "Ask all prompts of the set that were not asked yet, in the prompt too", needs=ACTS),
    Action("prompt.facets", "f", "f", "facets.show", "Facets", "What the question's file says of it: facets, tags",
           needs=(Need.VIEW,)),
    Action("run.pause", "space", "space", "asking.pause", "Pause",
           "Ask nothing more of what is still to be asked, or go on; in a replay, stand still, or play it again",
           needs=(Need.VIEW, Need.PAUSES)),
    Action("set.save", "", "", "prompts.save", "Save as a set", "Write what was asked in this session as a set",
           needs=ACTS),
    Action("prompt.editor", "", "", "history.editor", "Edit outside",
           "Write the prompt in the editor that VISUAL or EDITOR names", needs=ACTS),
    Action("pane.answers", "", "", "asking.answers", "All answers",
           "Every answer of this model to this question: rounds and reruns", needs=PANE),
    Action("run.mode", "ctrl+r", "ctrl+r", "mode", "Race/measure", "All at once, or one at a time", False, True,
           needs=RUNNER),
)  # fmt: skip

REPLAYING = (
    Action("replay.faster", "plus", "+", "replaying.change_speed(1)", "Faster", "Twice as fast, at most 4x", True,
           needs=REPLAY),
    Action("replay.slower", "minus", "-", "replaying.change_speed(-1)", "Slower", "Half as fast, down to 1x", True,
           needs=REPLAY),
)  # fmt: skip

COMPARE = (*SCORING, *READING, *ASKING, *REPLAYING)

MODELS = (
    Action("models.filter", "slash", "/", "filter", "Filter", "Type to filter; ctrl+u empties the field, esc leaves",
           True),
    Action("models.device", "1", "1", "filter_by('device')", "Device", "Only the next device; after the last, all"),
    Action("models.state", "2", "2", "filter_by('state')", "State", "Only the next state"),
    Action("models.task", "3", "3", "filter_by('task')", "Task", "Only the next task"),
    Action("models.tools", "4", "4", "filter_by('tools')", "Tools", "Only those that can call tools, or cannot"),
    Action("models.licence", "5", "5", "filter_by('licence')", "Licence", "Only the next licence"),
    Action("models.tag", "6", "6", "filter_by('tag')", "Tag", "Only the next tag of your file of models"),
    Action("models.all", "0", "0", "clear_filters", "All", "All of 1 to 6 again"),
    Action("models.open", "right", "→", "open(True)", "Variants", "Show the variants of an alias"),
    Action("models.close", "left", "←", "open(False)", "Close", "Fold the variants of an alias"),
    Action("models.choose", "space", "space", "choose", "Choose", "Choose a model, or not; 1 to 8", True),
    Action("models.compare", "enter", "enter", "compare", "Compare", "Compare the chosen models", True, True,
           needs=LIST),
    Action("models.load", "l", "l", "load", "Load", "Load the model into memory", True, needs=POSSIBLE),
    Action("models.unload", "u", "u", "unload", "Unload", "Free the model's memory", True, needs=POSSIBLE),
    Action("models.download", "d", "d", "download", "Download", "Download the model", True, needs=POSSIBLE),
    Action("models.cancel", "x", "x", "cancel", "Cancel", "Stop the model's download", True, needs=POSSIBLE),
    Action("models.remove", "delete,backspace", "delete", "remove", "Remove",
           "Delete it from the cache, after asking", needs=POSSIBLE),
    Action("models.register", "a", "a", "register", "Add", "Add a model from a folder", False, needs=POSSIBLE),
    Action("models.licence-text", "i", "i", "licence", "Licence", "Read the licence"),
    Action("models.details", "v", "v", "details", "Details", "All that is known of it, on a page that scrolls", True),
    Action("models.refresh", "f5,R", "F5", "refresh_models", "Refresh", "Ask the host again"),
)  # fmt: skip


HISTORY = (
    Action("history.search", "slash", "/", "filter", "Search", "Full text: titles, tags, prompts, answers, notes; esc "
           "ends it", True),
    Action("history.model", "1", "1", "filter_by('model')", "Model", "Only the next model; after the last, all"),
    Action("history.mode", "2", "2", "filter_by('mode')", "Mode", "Only the next mode"),
    Action("history.rater", "3", "3", "filter_by('rater')", "Rater", "Only those that the next rater has scored"),
    Action("history.tag", "4", "4", "filter_by('tag')", "Tag", "Only the next tag"),
    Action("history.state", "5", "5", "filter_by('state')", "State", "Only undecided, decided, unfinished, damaged"),
    Action("history.all", "0", "0", "clear_filters", "All", "All of 1 to 5 again"),
    Action("history.open", "enter", "enter", "open", "Open", "Open it on the Compare screen", True, True, needs=LIST),
    Action("history.resume", "r", "r", "resume", "Resume", "Open it, and ask what it has still to ask", True),
    Action("history.replay", "p", "p", "replay", "Replay", "Show it as it went, with its own timing", True),
    Action("history.second-rater", "b", "b", "second_rater", "Second rater", "Score it blind under another name"),
    Action("history.agreement", "a", "a", "agreement", "Agreement", "How far those agree who scored it, what they "
           "differ about, and what you decide together"),
    Action("history.judge", "v", "v", "judge", "Judge", "Open it, and have a second model score its answers, or "
           "compare them in pairs"),
    Action("history.title", "e", "e", "title", "Title", "Give it a title"),
    Action("history.tags", "t", "t", "tags", "Tags", "Give it tags"),
    Action("history.mark", "space", "space", "mark", "Mark", "Mark it for a report, or for the trash; again: no "
           "longer", True),
    Action("history.report", "y", "y", "report", "Report", "Report on the marked sessions, to read or as a file", True),
    Action("history.trash", "delete", "delete", "trash", "Trash", "Put the marked sessions, else this one, into the "
           "trash"),
    Action("history.restore", "u", "u", "restore", "Undo", "Bring back what was put into the trash last"),
    Action("history.refresh", "f5", "F5", "refresh_list", "Refresh", "Look at the folder again"),
)  # fmt: skip

REPORT = (
    Action("report.filter", "slash", "/", "filter", "Filter", "Only answers like `device = GPU, ttft_ms < 500`; "
           "ctrl+u empties the field, esc leaves", True),
    Action("report.model", "1", "1", "filter_by('model')", "Model", "Only the next model; after the last, all"),
    Action("report.device", "2", "2", "filter_by('device')", "Device", "Only the next device"),
    Action("report.mode", "3", "3", "filter_by('mode')", "Mode", "Only the next mode"),
    Action("report.rater", "4", "4", "filter_by('rater')", "Rater", "Only the scores of the next rater"),
    Action("report.tag", "5", "5", "filter_by('tag')", "Tag", "Only prompts and sessions with the next tag"),
    Action("report.all", "0", "0", "clear_filters", "All", "All of 1 to 5 again"),
    Action("report.answers", "enter", "enter", "answers", "Answers", "The answers behind the figure; enter opens one",
           True, True, needs=LIST),
    Action("report.plot", "v", "v", "plot", "Plot", "The next plot, then what was imported, then the table", True),
    Action("report.by", "b", "b", "split", "Split", "What the rows are split by: prompt, tag, session, rater, device …",
           True),
    Action("report.selection", "s", "s", "page('selection')", "Selection", "Which model to choose: the six dimensions, "
           "must-haves, weights and the front", True),
    Action("report.must-haves", "m", "m", "must_haves", "Must-haves", "What a model must have, as `licence = MIT, "
           "size_mb < 4000`"),
    Action("report.weights", "w", "w", "weights", "Weights", "What weighs how much, as `quality=3, latency=1`"),
    Action("report.baseline", "a", "a", "baseline", "Baseline", "Compare with an earlier session, or a folder of "
           "them", True),
    Action("report.export", "y,x", "y", "export", "Export", "The report to read, or as a file", True),
    Action("report.refresh", "f5", "F5", "refresh_report", "Refresh", "Read what was kept again"),
)  # fmt: skip


def bindings(actions: Iterable[Action]) -> list[BindingType]:
    """The actions as Textual's bindings."""
    made: list[BindingType] = []
    reasons: list[BindingType] = []
    for item in actions:
        keys = item.key_list
        for key, id_ in zip(keys, bound_ids(item), strict=True):
            made.append(
                Binding(
                    key,
                    item.bound(key),
                    item.label,
                    show=item.footer and key == keys[0],
                    key_display=item.shown,
                    priority=item.priority,
                    tooltip=item.about,
                    id=id_,
                )
            )
            if item.explains:
                # The same id: when somebody gives the action another key, this goes with it.
                reasons.append(Binding(key, f"why({item.action!r})", item.label, show=False, id=id_))
    # Behind all actions: where two have one key, the one that can be done comes first.
    return [*made, *reasons]


def bound_ids(action: Action) -> tuple[str, ...]:
    """The ids of the bindings of an action, one for each of its keys. All have the action's id, so that other keys take
    the place of all of them, but where each key means another thing."""
    keys = action.key_list
    return tuple(f"{action.id}.{key}" for key in keys) if action.by_place else (action.id,) * len(keys)


def needs_of(actions: Iterable[Action]) -> Mapping[str, tuple[Need, ...]]:
    """What each action needs, by its name."""
    return {item.name: item.needs for item in actions}


_SHOWN = {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "pageup": "page up", "pagedown": "page down", "escape": "esc",
    "enter": "enter", "backspace": "backspace", "delete": "delete", "space": "space", "tab": "tab",
}  # fmt: skip
"""How named keys are shown, but for F1 and the like."""


def shown_key(key: str) -> str:
    """A key of Textual's as people write it."""
    *modifiers, name = key.split("+")
    return "+".join((*modifiers, _SHOWN.get(name) or (name.upper() if name[1:].isdigit() else format_key(name))))


def described(found: Iterable[BindingType]) -> tuple[Action, ...]:
    """A widget's bindings as actions, so that they are documented with the rest. Those without an id are left out."""
    return tuple(
        Action(
            item.id,
            item.key,
            shown_key(item.key.partition(",")[0]),
            item.action,
            item.description,
            item.tooltip or item.description.capitalize(),
        )
        for item in found
        if isinstance(item, Binding) and item.id is not None
    )
