"""What is known of the machine: why a host's process went away, and what memory did meanwhile."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import LoopbackServer
from tests.support.running import RecordingWriter, open_runner, requests_of, to_the_end, until
from tui.core.catalog.machine import Gpu
from tui.core.plans.mode import Mode
from tui.core.requests import events as ev
from tui.core.requests.request import Request, RequestSpec, RequestState
from tui.core.sessions.session_dict import session_from_dict, session_to_dict
from tui.engine.priority import raise_priority
from tui.hosts.adapter.host import AdapterHost
from tui.hosts.base import Host, HostInfo
from tui.hosts.embedded.host import EmbeddedHost
from tui.runner import Runner
from tui.runner.gpu_sampler import GpuSampler
from tui.runner.memory_sampler import MemorySampler

pytestmark = pytest.mark.slow

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


def begun(runner: Runner, host: Host, model: str) -> Request:
    info = host.connect()
    runner.connected(info)
    card = next(card for card in host.catalogue() if model in (card.id, card.alias))
    runner.begin([card], "Tell me everything about quantization.")
    return requests_of(runner, card.id)[0]


def test_an_adapter_that_dies_in_the_middle_of_its_answer_is_said_to_have_died(adapter: AdapterHost) -> None:
    kept = RecordingWriter()
    with open_runner(adapter, kept) as runner:
        request = begun(runner, adapter, "dies")
        to_the_end(runner)
        assert request.state is RequestState.FAILED
        assert request.answer
        assert request.fault is not None
        assert request.fault.message.startswith(
            "The adapter tests.support.adapters:Scripted crashed. It ended with code "
        )
        assert request.fault.hint == "What arrived is kept. Run it again."
        assert kept.snapshots[-1].requests[request.spec.id].fault == request.fault
        again = Request(request.spec)
        for event in kept.events(request.spec.id):
            again.fold(event)
        assert again.fault == request.fault
        runner.rerun(request.spec.model)
        assert to_the_end(runner)


def test_an_error_of_an_adapter_that_lives_on_keeps_its_own_words(adapter: AdapterHost) -> None:
    with open_runner(adapter) as runner:
        request = begun(runner, adapter, "falls")
        to_the_end(runner)
        assert request.fault is not None
        assert "crashed" not in request.fault.message


def test_a_runtime_that_is_killed_in_the_middle_of_an_answer_is_said_to_have_ended(demo: EmbeddedHost) -> None:
    with open_runner(demo) as runner:
        request = begun(runner, demo, "demo-large")
        until(runner, lambda: bool(request.answer))
        pid = demo.connect().pid
        assert pid is not None
        psutil.Process(pid).kill()
        to_the_end(runner)
        assert request.fault is not None
        assert request.fault.message.startswith("The embedded runtime ended by itself. It ")
        assert request.answer


def test_memory_is_seen_while_a_request_runs_and_goes_with_it(server: LoopbackServer) -> None:
    host = PlacedHost(server, local=True)
    with open_runner(host) as runner:
        request = begun(runner, host, "endless")
        until(runner, lambda: request.memory is not None)
        memory = request.memory
        assert memory is not None
        held, total = psutil.Process().memory_info().rss, psutil.virtual_memory().total
        assert memory.resident_peak is not None and 0.5 * held < memory.resident_peak < 2 * held
        assert memory.free_least is not None and 0 < memory.free_least < total
        runner.stop(request.spec.id)
        to_the_end(runner)


def test_what_runs_elsewhere_is_not_looked_at(server: LoopbackServer) -> None:
    host = PlacedHost(server, local=False)
    with open_runner(host) as runner:
        request = begun(runner, host, "good")
        to_the_end(runner)
        assert request.state is RequestState.DONE
        assert request.memory is None


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands in for the driver's program: a text that Python runs."""
    script, folder = tmp_path / "says.py", tmp_path / "bin"
    folder.mkdir()
    if sys.platform == "win32":
        (folder / "nvidia-smi.bat").write_text(f'@"{sys.executable}" "{script}" %*\n')
    else:
        program = folder / "nvidia-smi"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return script


def test_what_gpus_have_in_use_is_seen_and_kept_with_a_request(server: LoopbackServer, nvidia_smi: Path) -> None:
    nvidia_smi.write_text("print('12206, 802, 0, One')\nprint('12206, 200, 0, Two')")
    host = PlacedHost(server, local=True)
    with open_runner(host) as runner:
        request = begun(runner, host, "endless")
        until(runner, lambda: request.memory is not None and request.memory.gpu_peak is not None)
        assert request.memory is not None
        assert (request.memory.gpu_peak, request.memory.no_gpu) == (1002 * 2**20, None)
        runner.stop(request.spec.id)
        to_the_end(runner)
        again = session_from_dict(session_to_dict(runner.session))
        assert again.requests[request.spec.id].memory == request.memory


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("print('[N/A], [N/A], 3, GB10')", "The driver of GB10 does not say how much memory is in use."),
        ("raise SystemExit(6)", "nvidia-smi failed: it ended with 6."),
    ],
)
def test_why_what_gpus_have_in_use_is_not_known_is_kept(
    says: str, why: str, server: LoopbackServer, nvidia_smi: Path
) -> None:
    nvidia_smi.write_text(says)
    host = PlacedHost(server, local=True)
    with open_runner(host) as runner:
        request = begun(runner, host, "endless")
        until(runner, lambda: request.memory is not None and request.memory.no_gpu is not None)
        assert request.memory is not None
        assert (request.memory.gpu_peak, request.memory.no_gpu) == (None, why)
        runner.stop(request.spec.id)
        to_the_end(runner)


def test_another_machine_s_gpus_are_asked_of_it_and_one_that_did_not_say_is_not_asked_at_each_look() -> None:
    asked: list[str] = []

    def look(name: str) -> tuple[tuple[Gpu, ...], str]:
        asked.append(name)
        return ((Gpu("L4", 10, 4),), "") if name == "box" else ((), "There is none.")

    sampling = GpuSampler(lambda: 1, every=0.01)
    try:
        sampling.watch("r1", "box", lambda: look("box"))
        sampling.watch("r2", "bare", lambda: look("bare"))
        samples: list[ev.Memory] = []
        while len({one.request for one in samples}) < 2 or len(samples) < 20:
            samples += sampling.samples()
        assert {(one.request, one.gpu, one.no_gpu) for one in samples} == {
            ("r1", 4, None), ("r2", None, "There is none."),
        }  # fmt: skip
        assert asked.count("box") > 1 and asked.count("bare") == 1
    finally:
        sampling.close()


def test_nothing_is_seen_of_a_process_that_is_gone() -> None:
    sampling = MemorySampler(lambda: 1, every=0.01)
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
    request = Request(RequestSpec("r1", "plan1", Mode.RACE, "m1", "p1"))
    for at, (resident, free) in enumerate([(None, 70), (50, 90), (80, None), (60, 80)]):
        request.fold(ev.Memory("r1", at, resident, free))
    assert request.memory is not None
    assert (request.memory.resident_peak, request.memory.resident_last, request.memory.free_least) == (80, 60, 70)
    request = Request(request.spec)
    request.fold(ev.Memory("r1", 1))
    assert request.memory is not None
    assert (request.memory.resident_peak, request.memory.free_least) == (None, None)


def test_the_session_says_whether_the_engine_was_given_priority(server: LoopbackServer) -> None:
    host = PlacedHost(server, local=True)
    with open_runner(host) as runner:
        begun(runner, host, "good")
        to_the_end(runner)
        assert runner.session.tool["priority"] in ("raised", "normal")


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
