"""The line between the prompt and the panes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from tui.core.plan import Mode
from tui.ui.cells import room
from tui.ui.shelf import Shelf

if TYPE_CHECKING:
    from tui.conductor import Conductor
    from tui.core.run import Run

_MODES = {Mode.RACE: "race: all at once", Mode.MEASURE: "measure: one at a time, after a warm-up"}


def status_line(shelf: Shelf, conductor: Conductor, mode: Mode, unscored: int, notes: Sequence[str], width: int) -> str:
    """How the next run goes, where this one is, how many answers wait for a score; then the notes.

    What is explained of the mode gives way where all of it does not fit into `width` cells, and then the gaps. A run
    that is asked again goes as it went, so that another mode is told as the next question's.
    """
    run = conductor.run
    if run is None and not shelf.chosen:
        return _emptiness(shelf)
    other = run is not None and run.plan.mode is not mode
    parts = []
    if run is not None and conductor.busy:
        parts.append(f"running, {_progress(run)}")
        if conductor.pause_s is not None:
            parts.append(f"asks once more in {ceil(conductor.pause_s)} s")
    elif unscored:
        parts.append(f"{unscored} unscored")
    warm = conductor.session.tool.get("keep_warm")
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


def _progress(run: Run) -> str:
    """How many requests have ended; how long the rest may take where they are made in turn."""
    from tui.core.progress import progress  # nothing that the first frame needs
    from tui.core.run import newest

    come = progress(newest(run.lanes.values()))
    return (come if run.plan.mode is Mode.MEASURE else replace(come, left_s=None)).told()


def _emptiness(shelf: Shelf) -> str:
    if shelf.trouble is not None:
        return "There is no host. F1, then F5, asks for it again."
    return "Waiting for the host …" if shelf.info is None else "No model is chosen. F1 shows the models."
