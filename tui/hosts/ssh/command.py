"""How `ssh` is called, and what its complaints mean. Nothing is run here."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote

from tui.core.errors import BadInputError, NoHostError
from tui.hosts.ssh.remote_probe import QUESTION

EXAMPLE = "ssh://user@host or ssh://user@host:22"
ALIVE_S = 5
ALIVE_COUNT = 3
"""A line on which nothing comes back for ALIVE_S x ALIVE_COUNT seconds is given up by ssh."""
CONNECT_S = 10
MAX_WORDS = 300
"""Characters of ssh's own words that are passed on."""

_USER = re.compile(r"\w[\w.+@\\-]{0,127}")
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")
_IPV6 = re.compile(r"[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9]{1,32})?")


@dataclass(frozen=True, slots=True)
class SshTarget:
    """A machine, and who is logged in there. What is None is left to ssh and its configuration."""

    host: str
    user: str | None = None
    port: int | None = None

    @property
    def by_hand(self) -> str:
        """What a person types to get there."""
        login = self.host if self.user is None else f"{self.user}@{self.host}"
        return f"ssh {login}" if self.port is None else f"ssh -p {self.port} {login}"


def parse_target(text: str) -> SshTarget:
    """The machine that `ssh://user@host:port` or `user@host` means; user and port may be missing.

    Raises BadInputError for anything that could be taken for something else on a command line. The user's part is
    never repeated: it may hold a password.
    """
    target = re.sub(r"^ssh://", "", text.strip(), flags=re.IGNORECASE).rstrip("/")
    name, at, place = target.rpartition("@")
    user = unquote(name) if at else None
    if user is not None and ":" in user:
        raise _bad("The SSH host holds a password", "None is ever taken: keys and the agent are ssh's own.")
    if user is not None and not _USER.fullmatch(user):
        raise _bad("The user name of the SSH host cannot be used", "It holds characters that no user name has.")
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?", place)
    host = found[1].strip("[]") if found else ""
    port = int(found[2]) if found and found[2] else None
    if not _is_host(host) or (port is not None and not 0 < port < 65_536):
        raise _bad(f"{place[:80]!r} is not an SSH host")
    return SshTarget(host, user, port)


def find_ssh(program: str) -> str:
    """Where the program is. Raises NoHostError when it is not installed.

    One that lies in the working directory is not taken, though Windows would look there first.
    """
    found = shutil.which(program)
    if found is None or not Path(found).is_absolute():
        hint = "Install OpenSSH's client: it is part of Windows 10 and later, macOS, and every Linux distribution"
        raise NoHostError(f"There is no {program} on this machine", "The line to another machine is made with it", hint)
    return found


@dataclass(frozen=True, slots=True)
class SshCommand:
    """The commands for one machine, as argument lists: no shell of this machine ever sees them."""

    target: SshTarget
    program: str = "ssh"
    options: tuple[str, ...] = ()
    """Come first, and so win over the ones below."""

    def question(self) -> list[str]:
        """Ask the machine where its Foundry Local listens."""
        return [*self.before(), QUESTION]

    def before(self) -> list[str]:
        """What stands before words that the machine's login shell is to run: it reads them as one line."""
        return [*self._start(), "-o", "ClearAllForwardings=yes", "-o", "RemoteCommand=none", *self._to()]

    def forward(self, local: int, remote: int) -> list[str]:
        """Bring the machine's port `remote` to port `local` of this one, on both sides for 127.0.0.1 alone."""
        # Asked for by number: `localhost` can mean ::1 over there, where Foundry Local does not listen.
        line = f"127.0.0.1:{local}:127.0.0.1:{remote}"
        return [*self._start(), "-N", "-o", "ExitOnForwardFailure=yes", "-L", line, *self._to()]

    def _start(self) -> Sequence[str]:
        settings = (
            "BatchMode=yes",
            f"ConnectTimeout={CONNECT_S}",
            f"ServerAliveInterval={ALIVE_S}",
            f"ServerAliveCountMax={ALIVE_COUNT}",
            # A connection of its own: one that is shared would keep the forwarded port after this process has ended.
            "ControlMaster=no",
            "ControlPath=none",
            # At this level ssh reports refused connections.
            "LogLevel=INFO",
        )
        pairs = [part for setting in settings for part in ("-o", setting)]
        return [find_ssh(self.program), *self.options, *pairs, "-T", "-a", "-x"]

    def _to(self) -> Sequence[str]:
        user = [] if self.target.user is None else ["-l", self.target.user]
        port = [] if self.target.port is None else ["-p", str(self.target.port)]
        return [*user, *port, "--", self.target.host]


