"""Looking for the host: the environment, the configuration, what runs on this machine, the last resort."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tui.core.errors import BadInputError, CompareError, NoHostError, prose
from tui.core.host_spec import HostSpec
from tui.hosts.base import Host, HostInfo
from tui.hosts.host_kind import Lead, Server, Surroundings
from tui.hosts.openai.kinds import ADDRESS
from tui.hosts.registry import KINDS, LAST_RESORT, SCHEMES, find_host
from tui.hosts.search.at_address import AddressOpener
from tui.hosts.search.probe import identify
from tui.net.addresses import check_base_url, public_url, typed_url

FLAG = "--host"
ENDPOINT = "FOUNDRY_LOCAL_ENDPOINT"
CONFIG = "config.toml"

KEY_VARIABLES = ("FOUNDRY_COMPARE_API_KEY", "API_KEY")
"""Where an API key is looked for, in this order. OPENAI_API_KEY is not among them: it belongs to another host."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One place that was looked at."""

    source: str
    """What led there: one of the names above."""
    place: str
    """The address or what else is there to see; empty where there was none."""
    outcome: str
    """The title of the host that answered, or why none did, as a sentence. Comes from outside."""
    found: bool = False
    seconds: float | None = None
    """How long it took; None where nobody was asked."""


@dataclass(frozen=True, slots=True)
class Found:
    """A host that answers. One that may move is looked for again when it no longer answers at its place."""

    host: Host
    info: HostInfo
    may_move: bool


class Search:
    """One search from its beginning to the first host that answers.

    A place that somebody named (flag, environment, configuration) is the only one that is tried: to measure another
    host than the one that was meant would be worse than to measure none.
    """

    def __init__(self, spec: HostSpec | None, around: Surroundings, trying: Callable[[Host], None]) -> None:
        """`trying` is called with each host before it is connected to, and may raise to end the search."""
        self._spec = spec
        self._around = around
        self._trying = trying
        self._open_at = AddressOpener(around)
        self.attempts: list[Attempt] = []
        self.looking_at = ""
        """The place that is being looked at, as in `Attempt.place`, or what is looked for; empty before and after."""

    def look(self, *, last_resort: bool = True) -> Found:
        """Find the host. Without `last_resort` no kind stands in for what is not found.

        Raises NoHostError, or BadInputError for a name or a configuration that cannot be used.
        """
        try:
            return self._look(last_resort=last_resort)
        finally:
            self.looking_at = ""

    def _look(self, *, last_resort: bool) -> Found:
        around = self._around
        if self._spec is not None:
            return self._named(FLAG, self._spec)
        endpoint = around.environ.get(ENDPOINT, "").strip()
        if endpoint:
            return self._named(ENDPOINT, with_key(HostSpec(ADDRESS.key, _checked(endpoint)), around.environ))
        self._note(ENDPOINT, "", "It is not set.")
        chosen = self._configured()
        if chosen is not None:
            return self._named(CONFIG, chosen)
        found = self._on_this_machine()
        if found is not None:
            return found
        if not last_resort:
            raise self._nothing()
        try:
            return self._named(LAST_RESORT.last_resort, HostSpec(LAST_RESORT.name))
        except NoHostError as error:
            raise self._nothing() from error

    def _configured(self) -> HostSpec | None:
        try:
            known = self._around.known()
            chosen = find_host(known.default, known) if known.default is not None else None
        except BadInputError as error:
            self._note(CONFIG, "", error.sentence())
            raise
        if chosen is None:
            names = ", ".join(known.hosts)
            self._note(CONFIG, "", f"It names {names}, and no `default_host`." if names else "It names no host.")
        return chosen

    def _on_this_machine(self) -> Found | None:
        for kind in KINDS:
            self.looking_at = kind.title
            for lead in kind.leads(self._around) if kind.leads is not None else ():
                if not lead.root:
                    self.attempts.append(Attempt(lead.source, "", lead.why_not, seconds=lead.seconds))
                elif found := self._follow(lead):
                    return found
        return None

    def _follow(self, lead: Lead) -> Found | None:
        """The host at a place where one may be."""
        place = public_url(lead.root)
        if any(attempt.place == place for attempt in self.attempts):
            return None
        began, self.looking_at = time.monotonic(), place
        try:
            identity = identify(check_base_url(lead.root))
            if identity.kind is None:
                self._note(lead.source, place, "Something answers there that is no host of models.", began)
                return None
            host = self._open_at.open(identity.kind, Server(lead.root, identity.root, commands=lead.commands))
            info = self._connected(host)
        except CompareError as error:
            self._note(lead.source, place, error.sentence(), began)
            return None
        self._note(lead.source, place, info.title, began, found=True)
        return Found(host, info, may_move=True)

    def _named(self, source: str, spec: HostSpec) -> Found:
        """The host that somebody named, or the failure to reach it."""
        began = time.monotonic()
        scheme = SCHEMES[spec.scheme]
        place = self.looking_at = scheme.place(spec)
        try:
            host = scheme.open(spec, self._around, self._open_at)
            info = self._connected(host)
        except CompareError as error:
            self._note(source, place, error.sentence(), began)
            raise
        self._note(source, place, prose(info.title, info.unlisted) if info.unlisted else info.title, began,
                   found=not info.unlisted)  # fmt: skip
        return Found(host, info, may_move=False)

    def _connected(self, host: Host) -> HostInfo:
        self._trying(host)
        try:
            return host.connect()
        except CompareError:
            host.close()
            raise

    def _note(self, source: str, place: str, outcome: str, began: float | None = None, *, found: bool = False) -> None:
        seconds = None if began is None else time.monotonic() - began
        self.attempts.append(Attempt(source, place, outcome, found, seconds))

    def _nothing(self) -> NoHostError:
        tried = " ".join(f"{attempt.source}: {attempt.outcome}" for attempt in self.attempts)
        return NoHostError("No host was found", tried, "Start one, or name one with --host")


def with_key(spec: HostSpec, environ: Mapping[str, str]) -> HostSpec:
    """The address, together with the variable of the environment that holds its key, or would."""
    name = next((name for name in KEY_VARIABLES if environ.get(name, "").strip()), KEY_VARIABLES[0])
    return replace(spec, api_key_env=spec.api_key_env or name)


def _checked(endpoint: str) -> str:
    try:
        return typed_url(endpoint)
    except BadInputError as error:
        title = f"The variable {ENDPOINT} cannot be used: {error.title}"
        raise BadInputError(title, error.detail, error.hint) from error
