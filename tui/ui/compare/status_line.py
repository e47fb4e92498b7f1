"""The line between the prompt and the panes of the Compare screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from tui.core.plans.mode import Mode
from tui.core.plans.plan_run import PlanRun
from tui.core.plans.progress import progress_of
from tui.core.sessions.view import ComparisonView
from tui.ui.compare.presenter import PaneModel, Presenter
from tui.ui.fitting import Note, Yielding, ever_fewer, first_that_fits
from tui.ui.state import AppState

ONLY_SHOWN = "only shown: nothing is asked or scored"
ONLY_RATED = "opened: read and score, nothing is asked"
_MODES = {Mode.RACE: "race: all at once", Mode.MEASURE: "measure: one at a time, after a warm-up"}


def status(
    view: ComparisonView,
    presenter: Presenter,
    app_state: AppState,
    mode: Mode,
    panes: Sequence[PaneModel],
    notes: Sequence[Note],
    width: int,
) -> str:
    """How the next run goes, where this one is, how many answers wait for a score; then the notes.

    The explanation of the mode gives way where all of it does not fit into `width` cells, then the gaps, then words for
    which there are fewer (`ever_fewer`). A run that is asked again goes as it went, so another mode is named as the
    next question's.
    """
    run = view.run
    if run is None and not app_state.chosen and presenter.can_act:
        return _why_empty(app_state)
    parts: list[tuple[str, ...]] = []
    place, count = presenter.questions.place(app_state), len(presenter.questions.all)
    if place < count and (count > 1 or presenter.questions.looks_back):
        number = f"question {place + 1}"
        parts.append((f"{number} of {count}", *[f"{number}/{count}"] * 2, number))
    if run is not None and view.busy:
        come = (_questions_there(run),) * 2 if view.concealed else _progress(run)
        going = ("paused: space goes on", "paused") if view.paused else ("running", "running")
        parts.append((f"{going[0]}{come[0]}", f"{going[1]}{come[1]}"))
        if view.pause_s is not None:
            parts.append((f"asks once more in {ceil(view.pause_s)} s",) * 2)
    if presenter.shows_scores and not (view.busy and presenter.questions.can_rerun):
        here, can_rate = len(presenter.unscored(panes)), presenter.can_act or presenter.can_rate
        parts.append(_unscored(here, presenter.unscored_in_all() if can_rate else here, count))
    if warm := view.session.tool.get("keep_warm"):
        parts.append((f"kept warm: {warm}",) * 2)
    if not presenter.can_act:
        full = ONLY_RATED if presenter.can_rate else ONLY_SHOWN
        short = full.partition(":")[0]
        shown = ever_fewer([*parts, *notes, Yielding((full, short, short, ""))])
        return first_that_fits([(" · ", said) for said in shown], width)
    words = list(ever_fewer([*parts, *notes]))
    other = run is not None and run.plan.mode is not mode
    following, brief = ("next question: ", "next: ") if other else ("", "")
    explained, named, in_brief = f"{following}{_MODES[mode]}", f"{following}{mode.value}", f"{brief}{mode.value}"
    return first_that_fits(
        (
            *(("  ·  ", [explained, *said]) for said in words[:2]),
            *((gap, [named, *words[1]]) for gap in ("  ·  ", " · ")),
            *((" · ", [in_brief, *said]) for said in words[1:]),
        ),
        width,
    )


def _unscored(here: int, in_all: int, questions: int) -> tuple[str, ...]:
    """How many answers lack a score, of the question that is shown and of all."""
    if not in_all or questions < 2:
        return (f"{here} unscored",) if here else ()
    if not here:
        return f"{in_all} unscored elsewhere", f"{in_all} elsewhere"
    if here == in_all:
        return (f"{here} unscored",)
    return f"{here} unscored here, {in_all} in all", f"{here} unscored here", f"{here} unscored"


def _progress(run: PlanRun) -> tuple[str, str]:
    """How many requests have ended, in words and in fewer; how long the rest may take where they are made in turn."""
    come = progress_of(run)
    come = come if run.plan.mode is Mode.MEASURE else replace(come, left_s=None)
    return f", {come.in_words()}", f" {come.in_few_words()}"


def _questions_there(run: PlanRun) -> str:
    """How many questions have all of their answers, where there are several: how many answers there are would tell
    something of the models."""
    prompts = run.plan.prompts
    left = {one.spec.prompt for one in run.requests.values() if not one.state.final}
    return f", {len(prompts) - len(left)} of {len(prompts)} questions answered" if len(prompts) > 1 else ""


def _why_empty(app_state: AppState) -> str:
    if app_state.trouble is not None:
        return "There is no host. F1, then F5, asks for it again."
    return "Waiting for the host …" if app_state.info is None else "No model is chosen. F1 shows the models."
