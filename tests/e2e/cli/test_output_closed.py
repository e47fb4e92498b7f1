"""Nobody reads the output any more, or it cannot be written: the command ends, quietly or with a sentence."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import MODULE, PATIENCE_S, Done, call, start
from tests.support.some import some
from tools.docs import every_command
from tui.cli.output import check_shown, show
from tui.core.errors import StoreError
from tui.core.requests.request import RequestState
from tui.core.sessions.session import SessionState
from tui.storage.session_files import load

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes")

At = tuple[str, str]
PATHS = [tuple(context.command_path.split()[1:]) for context, _ in every_command()]
"""What leads to each command: `models load`, and nothing for the program itself."""


def test_who_reads_the_first_line_only_leaves_the_work_and_its_code_as_they_are(
    at: At, tmp_path: Path, sessions: Path
) -> None:
    plan = ("--mode", "measure", "--rounds", "20", "--warmup", "0")
    process = start("run", *at, "-m", "good", "-p", "hi", *plan, cwd=tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert b"Traceback" not in err and b"Broken" not in err
    (file,) = sessions.iterdir()
    answers = [request.answer for request in load(file).requests.values() if request.state is RequestState.DONE]
    assert len(answers) == 20 and all(some(answers))


def closed(*args: str, cwd: Path, both: bool = False) -> subprocess.CompletedProcess[bytes]:
    """Run the program with a stdout, and perhaps a stderr, whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    program = [sys.executable, "-P", "-m", "tui", *args]
    stderr = writer if both else subprocess.PIPE
    done = subprocess.run(program, cwd=cwd, stdout=writer, stderr=stderr, timeout=PATIENCE_S, check=False)
    os.close(writer)
    assert both or (b"Traceback" not in done.stderr and b"Broken pipe" not in done.stderr)
    return done


@pytest.mark.parametrize("command", ["run", "models", "smoke", "report", "doctor"])
@pytest.mark.parametrize("both", [False, True], ids=["stdout", "stdout and stderr"])
def test_every_command_ends_quietly_with_the_code_of_its_work(
    command: str, both: bool, at: At, tmp_path: Path, sessions: Path
) -> None:
    asked = {"run": (*at, "-m", "burst", "-p", "hi"), "smoke": (*at, "-m", "burst"), "report": ()}.get(command, at)
    if command == "report":
        assert call("run", *at, "-m", "burst", "-p", "hi", cwd=tmp_path).code == 0
    assert closed(command, *asked, cwd=tmp_path, both=both).returncode == 0
    if command == "run":
        (file,) = sessions.iterdir()
        assert [request.state for request in load(file).requests.values()] == [RequestState.DONE]


@pytest.mark.parametrize("both", [False, True], ids=["stdout", "stdout and stderr"])
def test_work_that_went_wrong_keeps_its_code(both: bool, at: At, nobody: At, tmp_path: Path) -> None:
    ends = {
        2: ("report", "nofile.toml"),
        3: ("doctor", *nobody),
        4: ("smoke", *at, "-m", "no-such-model"),
        5: ("run", *at, "-m", "e500", "-p", "hi"),
        6: ("run", *at, "-m", "empty", "-p", "hi", "--json"),
        7: ("smoke", *at, "-m", "burst", "--slow-ms", "0.001"),
    }
    found = {code: closed(*args, cwd=tmp_path, both=both).returncode for code, args in ends.items()}
    assert found == {code: code for code in ends}


@pytest.mark.parametrize("args", [("--version",), *((*path, "--help") for path in PATHS)], ids=" ".join)
def test_help_that_nobody_reads_is_no_failure(args: tuple[str, ...], tmp_path: Path) -> None:
    assert closed(*args, cwd=tmp_path).returncode == 0
    assert closed(*args, cwd=tmp_path, both=True).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
@pytest.mark.parametrize("args", [("--version",), ("report", "--help")], ids=" ".join)
def test_help_that_cannot_be_written_is_told(args: tuple[str, ...], tmp_path: Path) -> None:
    program = [sys.executable, "-P", "-m", "tui", *args]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            program, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False
        )
    assert done.returncode == 1
    assert done.stderr.decode() == "foundry-compare: The output could not be written. No space left on device.\n"


def test_asides_that_nobody_reads_end_nothing(at: At, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    program = [sys.executable, "-P", "-m", "tui", "run", *at, "-m", "burst", "-p", "hi"]
    done = subprocess.run(program, cwd=tmp_path, stdout=subprocess.PIPE, stderr=writer, timeout=PATIENCE_S, check=False)
    os.close(writer)
    assert done.returncode == 0
    assert b"end" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
def test_output_that_cannot_be_written_is_told(at: At, tmp_path: Path, sessions: Path) -> None:
    program = [sys.executable, "-P", "-m", "tui", "run", *at, "-m", "burst", "-p", "hi"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            program, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False
        )
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1] == (
        "foundry-compare: The output could not be written. No space left on device."
    )
    (file,) = sessions.iterdir()
    assert [request.state for request in load(file).requests.values()] == [RequestState.DONE]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
