"""Ctrl+C, a request to terminate, a dropped line: what arrived is kept, and nothing stays behind."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import psutil
import pytest

from tests.hosts.models_server import serving
from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import LoopbackServer
from tests.support.program import MODULE, finish, start, until
from tests.support.running import RecordingWriter, open_runner, to_the_end
from tests.support.some import some
from tui.cli.exit_codes import ExitCode
from tui.cli.output import handles_errors
from tui.cli.updates import say_update
from tui.core.requests.request import Request, RequestState
from tui.core.sessions.session import Session
from tui.core.sessions.timing_dict import as_kept
from tui.runner.open_session import open_session
from tui.runner.updates import run_to_end
from tui.storage.session_files import load
from tui.storage.session_recovery import recover
from tui.storage.session_writer import TomlSessionWriter

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

At = tuple[str, str]
HANGUP = getattr(signal, "SIGHUP", signal.SIGTERM)


def words(sessions: Path) -> int:
    """How many words of `endless` the journal holds."""
    return sum(file.read_text("utf-8").count('"text":"more "') for file in sessions.glob("*.journal.jsonl"))


def answering(process: subprocess.Popen[bytes], sessions: Path) -> list[psutil.Process]:
    """Wait until text has arrived in the program, and return its children."""
    until(lambda: process.poll() is not None or words(sessions) > 1)
    assert process.poll() is None, process.communicate()
    return psutil.Process(process.pid).children(recursive=True)


def gone(processes: Iterable[psutil.Process]) -> bool:
    """Whether all of them have ended."""
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_what_arrived_is_kept_and_the_exit_code_says_so(
    at: At, server: LoopbackServer, tmp_path: Path, sessions: Path, name: str, code: int
) -> None:
    process = start("run", *at, "-m", "endless", "-p", "hi", cwd=tmp_path)
    children = answering(process, sessions)
    assert children
    process.send_signal(getattr(signal, name))
    done = finish(process)
    assert done.code == code
    assert done.err.splitlines()[-1] == "foundry-compare: Interrupted."
    assert "Traceback" not in done.err
    (file,) = sessions.iterdir()  # neither a journal nor a lock is left
    assert done.err.splitlines()[-3:-1] == [
        f"Kept in {file}",
        f"1 answer is still to be asked: foundry-compare run --resume {file} {' '.join(at)}",
    ]
    session = load(file)
    (request,) = session.requests.values()
    assert (request.state, session.state) == (RequestState.STOPPED, "finished")
    assert request.answer.startswith("more more ")
    until(lambda: server.talk("endless").hung_up)
    assert gone(children)


@pytest.mark.parametrize("early", [True, False], ids=["while the engine starts", "while it answers"])
def test_a_request_to_terminate_that_every_process_gets_fails_no_request(
    at: At, tmp_path: Path, sessions: Path, early: bool
) -> None:
    # `timeout` and a service manager send it to all of them, in any order.
    process = start("run", *at, "-m", "endless", "-m", "good", "--mode", "measure", "-p", "hi", cwd=tmp_path)
    children: list[psutil.Process] = []
    if early:
        until(lambda: bool(children.extend(psutil.Process(process.pid).children()) or children))
        until(lambda: any(sessions.glob("*")) if sessions.exists() else process.poll() is not None)
    else:
        children = answering(process, sessions)
    for child in children:
        child.terminate()
    # What they do of it is seen before the program is told.
    psutil.wait_procs(children, timeout=0.5)
    process.terminate()
    done = finish(process)
    assert done.code == 143, done.err
    (file,) = sessions.iterdir()
    session = load(file)
    assert {request.state for request in some(session.requests.values())} == {RequestState.STOPPED}
    assert "2 answers are still to be asked: foundry-compare run --resume" in done.err
    assert gone(children)


def test_a_line_that_is_lost_twice_keeps_everything_once(at: At, tmp_path: Path, sessions: Path) -> None:
    process = start("run", *at, "-m", "endless", "-p", "hi", cwd=tmp_path)
    answering(process, sessions)
    while process.poll() is None:
        process.send_signal(HANGUP)
        time.sleep(0.001)
    # The very last of them may meet an interpreter that has already laid its handlers down.
    assert finish(process).code in (129, -HANGUP)
    (file,) = sessions.iterdir()
    assert [request.state for request in load(file).requests.values()] == [RequestState.STOPPED]


def test_a_program_told_to_outlive_its_line_does(at: At, tmp_path: Path, sessions: Path) -> None:
    nohup = ("sh", "-c", 'trap "" HUP; exec "$@"', "sh", *MODULE)
    process = start("run", *at, "-m", "endless", "-p", "hi", cwd=tmp_path, program=nohup)
    answering(process, sessions)
    process.send_signal(HANGUP)
    before = words(sessions)
    # Half a second of them: one that had heeded the signal would be gone by then.
    until(lambda: process.poll() is not None or words(sessions) > before + 50)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    done = finish(process)
    assert done.code == 143
    assert "Traceback" not in done.err


def test_the_engine_does_not_outlive_a_program_that_was_killed(at: At, tmp_path: Path, sessions: Path) -> None:
    process = start("run", *at, "-m", "endless", "-p", "hi", cwd=tmp_path)
    children = answering(process, sessions)
    process.kill()
    finish(process)
    until(lambda: gone(children))
    assert list(sessions.glob("*.journal.jsonl"))


def test_an_interrupt_while_events_are_taken_in_loses_none_of_them(server: LoopbackServer) -> None:
    host, writer, interrupts = LoopbackHost(server.port, ("good", "burst")), RecordingWriter(), [signal.SIGINT]
    writer.on_save = lambda _: signal.raise_signal(interrupts.pop()) if interrupts else None
    with open_runner(host, writer) as runner:
        run = runner.begin([host.card("burst"), host.card("good")], "hi")
        while sum("started" in entry for entry in writer.entries) < 2:
            runner.wait(0.02)
            runner.tick()
        # Both answers wait to be taken in at once; the end of the first brings the interrupt.
        until(lambda: sum(entry.get("event") == "ended" for entry in writer.entries) == 2)
        with pytest.raises(KeyboardInterrupt):
            run_to_end(runner, run, lambda update: None)
        to_the_end(runner)
    for request in some(run.requests.values()):
        again = Request(request.spec)
        for event in writer.events(request.spec.id):
            again.fold(event)
        assert again.answer and (again.state, again.answer, as_kept(again.timestamps)) == (
            request.state,
            request.answer,
            as_kept(request.timestamps),
        )


def test_a_host_that_does_not_answer_can_be_left(tmp_path: Path, sessions: Path) -> None:
    with serving(b"", hold=True) as server:
        process = start("run", "--host", server.url, "-m", "good", "-p", "hi", cwd=tmp_path)
        until(lambda: bool(server.requests))
        process.send_signal(signal.SIGTERM)
        done = finish(process)
    assert (done.code, done.out) == (143, "")
    assert not sessions.exists()


def test_what_a_killed_program_had_noted_is_there_though_its_folder_was_deleted(
    at: At, tmp_path: Path, sessions: Path, own_folders: Path
) -> None:
    process = start("run", *at, "-m", "endless", "-p", "hi", cwd=tmp_path)
    answering(process, sessions)
    shutil.rmtree(sessions)
    state = own_folders / "state"
    until(lambda: words(state) > 1)
    heard = words(state)
    until(lambda: words(state) > heard)
    assert process.stderr is not None
    # Killed before it has been able to say so, it says nothing.
    said = next((line for line in iter(process.stderr.readline, b"") if b"It is noted in" in line), b"").decode()
    process.kill()
    finish(process)
    assert f"While the session ran it was deleted or moved, or its folder was. It is noted in {state} instead." in said
    (found,) = recover(sessions, state)
    (request,) = load(found.path).requests.values()
    assert request.state is RequestState.CUT
    assert request.answer.count("more ") > heard, "what was noted before the folder went, and after"


def test_an_interrupt_after_which_not_everything_is_kept_says_so(at: At, tmp_path: Path, own_folders: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    state = own_folders / "state"
    process = start("run", *at, "-m", "endless", "-p", "hi", "--sessions", "file/sessions", cwd=tmp_path)
    answering(process, state)
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert done.code == 1
    (journal,) = state.glob("*.journal.jsonl")
    assert f"All of it is noted in {journal}, and taken in at the next start." in done.err
    assert done.err.splitlines()[-1] == "foundry-compare: Interrupted, and not everything is kept."


class SignalledWriter(TomlSessionWriter):
    """A writer that is closed when a signal comes."""

    number = signal.SIGTERM

    def close(self, snapshot: Session | None, timeout: float = 10.0) -> bool:
        signal.raise_signal(self.number)
        return super().close(snapshot, timeout)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("interrupted", [False, True], ids=["at its end", "being left"])
def test_a_signal_while_not_everything_is_kept_says_so(
    number: signal.Signals,
    interrupted: bool,
    server: LoopbackServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for folder in ("sessions", "state"):
        (tmp_path / folder).write_text("in the way")
    monkeypatch.setenv("FOUNDRY_COMPARE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("tui.runner.open_session.TomlSessionWriter", SignalledWriter)
    monkeypatch.setattr(SignalledWriter, "number", number)

    @handles_errors
    def command() -> ExitCode:
        host = LoopbackHost(server.port, ("good",))
        with open_session(host, None, tmp_path / "sessions", save=True, on_update=say_update) as (runner, _):
            runner._recorder.record({"score": {"run": "r1"}})
            if interrupted:
                signal.raise_signal(signal.SIGINT)
        return ExitCode.NOT_KEPT

    with pytest.raises(SystemExit) as ended:
        command()
    said = capsys.readouterr().err.splitlines()
    assert ended.value.code == 1
    assert said[-1] == "foundry-compare: Interrupted, and not everything is kept."
    assert f"foundry-compare: The session is not in {tmp_path / 'sessions'}" in said[-2]
    assert said[-2].endswith("Nothing of it is kept.")


def is_busy_adapter(process: psutil.Process) -> bool:
    """Whether it is an adapter's process that does more than to wait for questions."""
    try:
        return "tui.hosts.adapter" in process.cmdline() and process.num_threads() > 3
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
@pytest.mark.parametrize("command", ["models load", "run", "smoke"])
def test_no_command_waits_for_a_model_that_loads(command: str, name: str, code: int, sessions: Path) -> None:
    asked = {"models load": ("slow",), "run": ("-m", "slow", "-p", "hi"), "smoke": ("-m", "slow")}[command]
    top = Path(__file__).parents[3]
    process = start(*command.split(), "--host", "tests.support.adapters:Slow", *asked, cwd=top)
    children: set[psutil.Process] = set()
    looks = 0

    def loads() -> bool:
        nonlocal looks
        children.update(psutil.Process(process.pid).children(recursive=True))
        # Other requests are answered at once: an adapter that stays busy loads.
        looks = looks + 1 if any(map(is_busy_adapter, children)) else 0
        return looks > 20

    until(lambda: process.poll() is not None or loads())
    assert process.poll() is None, process.communicate()
    process.send_signal(getattr(signal, name))
    done = finish(process)
    assert (done.code, done.err.splitlines()[-1]) == (code, "foundry-compare: Interrupted.")
    assert "Traceback" not in done.err
    until(lambda: gone(children))
    if command == "run":
        (file,) = sessions.iterdir()
        assert [request.state for request in load(file).requests.values()] == [RequestState.STOPPED]


def test_a_signal_while_everything_is_kept_does_not_break_that_off(at: At, tmp_path: Path, sessions: Path) -> None:
    process = start("run", *at, "-m", "endless", "-m", "good", "-p", "hi", cwd=tmp_path)
    answering(process, sessions)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGTERM"):
        process.send_signal(getattr(signal, name))
        time.sleep(0.02)
    done = finish(process)
    assert done.code in (130, -signal.SIGTERM, -signal.SIGHUP) and "Traceback" not in done.err
    (file,) = sessions.iterdir()
    assert {request.state for request in load(file).requests.values()} <= {RequestState.STOPPED, RequestState.DONE}
