"""The score pass: one thing to decide after another, whatever question it is of."""

from __future__ import annotations

import random
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from textual.content import Content

from tui.core.plans.questions import question_of
from tui.core.scoring.in_effect import latest_ratings, undone_entries
from tui.core.scoring.rating import Rating, Score, Vote
from tui.core.scoring.score_pass import ScoreItem, following, left_of, pass_seed, score_items
from tui.core.text.clean import clean_line
from tui.core.text.formatting import duration
from tui.ui.cells import cells_needed
from tui.ui.compare.part import ScreenPart
from tui.ui.compare.presenter import PaneModel
from tui.ui.compare.scoring import Scoring
from tui.ui.compare.screen import CompareScreen
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.text_page import TextPageDialog

if TYPE_CHECKING:
    from tui.ui.widgets.key_bar import FirstKey

LISTED = 10
"""So many of the last decisions are listed: each has a digit."""
_SEEDS = 1 << 31
_KEYS = (("g skips", "G last ten", "esc ends"), ("G last ten", "esc ends"), ("G last", "esc ends"), ("esc ends",))
"""The keys of the pass, in as many words as there is room for."""
_KEYS_ELSEWHERE = (("g goes on", "G last ten", "esc ends"), ("g goes on", "esc ends"), ("g goes on",))
"""Where a digit decides something else than what the pass is at."""