def is_taken(words: str) -> bool:
    """Whether ssh gave up because a port of this machine is taken."""
    return bool(re.search(r"Address already in use|cannot listen to port", words))


def refusals(words: str) -> int:
    """How often the machine reported that nobody listens at the port."""
    return len(re.findall(r"open failed: connect failed", words))


def is_forbidden(words: str) -> bool:
    """Whether the machine does not forward ports."""
    return "administratively prohibited" in words


def last_words(words: str, default: str = "") -> str:
    """The end of what ssh said, as one line; `default` when it said nothing."""
    lines = [line.strip() for line in words.splitlines() if line.strip(" @\t")]
    return " ".join(lines[-4:])[-MAX_WORDS:] or default


def explain(words: str, target: SshTarget) -> NoHostError:
    """The failure that ssh's words on stderr stand for."""
    fits = (reason for pattern, *reason in _REASONS if re.search(pattern, words, re.IGNORECASE))
    title, hint = next(fits, ["ssh to {host} failed", "See whether this works: `{by_hand}`"])
    facts = {"host": target.host, "user": target.user or "you", "by_hand": target.by_hand}
    return NoHostError(title.format(**facts), last_words(words, "ssh did not say why"), hint.format(**facts))


_REASONS = (
    (
        r"HOST IDENTIFICATION HAS CHANGED|host key for \S+ has changed|to avoid man-in-the-middle",
        "{host} shows another host key than before",
        "If that machine was set up again, remove its old key with `ssh-keygen -R` and connect once by hand: "
        "`{by_hand}`. If it was not, somebody may stand in between",
    ),
    (
        r"Host key verification failed|host key is known for",
        "ssh does not know {host} yet",
        "Connect once by hand, compare the fingerprint, and say yes: `{by_hand}`",
    ),
    (
        r"Could not resolve hostname",
        "There is no machine called {host}",
        "Check the name, and that both are in the same network or VPN",
    ),
    (
        r"UNPROTECTED PRIVATE KEY FILE|bad permissions",
        "ssh refuses a private key that others can read",
        "Make the key's file readable by you alone",
    ),
    (
        r"Permission denied|Too many authentication failures",
        "{host} does not let {user} in",
        "No password is taken: put your public key there, or start ssh-agent, until `{by_hand}` asks nothing",
    ),
    (
        r"connect to (host|address) .*refused",
        "{host} takes no SSH connections",
        "See to it that its SSH server runs, and that the port is right",
    ),
    (
        r"timed out|No route to host|Network is unreachable|Host is down|banner exchange",
        "{host} cannot be reached",
        "See that it is on, and that both are in the same network or VPN",
    ),
    (
        r"Address already in use|cannot listen to port",
        "A port of this machine that ssh should forward is taken",
        "It may be a LocalForward of your ssh configuration that another ssh holds already",
    ),
    (
        r"administratively prohibited",
        "{host} does not forward ports",
        "Its SSH server's configuration must say `AllowTcpForwarding yes`",
    ),
    (
        r"Bad configuration option|Bad owner or permissions|bad configuration options",
        "ssh cannot use its configuration",
        "Look at ~/.ssh/config",
    ),
    (
        r"no matching|kex_exchange|Connection (closed|reset) by",
        "{host} ended the connection before it stood",
        "See whether this works: `{by_hand}`",
    ),
)
"""What in ssh's words means what; the first that fits counts."""


def _is_host(text: str) -> bool:
    if _HOST.fullmatch(text):
        return True
    try:
        return bool(_IPV6.fullmatch(text)) and ip_address(text).version == 6
    except ValueError:
        return False


def _bad(title: str, detail: str = "") -> BadInputError:
    return BadInputError(title, detail, f"Write it like {EXAMPLE}")
