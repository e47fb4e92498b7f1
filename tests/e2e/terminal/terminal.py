"""A real terminal for one program: tmux, with a server of its own."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

PATIENCE_S = 60.0
"""After this a test gives up waiting; only ever reached by a failure."""
POLL_S = 0.05

# tmux at times never learns how a program ended; a shell always does, and stays on the screen.
_SHELL = ("sh", "-c", '"$@"; echo "exit code $?"; exec sleep 600', "sh")


class Terminal:
    """A window of a size in cells, in which one program runs; at its end the screen shows its exit code."""

    def __init__(self, program: Sequence[str], size: tuple[int, int], folder: Path) -> None:
        """Start the program in `folder`."""
        # A short name: there is room for about a hundred characters in that of a socket.
        self._home = tempfile.TemporaryDirectory(prefix="tmux-")
        self._environ = {key: value for key, value in os.environ.items() if not key.startswith("TMUX")}
        self._environ |= {"LC_ALL": "C.UTF-8", "TMUX_TMPDIR": self._home.name}
        width, height = (str(number) for number in size)
        self._tmux("new-session", "-d", "-x", width, "-y", height, "-c", str(folder), "--", *_SHELL, *program)
        self._shell = psutil.Process(int(self._tmux("list-panes", "-F", "#{pane_pid}")))

    @property
    def text(self) -> str:
        """All that is on the screen."""
        return self._tmux("capture-pane", "-p")

    def told(self, what: str) -> str:
        """What tmux tells of the window, by tmux's name for it."""
        return self._tmux("display-message", "-p", f"#{{{what}}}").strip()

    def family(self) -> Family:
        """The program, once it runs."""
        self.until(lambda: bool(self._shell.children()))
        return Family(self._shell.children()[0])

    def type(self, text: str, *keys: str) -> None:
        """Type this text and press keys, all at once."""
        more = (";", "send-keys", *keys) if keys else ()
        self._tmux("send-keys", "-l", "--", text, *more)

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self._tmux("send-keys", *keys)

    def paste(self, text: str, *, bracketed: bool) -> None:
        """Paste this text, told apart from keys where the program asked for that, or as if it were typed."""
        buffer = Path(self._home.name) / "pasted"
        buffer.write_text(text, encoding="utf-8")
        self._tmux("load-buffer", str(buffer), ";", "paste-buffer", "-r", *(("-p",) if bracketed else ()))

    def resize(self, size: tuple[int, int]) -> None:
        """Give the window another size."""
        self._tmux("resize-window", "-x", str(size[0]), "-y", str(size[1]))

    def sees(self, *texts: str) -> None:
        """Wait until all of these are on the screen, which stays where it is meanwhile."""
        self.until(lambda: all(text in self.text for text in texts))

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds; fail after a long time, and say what the screen shows then."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, f"it never came to hold:\n{self.text}"
            time.sleep(POLL_S)

    def hang_up(self) -> None:
        """Close the window under the program, as a lost connection does."""
        self._tmux("kill-session")

    def close(self) -> None:
        """End what is left."""
        subprocess.run(self._command("kill-server"), env=self._environ, capture_output=True, check=False)
        self._home.cleanup()

    def _tmux(self, *args: str) -> str:
        done = subprocess.run(
            self._command(*args), env=self._environ, capture_output=True, encoding="utf-8", check=False, timeout=30
        )
        assert done.returncode == 0, f"tmux {args[0]}: {done.stderr}"
        return done.stdout

    def _command(self, *args: str) -> list[str]:
        return ["tmux", "-u", "-L", "test", "-f", "/dev/null", *args]


@contextmanager
def terminal(program: Sequence[str], size: tuple[int, int], folder: Path) -> Iterator[tuple[Terminal, Family]]:
    """A terminal with this program, gone at the end with everything in it."""
    window = Terminal(program, size, folder)
    try:
        family = window.family()
        try:
            yield window, family
        finally:
            family.end()
    finally:
        window.close()


class Family:
    """A program's process and the processes it started."""

    def __init__(self, program: psutil.Process) -> None:
        self.program = program
        self._all = {self.program}

    def look(self) -> None:
        """Get to know everybody there is at the moment."""
        try:
            self._all.update(self.program.children(recursive=True))
        except psutil.NoSuchProcess:
            pass  # it has ended, and with it what could be asked of it

    def runtime(self) -> psutil.Process:
        """The embedded runtime's process."""
        self.look()
        (found,) = [process for process in self._alive() if "tui.hosts.embedded" in process.cmdline()]
        return found

    def kill(self, process: psutil.Process) -> None:
        """Kill one of them, and wait until it is dead."""
        process.kill()
        _until_none(lambda: [process] if _runs(process) else [])

    def wait_for_the_end(self, at_least: int = 3) -> None:
        """Wait until all that are known have ended, of whom there must be so many: program, engine, runtime."""
        assert len(self._all) >= at_least, self._all
        _until_none(self._alive)

    def end(self) -> None:
        """Kill whoever is left."""
        self.look()
        for process in self._alive():
            process.kill()

    def _alive(self) -> list[psutil.Process]:
        return [process for process in self._all if _runs(process)]


def _until_none(running: Callable[[], list[psutil.Process]]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while left := running():
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(POLL_S)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
