"""Every command ends with every code that it says it may end with: each is provoked through the installed program.

`WAYS` says how. A command or a code that is new is asked for by the tables, and fails until there is a way.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from tests.e2e.program.conftest import needs_runtime
from tests.e2e.terminal.terminal import terminal
from tests.hosts.models_server import free_port, serving
from tests.support.catalogue_server import catalogue_of, row
from tests.support.loopback_server import LoopbackServer
from tests.support.program import MODULE, PATIENCE_S, Done, call, finish, start, until
from tests.support.sessions import request, session
from tools.docs import every_command
from tui.cli.exit_codes import OF_EVERY_COMMAND, ExitCode
from tui.core.requests.request import RequestState
from tui.hosts.embedded.bundle import bundle_root
from tui.hosts.embedded.cache import MARK
from tui.hosts.embedded.smollm2.model import HERE
from tui.storage.file_lock import SessionLock, lock_path
from tui.storage.session_files import save
from tui.storage.trash import trash

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
TOP = Path(__file__).parents[3]
EXAMPLE = str(TOP / "tests" / "data" / "recorded" / "20261127T093106Z-f41c.toml")
REFERENCE = str(TOP / "tests" / "data" / "workshop" / "benchmark_report.md")
SET = str(TOP / "tests" / "data" / "workshop" / "prompts.json")
SCRIPT = Path(sys.executable).parent / "foundry-compare"
PROGRAM = (str(SCRIPT),) if SCRIPT.exists() else MODULE
"""The program as it is installed beside the interpreter."""
FULL = Path("/dev/full")
SIGNALS = {ExitCode.HUNG_UP: "SIGHUP", ExitCode.INTERRUPTED: "SIGINT", ExitCode.TERMINATED: "SIGTERM"}
BUSY_SESSIONS = 400
"""Sessions that take `report` longer to read than a signal takes to arrive."""
ADAPTER = ("--host", "tests.support.adapters:Scripted")


@dataclass(frozen=True)
class Place:
    """Where a command is run, and what it may ask."""

    folder: Path
    server: LoopbackServer
    sessions: Path

    @property
    def at(self) -> tuple[str, str]:
        """The options that name a server on loopback."""
        return ("--host", self.server.url)

    def ends(self, *args: str, environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> int:
        """The code of a command that is left to itself."""
        return self.said(*args, environ=environ, cwd=cwd).code

    def said(self, *args: str, environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Done:
        """The same, with what it says, which is never a traceback."""
        done = call(*args, cwd=cwd or self.folder, program=PROGRAM, environ=environ)
        assert "Traceback" not in done.err
        return done

    def ends_full(self, *args: str) -> int:
        """The code of a command whose output goes where nothing can be written."""
        if not FULL.exists():
            pytest.skip("no full device")
        with FULL.open("wb") as full:
            done = subprocess.run(
                [*PROGRAM, *args], cwd=self.folder, stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False
            )
        assert b"Traceback" not in done.stderr
        assert (
            done.stderr.splitlines()[-1]
            == b"foundry-compare: The output could not be written. No space left on device."
        )
        return done.returncode


Way = Callable[[Place], int]


def nobody() -> tuple[str, str]:
    """The options that name an address where nobody is."""
    return ("--host", f"http://127.0.0.1:{free_port()}/v1")


def kept(place: Place, *judged: str) -> int:
    """The code of a report on a session in which every first text took 100 ms."""
    save(session([request("r1"), request("r2", round=2)]), place.folder / "kept" / "one.toml")
    return place.ends("report", "kept", *judged)


def before(place: Place, first_ms: float) -> tuple[str, str]:
    """The options that name an earlier session as the baseline."""
    made = session([request("r1", first_ms=first_ms)], session_id="20261121T110301Z-0000")
    save(made, place.folder / "before" / "one.toml")
    return ("--baseline", "before")


def timed(path: Path, factor: float) -> None:
    """A session of three prompts, two runs each, that take a factor of their usual time."""
    requests = [
        request(
            f"r{n}", prompt=f"p{n % 3}", round=n // 3 + 1, first_ms=factor * (100 + 50 * (n % 3)), gap_ms=20 * factor
        )
        for n in range(6)
    ]
    save(session(requests, session_id=f"20261121T110301Z-{path.stem}"), path)


def compared(factor: float, *fail_if: str, sessions: int = 4) -> Way:
    """A report on a session that took a factor of the time that those of the baseline took."""

    def way(place: Place) -> int:
        timed(place.folder / "now" / "9999.toml", factor)
        for number in range(sessions):
            timed(place.folder / "earlier" / f"{number:04}.toml", 1 + 0.005 * number)
        return place.ends("report", "now", "--baseline", "earlier", *fail_if)

    return way


def in_the_way(place: Place) -> int:
    """The code of a run whose session can be kept nowhere: in the folder there is a file in its place."""
    (place.folder / "file").write_text("in the way")
    return place.ends("run", *place.at, "-m", "burst", "-p", "hi", "--sessions", "file/sessions",
                      environ={"FOUNDRY_COMPARE_STATE": str(place.folder / "file")})  # fmt: skip


def in_the_way_of_all(place: Place) -> int:
    """The same of a run in which a model fails and another is empty: the lowest code is that of what is not kept."""
    (place.folder / "file").write_text("in the way")
    models = ("-m", "e500", "-m", "empty")
    return place.ends("run", *place.at, *models, "-p", "hi", "--sessions", "file/sessions",
                      environ={"FOUNDRY_COMPARE_STATE": str(place.folder / "file")})  # fmt: skip


def embedded(*args: str) -> Way:
    """A subcommand of `models` on the embedded runtime."""
    return lambda place: place.ends("models", *args, "--host", "embedded")


def registered_and_removed(place: Place) -> int:
    folder = place.folder / "mine"
    shutil.copytree(bundle_root() / "demo-small", folder)
    assert place.ends("models", "register", str(folder), "--host", "embedded") == 0
    return place.ends("models", "remove", "mine", "--host", "embedded")


def registered(place: Place) -> int:
    shutil.copytree(bundle_root() / "demo-small", place.folder / "mine")
    return place.ends("models", "register", "mine", "--host", "embedded")


def downloads(name: str) -> Way:
    """A download from a catalogue on loopback that has the model `tiny`."""

    def way(place: Place) -> int:
        if sys.platform != "linux":
            pytest.skip("no embedded runtime that goes through a proxy: not Linux")
        with catalogue_of([row("Tiny-generic-cpu", "tiny", version=2)], bundle_root() / "demo-small") as catalogue:
            return place.ends("models", "download", name, "--host", "embedded", environ=catalogue.environment())

    return way


def adapter(*args: str) -> Way:
    """A command on an adapter whose models do what their names say."""
    return lambda place: place.ends(*args, *ADAPTER, cwd=TOP)


def on_screen(keys_or_signal: str, code: int, *, keeps: bool = True) -> Way:
    """The screen, left while an answer streams."""

    def way(place: Place) -> int:
        if shutil.which("tmux") is None:
            pytest.skip("tmux is not installed")
        if not keeps:
            place.sessions.parent.mkdir(parents=True, exist_ok=True)
            place.sessions.write_text("in the way")
        with terminal((*PROGRAM, *ADAPTER, "-m", "endless", "-p", "hi"), (80, 24), TOP) as (window, family):
            window.sees("more more more")
            family.look()
            if keys_or_signal.startswith("SIG"):
                family.program.send_signal(getattr(signal, keys_or_signal))
            else:
                window.press(keys_or_signal)
            window.until(lambda: "exit code " in window.text)
            family.wait_for_the_end()
            return int(window.text.rpartition("exit code ")[2].split()[0])

    return way


def opened(keys_or_signal: str, code: int, *, keeps: bool = True) -> Way:
    """A kept session on the screen, left after a score was given; without `keeps` its folder is gone by then."""

    def way(place: Place) -> int:
        if shutil.which("tmux") is None:
            pytest.skip("tmux is not installed")
        file = place.folder / "kept" / "one.toml"
        save(session([request("r1")]), file)
        with terminal((*PROGRAM, "open", str(file)), (80, 24), place.folder) as (window, family):
            window.sees("1 unscored")
            family.look()
            if not keeps:
                shutil.rmtree(file.parent)
                file.parent.write_text("in the way")
            window.type("4")
            window.sees("★★★★☆")
            if keys_or_signal.startswith("SIG"):
                family.program.send_signal(getattr(signal, keys_or_signal))
            else:
                window.press(keys_or_signal)
            window.until(lambda: "exit code " in window.text)
            family.wait_for_the_end(1)
            return int(window.text.rpartition("exit code ")[2].split()[0])

    return way


def damaged(place: Place) -> int:
    """The code of opening a damaged file."""
    (place.folder / "damaged.toml").write_text("schema = 1\n[[run")
    return place.ends("open", "damaged.toml")


def bad_sheet(place: Place) -> int:
    """The code of taking in a sheet with a row that fits no answer."""
    (place.folder / "s.csv").write_text("session,run,answer_hash,criterion,score\nx,r1,h,overall,3\n")
    return place.ends("sessions", "scores", EXAMPLE, "--import", "s.csv")


def unlike_copies(place: Place) -> int:
    """The code of merging two copies of which one has another answer."""
    text = Path(EXAMPLE).read_text("utf-8")
    (place.folder / "other.toml").write_text(text.replace("Measuring RAG", "Measuring it", 1), "utf-8")
    return place.ends("sessions", "merge", EXAMPLE, "other.toml", "-o", "merged.toml")


def broken(place: Place) -> str:
    """A session that was cut off."""
    (place.folder / "broken.toml").write_bytes(Path(EXAMPLE).read_bytes()[:15_000])
    return "broken.toml"


NEEDED: dict[str, tuple[str, ...]] = {
    "bench": ("-m", "burst", "-p", "hi", "--rounds", "1"),
    "completion": ("bash",),
    "import": (REFERENCE, "--no-save"),
    "models check": (str(bundle_root() / "demo-small"),),
    "prompts check": (SET,),
    "prompts new": ("new.toml",),
    "sessions agreement": (EXAMPLE,),
    "sessions merge": (EXAMPLE, EXAMPLE, "-o", "merged.toml"),
    "sessions repair": (EXAMPLE,),
    "sessions scores": (EXAMPLE, "--template", "sheet.csv"),
    "judge": ("kept.toml", "-m", "verdict"),
    "run": ("-m", "burst", "-p", "hi"),
    "smoke": ("-m", "burst"),
    "replay": (str(TOP / "tests" / "data" / "recorded" / "20261127T093106Z-f41c.toml"), "--plain", "--speed", "1000"),
    "sessions list": (str(TOP / "tests" / "data" / "recorded"),),
    "sessions check": (str(TOP / "tests" / "data" / "recorded"),),
    "sessions show": (str(TOP / "tests" / "data" / "recorded" / "20261127T093210Z-5c56.toml"),),
    "sessions search": ("retrieval", "--sessions", str(TOP / "tests" / "data" / "recorded")),
    **{f"models {name}": ("burst",) for name in ("download", "get", "load", "register", "remove", "unload")},
}
"""What a command cannot do without."""


def held(path: str, name: str) -> Way:
    """A command that is sent a signal while it waits for a host that does not answer."""

    def way(place: Place) -> int:
        with serving(b"", hold=True) as server:
            args = (*path.split(), *NEEDED.get(path, ()), "--host", server.url)
            process = start(*args, cwd=place.folder, program=PROGRAM)
            until(lambda: bool(server.requests) or process.poll() is not None)
            return signalled(process, name)

    return way


def judged(*args: str) -> Way:
    """`judge` with a session of its own, which it writes."""

    def way(place: Place) -> int:
        shutil.copy(EXAMPLE, place.folder / "kept.toml")
        return place.ends("judge", "kept.toml", *args, *(() if "--host" in args else place.at))

    return way


def judge_held(name: str) -> Way:
    def way(place: Place) -> int:
        shutil.copy(EXAMPLE, place.folder / "kept.toml")
        return held("judge", name)(place)

    return way


def served(name: str) -> Way:
    """`serve`, which works until a signal comes, is sent one when it has said where it is."""

    def way(place: Place) -> int:
        process = start("serve", cwd=place.folder, program=PROGRAM)
        assert process.stdout is not None and process.stdout.readline().startswith(b"http://127.0.0.1:")
        return signalled(process, name)

    return way


def signalled(process: subprocess.Popen[bytes], name: str) -> int:
    """The code of a command that is sent a signal while it works."""
    assert process.poll() is None, process.communicate()
    process.send_signal(getattr(signal, name))
    done = finish(process)
    assert done.err.splitlines()[-1] == "foundry-compare: Interrupted."
    assert "Traceback" not in done.err
    return done.code


def index(url: str) -> dict[str, str]:
    """The variables that have pip ask this address alone."""
    return {
        "PIP_INDEX_URL": f"{url}/simple/",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_RETRIES": "0",
        "PIP_NO_CACHE_DIR": "1",
    }


def got_already(place: Place) -> int:
    """The code of getting a model that is here."""
    folder = place.folder / "data" / "embedded" / "models" / "mine"
    shutil.copytree(bundle_root() / "demo-small", folder)
    (folder / MARK).write_text(json.dumps({"Name": HERE.id}))
    done = place.said("models", "get", "smollm2", environ={"FOUNDRY_COMPARE_DATA": str(place.folder / "data")})
    assert "is here already" in done.err
    return done.code


def getting(name: str) -> Way:
    """Getting a model, sent a signal while the package index does not answer."""

    def way(place: Place) -> int:
        with serving(b"", hold=True) as server:
            args = ("models", "get", "smollm2")
            process = start(*args, cwd=place.folder, program=PROGRAM, environ=index(server.url))
            until(lambda: bool(server.requests) or process.poll() is not None)
            return signalled(process, name)

    return way


def reading(name: str) -> Way:
    """A report that is sent a signal while it reads sessions."""

    def way(place: Place) -> int:
        folder = place.folder / "kept"
        save(session([request(f"r{n}") for n in range(20)]), folder / "0001.toml")
        text = (folder / "0001.toml").read_bytes()
        for number in range(BUSY_SESSIONS):
            (folder / f"1{number:04}.toml").write_bytes(text)
        (folder / "0000.toml").write_text("damaged")
        process = start("report", "kept", "--no-index", cwd=place.folder, program=PROGRAM)
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"skipped ")
        return signalled(process, name)

    return way


def handles(process: subprocess.Popen[bytes], number: int) -> bool:
    """Whether a process has a handler for a signal: it is within a command then."""
    assert process.poll() is None, process.communicate()
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:")).split()[1]
    return bool(int(caught, 16) >> (number - 1) & 1)


def drained(reader: int) -> bool:
    """Whether a pipe has come to its end, when what it held has been read."""
    try:
        return not os.read(reader, 65_536)
    except BlockingIOError:
        return False


def blocked(path: str, name: str, *more: str) -> Way:
    """A command that is sent a signal before it has written its output: into a pipe that is full already."""

    def way(place: Place) -> int:
        if not Path("/proc/self/status").exists():
            pytest.skip("no list of the signals that a process handles")
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, b"x" * 4096)
        os.set_blocking(writer, True)
        args = [*PROGRAM, *path.split(), *NEEDED.get(path, ()), *more]
        process = subprocess.Popen(args, cwd=place.folder, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        # The last that a command takes; Python itself has a handler for Ctrl+C from its start.
        until(lambda: handles(process, getattr(signal, "SIGHUP", 1)))
        process.send_signal(getattr(signal, name))
        os.set_blocking(reader, False)
        until(lambda: drained(reader))
        os.close(reader)
        _, err = process.communicate(timeout=PATIENCE_S)
        assert err.decode().splitlines()[-1] == "foundry-compare: Interrupted."
        return process.returncode

    return way


def configured(text: str, *args: str) -> Way:
    """A command with this configuration."""

    def way(place: Place) -> int:
        (place.folder / "config").mkdir()
        (place.folder / "config" / "config.toml").write_text(text)
        return place.ends(*args, environ={"FOUNDRY_COMPARE_CONFIG": str(place.folder / "config")})

    return way


def checked(place: Place) -> int:
    """The code of a check of a folder with a damaged file."""
    (place.folder / "kept").mkdir()
    (place.folder / "kept" / "damaged.toml").write_text("schema = 1\n[[run")
    return place.ends("sessions", "check", "kept")


def put_away(command: str, *, held: bool = False, again: bool = False) -> Way:
    """A command on a session that is kept; on one that a program has open; on one in whose place there is another."""

    def way(place: Place) -> int:
        file = place.folder / "kept" / "20261122T110301Z-7f3a.toml"
        save(session([request("r1")]), file)
        if command == "restore":
            trash(file)
        if again:
            save(session([request("r1")]), file)
        lock = SessionLock(lock_path(file.parent, file.stem))
        if held:
            assert lock.acquire()
        try:
            return place.ends("sessions", command, str(file))
        finally:
            lock.release()

    return way


def putting_away(command: str, name: str) -> Way:
    """A command on a session, sent a signal before it has said that it is done."""

    def way(place: Place) -> int:
        file = place.folder / "kept" / "20261122T110301Z-7f3a.toml"
        save(session([request("r1")]), file)
        if command == "restore":
            trash(file)
        return blocked(f"sessions {command}", name, str(file))(place)

    return way


def good(path: str) -> Way:
    """A command with what it cannot do without."""
    return lambda place: place.ends(*path.split(), *NEEDED[path])


def full(path: str) -> Way:
    """The same, its output going where nothing can be written."""
    return lambda place: place.ends_full(*path.split(), *NEEDED[path])


def no_host(path: str) -> Way:
    return lambda place: place.ends(*path.split(), *NEEDED.get(path, ()), *nobody())


def bench(*args: str) -> Way:
    return lambda place: place.ends("bench", *place.at, "--rounds", "1", "--warmup", "0", "-p", "hi", *args)


def slower_bench(place: Place) -> int:
    """A measured model against a session in which the same model was a thousand times as fast."""
    assert place.ends("run", *place.at, "-m", "burst", "-p", "hi", "--mode", "measure") == 0
    return place.ends("bench", *place.at, "-m", "good", "-p", "hi", "--rounds", "1", "--warmup", "0",
                      "--baseline", str(place.sessions), "--fail-if", "ttft_ms > baseline * 0.0001")  # fmt: skip


WAYS: dict[tuple[str, ExitCode], Sequence[Way]] = {
    ("bench", ExitCode.GOOD): [bench("-m", "burst"), bench("-m", "burst", "--fail-if", "ttft_ms > 60000")],
    ("bench", ExitCode.NOT_KEPT): [
        lambda place: place.ends_full("bench", *place.at, "-m", "burst", "-p", "hi", "--rounds", "1"),
    ],
    ("bench", ExitCode.NO_MODEL): [bench("-m", "no-such-model")],
    ("bench", ExitCode.MODEL_FAILED): [bench("-m", "e500", "-m", "burst")],
    ("bench", ExitCode.EMPTY): [bench("-m", "empty", "-m", "burst")],
    ("bench", ExitCode.FOUND): [bench("-m", "burst", "--fail-if", "ttft_ms > 0")],
    ("bench", ExitCode.NOT_JUDGED): [slower_bench, bench("-m", "burst", "--fail-if", "memory_mb > 1")],
    ("", ExitCode.GOOD): [on_screen("C-q", 0)],
    ("", ExitCode.NOT_KEPT): [on_screen("C-q", 1, keeps=False), on_screen("SIGTERM", 1, keeps=False)],
    ("", ExitCode.USAGE): [lambda place: place.ends()],
    **{("", code): [on_screen(name, code)] for code, name in SIGNALS.items()},
    ("completion", ExitCode.GOOD): [lambda place: place.ends("completion", "bash")],
    ("completion", ExitCode.NOT_KEPT): [lambda place: place.ends_full("completion", "bash")],
    ("config check", ExitCode.GOOD): [configured('theme = "dark"', "config", "check")],
    ("config check", ExitCode.DAMAGED): [
        configured('them = "dark"', "config", "check"),
        configured("theme =", "config", "check"),
        lambda place: place.ends_full("config", "check", "--json"),
    ],
    ("config path", ExitCode.GOOD): [lambda place: place.ends("config", "path")],
    ("config path", ExitCode.NOT_KEPT): [lambda place: place.ends_full("config", "path")],
    ("config show", ExitCode.GOOD): [lambda place: place.ends("config", "show")],
    ("config show", ExitCode.NOT_KEPT): [lambda place: place.ends_full("config", "show")],
    ("config show", ExitCode.USAGE): [configured("theme =", "config", "show")],
    ("doctor", ExitCode.GOOD): [lambda place: place.ends("doctor", *place.at)],
    ("doctor", ExitCode.NOT_KEPT): [lambda place: place.ends_full("doctor", *place.at)],
    ("help", ExitCode.GOOD): [
        lambda place: place.ends("help"),
        lambda place: place.ends("help", "exit codes"),
    ],
    ("help", ExitCode.NOT_KEPT): [lambda place: place.ends_full("help", "keys")],
    ("help", ExitCode.USAGE): [lambda place: place.ends("help", "mesurement")],
    ("import", ExitCode.GOOD): [lambda place: place.ends("import", REFERENCE)],
    ("import", ExitCode.USAGE): [lambda place: place.ends("import", EXAMPLE)],
    ("prompts new", ExitCode.GOOD): [lambda place: place.ends("prompts", "new", "p.toml")],
    ("prompts check", ExitCode.GOOD): [lambda place: place.ends("prompts", "check", SET)],
    ("prompts check", ExitCode.DAMAGED): [lambda place: place.ends("prompts", "check", EXAMPLE)],
    ("models check", ExitCode.GOOD): [lambda place: place.ends("models", "check", *NEEDED["models check"])],
    ("models check", ExitCode.DAMAGED): [lambda place: place.ends("models", "check", str(place.folder))],
    ("models check", ExitCode.USAGE): [lambda place: place.ends("models", "check", "nowhere")],
    ("judge", ExitCode.GOOD): [judged("-m", "verdict")],
    ("judge", ExitCode.NO_HOST): [judged("-m", "verdict", *nobody())],
    ("judge", ExitCode.NO_MODEL): [judged("-m", "no-such-model")],
    ("judge", ExitCode.MODEL_FAILED): [judged("-m", "e500")],
    ("judge", ExitCode.EMPTY): [judged("-m", "good")],
    **{("judge", code): [judge_held(name)] for code, name in SIGNALS.items()},
    ("models", ExitCode.GOOD): [lambda place: place.ends("models", *place.at)],
    ("models", ExitCode.NOT_KEPT): [lambda place: place.ends_full("models", *place.at)],
    ("models download", ExitCode.GOOD): [downloads("tiny")],
    ("models download", ExitCode.NO_MODEL): [downloads("no-such-model")],
    ("models download", ExitCode.MODEL_FAILED): [lambda place: place.ends("models", "download", "good", *place.at)],
    ("models get", ExitCode.GOOD): [got_already],
    ("models get", ExitCode.MODEL_FAILED): [
        lambda place: place.ends("models", "get", "smollm2", environ=index(f"http://127.0.0.1:{free_port()}"))
    ],
    **{("models get", code): [getting(name)] for code, name in SIGNALS.items()},
    ("models load", ExitCode.GOOD): [adapter("models", "load", "counted")],
    ("models load", ExitCode.NO_MODEL): [adapter("models", "load", "no-such-model")],
    ("models load", ExitCode.MODEL_FAILED): [adapter("models", "load", "cannot_load")],
    ("models unload", ExitCode.GOOD): [adapter("models", "unload", "counted")],
    ("models unload", ExitCode.NO_MODEL): [adapter("models", "unload", "no-such-model")],
    ("models unload", ExitCode.MODEL_FAILED): [lambda place: place.ends("models", "unload", "good", *place.at)],
    ("models register", ExitCode.GOOD): [registered],
    ("models register", ExitCode.MODEL_FAILED): [lambda place: place.ends("models", "register", ".", *place.at)],
    ("models remove", ExitCode.GOOD): [registered_and_removed],
    ("models remove", ExitCode.NO_MODEL): [embedded("remove", "no-such-model")],
    ("models remove", ExitCode.MODEL_FAILED): [embedded("remove", "demo-small")],
    ("open", ExitCode.GOOD): [opened("C-q", 0)],
    ("open", ExitCode.NOT_KEPT): [opened("C-q", 1, keeps=False), opened("SIGTERM", 1, keeps=False)],
    ("open", ExitCode.USAGE): [
        damaged,
        lambda place: place.ends("open", "nowhere.toml"),
        lambda place: place.ends("open", str(TOP / "tests" / "data" / "recorded" / "20261127T093106Z-f41c.toml")),
    ],
    **{("open", code): [opened(name, code)] for code, name in SIGNALS.items()},
    ("replay", ExitCode.GOOD): [good("replay")],
    ("replay", ExitCode.NOT_KEPT): [full("replay")],
    ("replay", ExitCode.USAGE): [
        lambda place: place.ends("replay", "nowhere.toml"),
        lambda place: place.ends("replay", *NEEDED["replay"][:1], "--speed", "0"),
    ],
    **{("replay", code): [blocked("replay", name)] for code, name in SIGNALS.items()},
    ("report", ExitCode.GOOD): [
        kept,
        lambda place: kept(place, "--fail-if", "ttft_ms > 500"),
        lambda place: kept(place, *before(place, 90), "--fail-if", "ttft_ms > baseline * 1.2"),
        compared(1.0),
        compared(2.0, "--fail-if", "ttft_ms > baseline * 3"),
    ],
    ("report", ExitCode.NOT_KEPT): [
        lambda place: place.ends_full("report", str(TOP / "tests" / "data" / "recorded")),
        lambda place: place.ends_full("report", str(TOP / "tests" / "data" / "recorded"), "--fail-if", "ttft_ms > 0"),
    ],
    ("report", ExitCode.USAGE): [
        lambda place: place.ends("report", "nowhere.toml"),
        lambda place: place.ends("report", "--plot", "-o", "report.html"),
        lambda place: kept(place, "--fail-if", "ttft > 500"),
        lambda place: kept(place, "--fail-if", "ttft_ms > baseline"),
        lambda place: kept(place, "--baseline", "nowhere"),
        lambda place: kept(place, "--filter", "model = nobody"),
    ],
    ("report", ExitCode.FOUND): [
        lambda place: kept(place, "--fail-if", "ttft_ms > 99"),
        lambda place: kept(place, "--fail-if", "ttft_ms.p95 > 1", "--fail-if", "ttft_ms > 99"),
        lambda place: kept(place, *before(place, 90), "--fail-if", "ttft_ms > baseline * 1.1"),
        compared(2.0),
        compared(2.0, "--fail-if", "ttft_ms > 5000"),
    ],
    ("report", ExitCode.NOT_JUDGED): [
        lambda place: kept(place, "--fail-if", "ttft_ms.p95 > 1"),
        lambda place: kept(place, "--fail-if", "model = nobody, ttft_ms > 1"),
        lambda place: kept(place, "--fail-if", "ttft_ms > 500", "--fail-if", "quality < 3"),
        lambda place: kept(place, "--filter", "model = nobody", "--fail-if", "ttft_ms > 1"),
        lambda place: place.ends("report", "nowhere.toml", "--fail-if", "ttft_ms > 1"),
        compared(2.0, sessions=3),
    ],
    **{("report", code): [reading(name)] for code, name in SIGNALS.items()},
    ("run", ExitCode.GOOD): [lambda place: place.ends("run", *place.at, "-m", "burst", "-p", "hi")],
    ("run", ExitCode.NOT_KEPT): [
        in_the_way,
        in_the_way_of_all,
        lambda place: place.ends_full("run", *place.at, "-m", "burst", "-p", "hi"),
    ],
    ("run", ExitCode.NO_MODEL): [lambda place: place.ends("run", *place.at, "-m", "no-such-model", "-p", "hi")],
    ("run", ExitCode.MODEL_FAILED): [
        lambda place: place.ends("run", *place.at, "-m", "e500", "-p", "hi"),
        lambda place: place.ends("run", *place.at, "-m", "empty", "-m", "cut", "-m", "burst", "-p", "hi"),
    ],
    ("run", ExitCode.EMPTY): [lambda place: place.ends("run", *place.at, "-m", "empty", "-m", "burst", "-p", "hi")],
    ("sessions agreement", ExitCode.GOOD): [good("sessions agreement")],
    ("sessions merge", ExitCode.GOOD): [good("sessions merge")],
    ("sessions merge", ExitCode.NOT_KEPT): [unlike_copies],
    ("sessions repair", ExitCode.GOOD): [
        good("sessions repair"),
        lambda place: place.ends("sessions", "repair", broken(place)),
    ],
    ("sessions scores", ExitCode.GOOD): [good("sessions scores")],
    ("sessions scores", ExitCode.NOT_KEPT): [bad_sheet],
    ("sessions check", ExitCode.GOOD): [good("sessions check")],
    ("sessions check", ExitCode.DAMAGED): [checked],
    ("sessions check", ExitCode.USAGE): [lambda place: place.ends("sessions", "check", "nowhere.toml")],
    ("sessions forget", ExitCode.GOOD): [
        put_away("forget"),
        lambda place: place.ends("sessions", "forget", "--index"),
    ],
    ("sessions forget", ExitCode.NOT_KEPT): [put_away("forget", held=True)],
    ("sessions forget", ExitCode.USAGE): [
        lambda place: place.ends("sessions", "forget"),
        lambda place: place.ends("sessions", "forget", "nowhere.toml"),
    ],
    **{("sessions forget", code): [putting_away("forget", name)] for code, name in SIGNALS.items()},
    ("sessions restore", ExitCode.GOOD): [put_away("restore")],
    ("sessions restore", ExitCode.NOT_KEPT): [put_away("restore", again=True)],
    ("sessions restore", ExitCode.USAGE): [lambda place: place.ends("sessions", "restore", "nowhere.toml")],
    **{("sessions restore", code): [putting_away("restore", name)] for code, name in SIGNALS.items()},
    ("sessions reveal", ExitCode.GOOD): [put_away("reveal")],
    ("sessions reveal", ExitCode.NOT_KEPT): [put_away("reveal", held=True)],
    ("sessions reveal", ExitCode.USAGE): [lambda place: place.ends("sessions", "reveal", "nowhere.toml")],
    **{("sessions reveal", code): [putting_away("reveal", name)] for code, name in SIGNALS.items()},
    ("sessions trash", ExitCode.GOOD): [put_away("trash")],
    ("sessions trash", ExitCode.NOT_KEPT): [put_away("trash", held=True)],
    ("sessions trash", ExitCode.USAGE): [lambda place: place.ends("sessions", "trash", "nowhere.toml")],
    **{("sessions trash", code): [putting_away("trash", name)] for code, name in SIGNALS.items()},
    ("sessions show", ExitCode.GOOD): [good("sessions show")],
    ("sessions show", ExitCode.NOT_KEPT): [full("sessions show")],
    ("sessions show", ExitCode.USAGE): [lambda place: place.ends("sessions", "show", "nowhere.toml")],
    ("sessions list", ExitCode.GOOD): [good("sessions list")],
    ("sessions list", ExitCode.NOT_KEPT): [full("sessions list")],
    ("sessions list", ExitCode.USAGE): [lambda place: place.ends("sessions", "list", "nowhere")],
    ("sessions search", ExitCode.GOOD): [
        good("sessions search"),
        lambda place: place.ends("sessions", "search", "unheard-of"),
    ],
    ("sessions search", ExitCode.NOT_KEPT): [full("sessions search")],
    ("sessions search", ExitCode.USAGE): [lambda place: place.ends("sessions", "search")],
    ("smoke", ExitCode.GOOD): [lambda place: place.ends("smoke", *place.at, "-m", "burst")],
    ("smoke", ExitCode.NOT_KEPT): [lambda place: place.ends_full("smoke", *place.at, "-m", "burst")],
    ("smoke", ExitCode.NO_MODEL): [
        lambda place: place.ends("smoke", *place.at, "-m", "no-such-model", "-m", "e500", "-m", "empty")
    ],
    ("serve", ExitCode.GOOD): [lambda place: place.ends("serve", "--help")],
    **{("serve", code): [served(name)] for code, name in SIGNALS.items()},
    ("smoke", ExitCode.MODEL_FAILED): [lambda place: place.ends("smoke", *place.at, "-m", "e500", "-m", "empty")],
    ("smoke", ExitCode.EMPTY): [
        lambda place: place.ends("smoke", *place.at, "-m", "empty", "-m", "burst", "--slow-ms", "0.001")
    ],
    ("smoke", ExitCode.SLOW): [lambda place: place.ends("smoke", *place.at, "-m", "burst", "--slow-ms", "0.001")],
}
"""How each code of a command is provoked, in one way or several."""
RUNTIME = ("models download", "models register", "models remove")
"""Commands that only the embedded runtime does well."""


def ways(path: str, code: ExitCode) -> Sequence[Way]:
    """How a code is provoked: as `WAYS` says, else as of any command."""
    own = WAYS.get((path, code))
    if own is not None:
        return own
    if code is ExitCode.USAGE:
        return [lambda place: place.ends(*path.split(), "--no-such-option")]
    if code is ExitCode.NOT_KEPT:
        return [lambda place: place.ends_full(*path.split(), "--help")]
    if code is ExitCode.NO_HOST:
        return [no_host(path)]
    return [held(path, SIGNALS[code]) if "host" in options(path) else blocked(path, SIGNALS[code])]


def options(path: str) -> set[str]:
    """The names of a command's options."""
    command = next(command for context, command in every_command() if context.command_path.partition(" ")[2] == path)
    return {option.name for option in command.params if option.name is not None}


