"""Which answers stand in the panes, and how they come there."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from tui.core.catalog.model_names import titles
from tui.core.plans.plan_run import planned_request_of
from tui.core.requests.request import Request
from tui.runner import Runner
from tui.ui.compare.columns import column, time_scale, waiting_column
from tui.ui.state import AppState
from tui.ui.widgets.pane_grid import PaneRow


class Shown:
    """The requests of the last run, as long as the panes are of its models."""

    def __init__(self, runner: Runner, row: PaneRow) -> None:
        self._runner = runner
        self._row = row

    def models(self) -> list[str]:
        """The keys of the models in the panes, in their order; none when the panes are not of the last run."""
        run = self._runner.run
        if run is None or [self._pane_of(key) for key in run.plan.models] != list(self._row.panes):
            return []
        return list(run.plan.models)

    def requests(self) -> list[Request]:
        """The requests in the panes, in their order."""
        return [request for key in self.models() if (request := self._request(key)) is not None]

    def focused(self) -> Request | None:
        """The request in the focused pane."""
        index, models = self._row.focused_index, self.models()
        return self._request(models[index]) if index is not None and models else None

    def index(self, request: Request) -> int:
        """Which pane a request stands in, counted from 0."""
        return list(self._row.panes).index(self._pane_of(request.spec.model))

    def in_sight(self, request: Request) -> bool:
        """Whether a request stands in a pane that is on the screen."""
        return request in self.requests() and self._row.panes[self._pane_of(request.spec.model)].display

    def is_replaced(self, request: Request) -> bool:
        """Whether the same is to be asked once more, so that another answer will stand in this one's place."""
        run = self._runner.run
        requests = run.requests.values() if run is not None else ()
        return any(not one.state.final and planned_request_of(one) == planned_request_of(request) for one in requests)

    def paint(self, changed: AbstractSet[str], bars: bool, unfolded: AbstractSet[str], *, coarse: bool) -> None:
        """Show the requests that changed, by id; with `bars` also the bars and counters of those that run.

        `unfolded` are the models whose thinking is open. `coarse` is for a terminal that reads slowly.
        """
        requests, panes = self.requests(), list(self._row.panes.values())
        running = any(not request.state.final for request in requests)
        scale = time_scale(requests, self._runner.now())
        named = titles([self._runner.session.model_of(request).card for request in requests])
        for request, title in zip(requests, named, strict=True):
            index = self.index(request)
            pane = panes[index]
            if pane.display and (request.spec.id in changed or (bars and running)):
                pane.view.coarse = coarse
                folded = request.spec.model not in unfolded
                shown = column(self._runner, request, title, index + 1, scale, folded=folded)
                pane.show(shown, counters=bars or coarse)

    def paint_waiting(self, app_state: AppState) -> None:
        """Show whose answers will come."""
        cards = [(position, app_state.card(key)) for position, key in enumerate(self._row.panes, 1)]
        known = [(position, card) for position, card in cards if card is not None]
        panes = list(self._row.panes.values())
        for (position, card), title in zip(known, titles([card for _, card in known]), strict=True):
            panes[position - 1].show(waiting_column(card, title, position))

    def _request(self, key: str) -> Request | None:
        run = self._runner.run
        return run.column(key) if run is not None else None

    def _pane_of(self, key: str) -> str:
        return self._runner.session.models[key].card.key
