"""What the Compare screen shows of a comparison, as plain values: panes and what is unscored.

Nothing here touches a widget or waits for anything, so that all of it is tested without an app.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from tui.core.blind.masks import MASK
from tui.core.catalog.model_card import ModelState
from tui.core.catalog.model_names import titles
from tui.core.metrics.metrics import Metrics
from tui.core.metrics.registry import Place, sentences, unknown
from tui.core.plans.questions import PlanQuestion, question_of
from tui.core.requests.outcome import outcome
from tui.core.requests.phases import live, spans
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rating import can_be_scored, undecided
from tui.core.scoring.rubric import Rubric
from tui.core.scoring.score_pass import shown_requests
from tui.core.sessions.session_model import SessionModel, titles_of
from tui.core.sessions.view import ComparisonView
from tui.ui.compare.first_steps import first_keys
from tui.ui.compare.questions import Questions
from tui.ui.state import AppState
from tui.ui.widgets.answer.formatted import LONGEST
from tui.ui.widgets.answer.pane import PaneData
from tui.ui.widgets.metrics import known_metrics, reading

_WAITING = {
    RequestState.QUEUED: "Waiting for its turn …",
    RequestState.LOADING: "Loading the model …",
    RequestState.RUNNING: "Reading the prompt …",
}
"""What stands in a pane without text until the end."""
NO_NAME = "name hidden"
"""What stands in the place of a model's name."""
NAMED = f"{MASK} stands where it named a model."
"""What is said of an answer with hidden names."""
UNTIL_ALL = "Shown when all answers are there."
"""What stands in every pane until then, while names are hidden: who is ready first would tell."""
_STEPS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600)
"""Seconds that a full bar can stand for."""


@dataclass(frozen=True, slots=True)
class PaneModel:
    """Which model a pane is of. Two parameter sets of one model are two models of a session, and so two panes."""

    key: str
    """The session's key of the model; the card's key while the session has no such model."""
    asked: bool = True
    """Whether the session has the model."""


