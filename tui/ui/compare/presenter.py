"""What the Compare screen shows of a comparison, as plain values: panes, what is unscored, the status, refusals.

Nothing here touches a widget or waits for anything, so that all of it is tested without an app.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from tui.core.catalog.model_names import titles
from tui.core.metrics.metrics import Metrics
from tui.core.metrics.registry import Place, sentences, unknown
from tui.core.plans.plan import Mode
from tui.core.plans.plan_run import PlanRun, planned_request_of
from tui.core.plans.progress import progress_of
from tui.core.requests.outcome import outcome
from tui.core.requests.phases import live, spans
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rating import OVERALL, Note, RatingChange, Score, can_be_scored, is_unscored
from tui.core.sessions.session_model import SessionModel, titles_of
from tui.core.sessions.view import ComparisonView
from tui.core.text.clean import clean_line
from tui.ui.cells import cells_needed
from tui.ui.state import AppState
from tui.ui.widgets.answer.formatted import LONGEST
from tui.ui.widgets.answer.pane import PaneData
from tui.ui.widgets.metrics import known_metrics, reading

ONLY_SHOWN = "only shown: a kept session is neither asked nor scored here"
_WAITING = {
    RequestState.QUEUED: "Waiting for its turn …",
    RequestState.LOADING: "Loading the model …",
    RequestState.RUNNING: "Reading the prompt …",
}
"""What stands in a pane without text until the end."""
_MODES = {Mode.RACE: "race: all at once", Mode.MEASURE: "measure: one at a time, after a warm-up"}
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

    def __init__(self, view: ComparisonView, *, can_act: bool = True) -> None:
        """`can_act` says whether models can be asked, and answers be scored."""
        self._view = view
        self._can_act = can_act
        self._titled: tuple[tuple[SessionModel, ...], list[str]] = ((), [])

    # Which panes

    def models_wanted(self, app_state: AppState) -> list[PaneModel]:
        """The models that are to have panes: those of the run while it goes on and as long as they are the chosen
        ones, else the chosen ones. Where nothing can be asked, nothing can be chosen."""
        view = self._view
        run, models = view.run, view.session.models
        cards = [models[key].card.key for key in run.plan.models] if run is not None else []
        if run is not None and (not self._can_act or view.busy or set(cards) == set(app_state.chosen)):
            return [PaneModel(key) for key in run.plan.models]
        known = {model.card.key: model.key for model in models.values() if not model.own.known()}
        chosen = [card.key for card in app_state.chosen_cards()]
        return [PaneModel(known[key]) if key in known else PaneModel(key, asked=False) for key in chosen]

    def renamed(self, wanted: Sequence[PaneModel]) -> dict[PaneModel, PaneModel]:
        """By what they were called before their models were asked, the wanted panes of models that have been."""
        models = self._view.session.models
        asked = [pane for pane in reversed(wanted) if pane.asked]
        return {PaneModel(models[pane.key].card.key, asked=False): pane for pane in asked}

    def question(self) -> str:
        """What the run has asked last, word for word; empty when there is no run."""
        run = self._view.run
        asked = [request.spec.prompt for request in run.requests.values()] if run is not None else []
        return self._view.session.prompts[asked[-1]].user if asked else ""

    def requests(self, panes: Sequence[PaneModel]) -> list[Request]:
        """The requests of the run that stand in the panes, in their order; none when the panes are not of the run."""
        run = self._view.run
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
    ) -> Iterator[PaneData]:
        """What is to be painted of the panes `in_sight` (counted from 0): those of the requests that changed, by id;
        with `bars` all of them while one of their requests runs.

        `unfolded` are the session's keys of the models whose thinking is open. Panes that are not of the run show whose
        answers will come.
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
                yield data if self._can_act else _without_keys(data, request)

    def _titles_of(self, panes: Sequence[PaneModel]) -> list[str]:
        """The titles of panes of the run; made once, for they are needed with every painting."""
        models = tuple(self._view.session.models[pane.key] for pane in panes)
        if self._titled[0] != models:
            self._titled = models, titles_of(models)
        return self._titled[1]

    def _waiting_panes(self, panes: Sequence[PaneModel], app_state: AppState) -> Iterator[PaneData]:
        """The panes of models whose answers are still to come."""
        models = self._view.session.models
        keys = [models[pane.key].card.key if pane.asked else pane.key for pane in panes]
        known = [(position, card) for position, key in enumerate(keys, 1) if (card := app_state.card(key)) is not None]
        for (position, card), title in zip(known, titles([card for _, card in known]), strict=True):
            yield PaneData(position=position, title=title, toy=card.toy, waiting="The answer comes here.")

    # Scores

    def unscored(self, panes: Sequence[PaneModel]) -> list[int]:
        """The panes whose answers lack a score, counted from 0, in their order."""
        scores_of = self._view.ratings.scores_of
        waiting = [request for request in self.requests(panes) if is_unscored(request, scores_of(request.spec.id))]
        return [panes.index(PaneModel(request.spec.model)) for request in waiting]

    def why_not_scored(self, request: Request | None) -> str:
        """Why a request's answer can be given neither score nor note now, as a sentence; empty when it can."""
        if request is not None and not request.state.final:
            return "Wait for the end of this answer, or stop it: then it can be scored."
        if request is None or not can_be_scored(request):
            return "There is no answer to score in this pane."
        return "It is being asked again: wait for the new answer." if self._is_replaced(request) else ""

    def request_of(self, change: RatingChange) -> Request:
        """The request whose answer was rated."""
        return self._view.session.requests[change.request_id]

    def why_not_undone(
        self, change: RatingChange, panes: Sequence[PaneModel], in_sight: Collection[int], quoted: int
    ) -> str:
        """Why a score or note stays, as a sentence; empty when it can be taken back.

        `in_sight` are the panes on the screen, counted from 0; of a note at most `quoted` characters are shown.
        """
        request = self.request_of(change)
        here = request in self.requests(panes)
        if here and panes.index(PaneModel(request.spec.model)) in in_sight:
            return ""
        why = "is out of sight: undo it at its pane" if here else "is of an earlier question, so it stays"
        what = f"{_in_words(change.new, quoted)} on {clean_line(self.name_of(request), 24)}"
        return f"{what[0].upper()}{what[1:]} {why}."

    def undone(self, change: RatingChange, panes: Sequence[PaneModel], quoted: int) -> str:
        """What was taken back, and what counts instead."""
        request = self.request_of(change)
        name = f"{panes.index(PaneModel(request.spec.model)) + 1} {clean_line(self.name_of(request), 24)}"
        return f"Undone on {name}: {_in_words(change.new, quoted)} → {_in_words(change.old, quoted)}"

    def name_of(self, request: Request) -> str:
        """The alias of a request's model, or as much more as tells it from the others of the session."""
        model = self._view.session.model_of(request)
        alike = [one for one in self._view.session.models.values() if one.card.alias == model.card.alias]
        return model.card.alias if len(alike) == 1 else titles_of(alike)[alike.index(model)]

    def _is_replaced(self, request: Request) -> bool:
        """Whether the same is to be asked again, so that another answer will stand in this one's place."""
        run = self._view.run
        requests = run.requests.values() if run is not None else ()
        return any(not one.state.final and planned_request_of(one) == planned_request_of(request) for one in requests)

    # The line between the prompt and the panes

    def status(
        self, app_state: AppState, mode: Mode, panes: Sequence[PaneModel], notes: Sequence[str], width: int
    ) -> str:
        """How the next run goes, where this one is, how many answers wait for a score; then the notes.

        The explanation of the mode gives way where all of it does not fit into `width` cells, and then the gaps. A run
        that is asked again goes as it went, so another mode is named as the next question's.
        """
        view = self._view
        run = view.run
        if run is None and not app_state.chosen and self._can_act:
            return _why_empty(app_state)
        parts = []
        if run is not None and view.busy:
            parts.append(f"running, {_progress(run)}")
            if view.pause_s is not None:
                parts.append(f"asks once more in {ceil(view.pause_s)} s")
        elif unscored := self.unscored(panes):
            parts.append(f"{len(unscored)} unscored")
        if warm := view.session.tool.get("keep_warm"):
            parts.append(f"kept warm: {warm}")
        parts += [note for note in notes if note]
        if not self._can_act:
            return " · ".join((ONLY_SHOWN, *parts))
        other = run is not None and run.plan.mode is not mode
        line = ""
        for how, following, gap in (
            (_MODES[mode], "next question: ", "  ·  "),
            (mode.value, "next question: ", "  ·  "),
            (mode.value, "next question: ", " · "),
            (mode.value, "next: ", " · "),
        ):
            line = gap.join((f"{following if other else ''}{how}", *parts))
            if cells_needed(line) <= width:
                break
        return line


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
        scores=view.ratings.scores_of(spec.id),
        note=view.ratings.note_of(spec.id),
        waiting=waiting,
    )


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


def _in_words(entry: Score | Note, quoted: int) -> str:
    """A score or note in words, a note's text in at most `quoted` characters."""
    if isinstance(entry, Note):
        return f"note “{clean_line(entry.text, quoted)}”" if entry.text else "no note"
    value = "no score" if entry.value is None else f"score {entry.value}"
    return value if entry.criterion == OVERALL else f"{value} for {clean_line(entry.criterion, 24)}"


def _progress(run: PlanRun) -> str:
    """How many requests have ended; how long the rest may take where they are made in turn."""
    come = progress_of(run)
    return (come if run.plan.mode is Mode.MEASURE else replace(come, left_s=None)).in_words()


def _why_empty(app_state: AppState) -> str:
    if app_state.trouble is not None:
        return "There is no host. F1, then F5, asks for it again."
    return "Waiting for the host …" if app_state.info is None else "No model is chosen. F1 shows the models."
