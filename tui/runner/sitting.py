"""Which session a person sits before: the one that the program began with, or a kept one that is open in its place.

One file is held at a time: what another takes the place of is written and let go first, and read again when a person
comes back to it. Nothing here asks a host anything before something is asked of a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from tui.core.errors import BadInputError, CompareError
from tui.core.scoring.rubric import Rubric
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line
from tui.files import is_there
from tui.hosts.base import Host, HostInfo
from tui.runner.kept_session import KeptSession, open_kept_session
from tui.runner.open_session import open_session
from tui.runner.runner import Runner
from tui.runner.updates import ProblemFound, Update
from tui.storage.session_writer import TomlSessionWriter


@dataclass(frozen=True, slots=True)
class LetGo:
    """A session that was written and let go."""

    path: Path
    kept: bool
    """Whether everything is in its file."""
    written: bool
    """Whether anything was asked, scored or named in it."""


@dataclass
class Sitting:
    """The session that is open: `runner` where something can be asked or scored, `only_read` where its file is only
    read.

    What takes another session's place reads and writes files, which may take seconds: it is called in a thread.
    """

    host: Host
    sessions: Path | None = None
    """The folder of a new session; None for the usual one."""
    rater: str | None = None
    """Who scores; None for the user's login name."""
    rubric: Rubric | None = None
    """What the answers of a new session are scored for; None for one overall score."""
    keep_alive: float | None = None
    """Minutes after which models are prompted to stay loaded; None for not at all."""
    info: HostInfo | None = None
    """The host, once it has answered."""
    own: Path | None = None
    """The file that the program began with; it may not be there yet."""
    path: Path | None = None
    """The file of the session that is open."""
    runner: Runner | None = None
    only_read: KeptSession | None = None
    let_go: list[LetGo] = field(default_factory=list)
    """Sessions that were written and let go, in the order in which they were."""
    _began_with_file: bool = False
    """Whether the program began with a kept session."""
    _stack: ExitStack = field(default_factory=ExitStack)
    _said: list[CompareError] = field(default_factory=list)
    _lock: RLock = field(default_factory=RLock)

    def begin(self) -> Runner:
        """Begin a new session. Nothing is made on disk before something is asked."""
        with self._lock:
            runner = self._run(None, self.rater)
            self.own = self.path
            return runner

    def open(self, path: Path, rater: str | None = None) -> Sequence[CompareError]:
        """Open a kept session in place of the one that is open. Returns what there is to say of it.

        `rater` is somebody else who scores it, from whom it is hidden which model answered. Raises CompareError, and
        changes nothing, when the file cannot be read or is the one that is open.
        """
        with self._lock:
            if self.is_open(path):
                if rater is None:
                    raise BadInputError(f"{clean_line(path.name)} is open here already", hint="F2 shows it.")
                self.leave()
            return self.take_up(open_kept_session(path, rater or self.rater, blind=rater is not None))

    def take_up(self, kept: KeptSession) -> Sequence[CompareError]:
        """Have a session that has been opened take the place of the one that is open; as `open()`."""
        with self._lock:
            self.leave()
            if self.own is None:
                self.own, self._began_with_file = kept.path, True
            if kept.writer is None:
                self.only_read, self.path = kept, kept.path
            else:
                self._run((kept.view.session, kept.writer), kept.view.ratings.rater)
            return kept.notices

    def come_back(self) -> Sequence[CompareError]:
        """Go on in the session that the program began with. Returns what there is to say of it.

        Where a new session was begun, and its file cannot be read any more or another program has it, another one
        begins, and that is said. Raises CompareError when it is a kept session that cannot be read any more.
        """
        with self._lock:
            self.leave()
            if self._began_with_file:
                assert self.own is not None
                return self.take_up(open_kept_session(self.own, self.rater))
            refused: Sequence[CompareError] = ()
            if self.own is not None and is_there(self.own):
                try:
                    kept = open_kept_session(self.own, self.rater)
                except CompareError as error:
                    refused = [error]
                else:
                    if kept.writer is not None:
                        self.take_up(kept)
                        return ()  # Whose ratings it has besides was known before.
                    refused = kept.notices
            self.begin()
            return refused

    def connected(self, info: HostInfo) -> None:
        """The host has answered."""
        self.info = info
        if self.runner is not None:
            self.runner.connected(info)

    def leave(self) -> bool:
        """Write the last of what is open, and let it go; whether everything is kept."""
        with self._lock:
            runner, path, everything = self.runner, self.path, True
            self._stack.close()
            if runner is not None:
                everything = runner.kept is not False
                if path is not None:
                    self.let_go.append(LetGo(path, everything, runner.written and is_there(path)))
            self.runner = self.only_read = self.path = None
            return everything

    def close(self) -> bool:
        """Write and let go what is open; whether everything is kept of all that was."""
        with self._lock:
            self.leave()
            return all(one.kept for one in self.let_go)

    def problems(self) -> Sequence[CompareError]:
        """What could not be kept of what was let go since the last call."""
        said, self._said = self._said, []
        return said

    def is_open(self, path: Path) -> bool:
        """Whether this file is that of the session that is open."""
        try:
            return self.path is not None and path.samefile(self.path)
        except OSError:
            return path == self.path

    def _run(self, resumed: tuple[Session, TomlSessionWriter | None] | None, rater: str | None) -> Runner:
        self.runner, self.path = self._stack.enter_context(
            open_session(
                self.host,
                None,
                self.sessions,
                save=True,
                on_update=self._note,
                keep_alive=self.keep_alive,
                rubric=self.rubric,
                rater=rater,
                resumed=resumed,
            )
        )
        if self.info is not None:
            self.runner.connected(self.info)
        return self.runner

    def _note(self, update: Update) -> None:
        if isinstance(update, ProblemFound):
            self._said.append(update.error)
