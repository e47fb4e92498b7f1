"""The serving process: serves models of this machine on 127.0.0.1 until its stdin ends.

Arguments: the folder for the runtime's own files, the folder of the bundle, and `also` when what else is registered
there stays so. It says on stdout where it serves, then an answer to each command on its stdin (`protocol.py`); whatever
native code prints goes to stderr, which the program keeps to itself. It never asks the public catalogue:
`catalog_process.py` does, in another process, for a catalogue that could not be reached counts as known for hours.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from tui.background import start
from tui.child.main_side import MainSide
from tui.core.errors import CompareError, reason_of
from tui.hosts.embedded.bundle import read_bundle
from tui.hosts.embedded.protocol import RuntimeAnswer, RuntimeReady, RuntimeRefused, decode_command, encode
from tui.hosts.embedded.sdk_setup import LOOPBACK, import_sdk, open_runtime

if TYPE_CHECKING:
    from foundry_local_sdk import Catalog


def main() -> None:
    """Serve until stdin ends. Never returns: the runtime's own way out takes two seconds."""
    commands: SimpleQueue[bytes] = SimpleQueue()
    main_side = MainSide(hear=commands.put)
    catalog = _serve(Path(sys.argv[1]), Path(sys.argv[2]), "also" not in sys.argv[3:], main_side)
    while True:
        # Each in a thread of its own: loading one model must not keep the next question waiting.
        start(partial(_obey, catalog, commands.get(), main_side), "command")


def _serve(folder: Path, bundle: Path, exactly: bool, main_side: MainSide) -> Catalog:
    try:
        sdk = import_sdk()
        from tui.hosts.embedded.registrations import register_bundle
    except (ImportError, OSError) as error:
        main_side.leave(encode(RuntimeRefused(reason_of(error), no_sdk=True)), 1)
    try:
        models = read_bundle(bundle)
        manager = open_runtime(folder, serve=LOOPBACK)
        catalog = manager.get_catalog(sdk.CatalogType.LOCAL)
        register_bundle(catalog, models, exactly=exactly)
        manager.start_web_service()
        assert manager.urls is not None
        ready = RuntimeReady(manager.urls[0].rstrip("/"), version("foundry-local-sdk"), os.getpid())
        main_side.say(encode(ready))
    except (sdk.FoundryLocalException, CompareError, OSError) as error:
        why = error.sentence() if isinstance(error, CompareError) else str(error)
        main_side.leave(encode(RuntimeRefused(why)), 1)
    return catalog


def _obey(catalog: Catalog, line: bytes, main_side: MainSide) -> None:
    import foundry_local_sdk as sdk

    from tui.hosts.embedded.registrations import STEPS

    command = decode_command(line)
    try:
        STEPS[command.step](catalog, command)
    except (sdk.FoundryLocalException, OSError, RuntimeError, ValueError) as error:
        main_side.say(encode(RuntimeAnswer(command.number, reason_of(error))))
    else:
        main_side.say(encode(RuntimeAnswer(command.number)))


if __name__ == "__main__":
    main()
