"""What a request spent its time on, as one row on a time scale that all panes share."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from tui.core.requests.phase import Phase
from tui.core.requests.phases import Span
from tui.ui.widgets.painted import Painted, Piece, Row

GLYPHS: dict[Phase, str] = {
    Phase.QUEUE: "·",
    Phase.LOAD: "▒",
    Phase.PREFILL: "▓",
    Phase.THINK: "░",
    Phase.ANSWER: "█",
}
"""One for each phase, so that they differ without colour too."""
TIP = "›"
"""Where a running request has got to."""


class PhaseBar(Painted):
    """The phases of one request, each as long as its share of the scale; a name is written where it fits."""

    DEFAULT_CSS = """
    PhaseBar {
        & .phase-bar--queue { color: $phase-queue; }
        & .phase-bar--load { color: $phase-load; }
        & .phase-bar--prefill { color: $phase-prefill; }
        & .phase-bar--think { color: $phase-think; }
        & .phase-bar--answer { color: $phase-answer; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"phase-bar--{phase}" for phase in Phase}

    _shown: tuple[tuple[Span, ...], float, bool] = ((), 0.0, False)

    def show(self, spans: tuple[Span, ...], scale: float, running: bool) -> None:
        """Draw `spans` so that `scale` seconds fill the row. `running` puts a tip at its end."""
        if (spans, scale, running) != self._shown:
            self._shown = (spans, scale, running)
            self.repaint()

    def compose_rows(self, width: int) -> tuple[Row, ...]:
        """The bar, phase by phase."""
        spans, scale, running = self._shown
        pieces: list[Piece] = [
            (_drawn(phase, cells), f"phase-bar--{phase}") for phase, cells in phase_cells(spans, scale, width)
        ]
        if running and pieces:
            last, style = pieces.pop()
            pieces.append((last[:-1] + TIP, style))
        return (tuple(pieces),)


def phase_cells(spans: Sequence[Span], scale: float, width: int) -> list[tuple[Phase, int]]:
    """How many cells each span takes of a row `width` cells wide that stands for `scale` seconds.

    A phase that took place gets at least one cell, and all of them together at most `width`: a longer neighbour
    gives way. Where there are more phases than cells, the first ones are left out.
    """
    kept = list(spans)[-width:] if width > 0 else []
    seconds = max([scale, *(span.stop for span in kept)])
    ends: list[int] = []
    for span in kept:
        end = round(span.stop / seconds * width) if seconds > 0 else 0
        ends.append(max(end, (ends[-1] if ends else 0) + 1))
    for at in reversed(range(len(ends))):
        ends[at] = min(ends[at], width - (len(ends) - 1 - at))
    return [(span.phase, end - begin) for span, (begin, end) in zip(kept, pairwise([0, *ends]), strict=True)]


def _drawn(phase: Phase, cells: int) -> str:
    glyph = GLYPHS[phase]
    if phase is Phase.QUEUE or cells < len(phase) + 2:
        return glyph * cells
    return glyph + phase + glyph * (cells - len(phase) - 1)
