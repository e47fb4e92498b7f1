"""A program to be killed: its answers have ended and are in the file, and what was learnt of them since is not yet.

Run as `python -m tests.runner.dying_runner SESSIONS SPARE`; says `learnt` when that is so, and stands there.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.support.learning_host import LearningHost
from tests.support.loopback_server import LoopbackServer
from tests.support.running import to_the_end
from tui.core.sessions.session import Session
from tui.runner import Runner
from tui.storage import session_writer as keeping
from tui.storage.session_writer import TomlSessionWriter

ID = "20261122T110301Z-7f3a"

if __name__ == "__main__":
    keeping.SOON_S = 3600.0
    with LoopbackServer().running() as server:
        host = LearningHost(server.port)
        writer = TomlSessionWriter(Path(sys.argv[1]), ID, Path(sys.argv[2]))
        runner = Runner(host, Session(ID, datetime.now(UTC)), writer)
        runner.begin([host.card("delta_and_message"), host.card("cut"), host.card("error_in_stream")], "hi")
        to_the_end(runner)
        print("learnt", flush=True)
        time.sleep(600)
