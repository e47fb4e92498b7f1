"""What commands that ask models share: the host, the choice of models, and a conductor with its session."""

from __future__ import annotations

import getpass
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tui.cli.exit_codes import ExitCode
from tui.cli.interrupts import uninterrupted
from tui.cli.shell import say
from tui.conductor import Conductor, new_session
from tui.conductor.keep_warm import KeepWarm
from tui.core.clean import clean_line, join_surrogates
from tui.core.errors import BadInputError, NoModelError
from tui.core.lane import Lane, LaneState
from tui.core.model_card import ModelCard, find_or_believe
from tui.core.session import Session
from tui.hosts.discovery import Surroundings
from tui.hosts.host import Host, HostInfo
from tui.hosts.opening import open_host
from tui.store import paths
from tui.store.config import read_config
from tui.store.keeper import SessionKeeper
from tui.store.sessions import new_session_id

_NAMED = 20
"""How many of a host's models an error message names."""


def surroundings() -> Surroundings:
    """Where hosts are looked for: this machine, this user, this environment."""
    return Surroundings(paths.data_dir(), os.environ, _home(), lambda: read_config(paths.config_dir()))


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        return Path()  # Nobody knows where it is: then nothing is found there.


@contextmanager
def connected(specs: Sequence[str]) -> Iterator[tuple[Host, HostInfo]]:
    """The host of `--host`, up and answering; ended again if this program started it."""
    host = open_host(specs, surroundings())
    try:
        yield host, host.connect()
    finally:
        with uninterrupted():
            host.close()


def choose(cards: Sequence[ModelCard], names: Sequence[str], info: HostInfo) -> list[ModelCard]:
    """The cards of the models named, or all of the demo models. Raises NoModelError or BadInputError."""
    if not names:
        if info.toys or (cards and all(card.toy for card in cards)):
            return list(cards)
        raise BadInputError("No model is chosen", f"The host has: {_names(cards)}", "Choose with -m MODEL.")
    chosen: list[ModelCard] = []
    for name in names:
        card = find_or_believe(tuple(cards), name, host_names(info))
        if card is None:
            raise NoModelError(f"There is no model {clean_line(name, 80)} on this host", f"It has: {_names(cards)}")
        if card not in chosen:
            chosen.append(card)
    return chosen


def host_names(info: HostInfo) -> list[str]:
    """The names of the hosts that take part, where several do."""
    return [member.name for member in info.members]


def _names(cards: Sequence[ModelCard]) -> str:
    """The names of the first models, and how many more there are."""
    names = [clean_line(card.key, 60) for card in cards[:_NAMED]]
    return ", ".join([*names, f"and {len(cards) - _NAMED} more"] if len(cards) > _NAMED else names) or "none"


@contextmanager
def conducted(
    host: Host,
    info: HostInfo | None,
    sessions: Path | None,
    *,
    save: bool,
    keep_warm: float | None = None,
    resumed: tuple[Session, Path] | None = None,
) -> Iterator[tuple[Conductor, Path | None]]:
    """A conductor with a new session, and the path where it is kept. Closing writes the last of it.

    Without `info` the host is not connected yet, and the engine waits too. `keep_warm` is in minutes. `resumed` is a
    session to go on with instead, and its file; its host is kept as it was noted.
    """
    created = datetime.now(UTC)
    session = resumed[0] if resumed else new_session(new_session_id(created), created)
    folder, name = (resumed[1].parent, resumed[1].stem) if resumed else (paths.sessions_dir(sessions), session.id)
    keeper = SessionKeeper(folder, name, paths.state_dir()) if save else None
    warm = KeepWarm(keep_warm, time.monotonic) if keep_warm is not None else None
    conductor = Conductor(host, session, keeper, rater=rater_name(), keep_warm=warm)
    try:
        if info is not None:
            if resumed is None:
                conductor.connected(info)
            conductor.start()
        yield conductor, keeper.path if keeper else None
    finally:
        with uninterrupted():
            kept = conductor.close()
        for problem in conductor.problems():
            say(f"foundry-compare: {problem.sentence()}")
        if keeper is not None and not kept:
            say(f"foundry-compare: Not all of it is kept in {keeper.path}. The rest is noted in {paths.state_dir()}.")
        elif keeper is not None and isinstance(sys.exc_info()[1], KeyboardInterrupt) and keeper.path.exists():
            say(f"Kept in {keeper.path}")


def drive(conductor: Conductor, ended: Callable[[Lane], None]) -> None:
    """Run the conductor until nothing is left to do; `ended` is called once for each lane that came to its end."""
    seen: set[str] = set()
    while conductor.busy:
        conductor.wait(0.05)
        with uninterrupted():
            changed = conductor.tick()
        for lane_id in sorted(changed):
            lane = conductor.session.lanes[lane_id]
            if conductor.settled(lane) and lane_id not in seen:
                seen.add(lane_id)
                ended(lane)


def of_lane(lane: Lane, slow_ms: float | None = None) -> ExitCode:
    """The exit code one finished lane deserves. `slow_ms` bounds its whole latency."""
    if lane.state is LaneState.EMPTY:
        return ExitCode.EMPTY
    if lane.state is not LaneState.DONE:
        return ExitCode.MODEL_FAILED
    end = lane.timing.end_ms
    return ExitCode.SLOW if slow_ms is not None and end is not None and end > slow_ms else ExitCode.GOOD


def rater_name() -> str:
    """Whose scores these are: the user's login name."""
    try:
        return join_surrogates(getpass.getuser())[:40]
    except (OSError, KeyError, ImportError):
        return "me"