class Presenter:
    """Reads a view. `panes` are the models of the panes that are there, in their order, wherever they are asked for."""

    def __init__(
        self, view: ComparisonView, *, can_act: bool = True, can_rate: bool = False, shows_scores: bool = True
    ) -> None:
        """`can_act` says whether models can be asked, and answers be scored; `can_rate` whether these can be scored
        where nothing is asked. Without `shows_scores` the view has none, though the session may have."""
        self._view = view
        self.can_rate = can_rate
        self.can_act = can_act
        self.shows_scores = shows_scores
        self.questions = Questions(view, can_act=can_act)
        self._unscored: tuple[tuple[int, ...], int] = ((), 0)
        self._scorable: tuple[tuple[int, ...], list[Request]] = ((), [])
        """The answers that can be scored, and how many there were of which requests then."""
        self._titled: tuple[tuple[SessionModel, ...], list[str]] = ((), [])

    # Which panes

    def models_wanted(self, app_state: AppState) -> list[PaneModel]:
        """The models that are to have panes: those of the run while it goes on and as long as they are the chosen
        ones, else the chosen ones; those of the earlier question that is looked at. Where nothing can be asked, nothing
        can be chosen."""
        run, models = self.questions.run, self._view.session.models
        if run is not None and (self.questions.looks_back or self.questions.shows_run(app_state)):
            return [PaneModel(key) for key in run.plan.models]
        known = {model.card.key: model.key for model in models.values() if not model.own.known()}
        chosen = [card.key for card in app_state.chosen_cards()]
        return [PaneModel(known[key]) if key in known else PaneModel(key, asked=False) for key in chosen]

    def renamed(self, wanted: Sequence[PaneModel]) -> dict[PaneModel, PaneModel]:
        """By what they were called before their models were asked, the wanted panes of models that have been."""
        models = self._view.session.models
        asked = [pane for pane in reversed(wanted) if pane.asked]
        return {PaneModel(models[pane.key].card.key, asked=False): pane for pane in asked}

    def asked(self) -> str:
        """What is shown was asked with these words; of a run with several prompts the last one. Empty when there is no
        run."""
        run = self.questions.run
        asked = [request.spec.prompt for request in run.requests.values()] if run is not None else []
        return self._view.session.prompts[asked[-1]].user if asked else ""

    def question_in(self, panes: Sequence[PaneModel]) -> str:
        """The words of the question whose answers stand in the panes; empty where none do."""
        requests = self.requests(panes)
        return self._view.session.prompts[requests[0].spec.prompt].user if requests else ""

    def models_seen(self, changed: Collection[str], app_state: AppState) -> tuple[set[str], set[str]]:
        """The cards' keys of models that are seen to be loaded, and of those that were unloaded for them, as far as the
        state that the screens share says otherwise. `changed` are the ids of requests."""
        session = self._view.session
        loaded, freed = set[str](), set[str]()
        for request in (session.requests[run] for run in changed if run in session.requests):
            timestamps = request.timestamps
            if timestamps.load_end is None and not timestamps.chunks:
                continue
            here = session.model_of(request).card.key
            plan = session.plan_of(request)
            loaded.add(here)
            freed |= {session.models[key].card.key for key in plan.models if plan.alone} - {here}
        states = {card.key: card.state for card in app_state.cards}
        return (
            {key for key in loaded if states.get(key) is ModelState.CACHED},
            {key for key in freed - loaded if states.get(key) is ModelState.LOADED},
        )

    def requests(self, panes: Sequence[PaneModel]) -> list[Request]:
        """The requests that stand in the panes, in their order; none when the panes are not of the question."""
        run = self.questions.run
        if run is None or [PaneModel(key) for key in run.plan.models] != list(panes):
            return []
        return [request for key in run.plan.models if (request := run.shown_request(key)) is not None]

    def request_in(self, panes: Sequence[PaneModel], index: int | None) -> Request | None:
        """The request in one of the panes."""
        requests = self.requests(panes) if index is not None else []
        return next((request for request in requests if panes[index or 0].key == request.spec.model), None)

    # What each pane shows

    def pane_data(
        self,
        panes: Sequence[PaneModel],
        app_state: AppState,
        changed: Collection[str],
        *,
        in_sight: Collection[int],
        bars: bool = False,
        unfolded: Collection[str] = (),
        as_wanted: Callable[[PaneData, Request], PaneData] = lambda data, _: data,
    ) -> Iterator[PaneData]:
        """What is to be painted of the panes `in_sight` (counted from 0): those of the requests that changed, by id;
        with `bars` all of them while one of their requests runs.

        `unfolded` are the session's keys of the models whose thinking is open. Panes that are not of the run show whose
        answers will come. What is made of a request goes through `as_wanted`.
        """
        requests = self.requests(panes)
        if not requests:
            yield from self._waiting_panes(panes, app_state)
            return
        now = self._view.now()
        everything = bars and any(not request.state.final for request in requests)
        scale = time_scale(requests, now)
        named = dict(zip(panes, self._titles_of(panes), strict=True))
        for request in requests:
            pane = PaneModel(request.spec.model)
            place = panes.index(pane)
            if place in in_sight and (everything or request.spec.id in changed):
                folded = request.spec.model not in unfolded
                data = pane_data(self._view, request, named[pane], place + 1, scale, now=now, folded=folded)
                if self._view.concealed:
                    data = _without_figures(data, request)
                data = data if self.can_act and self.questions.can_rerun else _without_keys(data, request)
                yield as_wanted(data, request)
        answering = {request.spec.model for request in requests}
        for place, pane in enumerate(panes):
            if pane.key not in answering and place in in_sight:
                toy = self._view.session.models[pane.key].card.toy
                yield PaneData(place + 1, named[pane], toy, rubric=self.rubric, waiting="This model was not asked.")

    def _titles_of(self, panes: Sequence[PaneModel]) -> list[str]:
        """The titles of panes of the run; made once, for they are needed with every painting."""
        if self._view.concealed:
            return [NO_NAME] * len(panes)
        models = tuple(self._view.session.models[pane.key] for pane in panes)
        if self._titled[0] != models:
            self._titled = models, titles_of(models)
        return self._titled[1]

    def _waiting_panes(self, panes: Sequence[PaneModel], app_state: AppState) -> Iterator[PaneData]:
        """The panes of models whose answers are still to come."""
        models = self._view.session.models
        keys = [models[pane.key].card.key if pane.asked else pane.key for pane in panes]
        known = [(position, card) for position, key in enumerate(keys, 1) if (card := app_state.card(key)) is not None]
        # Who has asked something needs no first keys; one pane is enough for them.
        teaches = self.can_act and not self.questions.all
        for (position, card), title in zip(known, titles([card for _, card in known]), strict=True):
            waiting = first_keys(app_state) if teaches and position == 1 else "The answer comes here."
            if self._view.concealed:
                yield PaneData(position, NO_NAME, rubric=self.rubric, waiting=waiting)
            else:
                yield PaneData(position, title, card.toy, rubric=self.rubric, waiting=waiting)

    # Scores

    @property
    def rubric(self) -> Rubric:
        """What the answers are scored for."""
        return self._view.session.rubric

    def unscored(self, panes: Sequence[PaneModel]) -> list[int]:
        """The panes whose answers are undecided, counted from 0, in their order."""
        waiting = [one for one in self.requests(panes) if self._is_undecided(one)]
        return [panes.index(PaneModel(request.spec.model)) for request in waiting]

    def unscored_in_all(self) -> int:
        """How many answers of the session are undecided, of those that panes show; worked out when something was said
        or has ended, for the status line wants it often."""
        session, scores_of = self._view.session, self._view.ratings.scores_of
        # Where nothing is asked, nothing ends: then no answer need be looked at.
        ended = sum(request.state.final for request in session.requests.values()) if self._view.busy else -1
        seen = ended, len(session.requests), len(session.scores), len(session.undos), len(session.redos)
        if self._unscored[0] != seen:
            if self._scorable[0] != seen[:2]:
                self._scorable = seen[:2], list(filter(can_be_scored, shown_requests(session)))
            rubric = session.rubric
            count = sum(bool(undecided(one, scores_of(one.spec.id), rubric)) for one in self._scorable[1])
            self._unscored = seen, count
        return self._unscored[1]

    def none_unscored(self, panes: Sequence[PaneModel]) -> str:
        """What to say where no answer in the panes is undecided, as a sentence."""
        requests = self.requests(panes)
        if not requests:
            return "No earlier answer lacks a score." if self.questions.all else "Nothing has been asked yet."
        to_come = sum(not request.state.final or request.spec.warmup for request in requests)
        if to_come:
            return f"No answer lacks a score so far; {to_come} {'is' if to_come == 1 else 'are'} still to come."
        scored = any(can_be_scored(request) for request in requests)
        return "Every answer has a score." if scored else "There is no answer to score."

    def unscored_elsewhere(self, app_state: AppState) -> PlanQuestion | None:
        """The next question with answers that are undecided, those after the one that is shown first; None when no
        other has any."""
        questions, here = self.questions.all, self.questions.place(app_state)
        waiting = {
            question_of(request)
            for request in shown_requests(self._view.session)
            if can_be_scored(request) and self._is_undecided(request)
        }
        # Those after this one first, as for panes.
        order = sorted(range(len(questions)), key=lambda place: (place - here - 1) % (len(questions) + 1))
        return next((questions[place] for place in order if place != here and questions[place] in waiting), None)

    def _is_undecided(self, request: Request) -> bool:
        return bool(undecided(request, self._view.ratings.scores_of(request.spec.id), self.rubric))

    def name_of(self, request: Request) -> str:
        """The alias of a request's model, or as much more as tells it from the others of the session; while names are
        hidden the place of its answer."""
        if self._view.concealed:
            models = self._view.models_in_order(self._view.session.plan_of(request), question_of(request))
            return f"answer {models.index(request.spec.model) + 1}"
        return self.model_name(self._view.session.model_of(request))

    def model_name(self, model: SessionModel) -> str:
        """The alias of a model of the session, or as much more as tells it from the others."""
        alike = [one for one in self._view.session.models.values() if one.card.alias == model.card.alias]
        return model.card.alias if len(alike) == 1 else titles_of(alike)[alike.index(model)]


