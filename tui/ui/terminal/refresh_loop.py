"""The beat: take in what happened, repaint what changed, and slow down when painting takes too much."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import islice

from textual.widget import Widget

from tui.ui.terminal.refresh_rate import RefreshRate

EAGER_BEAT = 0.02
"""While requests are being prepared: waiting for a beat would count as queueing."""
SLOWEST = 0.5
_SHARE = 0.3
"""The part of its time that the program's loop may spend working, painting above all."""


class RefreshLoop:
    """Calls `tick` with every beat, and `paint` with the ids of requests and whether bars and counters are due.

    While a frame is on its way to the terminal nothing is painted, and what changes is painted later. With low
    bandwidth the requests take turns, one a beat; `running` are those whose bars and counters move.
    """

    def __init__(
        self,
        owner: Widget,
        flow: RefreshRate,
        tick: Callable[[], set[str]],
        paint: Callable[[set[str], bool], None],
        *,
        eager: Callable[[], bool],
        running: Callable[[], Iterable[str]],
    ) -> None:
        self._owner = owner
        self._refresh_rate = flow
        self._tick = tick
        self._paint = paint
        self._eager = eager
        self._running = running
        self._interval = flow.beat
        self._bars_at = 0.0
        self._due: dict[str, None] = {}
        """Requests to be painted, the one that waited longest first."""
        self._seen = (0.0, 0.0)
        """When the last beat was, and how much the loop's thread had worked till then."""

    def start(self) -> None:
        """Begin to beat."""
        self._owner.set_timer(self._interval, self._beat)

    def _beat(self) -> None:
        self._due |= dict.fromkeys(sorted(self._tick()))
        now = time.perf_counter()
        if self._refresh_rate.clear:
            bars = now - self._bars_at >= self._refresh_rate.bars_every
            if bars:
                self._bars_at = now
            with self._owner.app.batch_update():
                self._paint(*self._next(bars))
        self._interval = self._paced(now)
        self._owner.set_timer(EAGER_BEAT if self._eager() else self._interval, self._beat)

    def _next(self, bars: bool) -> tuple[set[str], bool]:
        """What is to be painted now."""
        if self._refresh_rate.low and bars:
            self._due |= dict.fromkeys(self._running())
        chosen = set(islice(self._due, 1 if self._refresh_rate.low else None))
        for request in chosen:
            del self._due[request]
        return chosen, bars and not (self._refresh_rate.low and chosen)

    def _paced(self, now: float) -> float:
        """Seconds to the next beat: longer when the loop worked too much since the last one."""
        worked = time.thread_time()
        (before, worked_before), self._seen = self._seen, (now, worked)
        if worked - worked_before > (now - before) * _SHARE:
            return min(self._interval * 2, SLOWEST)
        return max(self._interval * 0.8, self._refresh_rate.beat)
