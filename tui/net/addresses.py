"""Checks the address of a host, and whether it is this machine."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import inet_aton
from urllib.parse import SplitResult, urlsplit, urlunsplit

from tui.core.errors import BadInputError
from tui.core.text.clean import clean_line

EXAMPLE = "http://127.0.0.1:8000/v1"
_ENDPOINT = re.compile(r"/chat/completions$|(?<=/v1)/(?:completions|responses|models)$")
"""The path of a request, which people copy together with a base URL."""

_LOCAL_NAMES = ("localhost", "ip6-localhost", "ip6-loopback")
_SHORT = re.compile(r"(?:0x[0-9a-f]{1,8}|[0-9]{1,12})(?:\.(?:0x[0-9a-f]{1,8}|[0-9]{1,12})){0,3}", re.IGNORECASE)
"""An IPv4 address in any of the forms that C's `inet_aton` accepts."""


def typed_url(text: str) -> str:
    """The base URL that is meant by a typed `text`, which may lack the scheme, have quotes or the path of a request.

    Raises BadInputError as `check_base_url` does.
    """
    wanted = text.strip()
    # Some shells make the quotes in `set NAME="http://…"` part of the value.
    if len(wanted) > 1 and wanted[0] == wanted[-1] and wanted[0] in "\"'":
        wanted = wanted[1:-1].strip()
    checked = check_base_url(_with_scheme(wanted) or wanted)
    return _ENDPOINT.sub("", checked).rstrip("/")


def check_base_url(text: str) -> str:
    """The base URL that `text` means, without a slash at its end.

    0.0.0.0 and [::], which servers print when they listen everywhere, become the loopback address, because not every
    system can connect to them.

    Raises BadInputError unless it is an http(s) address with a host, and without user, password, query or fragment:
    none of these could be stored, and dropping them silently would ask another address than was meant.
    """
    wanted = text.strip()
    shown = clean_line(public_url(wanted), 80)
    parts = _split(wanted)
    if parts is None or not wanted.isprintable() or " " in wanted or "\\" in wanted:
        raise bad_url(f"{shown!r} is not an address")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise bad_url(f"{shown!r} is not an http or https address", _likely(wanted))
    if "@" in parts.netloc:
        raise bad_url("The address holds a user name or a password", "Those would be stored with every session.")
    if not parts.hostname or parts.port == 0:
        raise bad_url(f"{shown!r} names no host and port that can be reached")
    if parts.query or parts.fragment:
        raise bad_url("The address goes on after its path", "What follows `?` or `#` would be lost.")
    return urlunsplit((parts.scheme, _dialled(parts), parts.path.rstrip("/"), "", ""))


def public_url(url: str) -> str:
    """The URL without user, password, query and fragment: fit to be shown and kept. Never raises."""
    parts = _split(url)
    if parts is None or not parts.netloc:
        return url.partition("?")[0].partition("#")[0].rpartition("@")[2]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine itself, which is never reached through a proxy."""
    parts = _split(url)
    host = (parts.hostname or "").rstrip(".") if parts is not None else ""
    if host in _LOCAL_NAMES or host.endswith(".localhost"):
        return True
    address = _numeric(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


def _dialled(parts: SplitResult) -> str:
    """Host and port to connect to: loopback instead of an address that means all of this machine's."""
    address = _numeric(parts.hostname or "")
    if address is None or not address.is_unspecified:
        return parts.netloc
    loopback = "[::1]" if isinstance(address, IPv6Address) else "127.0.0.1"
    return loopback if parts.port is None else f"{loopback}:{parts.port}"


def _numeric(host: str) -> IPv4Address | IPv6Address | None:
    """The address, where a host is given in numbers. An IPv4 address in IPv6 notation is an IPv4 address."""
    host = host.rstrip(".")
    try:
        # `127.1`, `0` and `2130706433` are addresses, too.
        address = IPv4Address(inet_aton(host)) if _SHORT.fullmatch(host) else ip_address(host)
    except (ValueError, OSError):
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _split(url: str) -> SplitResult | None:
    """The URL's parts; None when it cannot be split, for example because its port is no number."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        return None
    return parts


def _likely(text: str) -> str:
    """A hint with the address that was probably meant, where the scheme is missing."""
    meant = _with_scheme(text)
    return f"Perhaps {meant}" if meant else ""


def _with_scheme(text: str) -> str:
    """The address with `http://` in front; empty when it has a scheme, or may be something else."""
    if "://" in text or "@" in text:
        return ""
    meant = _split(f"http://{text}")
    if meant is None or meant.hostname is None or (meant.port is None and meant.hostname != "localhost"):
        return ""
    return f"http://{text}"


def bad_url(title: str, detail: str = "") -> BadInputError:
    """The error for a text that is no address."""
    return BadInputError(title, detail, f"Write it like {EXAMPLE}")
