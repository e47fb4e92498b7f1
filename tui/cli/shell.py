"""What every command shares: options, the host, the session's place, and errors as sentences on stderr."""

from __future__ import annotations

import functools
import getpass
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, ParamSpec

import click

from tui.cli.exit_codes import ExitCode, of_error
from tui.conductor import Conductor, new_session
from tui.conductor.keep_warm import KeepWarm
from tui.core.clean import clean, clean_line
from tui.core.errors import BadInputError, CompareError, NoModelError
from tui.core.lane import Lane
from tui.core.model_card import ModelCard, find_or_believe
from tui.core.session import Session
from tui.hosts.discovery import Surroundings
from tui.hosts.host import Host, HostInfo
from tui.hosts.opening import open_host
from tui.store import paths
from tui.store.config import read_config
from tui.store.keeper import SessionKeeper
from tui.store.sessions import new_session_id

P = ParamSpec("P")
_NAMED = 20
"""How many of a host's models an error message names."""

host_option = click.option(
    "--host", multiple=True, metavar="HOST",
    help="demo, embedded, http://ADDRESS, ssh://USER@HOST, module:Class or a name from config.toml; repeat to compare "
    "models of several hosts. Without it the best host is found.",
)  # fmt: skip
models_option = click.option(
    "-m", "--model", "models", multiple=True, metavar="MODEL", help="Model id or alias; repeat."
)
sessions_option = click.option(
    "--sessions", type=click.Path(file_okay=True, path_type=Path), metavar="DIR", help="Where sessions are kept."
)


def say(text: str) -> None:
    """Progress and other asides, on stderr."""
    click.echo(clean(text), err=True)


def show(text: str) -> None:
    """What was asked for, on stdout."""
    click.echo(clean(text))


def show_json(data: Any) -> None:
    """One JSON object on stdout, in ASCII: no terminal and no code page can spoil it."""
    click.echo(json.dumps(data, indent=2))


def told(command: Callable[P, ExitCode | None]) -> Callable[P, None]:
    """Let a command end with its exit code, and turn its failures into sentences."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with _ended_politely():
                code = command(*args, **kwargs)
        except CompareError as error:
            say(f"foundry-compare: {error.sentence()}")
            code = of_error(error)
        except KeyboardInterrupt:
            say("foundry-compare: Interrupted.")
            code = ExitCode.INTERRUPTED
        sys.exit(int(code or 0))

    return wrapper


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
    if info is not None:
        if resumed is None:
            conductor.connected(info)
        conductor.start()
    try:
        yield conductor, keeper.path if keeper else None
    finally:
        kept = conductor.close()
        for problem in conductor.problems():
            say(f"foundry-compare: {problem.sentence()}")
        if keeper is not None and not kept:
            say(f"foundry-compare: Not all of it is kept in {keeper.path}. The rest is noted in {paths.state_dir()}.")
        elif keeper is not None and sys.exc_info()[0] is KeyboardInterrupt and keeper.path.exists():
            say(f"Kept in {keeper.path}")


def drive(conductor: Conductor, ended: Callable[[Lane], None]) -> None:
    """Run the conductor until nothing is left to do; `ended` is called once for each lane that came to its end."""
    seen: set[str] = set()
    while conductor.busy:
        conductor.wait(0.05)
        with _uninterrupted():
            changed = conductor.tick()
        for lane_id in sorted(changed):
            lane = conductor.session.lanes[lane_id]
            if conductor.settled(lane) and lane_id not in seen:
                seen.add(lane_id)
                ended(lane)


def rater_name() -> str:
    """Whose scores these are: the user's login name."""
    try:
        return clean_line(getpass.getuser(), 40)
    except (OSError, KeyError, ImportError):
        return "me"


def _signals(*names: str) -> list[int]:
    """Those of these signals that this platform knows and nobody (`nohup`) wants ignored."""
    known = [number for name in names if (number := getattr(signal, name, None))]
    return [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]


@contextmanager
def _ended_politely() -> Iterator[None]:
    """Treat a request to terminate, or a dropped line, like Ctrl+C: what is open is closed and kept.

    A second one changes nothing: a shell that loses its line tells its programs once more.
    """
    leaving = False

    def interrupt(signum: int, frame: FrameType | None) -> None:
        nonlocal leaving
        if not leaving:
            leaving = True
            raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _signals("SIGTERM", "SIGHUP", "SIGBREAK")}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put signals off to the end of the block: a tick broken off in the middle loses what it had just taken in."""
    came: list[int] = []

    def put_off(signum: int, frame: FrameType | None) -> None:
        came.append(signum)

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    before = {number: signal.signal(number, put_off) for number in _signals(*names)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])