def time_scale(requests: Sequence[Request], now: int) -> float:
    """The seconds a full bar stands for, the same for all panes; grows in steps, so that bars seldom shift. `now` is in
    nanoseconds of the timestamps' clock."""
    longest = max((known[-1].stop for request in requests if (known := spans(request, now))), default=0.0)
    return float(next((step for step in _STEPS if step >= longest), longest))


def pane_data(
    view: ComparisonView, request: Request, title: str, position: int, scale: float, *, now: int, folded: bool
) -> PaneData:
    """The pane of a request at `now`, in nanoseconds. `scale` is the seconds of a full bar."""
    spec, final = request.spec, request.state.final
    metrics = known_metrics(request)
    counters = live(request, now, view.tokens_per_chunk.get(spec.model, 1.0), metrics)
    waiting = _WAITING.get(request.state, "")
    if final:
        waiting = f"{outcome(request)} r asks it again."
    elif spec.warmup:
        waiting = "Warming up; the measured answer follows."
    return PaneData(
        position=position,
        title=title,
        toy=view.session.model_of(request).card.toy,
        state=request.state,
        answer=request.answer,
        reasoning=request.reasoning,
        reasoning_folded=folded,
        fault=_fault(request),
        remark=" ".join(_remarks(request, metrics)),
        spans=spans(request, now),
        scale=scale,
        reading=reading(request, counters, metrics),
        rubric=view.session.rubric,
        scores=view.ratings.scores_of(spec.id),
        note=view.ratings.note_of(spec.id),
        waiting=waiting,
    )


