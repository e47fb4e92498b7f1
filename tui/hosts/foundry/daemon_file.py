"""What Foundry Local's daemon writes down of itself in the user's home, and whether it can be true."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tui.core.errors import BadInputError, NoHostError, reason_of
from tui.files import read_json
from tui.net.addresses import check_base_url, is_loopback

MAX_BYTES = 65_536
MAX_TEXT = 60
AGAIN = "`foundry server restart` writes it again"
_EVERYWHERE = ("0.0.0.0", "[::]", "*", "+")  # noqa: S104 - what a server that listens everywhere calls itself


@dataclass(frozen=True, slots=True)
class DaemonFile:
    """The usable part of `~/.foundry/daemon.json`. It may be left over from a daemon that is gone."""

    root: str
    """Where it serves, on this machine."""
    pid: int | None = None
    version: str | None = None


def read_daemon_file(home: Path) -> DaemonFile | None:
    """What the file below this home directory says; None when there is none.

    Raises NoHostError when it cannot be read, or names no address of this machine.
    """
    path = home / ".foundry" / "daemon.json"
    try:
        body = read_json(path, MAX_BYTES)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise NoHostError(f"{path} cannot be read", reason_of(error), AGAIN) from error
    body = body if isinstance(body, dict) else {}
    roots = roots_in(body.get("web_urls"))
    if not roots:
        raise NoHostError(f"{path} names no address of this machine", "", AGAIN)
    pid, version = body.get("pid"), body.get("daemon_version")
    return DaemonFile(
        roots[0],
        pid if type(pid) is int and 0 < pid < 2**31 else None,
        version if isinstance(version, str) and 0 < len(version.strip()) <= MAX_TEXT else None,
    )


def roots_in(urls: Any) -> tuple[str, ...]:
    """The root addresses on this machine in a list of URLs from outside, each once."""
    texts = [urls] if isinstance(urls, str) else urls if isinstance(urls, list) else []
    roots = (local_root(text) for text in texts if isinstance(text, str))
    return tuple(dict.fromkeys(root for root in roots if root is not None))


def local_root(url: str) -> str | None:
    """`http://host:port` of a URL on this machine; None for any other.

    Prompts must not go to another machine because a file or a command's output names it.
    """
    for everywhere in _EVERYWHERE:
        url = url.replace(f"//{everywhere}:", "//127.0.0.1:")
    try:
        parts = urlsplit(check_base_url(url))
    except BadInputError:
        return None
    root = f"{parts.scheme}://{parts.netloc}"
    return root if is_loopback(root) else None


def listens(pid: int, root: str) -> bool:
    """Whether this process is seen to listen at the port of `root`. False when that cannot be seen."""
    import psutil

    port = _port(root)
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except (psutil.Error, OSError):
        return False
    # Only a socket that is bound to nothing has no address; one that listens has one.
    return any(each.laddr.port == port for each in connections if each.status == psutil.CONN_LISTEN)


def listener(root: str) -> int | None:
    """The process of this machine that listens at the port of `root`; None when that cannot be seen."""
    import psutil

    port = _port(root)
    try:
        connections = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        return None
    listening = (each for each in connections if each.status == psutil.CONN_LISTEN and each.pid is not None)
    return next((each.pid for each in listening if each.laddr and each.laddr.port == port), None)


def _port(root: str) -> int:
    parts = urlsplit(root)
    return parts.port or (443 if parts.scheme == "https" else 80)
