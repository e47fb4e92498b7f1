"""Runner, writer and reader together: what the screen shows at the end is what the file holds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from tests.runner.dying_runner import ID
from tests.support.learning_host import WHY, LearningHost
from tests.support.loopback_server import WORDS, LoopbackServer
from tests.support.running import requests_of, to_the_end
from tests.support.running import until as tick_until
from tests.support.sessions import MS, SENT, session
from tests.support.some import some
from tests.unit.storage.entries import folded, header, run_entries, stream, until
from tui.core.plans.mode import Mode
from tui.core.plans.plan import PlanOptions
from tui.core.requests import events as ev
from tui.core.requests.answer_limits import MAX_BYTES, TOO_LONG, stored_bytes
from tui.core.requests.request import ACCEPTED_AFTER_END, Request, RequestState
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import request_to_dict, session_to_dict
from tui.runner import Runner
from tui.storage.journal import SUFFIX, read_entries
from tui.storage.session_files import load
from tui.storage.session_recovery import recover
from tui.storage.session_writer import TomlSessionWriter
from tui.storage.toml_writer import storable

ROOT = Path(__file__).parents[2]
LATE = SENT + 900 * MS
EVENTS: dict[type[ev.Event], ev.Event] = {
    ev.Queued: ev.Queued("r1", LATE),
    ev.Loading: ev.Loading("r1", LATE),
    ev.Loaded: ev.Loaded("r1", LATE),
    ev.Sent: ev.Sent("r1", LATE),
    ev.OptionsDropped: ev.OptionsDropped("r1", LATE, ("seed",)),
    ev.Headers: ev.Headers("r1", LATE),
    ev.Delta: ev.Delta("r1", LATE, 99, ev.Kind.ANSWER, "more"),
    ev.Usage: ev.Usage("r1", 7, 70, 3, "tokenizer", 5),
    ev.ThinkingFound: ev.ThinkingFound("r1", 1, 3, 4),
    ev.Ended: ev.Ended("r1", LATE, "length"),
    ev.Failed: ev.Failed("r1", LATE, "stream", "It broke."),
    ev.Cancelled: ev.Cancelled("r1", LATE),
    ev.Skipped: ev.Skipped("r1", LATE),
    ev.FailureExplained: ev.FailureExplained("r1", LATE, WHY, "Run it again."),
    ev.Memory: ev.Memory("r1", LATE, 5 << 30, 1 << 30),
}
"""One of each kind."""
ENDINGS: dict[str, list[ev.Event]] = {
    "done": stream("r1", ["All ", "of it."], ended=True),
    "cut": [*stream("r1", ["Half"], ended=False), ev.Ended("r1", SENT + 500 * MS)],
    "failed": [*stream("r1", ["Half"], ended=False), ev.Failed("r1", SENT + 500 * MS, "stream", "It broke off.")],
    "stopped": [*stream("r1", ["Half"], ended=False), ev.Cancelled("r1", SENT + 500 * MS)],
    "empty": stream("r1", [], ended=True),
    "skipped": [ev.Skipped("r1", SENT, "It failed before.", "Try another.")],
}


@pytest.fixture
def host(server: LoopbackServer) -> LearningHost:
    return LearningHost(server.port)


@pytest.fixture
def writer(tmp_path: Path) -> TomlSessionWriter:
    return TomlSessionWriter(tmp_path / "sessions", ID, tmp_path / "state")


@pytest.fixture
def kept(host: LearningHost, writer: TomlSessionWriter) -> Iterator[Runner]:
    runner = Runner(host, Session(ID, datetime.now(UTC)), writer)
    yield runner
    runner.close()


def texts(request: Request) -> dict[str, object]:
    """A request as its file has it."""
    return request_to_dict(request)


@pytest.mark.slow
def test_what_is_learnt_after_the_end_is_in_the_file(
    kept: Runner, host: LearningHost, writer: TomlSessionWriter
) -> None:
    kept.begin([host.card("delta_and_message"), host.card("cut"), host.card("error_in_stream")], "hi")
    run = to_the_end(kept)
    assert kept.close()
    found = load(writer.path)
    assert [path.name for path in writer.path.parent.iterdir()] == [writer.path.name]
    assert {key: texts(request) for key, request in found.requests.items()} == {
        k: texts(request) for k, request in run.requests.items()
    }
    counted, cut, failed = (found.requests[requests_of(kept, name)[0].spec.id] for name in host_names())
    assert counted.usage == ev.Usage(counted.spec.id, None, len(WORDS), None, "tokenizer")
    for request, state in ((cut, RequestState.CUT), (failed, RequestState.FAILED)):
        assert (request.state, request.fault and request.fault.message) == (state, WHY)
    assert all(request.memory is not None for request in some(found.requests.values()))


def host_names() -> tuple[str, ...]:
    return ("delta_and_message", "cut", "error_in_stream")


class JournalOnly(TomlSessionWriter):
    """Writes the journal and never the file, as when the program is killed before it does."""

    def save(self, snapshot: Session, *, soon: bool = False) -> None:
        """Nothing is written."""

    def close(self, snapshot: Session | None, timeout: float = 10.0) -> bool:
        return super().close(None, timeout)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [TomlSessionWriter, JournalOnly])
def test_every_ending_of_a_real_run_comes_back_as_the_screen_has_it(
    kind: type[TomlSessionWriter], host: LearningHost, tmp_path: Path
) -> None:
    writer = kind(tmp_path / "sessions", ID, tmp_path / "state")
    runner = Runner(host, Session(ID, datetime.now(UTC)), writer)
    cards = [host.card(name) for name in ("reasoning", "empty", "cut", "e500", "endless")]
    try:
        runner.begin(cards, "hi", PlanOptions(Mode.MEASURE, rounds=2, warmup=0))
        while runner.busy:
            runner.wait(0.02)
            for request_id in runner.tick():
                request = runner.session.requests[request_id]
                if request.answer.count("more") > 3:
                    runner.stop(request_id)
        (scored, *_) = requests_of(runner, "reasoning")
        runner.ratings.score(scored.spec.id, 3)
        runner.ratings.note(scored.spec.id, "Two lines,\nboth kept.")
    finally:
        complete = runner.close()
    shown = runner.session
    assert {request.state for request in shown.requests.values()} == {state for state in RequestState if state.final}
    assert complete == (kind is TomlSessionWriter)
    if not complete:
        assert recover(tmp_path / "sessions", tmp_path / "state")[0].problem is None
    kept = load(writer.path)
    assert {key: texts(request) for key, request in kept.requests.items()} == {
        key: texts(request) for key, request in shown.requests.items()
    }
    was, now = storable(session_to_dict(shown)), storable(session_to_dict(kept))
    for key in ("plan", "model", "prompt", "score", "note"):
        assert now[key] == was[key] != []


@pytest.mark.slow
def test_what_is_learnt_is_in_the_file_while_the_program_still_runs(
    kept: Runner, host: LearningHost, writer: TomlSessionWriter
) -> None:
    kept.begin([host.card("delta_and_message")], "hi")
    (request,) = to_the_end(kept).requests.values()
    until(lambda: writer.path.exists() and load(writer.path).requests[request.spec.id].usage == request.usage)
    assert request.usage is not None


@pytest.mark.slow
def test_what_was_learnt_and_not_yet_in_the_file_survives_a_kill(tmp_path: Path) -> None:
    folder, spare = tmp_path / "sessions", tmp_path / "state"
    command = [sys.executable, "-m", "tests.runner.dying_runner", str(folder), str(spare)]
    program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert program.stdout is not None
        assert program.stdout.readline().strip() == b"learnt"
        until(lambda: (folder / f"{ID}.toml").exists() and _everything_is_noted(folder))
    finally:
        program.kill()
        program.communicate()
    before = load(folder / f"{ID}.toml")
    assert any(request.usage is None or request.fault is None for request in before.requests.values())
    (result,) = recover(folder, spare)
    assert result.problem is None
    found = load(folder / f"{ID}.toml")
    states = {request.state: request for request in found.requests.values()}
    assert states.keys() == {RequestState.DONE, RequestState.CUT, RequestState.FAILED}
    usage = states[RequestState.DONE].usage
    assert usage is not None and (usage.completion_tokens, usage.source) == (len(WORDS), "tokenizer")
    for state in (RequestState.CUT, RequestState.FAILED):
        fault = states[state].fault
        assert fault is not None and fault.message == WHY
    assert [path.name for path in folder.iterdir()] == [f"{ID}.toml"]


def _everything_is_noted(folder: Path) -> bool:
    kinds = [entry.get("event") for entry in read_entries(folder / f"{ID}{SUFFIX}")]
    return kinds.count("explained") == 2 and "usage" in kinds


def test_there_is_one_of_every_event_and_of_every_ending() -> None:
    assert EVENTS.keys() == set(get_args(ev.Event))
    assert {folded("r1", events).state.value for events in ENDINGS.values()} == ENDINGS.keys()
    assert ENDINGS.keys() == {state.value for state in RequestState if state.final}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: type(event).__name__)
def test_any_event_after_the_end_is_in_the_file_as_it_is_on_the_screen(
    event: ev.Event, ending: str, writer: TomlSessionWriter
) -> None:
    request, before = _ended_in_file(writer, ending)
    _learn(writer, request, event)
    writer.save(_session(request))
    assert writer.close(None)
    after = texts(load(writer.path).requests["r1"])
    assert after == texts(request)
    assert after == before or isinstance(event, ACCEPTED_AFTER_END)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: type(event).__name__)
def test_any_event_after_the_end_comes_back_from_the_journal(
    event: ev.Event, ending: str, writer: TomlSessionWriter, tmp_path: Path
) -> None:
    request, _ = _ended_in_file(writer, ending)
    _learn(writer, request, event)
    assert not writer.close(None), "the file does not have it, so the journal stays"
    (result,) = recover(writer.path.parent, tmp_path / "state")
    assert result.problem is None
    assert texts(load(writer.path).requests["r1"]) == texts(request)
    assert [path.name for path in writer.path.parent.iterdir()] == [writer.path.name]


def _ended_in_file(writer: TomlSessionWriter, ending: str) -> tuple[Request, dict[str, object]]:
    """A request that has ended, and is in the file as it was then."""
    request = folded("r1", ENDINGS[ending])
    for entry in [*header(_session(request)), *run_entries("r1", ENDINGS[ending])]:
        writer.record(entry)
    writer.save(_session(request))
    until(writer.path.exists)
    return request, texts(load(writer.path).requests["r1"])


def _learn(writer: TomlSessionWriter, request: Request, event: ev.Event) -> None:
    writer.record(ev.to_dict(event))
    request.fold(event)


def _session(request: Request) -> Session:
    return session([request], session_id=ID)


@pytest.mark.slow
def test_an_answer_without_end_is_cut_said_to_be_and_kept_with_what_else_there_is(
    host: LearningHost, kept: Runner, writer: TomlSessionWriter, server: LoopbackServer
) -> None:
    kept.begin([host.card("huge"), host.card("good")], "hi")
    to_the_end(kept)
    (request,) = requests_of(kept, "huge")
    kept.ratings.score(request.spec.id, 2)
    tick_until(kept, lambda: server.talk("huge").hung_up)
    tick_until(kept, lambda: writer.path.exists() and writer.path.stat().st_size > MAX_BYTES // 2)
    assert kept.close()
    assert kept.problems() == []
    found = load(writer.path)
    huge = found.requests[request.spec.id]
    assert (huge.state, huge.fault and huge.fault.message) == (RequestState.CUT, TOO_LONG)
    assert huge.answer == request.answer and set(huge.answer) == {"\U000e0041"}
    assert MAX_BYTES // 2 - 10 < stored_bytes(huge.answer) <= MAX_BYTES // 2
    assert [score.value for score in found.scores] == [2]
    assert found.requests[requests_of(kept, "good")[0].spec.id].answer == "".join(WORDS)
