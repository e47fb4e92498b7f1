"""Takes in what happens when it happens, and paints what changed at a bounded rate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextvars import Context, copy_context
from itertools import islice

from textual.widget import Widget

from tui.ui.defects import end_app
from tui.ui.terminal.refresh_rate import RefreshRate

IDLE_EVERY = 0.25
"""Seconds between two turns while nothing runs and nobody wakes the loop: for what only the clock tells."""
SLOWEST = 0.5
_SHARE = 0.3
"""The part of its time that the program's loop may spend working, painting above all."""
_MOMENT = 0.01
"""Seconds by which a timer may come early or late."""


class RefreshLoop:
    """Calls `tick` whenever it is woken, and `paint` at most once a beat, with the ids of the requests that changed and
    whether bars and counters are due.

    While something runs there is a turn with every beat, for text wakes nobody. Answers that come slowly are painted
    at a slower beat, but whatever wakes the loop is painted at the usual one. While a frame is on its way to the
    terminal nothing is painted, and what changes is painted later. With low bandwidth the requests take turns, one a
    beat.
    """

    def __init__(
        self,
        owner: Widget,
        rate: RefreshRate,
        tick: Callable[[], set[str]],
        paint: Callable[[set[str], bool], None],
        *,
        busy: Callable[[], bool],
        running: Callable[[], Mapping[str, int]],
    ) -> None:
        """`running` are the requests whose bars and counters move, and how many pieces of text each has got."""
        self._owner = owner
        self._rate = rate
        self._tick = tick
        self._paint = paint
        self._busy = busy
        self._running = running
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context: Context | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        self._woken = False
        """Whether a turn is on its way because of `wake()`: the threads that call it meanwhile have no need to."""
        self._beat = rate.beat
        """Seconds between two frames, whoever asks for them."""
        self._painted_at = 0.0
        self._paint_at = 0.0
        """From when on the next frame is painted, if nothing wakes the loop before."""
        self._held_until = 0.0
        self._calm = 0.0
        """Seconds between two frames of answers that come slowly; 0 while they do not."""
        self._bars_at = 0.0
        self._due: dict[str, None] = {}
        """Requests to be painted, the one that waited longest first."""
        self._worked = 0.0
        """How much the loop's thread had worked when the last frame was painted."""
        self._pieces: Mapping[str, int] = {}
        """What `running` said then."""

    def start(self) -> None:
        """Begin, in the loop and the context of the caller."""
        self._loop, self._context = asyncio.get_running_loop(), copy_context()
        self._turn()

    def stop(self) -> None:
        """End. A loop that was stopped is not started again."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()

    def wake(self) -> None:
        """Have a turn soon, from any thread. What comes before it begins is taken in by the same turn."""
        if self._woken or self._loop is None:
            return
        self._woken = True
        try:
            self._loop.call_soon_threadsafe(self._turn, context=self._context)
        except RuntimeError:
            pass  # The program has ended.

    def pause_painting(self, seconds: float) -> None:
        """Paint nothing for so many seconds. What happens is taken in all the same."""
        self._held_until = time.perf_counter() + seconds

    def _turn(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # Before anything is taken in: what comes from here on needs a turn of its own.
        woken, self._woken = self._woken, False
        if not self._owner.is_running or self._stopped:
            return
        try:
            self._due |= dict.fromkeys(sorted(self._tick()))
            now = time.perf_counter()
            if woken:
                self._paint_at = min(self._paint_at, self._painted_at + self._beat)
            if now >= self._paint_at - _MOMENT and now >= self._held_until and self._rate.clear:
                self._paint_frame(now)
            self._schedule(now)
        except Exception as error:
            end_app(self._owner.app, error)
            raise

    def _paint_frame(self, now: float) -> None:
        bars = now - self._bars_at >= max(self._rate.bars_every, 2 * self._calm) - _MOMENT
        if bars:
            self._bars_at = now
        with self._owner.app.batch_update():
            self._paint(*self._next(bars))
        self._pace(now)

    def _next(self, bars: bool) -> tuple[set[str], bool]:
        """What is to be painted now."""
        if self._rate.low and bars:
            self._due |= dict.fromkeys(self._running())
        chosen = set(islice(self._due, 1 if self._rate.low else None))
        for request in chosen:
            del self._due[request]
        return chosen, bars and not (self._rate.low and chosen)

    def _pace(self, now: float) -> None:
        """Decide when the next frame may be painted: later when the loop worked too much since the last one, and when
        little text comes."""
        seconds, self._painted_at = now - self._painted_at, now
        before, self._worked = self._worked, time.thread_time()
        if self._worked - before > seconds * _SHARE:
            self._beat = min(self._beat * 2, SLOWEST)
        else:
            self._beat = max(self._beat * 0.8, self._rate.beat)
        known, self._pieces = self._pieces, self._running()
        came = [count - known[request] for request, count in self._pieces.items() if request in known]
        # An answer that waits for its first word, or for its turn, does not make the others slow.
        new = [pieces for pieces in came if pieces]
        calm = self._rate.calm_beat(sum(new) / len(new) / seconds) if new else 0.0
        self._calm = calm if calm > self._beat else 0.0
        # Where no text came, only bars and counters move.
        self._paint_at = now + max(self._beat, self._calm if new or not came else self._rate.bars_every)

    def _schedule(self, now: float) -> None:
        """The next turn, unless something wakes the loop before it."""
        assert self._loop is not None
        after = IDLE_EVERY
        if self._due or self._busy():
            at = max(self._paint_at, self._held_until)
            # Past it, the frame before is still on its way.
            after = at - now if at > now else self._beat
        self._timer = self._loop.call_later(after, self._turn, context=self._context)
