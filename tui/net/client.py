"""The HTTP client of every host, and what counts as the address of one."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit, urlunsplit

from tui.core.clean import clean_line
from tui.core.errors import BadInputError, NoHostError

if TYPE_CHECKING:
    import httpx2

EXAMPLE = "http://127.0.0.1:8000/v1"
CONNECT_S = 5.0
"""Seconds to wait for a connection; a host that is there takes far less."""


def check_base_url(text: str) -> str:
    """The base URL that `text` means, without a slash at its end.

    Raises BadInputError unless it is an http(s) address with a host, and without user, password, query or fragment:
    none of these could be kept, and dropping them in silence would ask somebody else than was meant.
    """
    wanted = text.strip()
    shown = clean_line(public_url(wanted), 80)
    parts = _split(wanted)
    if parts is None or not wanted.isprintable() or " " in wanted or "\\" in wanted:
        raise _bad(f"{shown!r} is not an address")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise _bad(f"{shown!r} is not an http or https address", _likely(wanted))
    if "@" in parts.netloc:
        raise _bad("The address holds a user name or a password", "Those would be stored with every session.")
    if not parts.hostname or parts.port == 0:
        raise _bad(f"{shown!r} names no host and port that can be reached")
    if parts.query or parts.fragment:
        raise _bad("The address goes on after its path", "What follows `?` or `#` would be lost.")
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def public_url(url: str) -> str:
    """The URL without user, password, query and fragment: fit to be shown and kept. Never raises."""
    parts = _split(url)
    if parts is None or not parts.netloc:
        return url.partition("?")[0].partition("#")[0].rpartition("@")[2]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine itself, so that no proxy may stand in between."""
    parts = _split(url)
    host = (parts.hostname or "").rstrip(".") if parts is not None else ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    # 0.0.0.0 is what servers print when they listen everywhere; dialled, it is this machine.
    return address.is_loopback or address.is_unspecified


def http_client(base_url: str, *, timeout: float, api_key: str | None = None) -> httpx2.Client:
    """A client for one host. `timeout` is seconds of silence; redirects are not followed.

    Proxy and certificate variables of the environment count, except on the way to this machine itself. The key goes
    to this host only. Raises BadInputError for a host name that cannot exist, NoHostError when the environment's
    proxy or certificate settings cannot be used.
    """
    import httpx2

    loopback = is_loopback(base_url)
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    if api_key is not None:
        headers["Authorization"] = f"Bearer {api_key}"
    try:
        return httpx2.Client(
            base_url=base_url,
            headers=headers,
            timeout=httpx2.Timeout(timeout, connect=min(timeout, CONNECT_S)),
            trust_env=not loopback,
            follow_redirects=False,
            # Without TLS there is nothing to verify, and reading the authorities' certificates takes 0.1 s.
            verify=not (loopback and base_url.startswith("http:")),
        )
    except httpx2.InvalidURL as error:
        raise _bad(f"{clean_line(public_url(base_url), 80)!r} is not an address", str(error)) from error
    except (ImportError, OSError, ValueError) as error:
        raise NoHostError(
            "The proxy or certificate settings of the environment cannot be used",
            str(error),
            "Look at HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE.",
        ) from error


def _split(url: str) -> SplitResult | None:
    """The URL's parts; None when it has none, such as with a port that is no number."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        return None
    return parts


def _likely(text: str) -> str:
    """What was probably meant by an address without a scheme."""
    if "://" in text or "@" in text:
        return ""
    meant = _split(f"http://{text}")
    if meant is None or meant.hostname is None or (meant.port is None and meant.hostname != "localhost"):
        return ""
    return f"Perhaps http://{text}"


def _bad(title: str, detail: str = "") -> BadInputError:
    return BadInputError(title, detail, f"Write it like {EXAMPLE}")