def _without_figures(data: PaneData, request: Request) -> PaneData:
    """The pane of a request whose model is hidden: the same for all of them until the answers are there."""
    if not request.state.final:
        return replace(data, state=None, waiting=UNTIL_ALL, reading=None, spans=(), scale=0.0)
    remark = f"{data.remark} {NAMED}".strip() if MASK in request.answer else data.remark
    return replace(data, waiting=outcome(request), reading=None, spans=(), scale=0.0, remark=remark)


def _without_keys(data: PaneData, request: Request) -> PaneData:
    """The pane where nothing can be asked, so that it names no key that asks."""
    fault = data.fault if request.fault is not None or data.fault is None else (data.fault[0], "")
    return replace(data, waiting=outcome(request), fault=fault)


def _fault(request: Request) -> tuple[str, str] | None:
    """Why the answer failed or was cut, and what to do now."""
    if request.fault is not None:
        return request.fault.message, request.fault.hint
    if request.state is RequestState.CUT and request.answer:
        return outcome(request), "What arrived is kept. Press r to ask again."
    return None


def _remarks(request: Request, metrics: Metrics) -> Iterator[str]:
    """What there is to know of how the answer came about."""
    yield from sentences(request, metrics, Place.REMARK)
    if not request.state.final or not request.timestamps.chunks:
        return
    for metric, why in unknown(request, metrics, Place.PANE):
        yield f"{metric.unit} is not known: {why}."
    if len(request.answer) > LONGEST:
        yield f"This answer is too long to be shown as Markdown (above {LONGEST} characters)."
