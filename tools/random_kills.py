"""Kills the program, its engine or its runtime at random instants and looks at what is left:
`python -m tools.random_kills [KILLS] [--seed N]`.

Each time the real program is started, headless or in a terminal of its own, and asks a loopback server that never
stops answering, or the demo models. A signal comes at a random instant, from the first moment of its start on; in a
terminal often after an answer was scored. Where the program itself was hit, it must have ended with the exit code that
docs/commands.md has for the signal. Where its engine or its runtime was, it must go on until it is asked to end, or end
with the code of a failed model. There must be no traceback and no process left behind. Text that came 1.5 s before the
signal must be in the journal, and after the next start a session file must have all that the journal had, and every
score that the screen had shown.
"""

from __future__ import annotations

import fcntl
import os
import pty
import random
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import click
import psutil

from tests.support.loopback_server import LoopbackServer
from tui.cli.exit_codes import ExitCode, of_signal
from tui.core.requests.events import Delta, from_dict
from tui.storage.journal import read_entries
from tui.storage.session_files import load

PATIENCE_S = 60.0
SIGNALS = ("SIGTERM", "SIGHUP", "SIGKILL", "SIGINT")
PROGRAM = (sys.executable, "-P", "-m", "tui")
MODELS = ("endless", "good", "late_text")
DEMO = ("demo-small", "demo-medium", "demo-large")
VICTIMS = {"engine": "tui.engine", "runtime": "tui.hosts.embedded"}
"""Processes of the program that are killed instead of it, and the module that each runs."""
SCORED = "★".encode()
"""What the screen shows of a score."""
OLDEST_LOST_S = 1.5
"""Text that is older than this must not be lost."""
ENDS_BY_ITSELF = (ExitCode.GOOD, ExitCode.NO_HOST, ExitCode.MODEL_FAILED, ExitCode.EMPTY)
"""Codes of a program whose engine or runtime was killed. Good: whatever was killed had nothing to do."""
STARTING_S = 2.5
"""Half of the kills come within so many seconds of the start."""
STREAMING_S = 1.0
"""The others come within so many seconds of the first text."""


@dataclass
class Findings:
    """What came of all kills so far."""

    kills: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    deltas: int = 0
    """How many pieces of text were in journals when a signal came."""
    oldest_s: float = 0.0
    """How old the newest text in a journal was at most, of a server that never stops sending."""
    scores: int = 0
    """How many scores the screen had shown."""
    slowest_s: float = 0.0
    """The longest time from a signal to the end of the program, in seconds."""


