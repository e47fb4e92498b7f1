"""Nobody reads the output any more, or it cannot be written: the command ends, quietly or with a sentence."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import PATIENCE_S, call, start
from tests.support.some import some
from tui.cli.output import show
from tui.cli.signals import EndedError
from tui.core.errors import StoreError
from tui.core.requests.request import RequestState
from tui.storage.session_files import load

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes")

At = tuple[str, str]


def test_who_reads_the_first_line_only_ends_the_run_quietly_and_keeps_the_session(
    at: At, tmp_path: Path, sessions: Path
) -> None:
    plan = ("--mode", "measure", "--rounds", "200", "--warmup", "0")
    process = start("run", *at, "-m", "good", "-p", "hi", *plan, cwd=tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 141
    assert b"Traceback" not in err and b"Broken" not in err
    assert err.decode().splitlines()[-1].startswith("Kept in ")
    (file,) = sessions.iterdir()
    answers = [request.answer for request in load(file).requests.values() if request.state is RequestState.DONE]
    assert 1 <= len(answers) < 200 and all(some(answers))


@pytest.mark.parametrize("command", ["run", "models", "smoke", "report", "doctor"])
@pytest.mark.parametrize("both", [False, True], ids=["stdout", "stdout and stderr"])
def test_every_command_ends_quietly_with_the_code_of_a_closed_pipe(
    command: str, both: bool, at: At, tmp_path: Path, sessions: Path
) -> None:
    asked = {"run": (*at, "-m", "burst", "-p", "hi"), "smoke": (*at, "-m", "burst"), "report": ()}.get(command, at)
    if command == "report":
        assert call("run", *at, "-m", "burst", "-p", "hi", cwd=tmp_path).code == 0
    reader, writer = os.pipe()
    os.close(reader)
    program = [sys.executable, "-P", "-m", "tui", command, *asked]
    stderr = writer if both else subprocess.PIPE
    done = subprocess.run(program, cwd=tmp_path, stdout=writer, stderr=stderr, timeout=PATIENCE_S, check=False)
    os.close(writer)
    assert done.returncode == 141
    assert both or (b"Traceback" not in done.stderr and b"rror" not in done.stderr)
    if command == "run":
        (file,) = sessions.iterdir()
        assert [request.state for request in load(file).requests.values()] == [RequestState.DONE]


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


class FailingOutput(io.TextIOWrapper):
    """An output of which the system says, when it is written, that something is wrong with it."""

    number = 0

    def write(self, text: str) -> int:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize(
    ("number", "terminal", "refused"),
    [
        (errno.EIO, True, EndedError),
        (errno.EIO, False, StoreError),
        (errno.EINVAL, False, StoreError),
        (errno.EPIPE, False, EndedError),
    ],
)
def test_a_disk_that_breaks_is_not_taken_for_a_reader_that_is_gone(
    number: int, terminal: bool, refused: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = os.openpty()
    handle = os.dup(far) if terminal else os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    with FailingOutput(os.fdopen(handle, "wb")) as output:
        output.number = number
        monkeypatch.setattr(sys, "stdout", output)
        with pytest.raises(refused):
            show("text")
    os.close(near)
    os.close(far)
