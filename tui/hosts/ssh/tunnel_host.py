"""A host on another machine, reached through SSH and used as if it were here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from tui.core.catalog.model_card import ModelCard
from tui.core.errors import CompareError, NoHostError
from tui.core.sessions.session_model import Endpoint
from tui.hosts.base import Ability, BareHost, Host, HostInfo, Offers, able
from tui.hosts.ssh.command import SshCommand, parse_target, refusals
from tui.hosts.ssh.connection import SETTLE_S, Line, LineMaker

WAIT_S = 30.0
_T = TypeVar("_T")


class TunnelHost(BareHost):
    """Any host, on another machine. Every question makes the line anew if it dropped, at the same port of this one.

    A line that drops under a question fails it only where asking twice could do something twice.

    Its methods may be called from any thread.
    """

    def __init__(
        self,
        target: str,
        make_host: Callable[[str], Host],
        *,
        ssh: str = "ssh",
        options: Sequence[str] = (),
        remote_port: int | None = None,
        timeout: float = WAIT_S,
    ) -> None:
        """`make_host` is given an address of this machine, once something over there answers at it.

        `options` go to ssh before the program's own. Without `remote_port` the other machine is asked. `timeout` is in
        seconds, for each of: asking, connecting, the first answer. Raises BadInputError for a target that is none.
        """
        machine = parse_target(target)
        self._place = machine.host
        self._make_host = make_host
        self._maker = LineMaker(SshCommand(machine, ssh, tuple(options)), remote_port, timeout)
        self._starting = threading.Lock()
        self._standing: tuple[Line, Host] | None = None
        self.abilities = able(why_not=f"{self._place} is not connected yet")

    def connect(self) -> HostInfo:
        """Make the line unless it stands, and reach the host. A host that moved to another port is found again.

        Raises NoHostError, which says which part of the way failed.
        """
        line, inner = self._stand()
        refused = refusals(line.process.words)
        try:
            with self._told(line):
                info = inner.connect()
        except NoHostError:
            # A host that is merely busy must not lose the answers under way: only a line that dropped just then, or
            # leads to where nobody listens any more, is made anew.
            if line.process.alive and refusals(line.process.words) <= refused:
                raise
            line, inner = self._stand(instead_of=line)
            with self._told(line):
                info = inner.connect()
        title = self._placed(info.title.replace(f" at 127.0.0.1:{line.near}", ""), line)
        title = f"{title} · {self._place} via ssh:{line.far}"
        # The near port is a new one each time and tells nobody anything; the processes are not visible from here.
        unlisted = self._placed(info.unlisted, line)
        return replace(info, title=title, endpoint=None, local=False, pid=None, ours=False, unlisted=unlisted)

    def abilities_of(self, model_id: str) -> Mapping[Ability, str]:
        """What the host over there can do with this model."""
        standing = self._standing
        return self.abilities if standing is None else self._but_folders(standing[1].abilities_of(model_id))

    def catalogue(self) -> tuple[ModelCard, ...]:
        """As the host over there does."""
        return self._ask(lambda inner: inner.catalogue())

    def offers(self) -> Offers:
        """As the host over there does."""
        return self._ask(lambda inner: inner.offers())

    def load(self, model_id: str) -> None:
        """As the host over there does."""
        with self._through() as inner:
            inner.load(model_id)

    def unload(self, model_id: str) -> None:
        """As the host over there does."""
        with self._through() as inner:
            inner.unload(model_id)

    def download(self, model_id: str, progress: Callable[[float], None], cancelled: threading.Event) -> bool:
        """As the host over there does, into its own cache."""
        with self._through() as inner:
            return inner.download(model_id, progress, cancelled)

    def remove(self, model_id: str) -> None:
        """As the host over there does."""
        with self._through() as inner:
            inner.remove(model_id)

    def count_tokens(self, model_id: str, text: str) -> int:
        """As the host over there does."""
        return self._ask(lambda inner: inner.count_tokens(model_id, text))

    def why_gone(self, model_id: str) -> str:
        """Why the line ended; while it stands, what the host over there says."""
        if self._standing is None:
            return ""
        line, inner = self._standing
        if line.process.ended(SETTLE_S):
            return self._maker.dropped(line.process).sentence()
        return self._placed(inner.why_gone(model_id), line)

    def endpoint(self, model_id: str) -> Endpoint:
        """The near end of the line. It stays the same when the line is made anew, unless its port was taken."""
        return self._ask(lambda inner: inner.endpoint(model_id))

    def close(self) -> None:
        """End the ssh process of this host, within a second. A connection under way is given up."""
        # No lock, so that leaving never waits for a machine that does not answer.
        if self._standing is not None:
            self._standing[1].close()
        self._maker.close()

    def _stand(self, instead_of: Line | None = None) -> tuple[Line, Host]:
        with self._starting:
            near = None
            if self._standing is not None:
                line, inner = self._standing
                if line is not instead_of and line.process.alive:
                    return self._standing
                inner.close()
                line.process.end()
                near = line.near
            line = self._maker.make(near)
            try:
                inner = self._make_host(f"http://127.0.0.1:{line.near}")
                self.abilities = self._but_folders(inner.abilities)
            except BaseException:
                line.process.end()
                raise
            self._standing = line, inner
            return self._standing

    def _ask(self, question: Callable[[Host], _T]) -> _T:
        """What changes nothing over there: asked once more when the line dropped under it."""
        line, inner = self._stand()
        closes = self._maker.closes
        try:
            with self._told(line):
                return question(inner)
        except NoHostError:
            if line.process.alive or closes != self._maker.closes:
                raise
        with self._through() as inner:
            return question(inner)

    @contextmanager
    def _through(self) -> Iterator[Host]:
        line, inner = self._stand()
        with self._told(line):
            yield inner

    @contextmanager
    def _told(self, line: Line) -> Iterator[None]:
        """The failures of a question through the line, told as what they are over there."""
        try:
            yield
        except CompareError as error:
            if isinstance(error, NoHostError) and line.process.ended(SETTLE_S):
                raise self._maker.dropped(line.process) from error
            parts = [error.title, error.detail, error.hint]
            placed = [self._placed(part, line) for part in parts]
            if placed == parts:
                raise
            raise type(error)(*placed) from error

    def _placed(self, text: str, line: Line) -> str:
        """The text with the other machine's name where it has the near end's address."""
        here, there = f"127.0.0.1:{line.near}", f"{self._place}:{line.far}"
        return text.replace(here, there)

    def _but_folders(self, abilities: Mapping[Ability, str]) -> Mapping[Ability, str]:
        # `register`, which is left to the base class, takes a folder of this machine.
        return MappingProxyType({**abilities, Ability.REGISTER: f"It would have to lie on {self._place}"})
