"""The queue of downloads: one at a time, cancelled, stalled, tried again, failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.support.replay_service import STALL, replaying
from tui.core.catalog.download import Download, Stage
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import ModelFailedError
from tui.hosts.base import BareHost
from tui.hosts.foundry.service import SILENCE_S, ServiceHost
from tui.runner.downloads import GRACE_S, STALL_S, Downloads

PATIENCE_S = 30.0
A, B, C = (ModelCard(f"{name}:1", name, size_bytes=1_000_000_000) for name in "abc")

Script = Callable[[Callable[[float], None], threading.Event], bool]


class ScriptedHost(BareHost):
    """Downloads as its scripts say; each attempt at a model takes the next of its scripts."""

    def __init__(self, **scripts: list[Script]) -> None:
        self.scripts = {f"{name}:1": iter(found) for name, found in scripts.items()}
        self.begun: list[str] = []
        self.running = 0
        self.most = 0

    def download(self, model_id: str, progress: Callable[[float], None], cancelled: threading.Event) -> bool:
        self.begun.append(model_id)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            return next(self.scripts[model_id])(progress, cancelled)
        finally:
            self.running -= 1


class FakeTime:
    """Time that passes only while somebody waits; each wait lets other threads have their turn."""

    def __init__(self) -> None:
        self.now = 0.0
        self.frozen = threading.Event()
        """While set, waiting takes no time."""
        self.rests: list[float] = []

    def clock(self) -> float:
        return self.now

    def wait(self, event: threading.Event, seconds: float) -> None:
        self.rests.append(seconds)
        if not event.wait(0.0005) and not self.frozen.is_set():
            self.now += seconds


def at_once(progress: Callable[[float], None], cancelled: threading.Event) -> bool:
    progress(50.0)
    progress(100.0)
    return True


def standing_still(progress: Callable[[float], None], cancelled: threading.Event) -> bool:
    """Comes to a third, then nothing comes any more."""
    progress(33.3)
    assert cancelled.wait(PATIENCE_S)
    return False


def held(gate: threading.Event) -> Script:
    def script(progress: Callable[[float], None], cancelled: threading.Event) -> bool:
        progress(10.0)
        while not gate.wait(0.01):
            if cancelled.is_set():
                return False
        return True

    return script


def full(progress: Callable[[float], None], cancelled: threading.Event) -> bool:
    raise ModelFailedError("b:1 could not be downloaded", "The disk is full", "Free 1 GB")


@pytest.fixture
def closing() -> Iterator[list[Downloads]]:
    """Whatever is put here is closed."""
    opened: list[Downloads] = []
    yield opened
    for one in opened:
        one.close()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.005)


def ended(downloads: Downloads, *keys: str) -> dict[str, Download]:
    """Wait until these have ended, and how they did."""
    seen: dict[str, Download] = {}

    def all_there() -> bool:
        seen.update({key: one for key, one in downloads.look().items() if one.ended})
        return set(keys) <= set(seen)

    until(all_there)
    return seen


def test_models_are_downloaded_one_at_a_time_in_the_order_of_asking(closing: list[Downloads]) -> None:
    gate = threading.Event()
    host = ScriptedHost(a=[held(gate)], b=[at_once], c=[at_once])
    closing.append(downloads := Downloads(host))
    assert [downloads.add(card) for card in (A, B, C, A)] == [True, True, True, False]
    until(lambda: bool(downloads.look()["a:1"].samples))
    assert [one.stage for one in downloads.look().values()] == [Stage.RUNNING, Stage.QUEUED, Stage.QUEUED]
    gate.set()
    assert {one.stage for one in ended(downloads, "a:1", "b:1", "c:1").values()} == {Stage.DONE}
    assert (host.begun, host.most) == (["a:1", "b:1", "c:1"], 1)
    assert downloads.look() == {}


def test_a_model_asked_for_after_all_has_ended_is_downloaded_too(closing: list[Downloads]) -> None:
    host = ScriptedHost(a=[at_once, at_once], b=[at_once])
    closing.append(downloads := Downloads(host))
    for card in (A, B, A):
        assert downloads.add(card)
        assert ended(downloads, card.key)[card.key].stage is Stage.DONE


def test_how_far_it_is_and_how_fast_are_known_while_it_runs(closing: list[Downloads]) -> None:
    times, step = FakeTime(), threading.Semaphore(0)
    times.frozen.set()

    def script(progress: Callable[[float], None], cancelled: threading.Event) -> bool:
        for percent in (0.0, 25.0):
            progress(percent)
            assert step.acquire(timeout=PATIENCE_S)
        return True

    closing.append(downloads := Downloads(ScriptedHost(a=[script]), clock=times.clock, wait=times.wait))
    downloads.add(A)
    until(lambda: bool(downloads.look()["a:1"].samples))
    one = downloads.pace_of(downloads.look()["a:1"])
    assert (one.percent, one.bytes_per_s, one.seconds_left) == (0.0, None, None)
    times.now = 10.0
    step.release()
    until(lambda: downloads.look()["a:1"].samples[-1].percent == 25)
    one = downloads.pace_of(downloads.look()["a:1"])
    assert (one.percent, one.bytes_per_s, one.seconds_left) == (25.0, 25e6, 30.0)
    step.release()
    ended(downloads, "a:1")


def test_a_download_that_runs_is_cancelled_and_the_next_one_begins(closing: list[Downloads]) -> None:
    host = ScriptedHost(a=[standing_still], b=[at_once])
    closing.append(downloads := Downloads(host))
    downloads.add(A)
    downloads.add(B)
    until(lambda: bool(downloads.look()["a:1"].samples))
    assert downloads.cancel("a:1")
    assert downloads.look()["a:1"].stage in (Stage.STOPPING, Stage.CANCELLED)
    seen = ended(downloads, "b:1")
    assert seen["b:1"].stage is Stage.DONE
    assert host.begun == ["a:1", "b:1"]


def test_one_that_waits_is_taken_out_of_the_queue_and_never_begins(closing: list[Downloads]) -> None:
    gate = threading.Event()
    host = ScriptedHost(a=[held(gate)], c=[at_once])
    closing.append(downloads := Downloads(host))
    for card in (A, B, C):
        downloads.add(card)
    assert downloads.cancel("b:1")
    assert downloads.look()["b:1"].stage is Stage.CANCELLED
    gate.set()
    ended(downloads, "a:1", "c:1")
    assert host.begun == ["a:1", "c:1"]
    assert not downloads.cancel("b:1") and not downloads.cancel("a:1") and not downloads.cancel("nonsuch")


def test_a_standstill_is_cancelled_and_tried_again(closing: list[Downloads]) -> None:
    times = FakeTime()
    host = ScriptedHost(a=[standing_still, standing_still, at_once])
    closing.append(downloads := Downloads(host, clock=times.clock, wait=times.wait, stall=60.0))
    downloads.add(A)
    found = ended(downloads, "a:1")["a:1"]
    assert (found.stage, found.attempt, len(host.begun)) == (Stage.DONE, 3, 3)
    assert times.now >= 2 * 60 + 1 + 2


@pytest.mark.slow
def test_the_pauses_double_up_to_a_longest_one_and_then_it_fails_with_a_sentence(closing: list[Downloads]) -> None:
    times = FakeTime()
    host = ScriptedHost(a=[standing_still] * 7)
    closing.append(downloads := Downloads(host, clock=times.clock, wait=times.wait, stall=60.0, tries=7))
    downloads.add(A)
    found = ended(downloads, "a:1")["a:1"]
    assert found.stage is Stage.FAILED and found.error is not None
    assert found.error.sentence() == (
        "a:1 could not be downloaded. 7 tries each came to a standstill before the end. "
        "Look at the network of the host, then press d again."
    )
    assert [round(rest) for rest in times.rests if rest > 0.5] == [1, 2, 4, 8, 16, 30]
    assert downloads.look()["a:1"] == found
    host.scripts["a:1"] = iter([at_once])
    assert downloads.add(A)
    assert ended(downloads, "a:1")["a:1"].stage is Stage.DONE


@pytest.mark.slow
def test_a_service_that_falls_silent_is_asked_again(closing: list[Downloads]) -> None:
    assert SILENCE_S > STALL_S + GRACE_S, "the host would fail the download before it is tried again"
    with replaying() as service:
        service.faults["/openai/download"], whole = STALL, service.lines
        service.lines = whole[:1]
        downloads = Downloads(ServiceHost(service.url), stall=0.3)
        closing.append(downloads)
        offered = service.listed[-1]["name"]
        downloads.add(ModelCard(offered, offered))
        until(lambda: downloads.look()[offered].stage is Stage.PAUSED)
        service.lines = whole
        del service.faults["/openai/download"]
        assert ended(downloads, offered)[offered].stage is Stage.DONE
        assert offered in service.cached and service.hung_up.is_set()


def test_a_pause_ends_when_the_download_is_cancelled(closing: list[Downloads]) -> None:
    times = FakeTime()
    host = ScriptedHost(a=[standing_still])

    def frozen_in_the_pause(event: threading.Event, seconds: float) -> None:
        if seconds > 0.5:
            times.frozen.set()
        times.wait(event, seconds)

    closing.append(downloads := Downloads(host, clock=times.clock, wait=frozen_in_the_pause, stall=60.0))
    downloads.add(A)
    until(lambda: downloads.look()["a:1"].stage is Stage.PAUSED)
    assert downloads.cancel("a:1")
    assert ended(downloads, "a:1")["a:1"].stage is Stage.CANCELLED
    assert host.begun == ["a:1"]


@pytest.mark.slow
def test_slow_progress_is_no_standstill(closing: list[Downloads]) -> None:
    times = FakeTime()

    def slow(progress: Callable[[float], None], cancelled: threading.Event) -> bool:
        for tenth in range(1, 5):
            progress(tenth / 10)
            reached = times.now + 50
            while times.now < reached:
                if cancelled.wait(0.001):
                    return False
        return True

    closing.append(downloads := Downloads(ScriptedHost(a=[slow]), clock=times.clock, wait=times.wait, stall=60.0))
    downloads.add(A)
    found = ended(downloads, "a:1")["a:1"]
    assert (found.stage, found.attempt) == (Stage.DONE, 1)
    assert times.now >= 200


@pytest.mark.slow
def test_after_the_last_byte_the_host_may_take_its_time(closing: list[Downloads]) -> None:
    times = FakeTime()

    def unpacking(progress: Callable[[float], None], cancelled: threading.Event) -> bool:
        progress(100.0)
        while times.now < 200:
            if cancelled.wait(0.001):
                return False
        return True

    closing.append(downloads := Downloads(ScriptedHost(a=[unpacking]), clock=times.clock, wait=times.wait, stall=60.0))
    downloads.add(A)
    assert ended(downloads, "a:1")["a:1"].stage is Stage.DONE


def test_what_the_host_says_of_a_failure_is_told_and_not_tried_again(closing: list[Downloads]) -> None:
    host = ScriptedHost(b=[full, at_once], c=[at_once])
    closing.append(downloads := Downloads(host))
    downloads.add(B)
    downloads.add(C)
    seen = ended(downloads, "b:1", "c:1")
    error = seen["b:1"].error
    assert error is not None
    assert error.sentence() == "b:1 could not be downloaded. The disk is full. Free 1 GB."
    assert (seen["c:1"].stage, host.begun) == (Stage.DONE, ["b:1", "c:1"])


def test_a_host_that_does_not_let_go_is_left_behind_with_a_sentence(closing: list[Downloads]) -> None:
    times, gate = FakeTime(), threading.Event()

    def deaf(progress: Callable[[float], None], cancelled: threading.Event) -> bool:
        progress(5.0)
        return gate.wait(PATIENCE_S)

    host = ScriptedHost(a=[deaf], b=[at_once])
    closing.append(downloads := Downloads(host, clock=times.clock, wait=times.wait, stall=60.0))
    downloads.add(A)
    downloads.add(B)
    seen = ended(downloads, "a:1", "b:1")
    error = seen["a:1"].error
    assert error is not None and "a:1: the host does not stop its download." in error.sentence()
    assert seen["b:1"].stage is Stage.DONE
    assert times.now >= 60 + GRACE_S
    gate.set()


def test_a_defect_of_the_host_fails_one_download_and_is_reported(
    closing: list[Downloads], monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: reported.append(args.exc_type))

    def broken(progress: Callable[[float], None], cancelled: threading.Event) -> bool:
        raise KeyError("percent")

    closing.append(downloads := Downloads(ScriptedHost(a=[broken], b=[at_once])))
    downloads.add(A)
    downloads.add(B)
    seen = ended(downloads, "a:1", "b:1")
    error = seen["a:1"].error
    assert error is not None and error.detail == "KeyError: 'percent'"
    assert seen["b:1"].stage is Stage.DONE
    until(lambda: reported == [KeyError])


def test_closing_stops_what_runs_and_begins_nothing_more(closing: list[Downloads]) -> None:
    host = ScriptedHost(a=[standing_still], b=[at_once])
    closing.append(downloads := Downloads(host))
    downloads.add(A)
    downloads.add(B)
    until(lambda: bool(downloads.look()["a:1"].samples))
    downloads.close()
    until(lambda: downloads.look().get("a:1") is None or host.running == 0)
    assert not downloads.add(C)
    until(lambda: not downloads._at_work)
    assert host.begun == ["a:1"]