class PlanRun:
    """One start of the program, in folders of its own."""

    def __init__(self, folder: Path, url: str, *, in_terminal: bool, measured: bool, demo: bool = False) -> None:
        self.sessions = folder / "sessions"
        self.said = bytearray()
        self.newest_ns = 0
        """When the newest text came that was in a journal when it was last looked at, on the clock of the engine."""
        names = ("SESSIONS", "DATA", "STATE", "CONFIG", "CACHE")
        self.environ = {f"FOUNDRY_COMPARE_{name}": str(folder / name.lower()) for name in names}
        models, host, question = (DEMO, "demo", "What is RAG?") if demo else (MODELS, url, "hi")
        asked = [part for model in models for part in ("-m", model)]
        plan = ["--mode", "measure", "--rounds", "20"] if measured else []
        command = [*PROGRAM, *(["run", *plan] if not in_terminal else []), "--host", host, *asked]
        command += ["-p", question]
        self.master: int | None = None
        environ = os.environ | self.environ | {"TERM": "xterm-256color"}
        if in_terminal:
            self.master, slave = pty.openpty()
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            self.process = subprocess.Popen(
                command, env=environ, stdin=slave, stdout=slave, stderr=slave, cwd=folder, start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            )  # fmt: skip
            os.close(slave)
        else:
            self.process = subprocess.Popen(
                command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                cwd=folder,
            )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def journaled(self) -> dict[str, str]:
        """The text of each run that is in a journal, as far as its lines are whole."""
        texts: dict[str, str] = {}
        for path in self.sessions.glob("*.journal.jsonl"):
            for entry in read_entries(path):
                event = from_dict(entry) if "event" in entry else None
                if isinstance(event, Delta):
                    self.newest_ns = max(self.newest_ns, event.at)
                    texts[event.request] = texts.get(event.request, "") + event.text
        return texts

    def child(self, module: str) -> psutil.Process | None:
        """The process of the program that runs this module; None while there is none."""
        try:
            children = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.Error:
            return None
        for process in children:
            try:
                if module in process.cmdline():
                    return process
            except psutil.Error:
                continue  # it has just gone
        return None

    def score(self) -> bool:
        """Score the first answer that has ended, once the screen takes it; whether it shows the score."""
        deadline = time.monotonic() + PATIENCE_S / 4
        while self.master is not None and self.process.poll() is None and time.monotonic() < deadline:
            # To the second pane, whose answer ends at once, and a score for it.
            os.write(self.master, b"\x1b'24")
            for _ in range(10):
                time.sleep(0.05)
                if SCORED in self.said:
                    return True
        return False

    def end(self, name: str, *, by_hanging_up: bool) -> None:
        """Send the signal, or close the terminal."""
        if by_hanging_up and self.master is not None:
            master, self.master = self.master, None
            os.close(master)
        else:
            self.process.send_signal(getattr(signal, name))

    def left_behind(self) -> list[psutil.Process]:
        """Processes that came of this run, found by their environment."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("FOUNDRY_COMPARE_STATE") == self.environ["FOUNDRY_COMPARE_STATE"]:
                    found.append(process)
            except psutil.Error:
                continue  # it is gone, or somebody else's
        return found

    def close(self) -> None:
        """Whatever happened, nothing stays."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(5)
        for process in self.left_behind():
            process.kill()
        if self.master is not None:
            os.close(self.master)

    def _read(self) -> None:
        source = self.master if self.master is not None else self.process.stdout.fileno()  # type: ignore[union-attr]
        try:
            while piece := os.read(source, 65_536):
                self.said += piece
        except OSError:
            pass  # the terminal is closed on one of its ends


def kill_once(chance: random.Random, url: str, findings: Findings) -> None:
    """One start, one signal, one look."""
    victim = chance.choice(("program", "program", *VICTIMS))
    name, in_terminal = "SIGKILL" if victim in VICTIMS else chance.choice(SIGNALS), chance.random() < 0.5
    by_hanging_up = in_terminal and name == "SIGHUP" and chance.random() < 0.5
    streaming, scored = chance.random() < 0.5, in_terminal and chance.random() < 0.5
    instant = chance.uniform(0, STREAMING_S if streaming else STARTING_S)
    with tempfile.TemporaryDirectory(prefix="kills-") as there:
        measured, demo = chance.random() < 0.3, victim == "runtime"
        run = PlanRun(Path(there), url, in_terminal=in_terminal, measured=measured, demo=demo)
        what = f"{name} of the {victim}{' by hanging up' * by_hanging_up}, {'screen' if in_terminal else 'run'}, " + (
            f"{instant:.3f} s after the first text" if streaming else f"{instant:.3f} s after the start"
        )
        findings.kills[f"{name} of the {victim}, {'screen' if in_terminal else 'run'}"] += 1
        try:
            deadline = time.monotonic() + PATIENCE_S
            while streaming and not run.journaled() and run.process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            scored = streaming and scored and run.score()
            findings.scores += scored
            time.sleep(instant)
            before = run.journaled()
            began = time.monotonic()
            if victim in VICTIMS:
                faults = _hit(run, victim)
                name = "SIGTERM"
            else:
                faults = []
                if streaming and not measured and before and run.process.poll() is None:
                    age_s = (time.perf_counter_ns() - run.newest_ns) / 1e9
                    findings.oldest_s = max(findings.oldest_s, age_s)
                    faults += [f"the newest text in the journal is {age_s:.2f} s old"] * (age_s > OLDEST_LOST_S)
                run.end(name, by_hanging_up=by_hanging_up)
            faults += _looked_at(run, name, before, scored=scored, by_itself=victim in VICTIMS)
            findings.slowest_s = max(findings.slowest_s, time.monotonic() - began)
            findings.deltas += sum(len(text.split()) for text in before.values())
        finally:
            run.close()
        findings.faults += [f"{what}: {fault}" for fault in faults]


