"""When a terminal counts as slow, and what is painted how often then."""

from __future__ import annotations

import asyncio
from threading import Thread

import pytest
from textual.app import App, ComposeResult
from textual.widget import Widget

from tests.support.recorded import answered, looking_at, streaming
from tests.support.some import some
from tui.core.terminal import over_ssh
from tui.ui.terminal import refresh_loop
from tui.ui.terminal.refresh_loop import RefreshLoop
from tui.ui.terminal.refresh_rate import BARS_EVERY, BEAT, CALM_BEAT, LOW_BARS_EVERY, LOW_BEAT, SSH_BEAT, RefreshRate
from tui.ui.terminal.throughput import FIRST_PATIENCE, SLOW, Throughput
from tui.ui.terminal.writer import TerminalWriter


def read_at(drain: Throughput, rate: float, start: float, seconds: float = 2.0, step: float = 0.025) -> float:
    """A terminal without room that takes so many bytes a second; the instant when it is done."""
    at = start
    drain.written(0, True, at)
    while at < start + seconds:
        at += step
        drain.written(round(rate * step), True, at)
    drain.emptied()
    return at


@pytest.mark.parametrize(
    ("rate", "slow"), [(2_000, False), (5_000, True), (20_000, True), (60_000, True), (1e6, False)]
)
def test_a_terminal_is_slow_by_what_it_took_and_not_before_enough_was_seen(rate: float, slow: bool) -> None:
    drain = Throughput()
    at = read_at(drain, rate, 0.0)
    assert drain.slow(at) is slow


def test_a_terminal_that_stood_still_once_is_not_slow() -> None:
    drain = Throughput()
    drain.written(4_000, True, 0.0)
    for at in (0.1, 0.2, 3.0):
        drain.written(0, True, at)
    for number in range(5):
        drain.written(4_000, True, 6.0 + number * 0.001)
    assert not drain.slow(6.1)


def test_writes_that_never_wait_tell_of_no_slowness() -> None:
    drain = Throughput()
    for at in range(100):
        drain.written(100, False, float(at))
    assert not drain.slow(100.0)
    assert drain.clear(100.0)


def test_what_was_handed_over_is_on_its_way_for_as_long_as_it_takes() -> None:
    drain = Throughput()
    at = read_at(drain, 20_000, 0.0)
    drain.queued(10_000, at)
    assert not drain.clear(at + 0.4)
    assert drain.clear(at + 0.6)


def test_a_slow_terminal_is_tried_again_after_a_while_and_more_seldom_each_time_in_vain() -> None:
    drain = Throughput()
    at, waits = read_at(drain, 20_000, 0.0), []
    for _ in range(3):
        begin = at
        while drain.slow(at):
            at += 1.0
        waits.append(at - begin)
        assert drain.clear(at)
        at = read_at(drain, 20_000, at)
    assert FIRST_PATIENCE - 2 < waits[0] < waits[1] < waits[2]


def test_the_rates() -> None:
    fast = TerminalWriter()
    assert (RefreshRate(fast).beat, RefreshRate(fast).bars_every, RefreshRate(fast).low) == (BEAT, BARS_EVERY, False)
    assert RefreshRate(fast, over_ssh=True).beat == SSH_BEAT
    low = RefreshRate(fast, over_ssh=True, low_bandwidth=True)
    assert (low.beat, low.bars_every, low.low) == (LOW_BEAT, LOW_BARS_EVERY, True)
    assert (1 / BEAT, 1 / SSH_BEAT, 1 / BARS_EVERY) == (10, 8, 4)
    assert SLOW > 20_000


