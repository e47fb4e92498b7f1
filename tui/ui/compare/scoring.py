"""Gives scores and notes from the keyboard, and takes back and brings back whatever was said of the answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from tui.core.requests.request import Request
from tui.core.scoring.rating import RatingChange, last_criterion, next_criterion
from tui.core.scoring.rubric import Criterion
from tui.core.scoring.score_pass import ScoreItem
from tui.core.text.clean import clean_line
from tui.ui.compare.part import ScreenPart
from tui.ui.compare.presenter import PaneModel
from tui.ui.compare.scoring_presenter import ScoringPresenter, Step
from tui.ui.compare.screen import CompareScreen
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.text_input import TextInputDialog
from tui.ui.widgets.answer.pane import PaneData
from tui.ui.widgets.scores import NOTE

_NOTE_SHOWN = 30
_NOTE_FROM = 120
"""Cells of the screen from which the note on the session stands in the status line."""


class NoteDialog(TextInputDialog):
    """Gives back the note's text, or None when it was left as it was."""

    def __init__(self, about: str, text: str) -> None:
        super().__init__(f"Note on {about}", text, "enter keeps it, empty takes it back, esc leaves it")


class TitleDialog(TextInputDialog):
    """Gives back the session's title, or None when it was left as it was."""

    def __init__(self, title: str) -> None:
        super().__init__("Title of the session", title, "enter keeps it, empty takes it away, esc leaves it")


class DecisionClock:
    """How long decisions take: from when an answer was there to be read, or from the decision before, if that came
    later."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` is in seconds."""
        self._now = now
        self._there: dict[str, float] = {}
        self._last: float | None = None

    def saw(self, run: str) -> None:
        """An answer that has ended is on the screen."""
        self._there.setdefault(run, self._now())

    def took_ms(self, runs: Iterable[str]) -> int | None:
        """Milliseconds since the last of these answers was there and the last decision made; the next decision is timed
        from now. None when one of them was not on the screen."""
        now, there = self._now(), [self._there.get(run) for run in runs]
        last, self._last = self._last, now
        if None in there or not there:
            return None
        since = max([one for one in there if one is not None] + ([last] if last is not None else []))
        return round(1000 * (now - since))


