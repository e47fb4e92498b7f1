"""The lab: one folder with a Windows Python and a Wine prefix, and how a command is run there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

VARIABLE = "FOUNDRY_COMPARE_WINDOWS_LAB"
"""The environment variable that names the folder of the lab."""
CHECKOUT = Path(__file__).resolve().parents[2]

_NOT_THERE = ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "DISPLAY", "LC_ALL", "LANG")
"""Variables of this Python, and of this machine's screen and language, that mean nothing to the other one."""
_STEP_S = 60.0


class LabError(Exception):
    """What the lab cannot do, as a sentence."""


@dataclass(frozen=True)
class Lab:
    """Everything of the lab is in `folder`; nothing outside it is written."""

    folder: Path

    @property
    def python(self) -> Path:
        """The folder of the Windows Python."""
        return self.folder / "python"

    @property
    def packages(self) -> Path:
        """Where that Python looks for installed packages."""
        return self.python / "Lib" / "site-packages"

    @property
    def prefix(self) -> Path:
        """Wine's own folder: its drive C: and its registry."""
        return self.folder / "prefix"

    @property
    def ready(self) -> bool:
        """Whether setup has come to its end once."""
        return (self.folder / "ready").exists()

    def environment(self, checkout: Path | None = CHECKOUT, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a command: packages are looked for in `checkout` first, and nothing is written there."""
        kept = {name: value for name, value in os.environ.items() if name not in _NOT_THERE}
        return {
            **kept,
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": os.environ.get("WINEDEBUG", "-all"),
            # No question about parts for .NET and HTML, which nothing here uses.
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
            "LC_ALL": "C.UTF-8",
            "PYTHONPYCACHEPREFIX": self.path(self.folder / "pycache"),
            VARIABLE: str(self.folder),
            **({"PYTHONPATH": self.path(checkout)} if checkout is not None else {}),
            **(extra or {}),
        }

    def path(self, path: Path) -> str:
        """How the Windows Python calls a path of this machine: drive Z: is its root."""
        return "Z:" + str(path).replace("/", "\\")

    def command(self, *arguments: str) -> list[str]:
        """The command line that gives `arguments` to the Windows Python."""
        return [wine(), str(self.python / "python.exe"), *arguments]

    def call(
        self,
        arguments: Sequence[str],
        *,
        checkout: Path | None = CHECKOUT,
        extra: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run it to its end without input. What it wrote is in the result. Raises subprocess.TimeoutExpired."""
        process = self.start(arguments, checkout=checkout, extra=extra, cwd=cwd)
        try:
            out, err = process.communicate(b"", timeout)
        except subprocess.TimeoutExpired:
            self.stop()
            process.kill()
            process.communicate()
            raise
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def start(
        self,
        arguments: Sequence[str],
        *,
        checkout: Path | None = CHECKOUT,
        extra: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start it with pipes: with a file or the null device from outside, CPython does not start under Wine."""
        pipe = subprocess.PIPE
        environment = self.environment(checkout, extra)
        return subprocess.Popen(
            self.command(*arguments), cwd=cwd, env=environment, stdin=pipe, stdout=pipe, stderr=pipe
        )

    def run(self, arguments: Sequence[str], *, checkout: Path | None = CHECKOUT) -> int:
        """Run it as if it were started here: on this terminal, or with what goes in and out of this process."""
        if all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
            return subprocess.call(self.command(*arguments), env=self.environment(checkout))
        process = self.start(arguments, checkout=checkout)
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        ways = ((process.stdout, sys.stdout.buffer), (process.stderr, sys.stderr.buffer))
        readers = [threading.Thread(target=_copy, args=way, daemon=True) for way in ways]
        threading.Thread(target=_copy_in, args=(process.stdin,), daemon=True).start()
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        return process.wait()

    def stop(self) -> None:
        """End every process of this prefix, and of no other."""
        server = shutil.which("wineserver")
        if server is not None and self.prefix.exists():
            subprocess.run([server, "-k"], env=self.environment(), check=False, timeout=_STEP_S)

    def clean(self) -> None:
        """Remove what programs left in the temporary folders of the prefix, which nobody else does."""
        for left in self.prefix.glob("drive_c/users/*/Temp/*"):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def wine() -> str:
    """The path of the `wine` command. Raises LabError."""
    found = shutil.which("wine") or shutil.which("wine64")
    if found is None:
        raise LabError("Wine is not installed")
    return found


def default_folder() -> Path:
    """What the environment variable names, else a folder among the user's caches."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return caches.absolute() / "foundry-compare" / "windows-lab"


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    with source:
        while data := os.read(source.fileno(), 65_536):
            target.write(data)
            target.flush()


def _copy_in(target: IO[bytes]) -> None:
    try:
        with target:
            if not sys.stdin.isatty():
                while data := os.read(sys.stdin.fileno(), 65_536):
                    target.write(data)
                    target.flush()
    except OSError:
        pass  # It ended without reading all of it.
