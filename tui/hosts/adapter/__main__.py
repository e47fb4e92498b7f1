"""The adapter's process: serves the models of one class on 127.0.0.1 until its stdin ends.

Arguments: what the user wrote (`module:Class`, or the name of an entry point), and the folder in which the module may
lie. It writes one line to stdout (`protocol.py`) and nothing more. Run by hand, it shows on stderr what the adapter
prints and the traces of what it raises.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tui.background import start
from tui.child.main_side import MainSide
from tui.core.errors import ModelFailedError, NoHostError
from tui.hosts.adapter.find import facts_of, find_adapter
from tui.hosts.adapter.loaded_model import LoadedModel
from tui.hosts.adapter.protocol import AdapterReady, AdapterRefused, encode
from tui.hosts.adapter.server import AdapterServer

GRACE_S = 1.0
"""How long the models may take to be unloaded when the program leaves."""


def main() -> None:
    """Serve until stdin ends."""
    main_side = MainSide(GRACE_S)
    reference, folder = sys.argv[1], Path(sys.argv[2])
    # Last, so that a file of the user's hides neither our modules nor installed ones.
    sys.path.append(str(folder))
    try:
        adapter = find_adapter(reference, folder)
        facts = facts_of(reference, adapter)
    except NoHostError as error:
        main_side.say(encode(AdapterRefused(error.title, error.detail, error.hint)))
        os._exit(1)
    models = {name: LoadedModel(adapter, name) for name in facts.models}
    server = AdapterServer(models)
    start(server.serve_forever, "server")
    main_side.say(encode(AdapterReady(server.root, os.getpid(), facts, server.token)))
    main_side.gone.wait()
    for model in models.values():
        try:
            model.unload()
        except ModelFailedError:
            pass  # its trace is on stderr, and nobody is left to hear more


if __name__ == "__main__":
    main()
