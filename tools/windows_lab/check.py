"""What `.ci/run` has the lab show: the main job as a user has it, then the tests. What cannot be set up is a skip."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tools.windows_lab import testing
from tools.windows_lab.console import Console
from tools.windows_lab.lab import Lab, LabError
from tools.windows_lab.setup import Say, setup

QUIET_S = 1800.0
"""Seconds for which second tries wait for a quiet machine."""
SECOND_S = 240.0
"""Seconds within which second tries of tests are begun."""
START_S = 240.0
"""Seconds for one command, on a machine that does other things as well."""
FAST = (
    "tests/unit/core", "tests/unit/report", "tests/unit/storage", "tests/unit/child", "tests/unit/cli",
    "tests/unit/net", "tests/unit/test_background.py", "tests/unit/test_held_files.py", "tests/unit/test_signals.py",
    "tests/unit/test_text_of_files.py", "tests/engine", "tests/runner", "tests/app", "tests/hosts/test_addresses.py",
    "tests/hosts/test_json_fields.py", "tests/hosts/test_openai_api.py",
)  # fmt: skip
"""Run without what is slow: all that needs no program of its own, or starts few."""
WHOLE = ("tests/e2e/cli/test_text_in_and_out.py",)
"""Of the tests that start whole programs, seconds each: those of what is different on Windows."""

MODELS_ANSWER = "Grüße 🦊 你好"
"""What the server's model `split` answers: no code page of 256 characters has all of it."""


def check(lab: Lab, say: Say, limit_s: float, quiet: Path | None = None) -> int:
    """Set up, show, test, within about `limit_s` seconds, then try once more what failed.

    The second tries wait for the file `quiet`, if one is named: whoever keeps the machine busy makes it when that is
    over. The exit code is 0 also where the lab cannot be had.
    """
    end = time.monotonic() + limit_s
    try:
        setup(lab, say)
    except LabError as error:
        say(f"skipped, no Windows Python: {error}")
        return 0
    with _folder(lab) as folder, _server() as url:
        try:
            faults = _main_job(lab, folder / "first", url, _STEPS, say)
            began = time.monotonic()
            results = testing.Results()
            for paths, options in ((FAST, ("-m", "not slow")), (WHOLE, ("-m", ""))):
                if time.monotonic() >= end:
                    results.broken = "The time was up"
                    break
                results.add(testing.first_try(lab, paths, options, say, end))
            took_s = time.monotonic() - began
            again: dict[str, str] = {}
            if faults or results.failed:
                _wait_for(quiet)
                again = _main_job(lab, folder / "second", url, faults, say)
                for name in faults.keys() - again.keys():
                    say(f"FAILED once and went well the second time: {name}: {faults[name]}")
                testing.second_try(lab, results, say, SECOND_S)
        finally:
            lab.stop()
    lab.clean()
    for line in results.lines(took_s):
        say(line)
    if results.broken:
        # Another speed of this machine is nobody's defect; a crash before the first test is one, and shows as no tests.
        say(f"not all tests were run: {results.broken}")
    for name, fault in again.items():
        say(f"FAILED twice {name}: {fault}")
    return 1 if again or results.failed or not results.outcomes else 0


def _main_job(lab: Lab, folder: Path, url: str, names: Iterable[str], say: Say) -> dict[str, str]:
    """What goes wrong of these steps of the main job, by name, with the program as it was installed."""
    folder.mkdir()
    faults: dict[str, str] = {}
    for name in names:
        if fault := _fault(_STEPS[name], lab, folder / name, url):
            faults[name] = fault
        else:
            say(f"ok  {name}")
    return faults


def _wait_for(quiet: Path | None) -> None:
    """Wait for the file, half an hour at most: a second try on a busy machine is better than none."""
    end = time.monotonic() + QUIET_S
    while quiet is not None and not quiet.exists() and time.monotonic() < end:
        time.sleep(1)


