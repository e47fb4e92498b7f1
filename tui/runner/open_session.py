"""Joins host, session, writer and runner: the same for the command line, the screen and the Python API."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tui.core.errors import CompareError, StoreError
from tui.core.plans.plan_run import count_made
from tui.core.scoring.rubric import DEFAULT_RUBRIC, Rubric
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line
from tui.files import is_there
from tui.hosts.base import Host, HostInfo
from tui.hosts.config_entry import HOST_FORMAT
from tui.hosts.host_kind import Surroundings
from tui.hosts.search.open import open_host
from tui.runner.keep_alive import KeepAlive
from tui.runner.runner import Runner
from tui.runner.updates import InterruptedAndKept, Listener, ProblemFound, report_problems
from tui.signals import uninterrupted
from tui.storage import paths
from tui.storage.config import read_hosts
from tui.storage.rater_name import rater_name
from tui.storage.session_files import new_session_id
from tui.storage.session_writer import TomlSessionWriter

if TYPE_CHECKING:
    from tui.hosts.adapter.own_host import OwnHost


def surroundings() -> Surroundings:
    """Where hosts are looked for: this machine, this user, this environment."""
    return Surroundings(paths.data_dir(), os.environ, _home(), lambda: read_hosts(paths.config_dir(), HOST_FORMAT))


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        return Path()  # No home directory is known: nothing is found there.


@contextmanager
def connected_host(specs: Sequence[str | OwnHost]) -> Iterator[tuple[Host, HostInfo]]:
    """The host that `specs` name or are, connected; closed at the end, and ended if this program started it.

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
    rubric: Rubric | None = None,
    rater: str | None = None,
    resumed: tuple[Session, TomlSessionWriter | None] | None = None,
) -> Iterator[tuple[Runner, Path | None]]:
    """A runner with a new session, and the path where that is kept. Closing writes the last of it.

    Without `info` the host is not connected yet, and the engine waits too. `keep_alive` is in minutes. `rubric` is
    what the answers are scored for, None for one overall score; `rater` is who scores them, None for the user's login
    name. `resumed` is a stored session to go on with instead, and what keeps it; its host and its rubric stay as they
    were stored. `on_update` is called with what cannot be kept. Raises StoreError when an interrupt comes and not
    everything can be kept.
    """
    created = datetime.now(UTC)
    if resumed is not None:
        session, writer = resumed
    else:
        session = Session(new_session_id(created), created, rubric=rubric or DEFAULT_RUBRIC)
        writer = TomlSessionWriter(paths.sessions_dir(sessions), session.id, paths.state_dir()) if save else None
    warm = KeepAlive(keep_alive, time.monotonic) if keep_alive is not None else None
    runner = Runner(host, session, writer, rater=rater_name(rater), keep_alive=warm)
    try:
        if info is not None:
            runner.connected(info)
            runner.start()
        yield runner, writer.path if writer else None
    finally:
        error = sys.exc_info()[1]
        interrupted = isinstance(error, KeyboardInterrupt)
        kept = True
        try:
            with uninterrupted():
                kept = runner.close(broken_off=isinstance(error, Exception))
                report_problems(runner, on_update)
                if writer is not None and not kept:
                    on_update(ProblemFound(StoreError(writer.missing_report())))
                elif writer is not None and interrupted and is_there(writer.path):
                    on_update(InterruptedAndKept(writer.path, _left(runner.session)))
                if runner.never_asked:
                    on_update(ProblemFound(_broken_off(runner, writer)))
        except KeyboardInterrupt:  # One that came meanwhile.
            if kept:
                raise
            interrupted = True
        if interrupted and not kept:
            raise StoreError("Interrupted, and not everything is kept")


def _left(session: Session) -> int:
    """How many requests of the last plan are still to be made."""
    plan = next(reversed(session.plans.values()), None)
    if plan is None or session.read_only:
        return 0
    return plan.size - count_made(plan, session.requests.values())


def _broken_off(runner: Runner, writer: TomlSessionWriter | None) -> CompareError:
    """How many answers there will not be because of the error that follows."""
    requests = runner.run.requests.values() if runner.run is not None else ()
    total = sum(not request.spec.warmup for request in requests)
    hint = f"`run --resume {clean_line(writer.path.name)}` asks them." if writer is not None and runner.kept else ""
    count = runner.never_asked
    were = "request was" if total == 1 else "requests were"
    return CompareError("The run was broken off", f"{count} of {total} {were} never asked", hint)
