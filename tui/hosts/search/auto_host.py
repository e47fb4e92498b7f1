"""A host that is looked for when it is needed, and looked for again when it is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from tui.core.errors import CompareError, NoHostError
from tui.core.host_spec import HostSpec
from tui.hosts.base import Host, HostInfo
from tui.hosts.forwarding import ForwardingHost
from tui.hosts.host_kind import Surroundings
from tui.hosts.search.search import Attempt, Found, Search

NOT_YET = "No host has been found yet"
_T = TypeVar("_T")


class AutoHost(ForwardingHost):
    """Whatever a search finds, as a host. The first question starts the search; making one touches nothing.

    A host that was found by looking around, and no longer answers at its place, is looked for again: a restarted
    service listens on another port. The embedded runtime never takes the place of a host that was there.
    """

    _none_yet = NOT_YET

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
    def looking_at(self) -> str:
        """The place that a search under way is looking at; empty when none is."""
        return self._search.looking_at if self._search is not None else ""

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

    def close(self) -> None:
        """End what was started, also while a search is under way: it takes no lock."""
        self._closed = True
        for host in (self._trial, self._found.host if self._found is not None else None):
            if host is not None:
                host.close()

    def _standing(self, model_id: str) -> tuple[Host, str] | None:
        return (self._found.host, model_id) if self._found is not None else None

    def _forward(self, model_id: str, question: Callable[[Host, str], _T], *, repeatable: bool) -> _T:
        found = self._found or self._first()
        try:
            return question(found.host, model_id)
        except NoHostError as gone:
            other = self._again(found, gone)
            if _place(other) == _place(found):
                # It answers where it did: the question itself went wrong, and might a second time.
                raise
            # Where it was, nobody took the question: what changes something is done once.
            return question(other.host, model_id)

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