def _fault(step: Callable[[Lab, Path, str], None], lab: Lab, folder: Path, url: str) -> str:
    """What is wrong, if anything."""
    folder.mkdir()
    try:
        step(lab, folder, url)
    except (AssertionError, OSError, ValueError, subprocess.SubprocessError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


@contextmanager
def _folder(lab: Lab) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir=lab.folder, prefix="main-job-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _server() -> Iterator[str]:
    """A server of this machine's own Python; both share the loopback."""
    from tests.support.loopback_server import LoopbackServer

    with LoopbackServer().running() as server:
        yield server.url


def _call(lab: Lab, folder: Path, *arguments: str, code: int = 0) -> str:
    """What the program prints. Its exit code must be `code`."""
    done = lab.call(
        ["-P", "-m", "tui", *arguments], checkout=None, extra=_places(lab, folder), cwd=folder, timeout=START_S
    )
    out, err = (text.decode("utf-8").replace("\r\n", "\n") for text in (done.stdout, done.stderr))
    assert done.returncode == code, f"exit code {done.returncode}, not {code}: {err.strip()[-500:] or out[-500:]}"
    assert "Traceback" not in err, err[-500:]
    return out


def _places(lab: Lab, folder: Path) -> dict[str, str]:
    names = ("SESSIONS", "CONFIG", "DATA", "STATE")
    return {f"FOUNDRY_COMPARE_{name}": lab.path(folder / name.lower()) for name in names}


def _ask(url: str, model: str = "split") -> tuple[str, ...]:
    return ("run", "--host", url, "-m", model, "-p", "hi")


def _version(lab: Lab, folder: Path, url: str) -> None:
    assert "version" in _call(lab, folder, "--version")


def _into_a_pipe(lab: Lab, folder: Path, url: str) -> None:
    assert MODELS_ANSWER in _call(lab, folder, *_ask(url))


def _into_a_file(lab: Lab, folder: Path, url: str) -> None:
    command = ["-P", "-m", "tui", *_ask(url)]
    script = (
        "import subprocess, sys\n"
        f"sys.exit(subprocess.call([sys.executable, *{command!r}], stdout=open('out.txt', 'wb')))"
    )
    done = lab.call(["-c", script], checkout=None, extra=_places(lab, folder), cwd=folder, timeout=START_S)
    assert done.returncode == 0, done.stderr[-500:]
    assert MODELS_ANSWER in (folder / "out.txt").read_text("utf-8")
    _call(lab, folder, *_ask(url), "-o", "answers.txt")
    assert MODELS_ANSWER in (folder / "answers.txt").read_text("utf-8")


def _json(lab: Lab, folder: Path, url: str) -> None:
    (run,) = json.loads(_call(lab, folder, *_ask(url), "--json"))["runs"]
    assert (run["state"], run["answer"]) == ("done", MODELS_ANSWER), run


def _smoke(lab: Lab, folder: Path, url: str) -> None:
    for model, code in (("good", 0), ("e500", 5), ("empty", 6), ("nosuch", 4)):
        _call(lab, folder, "smoke", "--host", url, "-m", model, code=code)
    _call(lab, folder, "smoke", "--host", "http://127.0.0.1:9/v1", code=3)


def _report(lab: Lab, folder: Path, url: str) -> None:
    _call(lab, folder, *_ask(url, "good"))
    assert "Footprint" in _call(lab, folder, "report")
    assert "# Report" in _call(lab, folder, "report", "--format", "md")
    assert json.loads(_call(lab, folder, "report", "--format", "json"))["rows"]
    _call(lab, folder, "report", "-o", "report.csv")
    assert (folder / "report.csv").read_text("utf-8").count("\n") > 1


def _doctor(lab: Lab, folder: Path, url: str) -> None:
    facts = json.loads(_call(lab, folder, "doctor", "--host", url, "--json"))
    assert facts["ok"] and facts["output"]["console"]["system_code_page"] > 0, facts


def _killed(lab: Lab, folder: Path, url: str) -> None:
    """A program that is killed leaves no process behind, and the next start completes its session."""
    before, command = set(_engines(lab)), ["-P", "-m", "tui", *_ask(url, "endless")]
    process = lab.start(command, checkout=None, extra=_places(lab, folder), cwd=folder)
    try:
        _until(lambda: any(file.read_text("ascii").count("more ") > 1 for file in _journals(folder)), process)
        (journal,) = _journals(folder)
        children = set(_engines(lab)) - before
        assert children, "there is no engine"
    finally:
        process.kill()
        process.communicate()
    _until(lambda: not any(child.is_running() for child in children), None)
    _call(lab, folder, *_ask(url), "--no-save")
    _call(lab, folder, *_ask(url))
    name = journal.name.removesuffix(".journal.jsonl")
    text = (folder / "sessions" / f"{name}.toml").read_text("utf-8")
    assert not journal.exists(), "the journal is there still"
    assert "more more" in text and "interrupted" in text, text[-500:]


def _engines(lab: Lab) -> Iterator[psutil.Process]:
    """The engines that run in the lab. Wine makes one text of a process's arguments."""
    for process in psutil.process_iter(["cmdline"]):
        if "tui.engine" in " ".join(process.info["cmdline"] or ()):
            with suppress(psutil.Error):
                if process.environ().get("WINEPREFIX") == str(lab.prefix):
                    yield process


def _screen(lab: Lab, folder: Path, url: str) -> None:
    """What Wine's console shows of the screen: keys and another size arrive, and leaving it keeps everything."""
    console = Console(lab, ["-P", "-m", "tui", "--host", url, "-m", "good", "-p", "hi"], _places(lab, folder), folder)
    try:
        console.until(lambda: 'state = "done"' in _kept(folder))
        console.resize(120, 40)
        console.type(b"4")
        console.until(lambda: "[[score]]" in _kept(folder) or '"score":' in _kept(folder))
        console.type(b"\x11")
        assert console.ended() == 0, f"exit code {console.code}"
    finally:
        console.close()
    assert "value = 4" in _kept(folder)


def _page(lab: Lab, folder: Path, url: str) -> None:
    """The whole screen, painted for a browser: a question, its answer, a score; closing the page ends its program."""
    before = set(_engines(lab))
    command = ["-P", "-m", "tui", "serve", "--host", url, "-m", "good"]
    process = lab.start(command, checkout=None, extra=_places(lab, folder), cwd=folder)
    try:
        assert process.stdout is not None
        asyncio.run(_ask_on_a_page(process.stdout.readline().decode("ascii").strip(), folder))
        _until(lambda: not set(_engines(lab)) - before and not _journals(folder), process)
    finally:
        process.kill()
        process.communicate()
    assert "value = 4" in _kept(folder)


async def _ask_on_a_page(url: str, folder: Path) -> None:
    from tools.windows_lab.page import Page  # aiohttp is there only where `serve` is.

    async with asyncio.timeout(START_S), Page(url) as page:
        await page.until(lambda: "good" in page.painted)
        await page.type("On a page")
        while "On a page" not in _kept(folder):  # Before the host has answered, enter does nothing.
            await page.type("\r")
            await asyncio.sleep(2)
        await page.until(lambda: 'state = "done"' in _kept(folder) and "One two three four five" in page.painted)
        await page.type("\x1b")
        await page.type("4")
        await page.until(lambda: "value = 4" in _kept(folder))


def _interrupted(lab: Lab, folder: Path, url: str) -> None:
    console = Console(lab, ["-P", "-m", "tui", *_ask(url, "endless")], _places(lab, folder), folder)
    try:
        console.until(lambda: '"text":"more "' in _kept(folder))
        console.type(b"\x03")
        assert console.ended() == 130, f"exit code {console.code}"
    finally:
        console.close()
    assert "stopped" in _kept(folder) and not _journals(folder)


def _kept(folder: Path) -> str:
    files = [*(folder / "sessions").glob("*.toml"), *_journals(folder)]
    return "".join(file.read_text("utf-8", "replace") for file in files if file.exists())


def _journals(folder: Path) -> list[Path]:
    return list((folder / "sessions").glob("*.journal.jsonl"))


def _until(holds: Callable[[], bool], process: subprocess.Popen[bytes] | None) -> None:
    deadline = time.monotonic() + START_S
    while not holds():
        assert process is None or process.poll() is None, "it ended before its time"
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.1)


_STEPS: dict[str, Callable[[Lab, Path, str], None]] = {
    "the installed program says its version": _version,
    "answers into a pipe": _into_a_pipe,
    "answers into a file": _into_a_file,
    "answers as JSON": _json,
    "smoke with its exit codes": _smoke,
    "report in each format": _report,
    "doctor": _doctor,
    "keys, another size and ctrl+q in a console": _screen,
    "a question, an answer and a score on a page of `serve`": _page,
    "ctrl+c in a console": _interrupted,
    "a killed program's session is recovered, and no process stays": _killed,
}