@pytest.mark.parametrize("command", ["run", "bench"])
def test_a_measurement_whose_output_cannot_be_written_goes_on_and_is_kept(
    command: str, at: At, tmp_path: Path, sessions: Path
) -> None:
    plan = ("--mode", "measure", "--rounds", "4", "--warmup", "1")
    program = [sys.executable, "-P", "-m", "tui", command, *at, "-m", "burst", "-m", "good", "-p", "hi", *plan]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            program, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False
        )
    assert done.returncode == 1
    said = "foundry-compare: The output could not be written. No space left on device."
    assert done.stderr.decode().splitlines()[-1] == said and done.stderr.decode().count(said) == 1
    (file,) = sessions.iterdir()
    session = load(file)
    answered = [one for one in session.requests.values() if not one.spec.warmup and one.state is RequestState.DONE]
    assert len(answered) == 8 and session.state is SessionState.FINISHED


RECORDED = Path(__file__).parents[2] / "data" / "recorded"
EXAMPLE = str(RECORDED / "20261127T093106Z-f41c.toml")


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_output_of_which_a_part_finds_room_is_not_taken_for_whole(unbuffered: str, tmp_path: Path) -> None:
    # A file may not grow over some kilobytes: of a write that would, the beginning is written.
    limited = ("sh", "-c", 'ulimit -f 4; exec "$@" > out', "sh", *MODULE)
    environ = {"PYTHONUNBUFFERED": unbuffered, "PYTHONDONTWRITEBYTECODE": "1"}
    done = call("help", "sessions", cwd=tmp_path, program=limited, environ=environ)
    assert (done.code, done.out) == (1, "")
    assert done.err == "foundry-compare: The output could not be written. File too large.\n"
    assert 0 < (tmp_path / "out").stat().st_size < len(call("help", "sessions", cwd=tmp_path).out)


def without(stream: str, *args: str, cwd: Path) -> Done:
    """How the program ends when this stream was closed before it began."""
    return call(*args, cwd=cwd, program=("sh", "-c", f'exec "$@" {stream}', "sh", *MODULE))


@pytest.mark.parametrize("args", [
    ("report", str(RECORDED)),
    ("sessions", "list", str(RECORDED)),
    ("sessions", "search", "retrieval", "--sessions", str(RECORDED)),
    ("sessions", "show", EXAMPLE),
    ("replay", EXAMPLE, "--speed", "1000"),
    ("report", "nofile.toml"),
], ids=lambda args: " ".join(map(os.path.basename, args)))  # fmt: skip
def test_a_closed_stderr_or_stdin_takes_nothing_from_the_result(args: tuple[str, ...], tmp_path: Path) -> None:
    usual = call(*args, cwd=tmp_path)
    for stream in ("2>&-", "<&-", "<&- 2>&-"):
        done = without(stream, *args, cwd=tmp_path)
        assert (stream, done.code, done.out) == (stream, usual.code, usual.out)
        assert done.err == ("" if "2" in stream else usual.err)


@pytest.mark.parametrize("args", [(), ("open", EXAMPLE)], ids=["screen", "open"])
@pytest.mark.parametrize("stream", ["<&-", "2>&- <&-"])
def test_the_screen_says_that_it_needs_a_terminal(stream: str, args: tuple[str, ...], tmp_path: Path) -> None:
    done = without(stream, *args, cwd=tmp_path)
    assert done.code == 2
    assert done.err.startswith("foundry-compare: The screen needs a terminal." if "2" not in stream else "")
    assert "Traceback" not in done.err


def test_no_file_takes_the_number_of_a_stream_that_is_closed(at: At, tmp_path: Path, sessions: Path) -> None:
    # The session's files are the next that are opened, and children and libraries write to number 2.
    done = without("<&- 2>&-", "run", *at, "-m", "burst", "-p", "hi", cwd=tmp_path)
    assert done.code == 0 and "end" in done.out
    (file,) = sessions.iterdir()
    assert [request.state for request in load(file).requests.values()] == [RequestState.DONE]


class FailingOutput(io.TextIOWrapper):
    """An output of which the system says, when it is written, that something is wrong with it."""

    number = 0

    def write(self, text: str) -> int:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize(
    ("number", "terminal", "unread"),
    [(errno.EIO, True, True), (errno.EIO, False, False), (errno.EINVAL, False, False), (errno.EPIPE, False, True)],
)
def test_a_disk_that_breaks_is_not_taken_for_a_reader_that_is_gone(
    number: int, terminal: bool, unread: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = os.openpty()
    handle = os.dup(far) if terminal else os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    with FailingOutput(os.fdopen(handle, "wb")) as output:
        output.number = number
        monkeypatch.setattr(sys, "stdout", output)
        show("text")
        with contextlib.nullcontext() if unread else pytest.raises(StoreError):
            check_shown()
    os.close(near)
    os.close(far)


def test_a_stdout_that_was_closed_before_the_start_is_said(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *MODULE, "models", "--host", "demo", "--json"],
        cwd=tmp_path, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "The output could not be written. Stdout is closed." in done.stderr
