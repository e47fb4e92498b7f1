"""`foundry-compare` and `python -m tui`."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading


def main() -> None:
    """Run the command line."""
    # What start-up makes stays, and looking for garbage in it takes a tenth of the time until the first frame.
    gc.disable()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until a command listens, Ctrl+C ends the program as any other signal does: without a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if instruction := os.environ.get("_FOUNDRY_COMPARE_COMPLETE"):
        # A shell waits for words at each press of Tab: they come from a table, without any command.
        from tui.cli.completion import complete

        sys.exit(complete(instruction))
    from tui.cli.main import cli, say_crash

    sys.excepthook = say_crash
    threading.excepthook = lambda crash: say_crash(crash.exc_type, crash.exc_value, crash.exc_traceback)
    cli(prog_name="foundry-compare")


if __name__ == "__main__":
    main()