class ScorePass(ScreenPart):
    """Goes to the next thing undecided with each decision."""

    def __init__(self, screen: CompareScreen) -> None:
        super().__init__(screen)
        self._view = screen.view
        self._item: ScoreItem | None = None
        """What is to be decided now; None while there is no pass."""
        self._all: tuple[object, list[ScoreItem]] = (None, [])
        self._left: list[ScoreItem] = []
        self._revisited: ScoreItem | None = None
        """A decision made before that was gone back to."""
        self._since = 0
        """The number of the newest entry when the pass began."""

    def begin(self) -> None:
        """Ask in which order; within the pass, list the last decisions."""
        if self.screen.ratings is None:
            return
        if self._item is not None:
            self.list_decisions()
            return
        seed = pass_seed(self._view.session, self._view.ratings.rater)
        left = self._find_left()
        answers = [("d", "the last ten decisions")] if self._latest() else []
        if left:
            stored = "shuffled, in the order that is kept" if seed is not None else "as they came"
            other = [("a", "as they came")] if seed is not None else []
            answers = [("enter", stored), *other, ("s", "shuffled, and the order is kept"), *answers]
        elif not answers:
            self.screen.say("There is nothing to score yet.")
            return
        text = f"{_scores(len(left))} to give, of {_answers(len({item.run for item in left}))}." if left else (
            "Every answer that has ended is scored."
        )  # fmt: skip
        text += "\nEach score leads to the next; esc leaves the pass." if left else ""

        def answered(key: str | None) -> None:
            if key == "d":
                self.list_decisions()
            elif key is not None and self.screen.ratings is not None:
                seeds = {"enter": seed, "a": None, "s": random.SystemRandom().randrange(_SEEDS)}
                self.screen.ratings.order_pass(seeds[key])
                self.screen.call_next(self._start)

        self.screen.app.push_screen(ChoiceDialog("Score pass", text, answers), answered)

    async def _start(self) -> None:
        self._since = max((score.entry for score in self._view.session.scores), default=0)
        self._left = self._find_left()
        if (first := following(self._items(), self._left, None)) is not None:
            await self._go_to(first)

    def says(self) -> str:
        """What the next digit decides, and how much is left."""
        return self._said() if self._item is not None else ""

    def first_keys(self) -> Sequence[FirstKey]:
        """Those that lead through it."""
        if self._item is None:
            return ()
        return (("pane.unscored", "Next"), ("pane.pass", "Last ten"), ("", "End pass"))

    async def decided(self) -> None:
        """Go on to what is undecided after what was decided; stay where something was taken back."""
        if self._item is None:
            return
        items, before = self._items(), self._left
        self._left = left_of(items, self._view.ratings.scores_of)
        lost, won = set(before) - set(self._left), set(self._left) - set(before)
        here: ScoreItem | None = self._item
        if won:
            here = next(item for item in self._left if item in won)
        elif lost:
            here = following(items, self._left, next(item for item in before if item in lost))
        elif self._revisited is not None and self.screen.parts[Scoring].last_scored == self._revisited:
            here = self._item if self._item in self._left else following(items, self._left, self._item)
        else:
            return
        if here is None:
            self._finish()
        else:
            await self._go_to(here)

    async def unscored(self) -> None:
        """To the next answer without a score; within the pass to the next thing undecided, which is of any question."""
        if self._item is None:
            await self.screen.parts[Scoring].unscored()
        elif (here := following(self._items(), self._left, self._item)) is not None:
            await self._go_to(here)

    def leave(self) -> bool:
        """End the pass before everything is decided."""
        if self._item is None:
            return False
        given = len(self._given())
        self._item = None
        self.screen.say(f"The pass is left: {_scores(given)} given, {len(self._left)} left. G goes on.")
        return True

    def list_decisions(self) -> None:
        """The last decisions, each with a key that leads to it."""
        latest = self._latest()
        if not latest:
            self.screen.say("Nothing was decided yet.")
            return
        sentences = self.screen.parts[Scoring].sentences
        keys = {str(place % LISTED): rating for place, rating in enumerate(latest, 1)}
        lines = [(key, sentences.decision(rating)) for key, rating in keys.items()]

        def answered(key: str | None) -> None:
            if key is not None:
                self.screen.call_next(self._revisit, keys[key])

        self.screen.app.push_screen(ChoiceDialog("The last decisions, the newest first", "", lines), answered)

    async def _revisit(self, rating: Rating) -> None:
        """Show what was decided; a score of it can be given again."""
        scoring = self.screen.parts[Scoring]
        run = (rating.winner or rating.runs[0]) if isinstance(rating, Vote) else rating.run
        request = self._view.session.requests.get(run)
        if request is None or scoring.sentences.question_of(request) is None:
            self.screen.say(f"{scoring.sentences.decision(rating)}: no pane shows that.")
            return
        await self._show(run)
        if isinstance(rating, Score):
            self._revisited = ScoreItem(run, rating.criterion)
            scoring.choose(request, rating.criterion)
        if isinstance(rating, Score) and self._item is None:
            self.screen.say(f"{scoring.sentences.decision(rating)}; a digit changes it.")
        else:
            self.screen.show_status()

    async def _go_to(self, item: ScoreItem) -> None:
        self._item, self._revisited = item, None
        await self._show(item.run)
        self.screen.parts[Scoring].choose(self._view.session.requests[item.run], item.criterion)
        self.screen.show_status()

    async def _show(self, run: str) -> None:
        """Show an answer with its question, and focus its pane."""
        request, grid = self._view.session.requests[run], self.screen.grid
        pane = PaneModel(request.spec.model)
        # First the page: what is on another one is neither formatted nor painted.
        turned = pane in grid.panes and grid.focus_index(grid.keys.index(pane))
        if request not in self.screen.presenter.requests(grid.keys):
            await self.screen.show_question(question_of(request))
            if pane in grid.panes:
                grid.focus_index(grid.keys.index(pane))
        elif turned:
            await self.screen.show_panes()

    def _said(self) -> str:
        """A digit scores the answer that has the focus, whatever the pass is at."""
        presenter, scoring, request = self.screen.presenter, self.screen.parts[Scoring], self.screen.focused_request()
        if request is None or scoring.sentences.why_not_scored(request):
            return f"{len(self._left)} left · g goes on · esc ends"
        criterion, panes = scoring.next_for(request), self.screen.grid.keys
        given = self._view.ratings.scores_of(request.spec.id).get(criterion.id)
        place = "" if self._view.concealed else f"{panes.index(PaneModel(request.spec.model)) + 1} "
        what = f"{clean_line(criterion.title, 24)} of " if len(presenter.rubric.criteria) > 1 else ""
        answer = f"{what}{place}{clean_line(presenter.name_of(request), 24)}"
        if given is not None and given.value is not None:
            answer = f"a digit changes score {given.value}: {answer}"
        else:
            answer = f"{answer}, 1-{criterion.scale}"
        number, count = presenter.questions.number(question_of(request)), len(presenter.questions.all)
        here = self._item is not None and (self._item.run, self._item.criterion) == (request.spec.id, criterion.id)
        words = [f"{len(self._left)} left", answer, f"question {number}/{count}"]
        # What has no room is left out whole, the keys first.
        return next(
            (line for line in (" · ".join([*words, *keys]) for keys in (_KEYS if here else _KEYS_ELSEWHERE))
             if cells_needed(line) <= self._room),
            " · ".join(words),
        )  # fmt: skip

    def _finish(self) -> None:
        """Everything is decided: say how that went."""
        self._item = None
        given = self._given()
        took = [score.took_ms / 1000 for score in given if score.took_ms is not None]
        lines = [f"{_scores(len(given))} given, nothing is left to score."]
        if took:
            lines.append(f"{duration(sum(took), digits=0)} in all, {duration(median(took), digits=1)} each (median).")
        for criterion in self.screen.presenter.rubric:
            values = [score.value for score in given if score.criterion == criterion.id and score.value is not None]
            counts = "  ".join(f"{value}: {values.count(value)}" for value in range(1, criterion.scale + 1))
            lines.append(f"{clean_line(criterion.title, 40)}   {counts}")
        if self._view.busy:
            lines += ["", "More answers are still to come: G goes on when they are there."]
        hidden = self._view.concealed
        then = "V shows which model is which" if hidden else "S says where the models stand"
        lines += ["", f"{then}, u takes the last score back."]
        page = Content("\n".join(lines))
        self.screen.app.push_screen(TextPageDialog("The score pass is done", page))
        self.screen.show_status()

    @property
    def _room(self) -> int:
        """Cells of the line above the panes."""
        return self.screen.size.width - 2

    def _given(self) -> list[Score]:
        """The scores of this pass that count or were replaced by others of it."""
        session = self._view.session
        undone, rater = undone_entries(session), self._view.ratings.rater
        mine = (one for one in session.scores if one.entry > self._since and one.rater == rater)
        last = {(one.run, one.criterion): one for one in mine if one.entry not in undone}
        return [score for score in last.values() if score.value is not None]

    def _items(self) -> list[ScoreItem]:
        """All that can be scored; worked out again only where there may be more, or another order."""
        session = self._view.session
        seen = (self._seed(), len(session.requests), next(reversed(session.requests), ""), len(session.orders))
        if self._view.busy or self._all[0] != seen:
            self._all = seen, score_items(session, seen[0], self._view.models_in_order)
        return self._all[1]

    def _find_left(self) -> list[ScoreItem]:
        return left_of(self._items(), self._view.ratings.scores_of)

    def _seed(self) -> int | None:
        return pass_seed(self._view.session, self._view.ratings.rater)

    def _latest(self) -> list[Rating]:
        return latest_ratings(self._view.session, self._view.ratings.rater, LISTED)


def _scores(count: int) -> str:
    return "1 score" if count == 1 else f"{count} scores"


def _answers(count: int) -> str:
    return "1 answer" if count == 1 else f"{count} answers"
