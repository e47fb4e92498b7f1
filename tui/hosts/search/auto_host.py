"""A host that is looked for when it is needed, and looked for again when it is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TypeVar

from tui.core.catalog.model_card import ModelCard
from tui.core.errors import CompareError, NoHostError
from tui.core.host_spec import HostSpec
from tui.core.sessions.session_model import Endpoint
from tui.hosts.base import Ability, Host, HostInfo, Offers, able
from tui.hosts.search.search import Attempt, Found, Search, Surroundings

NOT_YET = "No host has been found yet"
_T = TypeVar("_T")


class AutoHost:
    """Whatever a search finds, as a host. The first question starts the search; making one touches nothing.

    A host that was found by looking around, and no longer answers at its place, is looked for once more: a restarted
    service listens on another port. The embedded runtime never takes the place of a host that was there.
    """

    def __init__(self, spec: HostSpec | None, around: Surroundings) -> None:
        """`spec` is the host to use; without one the best is found."""
        self._spec = spec
        self._around = around
        self._looking = threading.Lock()
        self._search: Search | None = None
        self._found: Found | None = None
        self._trial: Host | None = None
        self._closed = False

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The places that the latest search has looked at so far."""
        return tuple(self._search.attempts) if self._search is not None else ()

    @property
    def abilities(self) -> Mapping[Ability, str]:
        """Those of the host that was found."""
        return self._found.host.abilities if self._found is not None else able(why_not=NOT_YET)

    def abilities_of(self, model_id: str) -> Mapping[Ability, str]:
        """Those of the host that was found, for this model."""
        return self._found.host.abilities_of(model_id) if self._found is not None else self.abilities

    def connect(self) -> HostInfo:
        """Find the host, or reach the one that was found. Raises NoHostError or BadInputError."""
        found = self._found
        if found is None:
            return self._first().info
        try:
            info = found.host.connect()
        except NoHostError as gone:
            return self._again(found, gone).info
        with self._looking:
            if self._found is found:
                self._found = replace(found, info=info)
        return info

    def catalogue(self) -> tuple[ModelCard, ...]:
        """As the host that was found."""
        return self._ask(lambda host: host.catalogue())

    def offers(self) -> Offers:
        """As the host that was found."""
        return self._ask(lambda host: host.offers())

    def load(self, model_id: str) -> None:
        """As the host that was found."""
        self._ask(lambda host: host.load(model_id))

    def unload(self, model_id: str) -> None:
        """As the host that was found."""
        self._ask(lambda host: host.unload(model_id))

    def download(self, model_id: str, progress: Callable[[float], None], cancelled: Event) -> bool:
        """As the host that was found."""
        return self._ask(lambda host: host.download(model_id, progress, cancelled))

    def remove(self, model_id: str) -> None:
        """As the host that was found."""
        self._ask(lambda host: host.remove(model_id))

    def register(self, folder: Path) -> str:
        """As the host that was found."""
        return self._ask(lambda host: host.register(folder))

    def count_tokens(self, model_id: str, text: str) -> int:
        """As the host that was found."""
        return self._ask(lambda host: host.count_tokens(model_id, text))

    def why_gone(self, model_id: str) -> str:
        """As the host that was found; nothing is looked for."""
        return self._found.host.why_gone(model_id) if self._found is not None else ""

    def endpoint(self, model_id: str) -> Endpoint:
        """As the host that was found."""
        return self._ask(lambda host: host.endpoint(model_id))

    def close(self) -> None:
        """End what was started, also while a search is under way: it takes no lock."""
        self._closed = True
        for host in (self._trial, self._found.host if self._found is not None else None):
            if host is not None:
                host.close()

    def _ask(self, question: Callable[[Host], _T]) -> _T:
        found = self._found or self._first()
        try:
            return question(found.host)
        except NoHostError as gone:
            other = self._again(found, gone)
            if _place(other) == _place(found):
                # It answers where it did: the question itself went wrong, and might a second time.
                raise
            return question(other.host)

    def _first(self) -> Found:
        with self._looking:
            if self._found is None:
                self._found = self._new_search().look()
            return self._found

    def _again(self, lost: Found, error: NoHostError) -> Found:
        """Where the host is to be found by now. Raises `error` when that is nowhere."""
        with self._looking:
            if self._found is not None and self._found is not lost:
                return self._found  # Somebody else has just reached it.
            found = self._moved() if lost.may_move and not self._closed else None
            if found is None:
                raise error
            lost.host.close()
            self._found = found
            return found

    def _moved(self) -> Found | None:
        try:
            return self._new_search().look(last_resort=False)
        except CompareError:
            return None  # What was tried, and why it failed, is in `attempts`.

    def _new_search(self) -> Search:
        self._search = Search(self._spec, self._around, self._try)
        return self._search

    def _try(self, host: Host) -> None:
        self._trial = host
        if self._closed:
            raise NoHostError("The program is leaving")


def _place(found: Found) -> tuple[str, str | None]:
    return found.info.kind, found.info.endpoint
