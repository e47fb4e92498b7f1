"""What is known of the machine: why a host's process went away, and what memory did meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.support.conducting import RecordingKeeper, conducting, lanes_of, to_the_end, until
from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import LoopbackServer
from tui.conductor import Conductor
from tui.conductor.sampling import Sampling
from tui.core import events as ev
from tui.core.lane import Lane, LaneSpec, LaneState
from tui.core.plan import Mode
from tui.engine.priority import raise_priority
from tui.hosts.adapter.host import AdapterHost
from tui.hosts.embedded.host import EmbeddedHost
from tui.hosts.host import Host, HostInfo

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def adapter() -> Iterator[AdapterHost]:
    host = AdapterHost("tests.support.adapters:Scripted", folder=ROOT)
    yield host
    host.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[EmbeddedHost]:
    host = EmbeddedHost(tmp_path)
    yield host
    host.close()


class PlacedHost(LoopbackHost):
    """Says that its models are served by this process, or by one that cannot be seen from here."""

    def __init__(self, server: LoopbackServer, *, local: bool) -> None:
        super().__init__(server.port, ("good", "endless"))
        self.local = local

    def connect(self) -> HostInfo:
        return replace(super().connect(), local=self.local, pid=os.getpid() if self.local else None)


def begun(conductor: Conductor, host: Host, model: str) -> Lane:
    info = host.connect()
    conductor.connected(info)
    card = next(card for card in host.catalogue() if model in (card.id, card.alias))
    conductor.begin([card], "Tell me everything about quantization.")
    return lanes_of(conductor, card.id)[0]


def test_an_adapter_that_dies_in_the_middle_of_its_answer_is_said_to_have_died(adapter: AdapterHost) -> None:
    kept = RecordingKeeper()
    with conducting(adapter, kept) as conductor:
        lane = begun(conductor, adapter, "dies")
        to_the_end(conductor)
        assert lane.state is LaneState.FAILED
        assert lane.answer
        assert lane.fault is not None
        assert lane.fault.message.startswith("The adapter tests.support.adapters:Scripted crashed. It ended with code ")
        assert lane.fault.hint == "What arrived is kept. Run it again."
        assert kept.snapshots[-1].lanes[lane.spec.id].fault == lane.fault
        again = Lane(lane.spec)
        for event in kept.events(lane.spec.id):
            again.fold(event)
        assert again.fault == lane.fault
        conductor.rerun(lane.spec.model)
        assert to_the_end(conductor)


def test_an_error_of_an_adapter_that_lives_on_keeps_its_own_words(adapter: AdapterHost) -> None:
    with conducting(adapter) as conductor:
        lane = begun(conductor, adapter, "falls")
        to_the_end(conductor)
        assert lane.fault is not None
        assert "crashed" not in lane.fault.message


def test_a_runtime_that_is_killed_in_the_middle_of_an_answer_is_said_to_have_ended(demo: EmbeddedHost) -> None:
    with conducting(demo) as conductor:
        lane = begun(conductor, demo, "demo-large")
        until(conductor, lambda: bool(lane.answer))
        pid = demo.connect().pid
        assert pid is not None
        psutil.Process(pid).kill()
        to_the_end(conductor)
        assert lane.fault is not None
        assert lane.fault.message.startswith("The embedded runtime ended by itself. It ")
        assert lane.answer


def test_memory_is_seen_while_a_lane_runs_and_goes_with_it(server: LoopbackServer) -> None:
    host = PlacedHost(server, local=True)
    with conducting(host) as conductor:
        lane = begun(conductor, host, "endless")
        until(conductor, lambda: lane.memory is not None)
        memory = lane.memory
        assert memory is not None
        held, total = psutil.Process().memory_info().rss, psutil.virtual_memory().total
        assert memory.resident_peak is not None and 0.5 * held < memory.resident_peak < 2 * held
        assert memory.free_least is not None and 0 < memory.free_least < total
        conductor.stop(lane.spec.id)
        to_the_end(conductor)


def test_what_runs_elsewhere_is_not_looked_at(server: LoopbackServer) -> None:
    host = PlacedHost(server, local=False)
    with conducting(host) as conductor:
        lane = begun(conductor, host, "good")
        to_the_end(conductor)
        assert lane.state is LaneState.DONE
        assert lane.memory is None


def test_nothing_is_seen_of_a_process_that_is_gone() -> None:
    sampling = Sampling(lambda: 1, every=0.01)
    try:
        sampling.watch("r1", 2**22 + 1)
        samples: list[ev.Memory] = []
        while not samples:
            samples = sampling.samples()
        assert samples[0].resident is None
        assert samples[0].free is not None
    finally:
        sampling.close()


def test_peaks_and_the_last_are_kept_and_unknown_stays_unknown() -> None:
    lane = Lane(LaneSpec("r1", "plan1", Mode.RACE, "m1", "p1"))
    for at, (resident, free) in enumerate([(None, 70), (50, 90), (80, None), (60, 80)]):
        lane.fold(ev.Memory("r1", at, resident, free))
    assert lane.memory is not None
    assert (lane.memory.resident_peak, lane.memory.resident_last, lane.memory.free_least) == (80, 60, 70)
    lane = Lane(lane.spec)
    lane.fold(ev.Memory("r1", 1))
    assert lane.memory is not None
    assert (lane.memory.resident_peak, lane.memory.free_least) == (None, None)


def test_the_session_says_whether_the_engine_was_given_priority(server: LoopbackServer) -> None:
    host = PlacedHost(server, local=True)
    with conducting(host) as conductor:
        begun(conductor, host, "good")
        to_the_end(conductor)
        assert conductor.session.tool["priority"] in ("raised", "normal")


@pytest.mark.parametrize(("refuses", "told"), [(False, "raised"), (True, "normal")])
def test_priority_that_is_refused_is_no_error(refuses: bool, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def nice(self: psutil.Process, value: int | None = None) -> int:
        if value is None:
            return 0
        if refuses:
            raise psutil.AccessDenied(1)
        asked.append(value)
        return value

    monkeypatch.setattr(psutil.Process, "nice", nice)
    assert raise_priority() == told
    assert bool(asked) is not refuses