class Scoring(ScreenPart):
    """Scores, notes, undo and redo."""

    def __init__(self, screen: CompareScreen) -> None:
        super().__init__(screen)
        self._presenter = screen.presenter
        self.sentences = ScoringPresenter(screen.view, screen.presenter)
        self._ratings = screen.view.ratings
        self._clock = DecisionClock()
        self._chosen: tuple[str, str] | None = None
        """A request, and the criterion that its next score is for, where somebody chose that."""
        self.last_scored: ScoreItem | None = None
        """What a digit has just scored, while the parts are told of it."""
        self._told: tuple[Step, int] | None = None
        """What the next key takes back, or brings back: an entry that was spoken of, because no pane shows it."""

    def took_ms(self, runs: Iterable[str]) -> int | None:
        """How long the decision on these answers took that is made now, in milliseconds."""
        return self._clock.took_ms(runs)

    def shown(self, data: PaneData, request: Request) -> PaneData:
        """An answer that can be read is timed from now on."""
        if request.state.final:
            self._clock.saw(request.spec.id)
        return self.sentences.with_ratings(data, request, self._chosen)

    def notes(self) -> tuple[str, ...]:
        """The note on the session, where there is room for it."""
        note = self._ratings.note_of("") if self.screen.size.width >= _NOTE_FROM else ""
        return (f"{NOTE} {clean_line(note, _NOTE_SHOWN)}",) if note else ()

    # Scores

    async def score(self, value: int) -> None:
        """Score the focused answer; 0 takes the score back."""
        request, commands = self.screen.focused_request(), self.screen.ratings
        if (refusal := self.sentences.why_not_scored(request)) or request is None or commands is None:
            self.screen.say(refusal)
            return
        criterion = self.next_for(request, clears=not value)
        if value > criterion.scale:
            self.screen.say(f"{clean_line(criterion.title, 40)} is scored from 1 to {criterion.scale}.")
            return
        run, place = request.spec.id, (self.screen.grid.focused_index or 0) + 1
        before = self._ratings.scores_of(run).get(criterion.id)
        commands.score(run, value or None, place, criterion.id, took_ms=self.took_ms([run]))
        if value and before is not None and before.value != value and (change := commands.last) is not None:
            # Said before the parts go on: a score pass that was asked for another score leads away from it.
            self.screen.say(self.sentences.replaced(change, self.screen.grid.keys))
        self.last_scored = ScoreItem(run, criterion.id)
        self._chosen = self._told = None
        await self.screen.decided()
        self.last_scored = None

    async def score_clicked(self, criterion: str, value: int) -> None:
        """A star of the focused answer was clicked."""
        request = self.screen.focused_request()
        if request is not None and not self.sentences.why_not_scored(request):
            self._chosen = request.spec.id, criterion
        await self.score(value)

    def next_for(self, request: Request, *, clears: bool = False) -> Criterion:
        """What the next score of a request's answer is for, or which of its scores is taken back first."""
        rubric, scores = self._presenter.rubric, self._ratings.scores_of(request.spec.id)
        if self._chosen is not None and self._chosen[0] == request.spec.id:
            return rubric.get(self._chosen[1]) or rubric.criteria[0]
        return last_criterion(scores, rubric) if clears else next_criterion(scores, rubric)

    def choose(self, request: Request, criterion: str) -> None:
        """The next score of this request's answer is for this criterion."""
        self._chosen = request.spec.id, criterion
        self.screen.repaint_one(request)

    def criterion(self) -> None:
        """The next score of the focused answer is for the next criterion."""
        request, rubric = self.screen.focused_request(), self._presenter.rubric
        if (refusal := self.sentences.why_not_scored(request)) or request is None or self.screen.ratings is None:
            self.screen.say(refusal)
            return
        if len(rubric.criteria) == 1:
            self.screen.say("Answers have one score here. A rubric has more: --rubric FILE.")
            return
        following = rubric.criteria[(rubric.criteria.index(self.next_for(request)) + 1) % len(rubric.criteria)]
        self.choose(request, following.id)
        self.screen.say(self.sentences.asked_for(following))

    async def unscored(self) -> None:
        """Go to the next answer without a score: of this question, else of the next that has one."""
        grid, panes = self.screen.grid, self.screen.grid.keys
        waiting = self._presenter.unscored(panes)
        after = 0 if grid.focused_index is None else grid.focused_index + 1
        if not waiting:
            question = self._presenter.unscored_elsewhere(self.screen.app_state)
            if question is None:
                self.screen.say(self._presenter.none_unscored(panes))
                return
            await self.screen.show_question(question)
            panes, after = grid.keys, 0
            waiting = self._presenter.unscored(panes)
            number, count = self._presenter.questions.number(question), len(self._presenter.questions.all)
            self.screen.say(f"Question {number} of {count}: {len(waiting)} unscored here.")
        if waiting:
            grid.focus_index(min(waiting, key=lambda index: (index - after) % len(panes)))

    # Notes

    def note(self) -> None:
        """Ask for a note on the focused answer. A refusal is a dialog, which takes the keys too: text that is typed
        after it must not act as keys."""
        request, commands = self.screen.focused_request(), self.screen.ratings
        if commands is None:
            return
        if (refusal := self.sentences.why_not_scored(request)) or request is None:
            self.screen.app.push_screen(ChoiceDialog("There can be no note yet", refusal, [("enter", "goes back")]))
            return
        self._ask_for_note(self._presenter.name_of(request), request.spec.id)

    def note_elsewhere(self) -> None:
        """Ask what else a note is on: the model, the session; or what the session is called."""
        request = self.screen.focused_request()
        if self.screen.ratings is None:
            return
        answers = [("s", "the session"), ("t", "no note: the title of the session")]
        if request is not None and not self.screen.view.concealed:
            answers.insert(0, ("m", f"{clean_line(self._presenter.name_of(request), 40)}, whatever it answers"))

        def answered(key: str | None) -> None:
            if key == "m" and request is not None:
                self._ask_for_note(self._presenter.name_of(request), "", request.spec.model)
            elif key == "s":
                self._ask_for_note("the session")
            elif key == "t":
                self._ask_for_title()

        text = self.sentences.other_notes(request)
        self.screen.app.push_screen(ChoiceDialog("What is the note on?", text, answers), answered)

    def _ask_for_note(self, about: str, run: str = "", model: str = "") -> None:
        def keep(text: str | None) -> None:
            if text is not None and self.screen.ratings is not None:
                self.screen.ratings.note(run, text, model=model)
                self._told = None
                self.screen.call_next(self.screen.decided)

        self.screen.app.push_screen(NoteDialog(about, self._ratings.note_of(run, model=model)), keep)

    def _ask_for_title(self) -> None:
        def keep(title: str | None) -> None:
            if title is not None and self.screen.ratings is not None:
                self.screen.ratings.call_session(title)
                self.screen.say(f"The session is called “{clean_line(title, 50)}”." if title else "It has no title.")

        self.screen.app.push_screen(TitleDialog(self.screen.view.session.title), keep)

    # Undo and redo

    async def undo(self) -> None:
        """Take back what was said last."""
        await self._step(Step.UNDO)

    async def redo(self) -> None:
        """Bring back what was taken back last."""
        await self._step(Step.REDO)

    async def _step(self, step: Step) -> None:
        """Take a rating back, or bring it back, if what it is on is in sight. What is elsewhere is shown first, or told
        of where it cannot be shown: nobody takes back what they do not see."""
        commands = self.screen.ratings
        if commands is None:
            return
        change = commands.last if step is Step.UNDO else commands.next
        if change is None:
            self.screen.say(f"There is nothing to {step.value}.")
            return
        quoted = max((self.screen.size.width - 56) // 2, 8)
        if not await self._in_sight(change, step, quoted):
            return
        change = commands.undo() if step is Step.UNDO else commands.redo()
        self._told = self._chosen = None
        await self.screen.decided()
        if change is not None:
            self.screen.say(self.sentences.done(step, change, self.screen.grid.keys, quoted))

    async def _in_sight(self, change: RatingChange, step: Step, quoted: int) -> bool:
        """Whether what was rated can be seen, or was told of with the key before this one; shows it or tells of it if
        not."""
        request = self.sentences.request_of(change)
        if request is None or self._told == (step, change.new.entry):
            return True
        grid, here = self.screen.grid, self._presenter.requests(self.screen.grid.keys)
        if request in here:
            place = grid.keys.index(PaneModel(request.spec.model))
            if place in grid.in_sight:
                return True
            grid.focus_index(place)
        elif (question := self.sentences.question_of(request)) is not None:
            await self.screen.show_question(question)
            grid.focus_index(grid.keys.index(PaneModel(request.spec.model)))
        else:
            self._told = step, change.new.entry
        self.screen.say(self.sentences.about_to(step, change, request, quoted))
        return False
