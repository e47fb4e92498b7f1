"""The line between the prompt and the panes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from tui.core.plans.plan import Mode
from tui.ui.cells import room
from tui.ui.state import AppState

if TYPE_CHECKING:
    from tui.core.plans.plan_run import PlanRun
    from tui.runner import Runner

_MODES = {Mode.RACE: "race: all at once", Mode.MEASURE: "measure: one at a time, after a warm-up"}


def status_line(
    app_state: AppState, runner: Runner, mode: Mode, unscored: int, notes: Sequence[str], width: int
) -> str:
    """How the next run goes, where this one is, how many answers wait for a score; then the notes.

    What is explained of the mode gives way where all of it does not fit into `width` cells, and then the gaps. A run
    that is asked again goes as it went, so that another mode is told as the next question's.
    """
    run = runner.run
    if run is None and not app_state.chosen:
        return _emptiness(app_state)
    other = run is not None and run.plan.mode is not mode
    parts = []
    if run is not None and runner.busy:
        parts.append(f"running, {_progress(run)}")
        if runner.pause_s is not None:
            parts.append(f"asks once more in {ceil(runner.pause_s)} s")
    elif unscored:
        parts.append(f"{unscored} unscored")
    warm = runner.session.tool.get("keep_warm")
    if warm:
        parts.append(f"kept warm: {warm}")
    line = ""
    for told, following, gap in (
        (_MODES[mode], "next question: ", "  ·  "),
        (mode.value, "next question: ", "  ·  "),
        (mode.value, "next question: ", " · "),
        (mode.value, "next: ", " · "),
    ):
        line = gap.join(part for part in (f"{following if other else ''}{told}", *parts, *notes) if part)
        if room(line) <= width:
            break
    return line


def _progress(run: PlanRun) -> str:
    """How many requests have ended; how long the rest may take where they are made in turn."""
    from tui.core.plans.plan_run import newest
    from tui.core.plans.progress import progress  # nothing that the first frame needs

    come = progress(newest(run.requests.values()))
    return (come if run.plan.mode is Mode.MEASURE else replace(come, left_s=None)).told()


def _emptiness(app_state: AppState) -> str:
    if app_state.trouble is not None:
        return "There is no host. F1, then F5, asks for it again."
    return "Waiting for the host …" if app_state.info is None else "No model is chosen. F1 shows the models."
