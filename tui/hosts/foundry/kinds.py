"""Foundry Local in the registry of host kinds: the service, the daemon, and an SDK program's web service."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tui.core.errors import CompareError
from tui.hosts.base import Ability, Host
from tui.hosts.host_kind import LOADS, Answers, AtAddress, HostKind, Lead, Server, Surroundings
from tui.hosts.openai.kinds import MODELS, rows_of

if TYPE_CHECKING:
    from tui.hosts.foundry.cli import FoundryCli

DAEMON_FILE = "~/.foundry/daemon.json"
COMMAND = "foundry command"
USUAL_PORT = "usual port"
COMMAND_S = 3.0
"""Longest wait for each answer of the `foundry` command, in seconds."""
_SERVICE_STATUS = "/openai/status"
_RUNTIME_STATUS = "/status"
_LOADED = "/models/loaded"


def _is_service(answers: Answers) -> bool:
    # Recorded answers spell the keys in camel case, the documentation in Pascal case.
    body = answers.get(_SERVICE_STATUS)
    keys = {str(key).casefold() for key in body} if isinstance(body, dict) else set()
    return "endpoints" in keys and bool(keys & {"modeldirpath", "pipename", "isautoregistrationresolved"})


def _is_sdk(answers: Answers) -> bool:
    status = answers.get(_RUNTIME_STATUS)
    if isinstance(status, dict) and isinstance(status.get("endpoints"), list):
        return True
    # Both the daemon and the SDK's web service of version 1 say what is loaded. The daemon says of each model to which
    # alias it belongs; one that lists nothing yet is taken for the daemon, which is the one that people run.
    rows: list[Any] = rows_of(answers.get(MODELS)) or []
    return _lists_loaded(answers) and bool(rows) and not any("parent" in row for row in rows if isinstance(row, dict))


def _is_daemon(answers: Answers) -> bool:
    return _lists_loaded(answers) and not _is_sdk(answers)


def _lists_loaded(answers: Answers) -> bool:
    return isinstance(answers.get(_LOADED), list)


def _open_service(server: Server, around: Surroundings) -> Host:
    from tui.hosts.foundry.service import ServiceHost

    return ServiceHost(server.root, cli=_command(server, around))


def _open_daemon(server: Server, around: Surroundings) -> Host:
    from dataclasses import replace

    from tui.hosts.foundry.daemon import DaemonHost

    if server.commands is None and not server.forwarded and _is_written_here(server, around):
        server = replace(server, commands=())
    managed = server.commands == ()
    home = around.home if managed else None
    return DaemonHost(server.root, cli=_command(server, around), home=home, far=not managed)


def _is_written_here(server: Server, around: Surroundings) -> bool:
    """Whether it is the daemon that this machine's `foundry` command manages, and not the end of a tunnel."""
    from tui.hosts.foundry.daemon_file import read_daemon_file
    from tui.hosts.http import root_of

    try:
        written = read_daemon_file(around.home)
    except CompareError:
        return False  # It is only asked whether it names this very place.
    return written is not None and root_of(written.root) == server.root


def _open_sdk(server: Server, around: Surroundings) -> Host:
    from tui.hosts.foundry.sdk_web import SdkWebHost

    return SdkWebHost(server.root)


def _command(server: Server, around: Surroundings) -> FoundryCli | None:
    """The `foundry` command that manages what answers there; None when none is known to."""
    from tui.hosts.foundry.cli import FoundryCli, find_cli

    if server.commands is None:
        return None
    return FoundryCli("foundry", server.commands) if server.commands else find_cli(around.environ)


def _leads(around: Surroundings) -> Iterator[Lead]:
    """Both generations': the daemon's own file, their command, and the port that workshops give the service."""
    from tui.hosts.foundry.cli import find_cli
    from tui.hosts.foundry.daemon_file import read_daemon_file

    try:
        written = read_daemon_file(around.home)
    except CompareError as error:
        yield Lead(DAEMON_FILE, why_not=error.sentence())
    else:
        yield Lead(DAEMON_FILE, written.root) if written is not None else Lead(DAEMON_FILE, why_not="There is none.")
    cli = find_cli(around.environ)
    yield _asked(cli) if cli is not None else Lead(COMMAND, why_not="It is not installed.")
    # At the usual port another machine's service may answer, through a tunnel that was made by hand.
    yield Lead(USUAL_PORT, around.usual_root, commands=None)


def _asked(cli: FoundryCli) -> Lead:
    began = time.monotonic()
    try:
        root = cli.where_served(COMMAND_S)
    except CompareError as error:
        return Lead(COMMAND, why_not=error.sentence(), seconds=time.monotonic() - began)
    if root is None:
        return Lead(COMMAND, why_not="It says that nothing is running.", seconds=time.monotonic() - began)
    return Lead(COMMAND, root)


SERVICE = HostKind(
    "service",
    "Foundry Local service 0.3-0.8",
    "the `foundry` command, or port 5273; at an address by `/openai/status`",
    LOADS | {Ability.DOWNLOAD, Ability.REMOVE, Ability.COUNT},
    "removes with the `foundry` command that found it",
    no_version="0.3 to 0.8; the service does not say which",
    aliases_come_late=True,
    at_address=AtAddress((_SERVICE_STATUS,), _is_service, _open_service),
    leads=_leads,
)
SDK = HostKind(
    "sdk",
    "Web service of a Foundry Local SDK program",
    "at an address by `/status`, or by `/models/loaded`",
    LOADS,
    at_address=AtAddress((_RUNTIME_STATUS, _LOADED, MODELS), _is_sdk, _open_sdk),
)
DAEMON = HostKind(
    "daemon",
    "Foundry Local daemon 0.10+",
    "`~/.foundry/daemon.json`, or the `foundry` command; at an address by `/models/loaded`",
    LOADS | {Ability.DOWNLOAD, Ability.REMOVE},
    "downloads and removes with the `foundry` command of the same machine",
    no_version="0.10 or later; the daemon does not say which",
    at_address=AtAddress((_LOADED, MODELS, _RUNTIME_STATUS), _is_daemon, _open_daemon),
)
