"""The proxy on the way to a host, from the environment or the system's settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

from tui.core.errors import NoHostError
from tui.net.addresses import is_loopback, public_url
from tui.net.secrets import remember_secret

VARIABLES = "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY"


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy. Its credentials are sent to the proxy alone and never shown."""

    url: str
    """Without user and password: fit to be shown."""
    login: tuple[str, str] | None = field(default=None, repr=False)
    """User and password."""


def proxy_for(base_url: str) -> Proxy | None:
    """The proxy for requests to `base_url`; None when they are sent directly, as to this machine always.

    Raises NoHostError for a proxy that cannot be used.
    """
    if is_loopback(base_url):
        return None
    from urllib.request import getproxies, proxy_bypass  # its import takes as long as that of the rest of this package

    parts = urlsplit(base_url)
    known = getproxies()
    setting = known.get(parts.scheme) or known.get("all")
    if not setting or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    return _read(setting if "://" in setting else f"http://{setting}")


def _read(setting: str) -> Proxy:
    shown = public_url(setting)
    try:
        parts = urlsplit(setting)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise _unusable(shown, "It is not an address") from error
    if not usable:
        socks = parts.scheme.startswith("socks")
        raise _unusable(shown, "SOCKS proxies are not supported" if socks else "It is not an http or https address")
    login = (unquote(parts.username), unquote(parts.password or "")) if parts.username is not None else None
    remember_secret(login[1] if login is not None else None)
    return Proxy(urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "", "", "")), login)


def _unusable(shown: str, why: str) -> NoHostError:
    return NoHostError(
        f"The proxy {shown} cannot be used", why, f"Look at {VARIABLES}; NO_PROXY names hosts to be asked directly."
    )
