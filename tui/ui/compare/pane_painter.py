"""Paints the answers of one comparison into the panes that are there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from tui.core.requests.request import Request
from tui.ui.compare.part import PartGroup
from tui.ui.compare.presenter import PaneModel, Presenter
from tui.ui.state import AppState
from tui.ui.widgets.answer.pane import PaneData
from tui.ui.widgets.pane_grid import PaneGrid


@dataclass
class PanePainter:
    """Each pane shows what the presenter makes of its request, as the parts of the screen want it."""

    grid: PaneGrid[PaneModel]
    presenter: Presenter
    app_state: AppState
    parts: PartGroup
    low: bool = False
    """Whether the terminal is slow: texts move by whole rows, and counters with them."""
    unfolded: set[str] = field(default_factory=set)
    """The session's keys of the models whose thinking is open."""

    def paint(self, requests: Collection[str], *, bars: bool) -> None:
        """Show these requests, by their ids; `bars` says whether bars and counters of running ones are due."""
        panes = list(self.grid.panes.values())
        shown = self.presenter.pane_data(
            self.grid.keys, self.app_state, requests, in_sight=self.grid.in_sight, bars=bars, unfolded=self.unfolded,
            as_wanted=self.parts.shown,
        )  # fmt: skip
        with self.grid.frame():
            for data in shown:
                pane = panes[data.position - 1]
                pane.view.coarse = self.low
                pane.show(data, counters=bars or self.low)

    def data_of(self, index: int) -> PaneData | None:
        """What a pane shows, counted from 0, whether it is in sight or not; None where there is no request."""
        request = self.presenter.request_in(self.grid.keys, index)
        if request is None:
            return None
        made = self.presenter.pane_data(
            self.grid.keys, self.app_state, {request.spec.id}, in_sight=[index], as_wanted=self.parts.shown
        )
        return next((data for data in made if data.position == index + 1), None)

    def requests(self) -> list[Request]:
        """Those whose answers are in the panes."""
        return self.presenter.requests(self.grid.keys)

    def moving(self) -> dict[str, int]:
        """The requests whose bars and counters move, by their ids, and how many pieces of text each has got."""
        return {request.spec.id: request.timestamps.chunks for request in self.requests() if not request.state.final}
