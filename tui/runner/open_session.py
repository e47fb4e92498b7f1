"""Joins host, session, writer and runner: the same for the command line, the screen and the Python API."""

from __future__ import annotations

import getpass
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tui.core.errors import StoreError
from tui.core.sessions.session import Session
from tui.core.text.clean import join_surrogates
from tui.files import is_there
from tui.hosts.base import Host, HostInfo
from tui.hosts.config_entry import read_entry
from tui.hosts.host_kind import Surroundings
from tui.hosts.registry import WORDS
from tui.hosts.search.open import open_host
from tui.runner.keep_alive import KeepAlive
from tui.runner.runner import Runner
from tui.runner.updates import InterruptedAndKept, Listener, ProblemFound, report_problems
from tui.signals import uninterrupted
from tui.storage import paths
from tui.storage.config import read_config
from tui.storage.session_files import new_session_id
from tui.storage.session_writer import TomlSessionWriter


def surroundings() -> Surroundings:
    """Where hosts are looked for: this machine, this user, this environment."""
    return Surroundings(
        paths.data_dir(), os.environ, _home(), lambda: read_config(paths.config_dir(), read_entry, WORDS)
    )


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        return Path()  # No home directory is known: nothing is found there.


@contextmanager
def connected_host(specs: Sequence[str]) -> Iterator[tuple[Host, HostInfo]]:
    """The host that `specs` name, connected; closed at the end, and ended if this program started it.

    Without specs the best host that is found, with several all of them together. Raises CompareError.
    """
    host = open_host(specs, surroundings())
    try:
        yield host, host.connect()
    finally:
        with uninterrupted():
            host.close()


@contextmanager
def open_session(
    host: Host,
    info: HostInfo | None,
    sessions: Path | None,
    *,
    save: bool,
    on_update: Listener,
    keep_alive: float | None = None,
    resumed: tuple[Session, Path] | None = None,
) -> Iterator[tuple[Runner, Path | None]]:
    """A runner with a new session, and the path where that is kept. Closing writes the last of it.

    Without `info` the host is not connected yet, and the engine waits too. `keep_alive` is in minutes. `resumed` is a
    stored session to go on with instead, and its file; its host stays as it was stored. `on_update` is
    called with what cannot be kept. Raises StoreError when an interrupt comes and not everything can be kept.
    """
    created = datetime.now(UTC)
    session = resumed[0] if resumed else Session(new_session_id(created), created)
    folder, name = (resumed[1].parent, resumed[1].stem) if resumed else (paths.sessions_dir(sessions), session.id)
    writer = TomlSessionWriter(folder, name, paths.state_dir()) if save else None
    warm = KeepAlive(keep_alive, time.monotonic) if keep_alive is not None else None
    runner = Runner(host, session, writer, rater=rater_name(), keep_alive=warm)
    try:
        if info is not None:
            if resumed is None:
                runner.connected(info)
            runner.start()
        yield runner, writer.path if writer else None
    finally:
        interrupted = isinstance(sys.exc_info()[1], KeyboardInterrupt)
        kept = True
        try:
            with uninterrupted():
                kept = runner.close()
                report_problems(runner, on_update)
                if writer is not None and not kept:
                    on_update(ProblemFound(StoreError(writer.missing_report())))
                elif writer is not None and interrupted and is_there(writer.path):
                    on_update(InterruptedAndKept(writer.path))
        except KeyboardInterrupt:  # One that came meanwhile.
            if kept:
                raise
            interrupted = True
        if interrupted and not kept:
            raise StoreError("Interrupted, and not everything is kept")


def rater_name() -> str:
    """Whose scores these are: the user's login name."""
    try:
        return join_surrogates(getpass.getuser())[:40]
    except (OSError, KeyError, ImportError):
        return "me"
