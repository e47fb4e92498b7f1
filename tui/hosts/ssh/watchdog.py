"""A process between the program and a command that does not end by itself: when its stdin ends, so does the command.

The program holds the other end of that pipe. However it dies, the pipe closes, and nothing is left behind.
Run as `python -P -m tui.hosts.ssh.watchdog COMMAND ARGUMENTS…`; it ends with the command's exit code.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial

from tui.background import start
from tui.child.process import NO_WINDOW

LEAVE_S = 0.3
"""How long the command may take to end when it is asked to."""
NOT_STARTED = 127


def main() -> None:
    """Run the command until it ends, or stdin does. Never returns."""
    try:
        process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, creationflags=NO_WINDOW)
    except OSError as error:
        os.write(2, str(error).encode("utf-8", "replace"))
        os._exit(NOT_STARTED)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    start(partial(_end_with_stdin, process), "stdin")
    os._exit(process.wait() & 0xFF)


def _end_with_stdin(process: subprocess.Popen[bytes]) -> None:
    try:
        while os.read(0, 4096):
            pass
    finally:
        # The main thread leaves as soon as the command has ended, and takes this one along.
        process.terminate()
        time.sleep(LEAVE_S)
        process.kill()


if __name__ == "__main__":
    main()
