"""What the file of a question says of it: its name, its tags, what a good answer speaks of, an answer that is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.core.plans.prompt import Prompt
from tui.core.text.clean import clean, clean_line
from tui.ui.compare.part import ScreenPart
from tui.ui.compare.scoring import Scoring

_FOLLOWING = {None: True, True: False, False: None}
"""What a digit makes of a mark: there, not there, open again."""
_SIGNS = {True: "[x]", False: "[-]", None: "[ ]"}


class FacetsDialog(ModalScreen[None]):
    """Shows them; where they can be ticked, a digit does: there, not there, and open again."""

    DEFAULT_CSS = """
    FacetsDialog { align: center middle; }
    FacetsDialog VerticalScroll {
        width: 76; max-width: 96%; height: auto; max-height: 92%; padding: 0 1; border: round $primary;
        background: $surface; scrollbar-size-vertical: 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f,enter", "dismiss", "close the facets", id="facets.close")
    ]

    def __init__(
        self,
        prompt: Prompt,
        about: str,
        marks: Callable[[], Mapping[str, bool | None]] | None = None,
        tick: Callable[[str], None] | None = None,
    ) -> None:
        """`about` is what the marks are of: an answer's model. `marks` says which facets are there, which are not, and
        of which that is not known; `tick` is given the facet whose digit was pressed."""
        super().__init__()
        self._prompt = prompt
        self._about = about
        self._marks = marks
        self._tick = tick

    def compose(self) -> ComposeResult:
        """A page that scrolls."""
        with VerticalScroll() as page:
            page.border_title = Content(clean_line(self._about, 60))
            ticks = self._tick is not None and bool(self._prompt.facets)
            page.border_subtitle = "1-9 tick · esc closes" if ticks else "esc closes"
            yield Static(self._text(), markup=False, id="facets")

    def on_key(self, event: events.Key) -> None:
        """A digit ticks."""
        number = "1234567890".find(event.character or "-") + 1  # 0 is the tenth.
        if self._tick is not None and 1 <= number <= len(self._prompt.facets):
            event.stop()
            self._tick(self._prompt.facets[number - 1])
            self.query_one("#facets", Static).update(self._text())

    def _text(self) -> Content:
        marks = self._marks() if self._marks is not None else None
        return Content("\n").join(facet_lines(self._prompt, marks))


def facet_lines(prompt: Prompt, marks: Mapping[str, bool | None] | None = None) -> Iterator[Content]:
    """What a prompt's file says of it, line by line, harmless; `marks` says which facets an answer has."""
    if prompt.id:
        yield Content(f"Name      {clean_line(prompt.id)}")
    if prompt.tags:
        yield Content(f"Tags      {clean_line(', '.join(prompt.tags))}")
    if prompt.system:
        yield Content(f"System    {clean(prompt.system)}")
    if prompt.facets:
        yield Content.styled("A good answer speaks of", "bold")
        for number, facet in enumerate(prompt.facets, 1):
            sign = "" if marks is None else f"{_SIGNS[marks.get(facet)]} "
            yield Content(f" {number:>2}  {sign}{clean_line(facet)}")
    if prompt.expected:
        yield Content.styled("An answer that would be right", "bold")
        yield Content(clean(prompt.expected))
    if not prompt.facets and not prompt.expected:
        yield Content("Its file says neither what a good answer speaks of (facets) nor what would be right (expected).")


class Facets(ScreenPart):
    """Shows them for the question that is shown; while nothing is, for the one that is next."""

    def show(self) -> None:
        """Open the page, or say that there is nothing on it."""
        prompt = self.prompt()
        if prompt is None or not (prompt.facets or prompt.tags or prompt.id or prompt.expected):
            self.screen.say("No file says anything of this question. The prompts of a set (o) may have it.")
            return
        request, commands, scoring = self.screen.focused_request(), self.screen.ratings, self.screen.parts[Scoring]
        if request is None or commands is None or scoring.sentences.why_not_scored(request):
            self.screen.app.push_screen(FacetsDialog(prompt, "What is asked"))
            return
        run, ratings = request.spec.id, self.screen.view.ratings

        def tick(facet: str) -> None:
            commands.tick(run, facet, _FOLLOWING[ratings.facets_of(run).get(facet)])
            self.screen.call_next(self.screen.decided)

        about = f"Facets: {self.screen.presenter.name_of(request)}"
        self.screen.app.push_screen(FacetsDialog(prompt, about, lambda: ratings.facets_of(run), tick))

    def prompt(self) -> Prompt | None:
        """The question that is shown, else the one that is next; None when there is none."""
        run = self.screen.presenter.questions.run
        panes = self.screen.grid.keys
        request = self.screen.focused_request() or next(iter(self.screen.presenter.requests(panes)), None)
        if request is None and run is not None and not panes:
            request = next(iter(run.requests.values()), None)
        if request is None:
            return self.screen.parts.next_prompt()
        return self.screen.view.session.prompts[request.spec.prompt]
