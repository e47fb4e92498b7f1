"""The serving process: serves models of this machine on 127.0.0.1 until its stdin ends.

Arguments: the folder for the runtime's own files, the folder of the bundle, and `also` when what else is registered
there stays so. It says on stdout where it serves, then an answer to each command on its stdin (`protocol.py`); whatever
native code prints goes to stderr, which the program keeps to itself. It never asks the public catalogue: `library.py`
does, in another process, for a catalogue that could not be reached counts as known for hours.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, NoReturn

from tui.core.errors import CompareError
from tui.hosts.embedded.bundle import read_bundle
from tui.hosts.embedded.protocol import Answer, Message, Ready, Refused, decode_command, encode
from tui.hosts.embedded.runtime import LOOPBACK, import_sdk, open_runtime

if TYPE_CHECKING:
    from foundry_local_sdk import Catalog


def main() -> None:
    """Serve until stdin ends. Never returns: the runtime's own way out takes two seconds."""
    commands: SimpleQueue[bytes] = SimpleQueue()
    # From the first moment, so that a program that dies while the runtime starts leaves nothing behind.
    threading.Thread(target=_leave_with_stdin, args=(commands,), daemon=True).start()
    answers = Answers()
    catalog = _serve(Path(sys.argv[1]), Path(sys.argv[2]), "also" not in sys.argv[3:], answers)
    while True:
        # Each in a thread of its own: loading one model must not keep the next question waiting.
        threading.Thread(target=_obey, args=(catalog, commands.get(), answers), daemon=True).start()


class Answers:
    """The way out for messages, kept apart from the stdout that native code may print to."""

    def __init__(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if sys.platform != "win32":
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._lock = threading.Lock()
        self._out = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)

    def say(self, message: Message) -> None:
        """One message, at once."""
        with self._lock:
            self._out.write(encode(message))
            self._out.flush()

    def refuse(self, why: str, *, no_sdk: bool = False) -> NoReturn:
        """Say why nothing comes of it, and leave."""
        self.say(Refused(why, no_sdk))
        os._exit(1)


def _leave_with_stdin(commands: SimpleQueue[bytes]) -> None:
    try:
        with os.fdopen(0, "rb", closefd=False) as stdin:
            for line in stdin:
                commands.put(line)
    finally:
        os._exit(0)


def _serve(folder: Path, bundle: Path, exactly: bool, answers: Answers) -> Catalog:
    try:
        sdk = import_sdk()
        from tui.hosts.embedded.registrations import register_bundle
    except (ImportError, OSError) as error:
        answers.refuse(str(error), no_sdk=True)
    try:
        models = read_bundle(bundle)
        manager = open_runtime(folder, serve=LOOPBACK)
        catalog = manager.get_catalog(sdk.CatalogType.LOCAL)
        register_bundle(catalog, models, exactly=exactly)
        manager.start_web_service()
        assert manager.urls is not None
        answers.say(Ready(manager.urls[0].rstrip("/"), version("foundry-local-sdk"), os.getpid()))
    except (sdk.FoundryLocalException, CompareError, OSError) as error:
        answers.refuse(error.sentence() if isinstance(error, CompareError) else str(error))
    return catalog


def _obey(catalog: Catalog, line: bytes, answers: Answers) -> None:
    import foundry_local_sdk as sdk

    from tui.hosts.embedded.registrations import STEPS

    command = decode_command(line)
    try:
        STEPS[command.do](catalog, command)
    except (sdk.FoundryLocalException, OSError, RuntimeError, ValueError) as error:
        answers.say(Answer(command.number, str(error) or type(error).__name__))
    else:
        answers.say(Answer(command.number))


if __name__ == "__main__":
    main()
