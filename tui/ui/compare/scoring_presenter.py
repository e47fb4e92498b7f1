"""What is said of scores, notes and undoing them on the Compare screen: refusals, and what was taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from tui.core.plans.plan_run import planned_request_of
from tui.core.plans.questions import PlanQuestion, question_of, run_of
from tui.core.requests.request import Request
from tui.core.scoring.in_effect import RatingsOf
from tui.core.scoring.rating import FacetTick, Note, RaterKind, Rating, RatingChange, Vote, VoteChoice, can_be_scored
from tui.core.scoring.rubric import OVERALL, Criterion, Rubric
from tui.core.sessions.view import ComparisonView
from tui.core.text.clean import clean_line
from tui.ui.compare.presenter import PaneModel, Presenter
from tui.ui.widgets.answer.pane import PaneData
from tui.ui.widgets.scores import Mark, short_names

_NAME_SHOWN = 24


class Step(Enum):
    """A way through what was said."""

    UNDO = "undo"
    REDO = "redo"


_KEYS = {Step.UNDO: "u takes back", Step.REDO: "U brings back"}
_DONE = {Step.UNDO: "Undone", Step.REDO: "Redone"}


class ScoringPresenter:
    """Sentences about the ratings of the answers that a presenter shows."""

    def __init__(self, view: ComparisonView, presenter: Presenter) -> None:
        self._view = view
        self._presenter = presenter
        self._judges: dict[str, RatingsOf] = {}

    def why_not_scored(self, request: Request | None) -> str:
        """Why a request's answer can be given neither score nor note now, as a sentence; empty when it can."""
        if request is not None and not request.state.final:
            return "Wait for the end of this answer, or stop it: then it can be scored."
        if request is not None and request.spec.warmup:
            return "A warm-up is not scored: the answer that counts comes after it."
        if request is None or not can_be_scored(request):
            return "There is no answer to score in this pane."
        return "It is being asked again: wait for the new answer." if self._is_replaced(request) else ""

    def request_of(self, change: RatingChange) -> Request | None:
        """The request whose answer was rated, of a vote for a winner that one; None when no answer of the session
        was."""
        rated = change.new.winner if isinstance(change.new, Vote) and change.new.winner else change.request_id
        return self._view.session.requests.get(rated)

    def question_of(self, request: Request) -> PlanQuestion | None:
        """The question that shows a request's answer; None when none does, because the model was asked again."""
        question = question_of(request)
        run = run_of(self._view.session.plan_of(request), self._view.session.requests.values(), question)
        return question if run.shown_request(request.spec.model) is request else None

    def about_to(self, step: Step, change: RatingChange, request: Request, quoted: int) -> str:
        """What the next key takes back, or brings back, as a sentence; of a note at most `quoted` characters."""
        number = self._presenter.questions.number(question_of(request))
        what = f"{_in_words(change.new, self._presenter.rubric, quoted)} on {self._name(change, request)}"
        replaced = "" if self.question_of(request) is not None else ", since asked again"
        return f"Question {number}: {_KEYS[step]} {what}{replaced}."

    def done(self, step: Step, change: RatingChange, panes: Sequence[PaneModel], quoted: int) -> str:
        """What was taken back, or brought back, and what counted before."""
        before, after = (change.new, change.old) if step is Step.UNDO else (change.old, change.new)
        return f"{_DONE[step]} on {self._changed(change, before, after, panes, quoted)}"

    def replaced(self, change: RatingChange, panes: Sequence[PaneModel]) -> str:
        """That a score or vote took the place of another one, and how that one comes back."""
        return f"Replaced on {self._changed(change, change.old, change.new, panes, 0)}. u brings it back."

    def _changed(
        self, change: RatingChange, before: Rating, after: Rating, panes: Sequence[PaneModel], quoted: int
    ) -> str:
        if isinstance(before, Vote) and isinstance(after, Vote) and before.winner and after.winner:
            won = (self._view.session.requests.get(vote.winner) for vote in (before, after))
            names = (clean_line(self._presenter.name_of(one), _NAME_SHOWN) if one is not None else "-" for one in won)
            return f"{len(after.runs)} answers: {' → '.join(f'winner {name}' for name in names)}"
        words = " → ".join(_in_words(entry, self._presenter.rubric, quoted) for entry in (before, after))
        return f"{self._subject(change, self.request_of(change), panes)}: {words}"

    def _subject(self, change: RatingChange, request: Request | None, panes: Sequence[PaneModel]) -> str:
        """What was rated: the pane's number and its model, a model, or the session."""
        if request is not None:
            pane = PaneModel(request.spec.model)
            in_pane = request in self._presenter.requests(panes) and not isinstance(change.new, Vote)
            in_pane = in_pane and not self._view.concealed  # A hidden name is the number of its pane.
            return f"{f'{panes.index(pane) + 1} ' if in_pane else ''}{self._name(change, request)}"
        note = change.new
        model = self._view.session.models.get(note.model) if isinstance(note, Note) and note.model else None
        return "the session" if model is None else clean_line(self._presenter.model_name(model), _NAME_SHOWN)

    def _name(self, change: RatingChange, request: Request) -> str:
        """The model whose answer was rated; all of a vote on all alike."""
        if isinstance(change.new, Vote) and not change.new.winner:
            return f"{len(change.new.runs)} answers"
        return clean_line(self._presenter.name_of(request), _NAME_SHOWN)

    def decision(self, rating: Rating) -> str:
        """A decision for a list of them: question, model, and what was said."""
        change = RatingChange(rating.runs[0] if isinstance(rating, Vote) else rating.run, rating, rating)
        request = self.request_of(change)
        words = _in_words(rating, self._presenter.rubric, 40)
        if request is None:
            return f"{self._subject(change, None, ())}: {words}"
        number = self._presenter.questions.number(question_of(request))
        return f"question {number} · {self._name(change, request)}: {words}"

    def asked_for(self, criterion: Criterion) -> str:
        """What the next score is for, and what its description says, as a sentence."""
        description = clean_line(criterion.description, 200)
        return f"Next: {clean_line(criterion.title, 40)}, 1-{criterion.scale}. {description}".rstrip()

    def other_notes(self, request: Request | None) -> str:
        """The notes that there are on the model and on the session, and its title."""
        ratings, session = self._view.ratings, self._view.session
        said = {
            "Model": "" if request is None or self._view.concealed else ratings.note_of("", model=request.spec.model),
            "Session": ratings.note_of(""),
            "Title": session.title,
        }
        return "\n".join(f"{name}: {clean_line(text, 400)}" for name, text in said.items() if text)

    def with_ratings(self, data: PaneData, request: Request, chosen: tuple[str, str] | None) -> PaneData:
        """The pane with what else was said of its answer: the criterion that is next, facets, votes, the model's
        note."""
        run = request.spec.id
        criterion = chosen[1] if chosen is not None and chosen[0] == run else ""
        if not request.state.final:
            return data
        marks = (*self._facets(request), *self._voted(request), *self._judged(request))
        note = data.note
        if not self._view.concealed and (of_model := self._view.ratings.note_of("", model=request.spec.model)):
            note = " · ".join(filter(None, (note, f"model: {of_model}")))
        if (criterion, marks, note) == (data.criterion, data.marks, data.note):
            return data
        return replace(data, criterion=criterion, marks=marks, note=note)

    def _facets(self, request: Request) -> tuple[Mark, ...]:
        """How many of the prompt's facets the answer was found to speak of, once something was said of them."""
        ticks = self._view.ratings.facets_of(request.spec.id)
        if not ticks:
            return ()
        facets = self._view.session.prompts[request.spec.prompt].facets
        met = f"{sum(ticks.values())}/{max(len(facets), len(ticks))}"
        return ((f"facets {met}", f"f{met}"),)

    def _voted(self, request: Request) -> tuple[Mark, ...]:
        """What the vote on the answers of this question says of this one."""
        vote = self._view.ratings.vote_with(request.spec.id)
        if vote is None:
            return ()
        match vote.choice:
            case VoteChoice.BOTH_GOOD:
                return ((_all(len(vote.runs), "good"), "good"),)
            case VoteChoice.BOTH_BAD:
                return ((_all(len(vote.runs), "bad"), "bad"),)
            case _:
                return (("winner", "won"),) if vote.winner == request.spec.id else ()

    def _judged(self, request: Request) -> tuple[Mark, ...]:
        """What models that judged say of the answer: a score once the reader has given one for the same criterion, a
        vote once they have voted. Before that only that there is something: who has read another's score does not give
        one of their own."""
        session, run, mine = self._view.session, request.spec.id, self._view.ratings
        found: list[Mark] = []
        for name, rater in session.raters.items():
            if rater.kind is not RaterKind.JUDGE or self._view.concealed:
                continue
            ratings = self._judges.setdefault(name, RatingsOf(session, name))
            scores, vote = ratings.scores_of(run), ratings.vote_with(run)
            if not scores and vote is None:
                continue
            given = [(one, scores[one.id].value) for one in session.rubric if one.id in scores]
            told = [(one, value) for one, value in given if one.id in mine.scores_of(run)]
            votes = [vote] if vote is not None and mine.vote_with(run) is not None else []
            if not told and not votes:
                found.append(("judged: shown after yours", "judged"))
                continue
            one_alone, letters = len(session.rubric.ids) == 1, short_names(tuple(session.rubric))
            said = [f"{value}" if one_alone else f"{one.title} {value}" for one, value in told]
            brief = [f"{value}" if one_alone else f"{letters[one.id]}{value}" for one, value in told]
            for one in votes:
                said.append("winner" if one.winner == run else "not the winner")
                brief.append("won" if one.winner == run else "lost")
            if (len(told), len(votes)) != (len(given), int(vote is not None)):
                said.append("the rest after yours")
            colon = "" if one_alone and not votes else ":"
            found.append((f"{name}: {', '.join(said)}", f"j{colon}{','.join(brief)}"))
        return tuple(found)

    def _is_replaced(self, request: Request) -> bool:
        """Whether the same is to be asked again, so that another answer will stand in this one's place."""
        run = self._view.run
        if run is None or not self._view.busy or run.plan.key != request.spec.plan:
            return False  # Where nothing goes on, none of many requests need be looked at.
        requests = run.requests.values()
        return any(not one.state.final and planned_request_of(one) == planned_request_of(request) for one in requests)


def _all(answers: int, how: str) -> str:
    return f"both {how}" if answers == 2 else f"all {answers} {how}"


_TICKS = {None: "facet open", True: "facet there", False: "facet not there"}


def _vote(vote: Vote) -> str:
    match vote.choice:
        case VoteChoice.WINNER:
            return f"winner of {len(vote.runs)}"
        case VoteChoice.BOTH_GOOD:
            return _all(len(vote.runs), "good")
        case VoteChoice.BOTH_BAD:
            return _all(len(vote.runs), "bad")
        case None:
            return "no vote"


def _in_words(entry: Rating, rubric: Rubric, quoted: int) -> str:
    """A rating in words, a note's or facet's text in at most `quoted` characters."""
    match entry:
        case Note():
            return f"note “{clean_line(entry.text, quoted)}”" if entry.text else "no note"
        case Vote():
            return _vote(entry)
        case FacetTick():
            return f"{_TICKS[entry.ticked]}: “{clean_line(entry.facet, quoted)}”"
    value = "no score" if entry.value is None else f"score {entry.value}"
    criterion = rubric.get(entry.criterion)
    title = criterion.title if criterion is not None else entry.criterion
    return value if entry.criterion == OVERALL else f"{value} for {clean_line(title, 24)}"
