"""What commands that ask models share: the host, the choice of models, and a runner with its session."""

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
from tui.cli.output import say
from tui.cli.recovery import Recovery
from tui.cli.signals import uninterrupted
from tui.core.catalog.model_card import ModelCard, find_or_believe, merged
from tui.core.errors import BadInputError, NoHostError, StoreError
from tui.core.requests.request import Request, RequestState
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line, join_surrogates
from tui.files import is_there
from tui.hosts.base import Host, HostInfo
from tui.hosts.search.open import open_host
from tui.hosts.search.search import Surroundings
from tui.hosts.unknown_model import aliases_come_late, missing_model, names_of, not_downloaded
from tui.runner import Runner, new_session
from tui.runner.keep_alive import KeepAlive
from tui.storage import paths
from tui.storage.config import read_config
from tui.storage.session_files import new_session_id
from tui.storage.session_writer import TomlSessionWriter


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


class Models:
    """The models of a host that answers, found by name. What its own catalogue says is asked for only when needed."""

    def __init__(self, host: Host, info: HostInfo) -> None:
        """Raises NoHostError when the host does not say what it has."""
        self.cards = host.catalogue()
        self.info = info
        self._host = host
        self._aliases_unknown = aliases_come_late(info)

    def find(self, name: str) -> ModelCard:
        """The model that a name means. A host that lists nothing is believed to have any.

        Raises NoModelError, BadInputError for an empty name, NoHostError when its host does not answer.
        """
        card = find_or_believe(self.cards, name, host_names(self.info)) if name.strip() else None
        if card is None and name.strip() and self._aliases_unknown:
            self._aliases_unknown = False
            self.cards = merged(self.cards, self._host.offers().cards)
            card = find_or_believe(self.cards, name, host_names(self.info))
        if card is None:
            raise missing_model(name, self.cards, self.info)
        if absent := not_downloaded(card):
            raise absent
        return card

    def choose(self, names: Sequence[str]) -> list[ModelCard]:
        """The models named, each once; without any all of the demo models, or the only one that the host has.

        Raises as `find` does.
        """
        if names:
            return list(dict.fromkeys(map(self.find, names)))
        if self.info.toys or (self.cards and all(card.toy for card in self.cards)):
            return list(self.cards)
        if len(self.cards) == 1 and not not_downloaded(self.cards[0]):
            return list(self.cards)
        if self.info.unlisted:
            raise NoHostError("No model is chosen, and none is known", self.info.unlisted, "Choose with -m MODEL")
        raise BadInputError("No model is chosen", f"The host has: {names_of(self.cards)}", "Choose with -m MODEL.")


def host_names(info: HostInfo) -> list[str]:
    """The names of the hosts that take part, where several do."""
    return [member.name for member in info.members]


@contextmanager
def conducted(
    host: Host,
    info: HostInfo | None,
    sessions: Path | None,
    *,
    save: bool,
    keep_alive: float | None = None,
    resumed: tuple[Session, Path] | None = None,
) -> Iterator[tuple[Runner, Path | None]]:
    """A runner with a new session, and the path where it is kept. Closing writes the last of it.

    Without `info` the host is not connected yet, and the engine waits too. `keep_alive` is in minutes. `resumed` is a
    session to go on with instead, and its file; its host is kept as it was noted.
    """
    created = datetime.now(UTC)
    session = resumed[0] if resumed else new_session(new_session_id(created), created)
    folder, name = (resumed[1].parent, resumed[1].stem) if resumed else (paths.sessions_dir(sessions), session.id)
    keeper = TomlSessionWriter(folder, name, paths.state_dir()) if save else None
    warm = KeepAlive(keep_alive, time.monotonic) if keep_alive is not None else None
    runner = Runner(host, session, keeper, rater=rater_name(), keep_alive=warm)
    try:
        if info is not None:
            if resumed is None:
                runner.connected(info)
            runner.start()
        yield runner, keeper.path if keeper else None
    finally:
        interrupted = isinstance(sys.exc_info()[1], KeyboardInterrupt)
        kept = True
        try:
            with uninterrupted():
                kept = runner.close()
                _tell_problems(runner)
                if keeper is not None and not kept:
                    say(f"foundry-compare: {keeper.account()}")
                elif keeper is not None and interrupted and is_there(keeper.path):
                    say(f"Kept in {keeper.path}")
        except KeyboardInterrupt:  # One that came meanwhile.
            if kept:
                raise
            interrupted = True
        if interrupted and not kept:
            raise StoreError("Interrupted, and not everything is kept")


def drive(runner: Runner, ended: Callable[[Request], None], beside: Recovery | None = None) -> None:
    """Run the runner until nothing is left to do; `ended` is called once for each request that came to its end.

    What cannot be kept is said when it happens. `beside` is begun when the first request has been sent.
    """
    seen: set[str] = set()
    while runner.busy:
        runner.wait(0.05)
        with uninterrupted():
            changed = runner.tick()
        _tell_problems(runner)
        for pause in runner.pauses():
            names = ", ".join(clean_line(runner.session.models[key].name, 80) for key in pause.models)
            say(f"{names}: asked once more in {pause.seconds:g} s{', as the host wishes' * pause.asked}")
        for said in beside.told() if beside is not None else ():
            say(said)
        for request_id in sorted(changed):
            request = runner.session.requests[request_id]
            if beside is not None and (request.timestamps.sent is not None or request.state.final):
                beside.begin()
            if runner.is_complete(request) and request_id not in seen:
                seen.add(request_id)
                ended(request)
    for said in beside.told(to_the_end=True) if beside is not None else ():
        say(said)


def _tell_problems(runner: Runner) -> None:
    for problem in runner.problems():
        say(f"foundry-compare: {problem.sentence()}")


def of_request(request: Request, slow_ms: float | None = None) -> ExitCode:
    """The exit code one finished request deserves. `slow_ms` bounds its whole latency."""
    if request.state is RequestState.EMPTY:
        return ExitCode.EMPTY
    if request.state is not RequestState.DONE:
        return ExitCode.MODEL_FAILED
    end = request.metrics.end_ms
    return ExitCode.SLOW if slow_ms is not None and end is not None and end > slow_ms else ExitCode.GOOD


def rater_name() -> str:
    """Whose scores these are: the user's login name."""
    try:
        return join_surrogates(getpass.getuser())[:40]
    except (OSError, KeyError, ImportError):
        return "me"
