"""Which answers stand in the panes."""

from __future__ import annotations

from tui.conductor import Conductor
from tui.core.lane import Lane
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

    def _lane(self, key: str) -> Lane | None:
        run = self._conductor.run
        return run.column(key) if run is not None else None

    def _pane_of(self, key: str) -> str:
        return self._conductor.session.targets[key].card.key
