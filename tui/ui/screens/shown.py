"""Which answers stand in the panes, and how they come there."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from tui.conductor import Conductor
from tui.core.lane import Lane
from tui.core.model_names import titles
from tui.core.run import slot_of
from tui.ui.columns import column, time_scale, waiting_column
from tui.ui.shelf import Shelf
from tui.ui.widgets.pane_row import PaneRow


class Shown:
    """The lanes of the last run, as long as the panes are of its models."""

    def __init__(self, conductor: Conductor, row: PaneRow) -> None:
        self._conductor = conductor
        self._row = row

    def models(self) -> list[str]:
        """The keys of the models in the panes, in their order; none when the panes are not of the last run."""
        run = self._conductor.run
        if run is None or [self._pane_of(key) for key in run.plan.models] != list(self._row.panes):
            return []
        return list(run.plan.models)

    def lanes(self) -> list[Lane]:
        """The lanes in the panes, in their order."""
        return [lane for key in self.models() if (lane := self._lane(key)) is not None]

    def focused(self) -> Lane | None:
        """The lane in the focused pane."""
        index, models = self._row.focused_index, self.models()
        return self._lane(models[index]) if index is not None and models else None

    def index(self, lane: Lane) -> int:
        """Which pane a lane stands in, counted from 0."""
        return list(self._row.panes).index(self._pane_of(lane.spec.model))

    def in_sight(self, lane: Lane) -> bool:
        """Whether a lane stands in a pane that is on the screen."""
        return lane in self.lanes() and self._row.panes[self._pane_of(lane.spec.model)].display

    def is_replaced(self, lane: Lane) -> bool:
        """Whether the same is to be asked once more, so that another answer will stand in this one's place."""
        run = self._conductor.run
        lanes = run.lanes.values() if run is not None else ()
        return any(not one.state.final and slot_of(one) == slot_of(lane) for one in lanes)

    def paint(self, changed: AbstractSet[str], bars: bool, unfolded: AbstractSet[str], *, coarse: bool) -> None:
        """Show the lanes that changed, by id; with `bars` also the bars and counters of those that run.

        `unfolded` are the models whose thinking is open. `coarse` is for a terminal that reads slowly.
        """
        lanes, panes = self.lanes(), list(self._row.panes.values())
        running = any(not lane.state.final for lane in lanes)
        scale = time_scale(lanes, self._conductor.now())
        named = titles([self._conductor.session.target_of(lane).card for lane in lanes])
        for lane, title in zip(lanes, named, strict=True):
            index = self.index(lane)
            pane = panes[index]
            if pane.display and (lane.spec.id in changed or (bars and running)):
                pane.view.coarse = coarse
                folded = lane.spec.model not in unfolded
                shown = column(self._conductor, lane, title, index + 1, scale, folded=folded)
                pane.show(shown, counters=bars or coarse)

    def paint_waiting(self, shelf: Shelf) -> None:
        """Show whose answers will come."""
        cards = [(position, shelf.card(key)) for position, key in enumerate(self._row.panes, 1)]
        known = [(position, card) for position, card in cards if card is not None]
        panes = list(self._row.panes.values())
        for (position, card), title in zip(known, titles([card for _, card in known]), strict=True):
            panes[position - 1].show(waiting_column(card, title, position))

    def _lane(self, key: str) -> Lane | None:
        run = self._conductor.run
        return run.column(key) if run is not None else None

    def _pane_of(self, key: str) -> str:
        return self._conductor.session.targets[key].card.key
