"""Looking for the host: the environment, the configuration, what runs on this machine, the embedded runtime."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tui.core.errors import BadInputError, CompareError, NoHostError, prose
from tui.core.host_spec import HostScheme, HostSpec, KnownHosts
from tui.hosts.base import Host, HostInfo
from tui.hosts.search.probe import Identity, identify, root_of
from tui.net.addresses import check_base_url, public_url, typed_url
from tui.net.client import checked_key
from tui.net.secrets import remember_secret

if TYPE_CHECKING:
    from tui.hosts.foundry.cli import FoundryCli

FLAG = "--host"
ENDPOINT = "FOUNDRY_LOCAL_ENDPOINT"
CONFIG = "config.toml"
DAEMON_FILE = "~/.foundry/daemon.json"
COMMAND = "foundry command"
USUAL_PLACE = "usual port"
RUNTIME = "embedded runtime"

KEY_VARIABLES = ("FOUNDRY_COMPARE_API_KEY", "API_KEY")
"""Where an API key is looked for, in this order. OPENAI_API_KEY is not among them: it belongs to another host."""
USUAL_ROOT = "http://127.0.0.1:5273"
"""Where workshops let the service listen."""
COMMAND_S = 3.0
"""Longest wait for each answer of the `foundry` command, in seconds."""
PATIENCE_S = 5.0
"""A host that was named, and is far away or busy, gets this many seconds more than one that may not be there."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a search takes place. `known` reads the configuration, and raises BadInputError when it is broken."""

    data_dir: Path
    environ: Mapping[str, str]
    home: Path
    known: Callable[[], KnownHosts] = KnownHosts
    usual_root: str = USUAL_ROOT


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
        """`trying` is told of each host before it is connected to, and may raise to end the search."""
        self._spec = spec
        self._around = around
        self._trying = trying
        self.attempts: list[Attempt] = []

    def look(self, *, last_resort: bool = True) -> Found:
        """Find the host. Without `last_resort` the embedded runtime does not stand in for what is not found.

        Raises NoHostError, or BadInputError for a name or a configuration that cannot be used.
        """
        around = self._around
        if self._spec is not None:
            return self._named(FLAG, self._spec)
        endpoint = around.environ.get(ENDPOINT, "").strip()
        if endpoint:
            return self._named(ENDPOINT, with_key(HostSpec(HostScheme.URL, _checked(endpoint)), around.environ))
        self._note(ENDPOINT, "", "It is not set.")
        chosen = self._configured()
        if chosen is not None:
            return self._named(CONFIG, chosen)
        found = self._on_this_machine()
        if found is not None:
            return found
        if last_resort:
            try:
                return self._named(RUNTIME, HostSpec(HostScheme.EMBEDDED))
            except NoHostError as error:
                raise self._nothing() from error
        raise self._nothing()

    def _configured(self) -> HostSpec | None:
        try:
            known = self._around.known()
            chosen = known.find(known.default) if known.default is not None else None
        except BadInputError as error:
            self._note(CONFIG, "", error.sentence())
            raise
        if chosen is None:
            names = ", ".join(known.hosts)
            self._note(CONFIG, "", f"It names {names}, and no `default_host`." if names else "It names no host.")
        return chosen

    def _on_this_machine(self) -> Found | None:
        from tui.hosts.foundry.cli import find_cli
        from tui.hosts.foundry.daemon_file import read_daemon_file

        cli = find_cli(self._around.environ)
        try:
            written = read_daemon_file(self._around.home)
        except CompareError as error:
            self._note(DAEMON_FILE, "", error.sentence())
        else:
            if written is None:
                self._note(DAEMON_FILE, "", "There is none.")
            elif found := self._try(DAEMON_FILE, written.root):
                return found
        if cli is None:
            self._note(COMMAND, "", "It is not installed.")
        elif (served := self._asked(cli)) and (found := self._try(COMMAND, served)):
            return found
        return self._try(USUAL_PLACE, self._around.usual_root)

    def _asked(self, cli: FoundryCli) -> str | None:
        began = time.monotonic()
        try:
            served = cli.where_served(COMMAND_S)
        except CompareError as error:
            self._note(COMMAND, "", error.sentence(), began)
            return None
        if served is None:
            self._note(COMMAND, "", "It says that nothing is running.", began)
        return served

    def _try(self, source: str, root: str) -> Found | None:
        """The host at a place where one may be."""
        place = public_url(root)
        if any(attempt.place == place for attempt in self.attempts):
            return None
        began = time.monotonic()
        try:
            identity = identify(check_base_url(root))
            if identity.kind is None:
                self._note(source, place, "Something answers there that is no host of models.", began)
                return None
            # At the usual port another machine's service may answer, through a tunnel that was made by hand.
            host = self._host_of(identity, root, HostSpec(HostScheme.URL, root), ours=source != USUAL_PLACE)
            info = self._connected(host)
        except CompareError as error:
            self._note(source, place, error.sentence(), began)
            return None
        self._note(source, place, info.title, began, found=True)
        return Found(host, info, may_move=True)

    def _named(self, source: str, spec: HostSpec) -> Found:
        """The host that somebody named, or the failure to reach it."""
        began = time.monotonic()
        place = public_url(spec.value) if spec.way is HostScheme.URL else str(spec)
        try:
            host = self._made(spec)
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

    def _made(self, spec: HostSpec) -> Host:
        match spec.way:
            case HostScheme.DEMO:
                from tui.hosts.embedded.host import EmbeddedHost

                return EmbeddedHost(self._around.data_dir)
            case HostScheme.EMBEDDED:
                from tui.hosts.embedded.host import EmbeddedHost

                return EmbeddedHost(self._around.data_dir, demo_only=False)
            case HostScheme.SSH:
                from tui.hosts.ssh.tunnel_host import TunnelHost

                return TunnelHost(spec.value, partial(self._at, spec=spec), remote_port=spec.remote_port)
            case HostScheme.ADAPTER:
                from tui.hosts.adapter.host import AdapterHost

                return AdapterHost(spec.value, environment=spec.environment)
            case HostScheme.URL:
                return self._at(check_base_url(spec.value), spec)
            case HostScheme.NAME:
                return self._made(self._around.known().find(spec.value))

    def _at(self, address: str, spec: HostSpec) -> Host:
        """The host at an address that was named: whatever answers there can at least be chatted with."""
        if spec.kind is not None:
            identity = Identity(root_of(address), spec.kind, "", complete=True, seconds=0.0)
        else:
            identity = self._identified(address, self._key(spec))
        return self._host_of(identity, address, spec, ours=spec.way is HostScheme.URL and self._is_ours(identity))

    def _is_ours(self, identity: Identity) -> bool:
        """Whether it is the daemon that this machine's `foundry` command manages, and not the end of a tunnel."""
        from tui.hosts.foundry.daemon_file import read_daemon_file

        if identity.kind != "daemon":
            return False
        try:
            written = read_daemon_file(self._around.home)
        except CompareError:
            return False  # It is only asked whether it names this very place.
        return written is not None and root_of(written.root) == identity.root

    def _identified(self, address: str, key: str | None) -> Identity:
        try:
            quick = identify(address, api_key=key)
            return quick if quick.complete else identify(address, api_key=key, timeout=PATIENCE_S)
        except NoHostError:
            return identify(address, api_key=key, timeout=PATIENCE_S)

    def _host_of(self, identity: Identity, address: str, spec: HostSpec, *, ours: bool) -> Host:
        """`ours` is what this machine's `foundry` command manages."""
        match identity.kind:
            case "service":
                from tui.hosts.foundry.service import ServiceHost

                return ServiceHost(identity.root, cli=self._command(spec, ours=ours))
            case "daemon":
                from tui.hosts.foundry.daemon import DaemonHost

                home = self._around.home if ours else None
                return DaemonHost(identity.root, cli=self._command(spec, ours=ours), home=home, far=not ours)
            case "sdk":
                from tui.hosts.foundry.sdk_web import SdkWebHost

                return SdkWebHost(identity.root)
            case _:
                from tui.hosts.openai.host import OpenAIHost

                return OpenAIHost(address, self._key(spec), key_name=spec.api_key_env or "")

    def _command(self, spec: HostSpec, *, ours: bool) -> FoundryCli | None:
        """The `foundry` command that manages what was found: of this machine, or of the one at a line's other end."""
        from tui.hosts.foundry.cli import FoundryCli, find_cli
        from tui.hosts.ssh.command import SshCommand, parse_target

        if ours:
            return find_cli(self._around.environ)
        # At a port that was given, something else may listen.
        if spec.way is HostScheme.SSH and spec.remote_port is None:
            return FoundryCli("foundry", SshCommand(parse_target(spec.value)).before())
        return None

    def _key(self, spec: HostSpec) -> str | None:
        if spec.api_key_env is None:
            return None
        key = self._around.environ.get(spec.api_key_env, "").strip()
        remember_secret(key)
        return checked_key(key, spec.api_key_env)

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
