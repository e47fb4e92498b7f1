"""The beat: take in what happened, repaint what changed, and slow down when painting takes too long."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.widget import Widget

BEAT = 0.1
EAGER_BEAT = 0.02
"""While requests are being prepared: waiting for a beat would count as queueing."""
SLOWEST = 0.5
_SHARE = 0.3
"""The part of a beat that may be spent painting."""
_BARS_EVERY = 0.25


class Pump:
    """Calls `tick`, then `paint` with the ids of the lanes that changed and whether bars and counters are due."""

    def __init__(
        self,
        owner: Widget,
        tick: Callable[[], set[str]],
        paint: Callable[[set[str], bool], None],
        eager: Callable[[], bool],
    ) -> None:
        self._owner = owner
        self._tick = tick
        self._eager = eager
        self._paint = paint
        self._interval = BEAT
        self._bars_at = 0.0

    def start(self) -> None:
        """Begin to beat."""
        self._owner.set_timer(self._interval, self._beat)

    def _beat(self) -> None:
        began = time.perf_counter()
        bars = began - self._bars_at >= _BARS_EVERY
        if bars:
            self._bars_at = began
        with self._owner.app.batch_update():
            self._paint(self._tick(), bars)
        spent = time.perf_counter() - began
        too_long = spent > self._interval * _SHARE
        self._interval = min(self._interval * 2, SLOWEST) if too_long else max(self._interval * 0.8, BEAT)
        self._owner.set_timer(EAGER_BEAT if self._eager() else self._interval, self._beat)