@pytest.mark.parametrize("name", ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"])
def test_a_terminal_over_ssh_is_known_by_its_variables(name: str) -> None:
    assert over_ssh({name: "1 2 3 4"})
    assert not over_ssh({name: "", "TERM": "xterm"})


class Blocked(RefreshRate):
    """A flow whose way can be closed."""

    open = True

    @property
    def clear(self) -> bool:
        return self.open


class Beating(App[None]):
    """Beats, and notes what was painted."""

    def __init__(self, flow: RefreshRate) -> None:
        super().__init__()
        self.changed: set[str] = set()
        self.ticks = self.bars = 0
        self.painted: list[set[str]] = []
        self.refresh_loop: RefreshLoop | None = None
        self.flow = flow
        self.busy = True
        self.running: dict[str, int] = {}

    def compose(self) -> ComposeResult:
        yield Widget()

    def on_mount(self) -> None:
        self.refresh_loop = RefreshLoop(
            self.query_one(Widget),
            self.flow,
            self.tick,
            self.paint,
            busy=lambda: self.busy,
            running=lambda: self.running,
        )
        self.refresh_loop.start()

    def tick(self) -> set[str]:
        self.ticks += 1
        changed, self.changed = self.changed, set()
        return changed

    def wake(self) -> None:
        assert self.refresh_loop is not None
        self.refresh_loop.wake()

    async def woken(self) -> None:
        """Have a turn because a thread wakes the loop."""
        goal = self.ticks + 1
        await asyncio.to_thread(self.wake)
        while self.ticks < goal:
            await asyncio.sleep(0.01)

    def paint(self, changed: set[str], bars: bool) -> None:
        self.bars += bars
        if changed:
            self.painted.append(changed)

    async def until_ticks(self, more: int) -> None:
        goal = self.ticks + more
        while self.ticks < goal:
            await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_while_a_frame_is_on_its_way_events_are_taken_in_and_painted_later() -> None:
    flow = Blocked(TerminalWriter())
    app = Beating(flow)
    async with app.run_test():
        flow.open = False
        await app.until_ticks(1)
        app.changed = {"r1"}
        await app.until_ticks(3)
        app.changed = {"r2"}
        await app.until_ticks(3)
        assert app.painted == []
        flow.open = True
        await app.until_ticks(2)
        assert app.painted == [{"r1", "r2"}]


class Clock:
    """Stands still until somebody moves it on."""

    now = 1000.0

    def perf_counter(self) -> float:
        return self.now

    def thread_time(self) -> float:
        return 0.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the refresh loop, whose timers never fire: nothing happens there but what it is woken for."""
    clock = Clock()
    monkeypatch.setattr(refresh_loop, "time", clock)
    monkeypatch.setattr(RefreshLoop, "_schedule", lambda loop, now: None)
    return clock


async def test_without_any_beat_a_thread_that_wakes_the_loop_has_taken_in_what_it_found(clock: Clock) -> None:
    app = Beating(RefreshRate(TerminalWriter()))
    async with app.run_test():
        ticks = app.ticks
        clock.now += 10
        app.changed = {"r1"}
        await app.woken()
        assert (app.ticks, app.painted) == (ticks + 1, [{"r1"}])


async def test_whatever_wakes_the_loop_before_its_turn_is_one_turn(clock: Clock) -> None:
    app = Beating(RefreshRate(TerminalWriter()))
    async with app.run_test() as pilot:
        ticks = app.ticks
        threads = [Thread(target=app.wake) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()  # The loop of the app waits with this test.
        await pilot.pause()
        assert ticks < app.ticks <= ticks + 2, "two threads may both find that nobody woke the loop before"


async def test_however_often_the_loop_is_woken_it_paints_once_a_beat(clock: Clock) -> None:
    app = Beating(RefreshRate(TerminalWriter()))
    async with app.run_test():
        clock.now += 10
        for number in range(10):
            app.changed = {f"r{number}"}
            await app.woken()
        assert app.painted == [{"r0"}]
        clock.now += BEAT
        await app.woken()
        assert app.painted[1:] == [{f"r{number}" for number in range(1, 10)}]


async def test_while_painting_is_held_the_loop_takes_in_what_wakes_it(clock: Clock) -> None:
    app = Beating(RefreshRate(TerminalWriter()))
    async with app.run_test():
        clock.now += 10
        assert app.refresh_loop is not None
        app.refresh_loop.pause_painting(0.02)
        app.changed, ticks = {"r1"}, app.ticks
        await app.woken()
        assert (app.ticks, app.painted) == (ticks + 1, [])
        clock.now += 0.02
        await app.woken()
        assert app.painted == [{"r1"}]


async def test_a_defect_in_a_turn_ends_the_app(clock: Clock) -> None:
    app = Beating(RefreshRate(TerminalWriter()))

    def stumble() -> set[str]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with app.run_test() as pilot:
            assert app.refresh_loop is not None
            app.refresh_loop._tick = stumble
            app.wake()
            await pilot.pause()


@pytest.mark.parametrize(
    ("pieces_per_s", "beat"), [(100, BEAT), (30, BEAT), (20, 0.15), (15, 0.2), (10, 0.3), (5, CALM_BEAT)]
)
async def test_answers_that_come_slowly_are_painted_more_seldom_unless_something_wakes_the_loop(
    clock: Clock, pieces_per_s: int, beat: float
) -> None:
    app = Beating(RefreshRate(TerminalWriter()))
    async with app.run_test():
        loop = app.refresh_loop
        assert loop is not None
        app.running = {"r1": 0, "r2": 0}
        clock.now += 10
        loop._turn()
        clock.now += 1
        app.running = {"r1": pieces_per_s, "r2": pieces_per_s}
        loop._turn()
        for wanted, seconds in ((False, beat - 0.02), (True, 0.02)):
            clock.now += seconds
            app.changed, before = {"r1"}, len(app.painted)
            loop._turn()
            assert (len(app.painted) > before) is wanted
        clock.now += BEAT
        app.changed, before = {"r2"}, len(app.painted)
        await app.woken()
        assert len(app.painted) > before, "an answer that ends, say, does not wait for text"


async def test_an_answer_is_painted_as_often_beside_others_that_wait_as_it_is_alone(clock: Clock) -> None:
    app = Beating(RefreshRate(TerminalWriter()))
    async with app.run_test():
        loop = app.refresh_loop
        assert loop is not None
        app.running = {"r1": 0, "r2": 0, "r3": 0}
        clock.now += 10
        loop._turn()
        clock.now += 1
        app.running = app.running | {"r1": 20}
        loop._turn()
        for wanted, seconds in ((False, 0.13), (True, 0.02)):
            clock.now += seconds
            app.changed, before = {"r1"}, len(app.painted)
            loop._turn()
            assert (len(app.painted) > before) is wanted


async def test_bars_move_four_times_a_second_and_with_every_second_painting_of_slow_answers(clock: Clock) -> None:
    app = Beating(RefreshRate(TerminalWriter()))
    async with app.run_test():
        assert app.refresh_loop is not None
        app.running, app.bars = {"r1": 0}, 0
        for seconds, pieces, bars in ((10.0, 0, 1), (BARS_EVERY, 0, 2), (BARS_EVERY, 0, 3), (1.0, 8, 4)):
            clock.now += seconds
            app.running = {"r1": app.running["r1"] + pieces}
            app.refresh_loop._turn()
            assert app.bars == bars
        for bars in (4, 5, 5, 6):
            clock.now += CALM_BEAT
            app.running = {"r1": app.running["r1"] + 1}
            app.refresh_loop._turn()
            assert app.bars == bars


@pytest.mark.slow
async def test_with_low_bandwidth_requests_take_turns_and_none_is_forgotten() -> None:
    app = Beating(RefreshRate(TerminalWriter(), low_bandwidth=True))
    async with app.run_test():
        app.changed = {"r1", "r2", "r3"}
        await app.until_ticks(2)
        app.changed = {"r1"}
        await app.until_ticks(5)
        assert sorted(str(*one) for one in app.painted[:3]) == ["r1", "r2", "r3"]
        assert {"r1"} in app.painted[1:]
        assert all(len(one) == 1 for one in some(app.painted))


@pytest.mark.slow
async def test_low_bandwidth_is_said_and_shows_every_answer_all_the_same() -> None:
    requests, now = streaming()
    async with looking_at(requests, at=now, size=(160, 45), low_bandwidth=True) as play:
        await play.sees("low bandwidth")
        assert all(play.panes[number - 1].view.coarse for number in some(play.page))
    async with looking_at([answered(1)], size=(160, 45)) as play:
        await play.sees("1 unscored")
        assert "low bandwidth" not in play.shown
