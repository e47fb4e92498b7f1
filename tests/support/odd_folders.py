"""Folders as a test cannot make them by itself: without locks, read-only, unmounted. Linux alone.

As a program it runs a command in which no file can be locked, as on some network folders:
`python -m tests.support.odd_folders ERRNO COMMAND…`.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import struct
import subprocess
import sys
from collections.abc import Sequence

_MACHINES = {"x86_64": 72, "aarch64": 25}
"""The number of `fcntl` by kind of machine."""
_SETS_LOCK = (6, 7, 37, 38)
"""F_SETLK, F_SETLKW, and those of open file descriptions."""
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_REFUSE, _ALLOW = 0x0005_0000, 0x7FFF_0000
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2


def without_locks(error: int, command: Sequence[str]) -> list[str]:
    """The command, in which each attempt to lock a file fails with this error number."""
    return [sys.executable, "-m", "tests.support.odd_folders", str(error), *command]


def in_own_mounts(command: Sequence[str]) -> list[str]:
    """The command, whose mounts only it sees."""
    return ["unshare", "-Urm", *command]


def why_no_locks_refused() -> str:
    """Why no command can be run without locks; empty where one can."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return "Linux's seccomp is not there"
    done = subprocess.run(without_locks(37, ["true"]), capture_output=True, check=False)
    return "" if done.returncode == 0 else "Linux's seccomp is not there"


def why_no_mounts() -> str:
    """Why nothing can be mounted; empty where it can."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return "nothing can be mounted"
    script = "mount -t tmpfs none /mnt"
    done = subprocess.run(in_own_mounts(["sh", "-c", script]), capture_output=True, check=False)
    return "" if done.returncode == 0 else "nothing can be mounted"


def _statement(code: int, value: int, when: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("HBBI", code, when, otherwise, value)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _refuse_locks(error: int) -> None:
    """Have the kernel refuse them to this process and its children."""
    wanted = len(_SETS_LOCK)
    checks = [_statement(_EQUAL, one, wanted - at) for at, one in enumerate(_SETS_LOCK[:-1], 1)]
    statements = [
        _statement(_LOAD, 0),
        _statement(_EQUAL, _MACHINES[platform.machine()], 0, wanted + 2),
        _statement(_LOAD, 16 + 8),  # the low half of the second argument
        *checks,
        _statement(_EQUAL, _SETS_LOCK[-1], 0, 1),
        _statement(_RETURN, _REFUSE | error),
        _statement(_RETURN, _ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(statements))
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(statements), ctypes.addressof(code))
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel takes no filter")


if __name__ == "__main__":
    _refuse_locks(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