def _hit(run: PlanRun, victim: str) -> list[str]:
    """Kill the engine or the runtime, once it is there; see that the program goes on, and ask it to end. Text of the
    next second and a half of a program that goes on counts as well."""
    deadline = time.monotonic() + PATIENCE_S / 4
    while (child := run.child(VICTIMS[victim])) is None and run.process.poll() is None:
        if time.monotonic() > deadline:
            return [f"there was no {victim}"]
        time.sleep(0.01)
    if child is not None:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    deadline = time.monotonic() + 2 * OLDEST_LOST_S
    while run.process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    if run.process.poll() is None:
        run.end("SIGTERM", by_hanging_up=False)
    return []


def _looked_at(
    run: PlanRun, name: str, before: dict[str, str], *, scored: bool = False, by_itself: bool = False
) -> list[str]:
    faults = []
    number = int(getattr(signal, name))
    try:
        code = run.process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        return ["it did not end"]
    # Before it listens, and after it has put its handlers down, a signal ends it by itself: a shell sees the same code.
    good = (-number, *((int(of_signal(number)),) if name != "SIGKILL" else ()), *(ENDS_BY_ITSELF if by_itself else ()))
    if code not in good:
        faults.append(f"exit code {code}: {bytes(run.said[-500:])!r}")
    if code == -number and name != "SIGKILL" and before:
        faults.append("it was ended by the signal itself after text had come")
    deadline = time.monotonic() + 15
    while (left := run.left_behind()) and time.monotonic() < deadline:
        time.sleep(0.05)
    faults += [f"left behind: {process.cmdline()}" for process in left]
    if b"Traceback" in run.said:
        faults.append("a traceback: " + run.said[run.said.index(b"Traceback") :][:2000].decode("utf-8", "replace"))
    # The next start: it completes what is there before it finds that there is no such session.
    again = [*PROGRAM, "run", "--resume", str(run.sessions / "none.toml")]
    done = subprocess.run(again, env=os.environ | run.environ, capture_output=True, text=True, check=False)
    if "Traceback" in done.stderr:
        faults.append(f"the next start: {done.stderr}")
    kept: dict[str, str] = {}
    scores: list[int | None] = []
    for path in sorted(run.sessions.glob("*.toml")):
        session = load(path)
        kept |= {request.spec.id: request.answer + request.reasoning for request in session.requests.values()}
        scores += [score.value for score in session.scores]
    if scored and 4 not in scores:
        faults.append(f"a score of 4 was shown, and kept are {scores}")
    for request, text in before.items():
        if not kept.get(request, "").startswith(text):
            faults.append(
                f"{request} had {len(text)} characters in the journal, and {len(kept.get(request, ''))} are kept"
            )
    rest = [path.name for path in run.sessions.glob("*") if path.suffix != ".toml"]
    if rest:
        faults.append(f"left in the folder: {', '.join(rest)}")
    return faults


def kill(kills: int, seed: int) -> Findings:
    """Kill it so many times. Two of the same seed differ all the same, because machines do."""
    # A shell that is no terminal's starts what it puts into the background with these ignored, and so are they in what
    # that starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    chance, findings = random.Random(seed), Findings()
    with LoopbackServer().running() as server:
        for number in range(1, kills + 1):
            kill_once(chance, server.url, findings)
            if number % 10 == 0:
                click.echo(f"{number} kills, {len(findings.faults)} faults", err=True)
    return findings


@click.command()
@click.argument("kills", type=click.IntRange(1), default=150)
@click.option("--seed", type=int, default=0, show_default=True)
def main(kills: int, seed: int) -> None:
    """Kill the program KILLS times, and say what came of it; exit code 1 when something was wrong."""
    findings = kill(kills, seed)
    for name, count in sorted(findings.kills.items()):
        click.echo(f"{count:4}  {name}")
    click.echo(
        f"{findings.deltas} pieces of text were in journals, the newest at most {findings.oldest_s:.2f} s old; "
        f"{findings.scores} scores on screens; from signal to look at most {findings.slowest_s:.1f} s"
    )
    for fault in findings.faults:
        click.echo(f"FAULT  {fault}")
    click.echo(f"{kills} kills, {len(findings.faults)} faults")
    sys.exit(bool(findings.faults))


if __name__ == "__main__":
    main()
