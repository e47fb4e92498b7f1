"""The parameters of the next run: a dialog, and what of them stands in the status line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from tui.core.plans.plan import PlanOptions
from tui.core.plans.run_fields import RUN_FIELDS, RunOptions
from tui.core.sessions.session_model import DETERMINISTIC_SEED
from tui.core.text.clean import clean_line
from tui.ui.compare.asked import Asked
from tui.ui.compare.part import ScreenPart, StatusNote
from tui.ui.fitting import Yielding
from tui.ui.widgets.field_text import FieldText, storable
from tui.ui.widgets.line_field import LineField


class SystemField(FieldText, TextArea):
    """A few lines of text in which ctrl+j makes a new line; tab and enter are the dialog's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j", "new_line", "new line", tooltip="Begin a new line", id="system.new-line")
    ]

    def on_key(self, event: Key) -> None:
        """Enter is no text here."""
        if event.key == "enter":
            event.prevent_default()
        else:
            super().on_key(event)

    def action_cursor_down(self, select: bool = False) -> None:
        """A row down; from the last one to the next field."""
        if select or not self.navigator.is_last_wrapped_line(self.cursor_location):
            super().action_cursor_down(select)
        else:
            self.app.action_focus_next()

    def action_cursor_up(self, select: bool = False) -> None:
        """A row up; from the first one to the field before."""
        if select or not self.navigator.is_first_wrapped_line(self.cursor_location):
            super().action_cursor_up(select)
        else:
            self.app.action_focus_previous()

    def action_new_line(self) -> None:
        """Begin a new line at the cursor."""
        self._put("\n")

    def _put(self, text: str) -> None:
        done = self.replace(storable(text), *self.selection, maintain_selection_offset=False)
        self.move_cursor(done.end_location)


class ParametersDialog(ModalScreen[RunOptions | None]):
    """Gives back the options as they were typed, or None when it was left with esc."""

    DEFAULT_CSS = """
    ParametersDialog {
        align: center middle;
        & > Vertical {
            width: 76; max-width: 98%; height: auto; max-height: 100%; padding: 0 1; border: round $primary;
            background: $surface;
        }
        & Horizontal { height: 1; }
        & Horizontal.-lines { height: 4; }
        & .label { width: 16; }
        & .usual { width: 28; padding-left: 1; color: $text-muted; }
        & LineField { width: 1fr; height: 1; border: none; padding: 0 1; background: $panel; }
        & LineField:focus { border: none; background: $background; }
        & SystemField { width: 1fr; height: 4; border: none; padding: 0 1; background: $panel; }
        & SystemField:focus { border: none; background: $background; }
        & #wrong { color: $error; height: auto; }
        &:ansi .usual { color: ansi_default; text-style: dim; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "leave it as it was", id="parameters.leave"),
        Binding("enter", "keep", "keep it", id="parameters.keep"),
        Binding("down", "app.focus_next", "the next field", id="parameters.next"),
        Binding("up", "app.focus_previous", "the field before", id="parameters.previous"),
        Binding("f8", "usual", "all as usual", id="parameters.usual"),
        Binding("f9", "deterministic", "deterministic: temperature 0, and a seed", id="parameters.deterministic"),
    ]

    def __init__(self, options: RunOptions) -> None:
        super().__init__()
        self._options = options

    def compose(self) -> ComposeResult:
        """A row for each field."""
        with Vertical() as frame:
            frame.border_title = "Parameters of the next run"
            frame.border_subtitle = "enter keeps · ↓ next · F8 all as usual · F9 deterministic · esc leaves"
            for one in RUN_FIELDS:
                text = one.text_of(self._options)
                if one.name == "system":
                    with Horizontal(classes="-lines"):
                        yield Static(one.label, classes="label", markup=False)
                        yield SystemField(storable(text), id=one.name, tab_behavior="focus")
                    continue
                with Horizontal():
                    yield Static(one.label, classes="label", markup=False)
                    yield LineField(text, id=one.name)
                    yield Static(f"empty: {one.usual}", classes="usual", markup=False)
            yield Static(
                "A prompt's own system prompt counts before this one. Stop: texts parted by commas, \\n is a line end.",
                markup=False,
                classes="about",
            )
            yield Static(id="wrong", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """What was said of a value that is no longer there is not said any more."""
        self._say_wrong("")

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """The same of the field of several lines."""
        self._say_wrong("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a field keeps them all."""
        event.stop()
        self.action_keep()

    def action_keep(self) -> None:
        """Return what was typed, or say what is wrong with it, and go there."""
        options = self._options
        for one in RUN_FIELDS:
            try:
                options = one.put(options, self._typed(one.name))
            except ValueError as error:
                self._say_wrong(f"{one.label} {error}.")
                self.query_one(f"#{one.name}").focus()
                return
        self.dismiss(options)

    def action_usual(self) -> None:
        """Empty all fields."""
        for one in RUN_FIELDS:
            widget = self.query_one(f"#{one.name}")
            if isinstance(widget, TextArea):
                widget.text = ""
            elif isinstance(widget, Input):
                widget.value = ""

    def action_deterministic(self) -> None:
        """Have the same asked in the same way: temperature 0, and a seed where there is none."""
        self.query_one("#temperature", Input).value = "0"
        seed = self.query_one("#seed", Input)
        seed.value = seed.value.strip() or str(DETERMINISTIC_SEED)

    def _say_wrong(self, sentence: str) -> None:
        self.query_one("#wrong", Static).update(Content(clean_line(sentence)))

    def _typed(self, name: str) -> str:
        widget = self.query_one(f"#{name}")
        return widget.text if isinstance(widget, TextArea) else widget.value if isinstance(widget, Input) else ""


class RunParameters(ScreenPart):
    """Parameters hold from the next run to the end of the sitting."""

    @property
    def _options(self) -> RunOptions:
        next_run = self.screen.next_run
        return RunOptions(next_run.options or PlanOptions(), next_run.system)

    def edit(self) -> None:
        """Ask for them."""

        def keep(options: RunOptions | None) -> None:
            if options is not None:
                self.screen.next_run.options, self.screen.next_run.system = options.plan, options.system
                self.screen.say("")

        self.screen.app.push_screen(ParametersDialog(self._options), keep)

    def deterministic(self) -> None:
        """Have the next runs be asked with temperature 0, and with a seed."""
        next_run = self.screen.next_run
        plan = next_run.options or PlanOptions()
        parameters = replace(plan.parameters, temperature=0.0).deterministic()
        next_run.options = replace(plan, parameters=parameters)
        self.screen.say(f"Temperature 0 and seed {parameters.seed} from the next run on. p shows and changes them.")

    def notes(self) -> Sequence[StatusNote]:
        """What differs from what is usual, at last only that something does."""
        differs = self._options.in_words() if self.screen.commands is not None else []
        if not differs:
            return ()
        full, brief = (" · ".join(words) for words in zip(*differs, strict=True))
        number = f"{len(differs)} parameters" if len(differs) > 1 else brief
        number, least = (min(words, brief, key=len) for words in (number, "params"))
        return (Yielding((full, full, brief, number, least)),)

    def wanted(self, asked: Asked) -> Asked:
        """With the system prompt, where there is no other: a conversation that goes on has the one it began with."""
        system = self.screen.next_run.system
        if not system or asked.follows:
            return asked
        prompts = [replace(one, system=system) if one.system is None else one for one in asked.prompts]
        return replace(asked, prompts=prompts)