def works(command: click.Command) -> bool:
    """Whether it does something: a mere group of commands lists them."""
    return not isinstance(command, click.Group) or command.invoke_without_command


SIGNALLED = ("", "bench", "models get", "open", "report", "run", "sessions forget")
"""Commands whose ends by signals are tried each time; of the others, which end in the same place, by `-m soak`."""
CASES = [
    pytest.param(
        path,
        code,
        way,
        id=f"{path or 'the screen'} {code:d}-{number}",
        marks=[POSIX] * (code in SIGNALS)
        + [pytest.mark.soak] * (code in SIGNALS and path not in SIGNALLED)
        + [needs_runtime] * (path in RUNTIME and code in (ExitCode.GOOD, ExitCode.NO_MODEL)),
    )
    for context, command in every_command()
    if works(command)
    for path in [context.command_path.partition(" ")[2]]
    for code in (*OF_EVERY_COMMAND, *vars(command.callback)["exit_codes"])
    for number, way in enumerate(ways(path, code))
]


@pytest.mark.parametrize(("path", "code", "way"), CASES)
def test_each_code_of_each_command_is_provoked(
    path: str, code: ExitCode, way: Way, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    assert way(Place(tmp_path, server, sessions)) == code


def test_no_way_is_left_over() -> None:
    cases = {(case.values[0], case.values[1]) for case in CASES}
    assert set(WAYS) <= cases


def test_a_damaged_file_that_is_skipped_leaves_0(tmp_path: Path) -> None:
    save(session([request("r1")]), tmp_path / "kept" / "one.toml")
    (tmp_path / "kept" / "damaged.toml").write_text("schema = 1\n[[run")
    done = call("report", "kept", cwd=tmp_path, program=PROGRAM)
    assert done.code == 0
    assert done.err.startswith(f"skipped {os.path.join('kept', 'damaged.toml')}: ")  # noqa: PTH118
    judged = call("report", "kept", "--fail-if", "ttft_ms > 500", cwd=tmp_path, program=PROGRAM)
    assert judged.code == 0


@POSIX
def test_stopped_answers_do_not_outweigh_the_signal(server: LoopbackServer, tmp_path: Path, sessions: Path) -> None:
    models = ("-m", "e500", "-m", "endless")
    process = start("run", "--host", server.url, *models, "-p", "hi", cwd=tmp_path, program=PROGRAM)
    until(lambda: any('"text":"more "' in file.read_text("utf-8") for file in sessions.glob("*.journal.jsonl")))
    assert signalled(process, "SIGTERM") == ExitCode.TERMINATED
    assert RequestState.STOPPED.value in next(sessions.glob("*.toml")).read_text("utf-8")
