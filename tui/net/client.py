"""The HTTP client for a host's own questions, such as its catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.core.errors import BadInputError, NoHostError, reason_of
from tui.core.text.clean import clean_line
from tui.net.addresses import bad_url, is_loopback, public_url
from tui.net.proxies import VARIABLES, proxy_for

if TYPE_CHECKING:
    import httpx2

CONNECT_S = 5.0
"""Seconds to wait for a connection; a host that runs takes far less."""


def checked_key(key: str | None, variable: str) -> str | None:
    """The API key without white space around it; None when it is empty.

    `variable` is the environment variable it comes from. Raises BadInputError, which does not repeat the key, for one
    that no HTTP header can hold.
    """
    key = (key or "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        hint = f"Look at how it was copied into {variable}"
        raise BadInputError("The API key holds characters that no server accepts", hint=hint)
    return key or None


def http_client(base_url: str, *, timeout: float, api_key: str | None = None) -> httpx2.Client:
    """A client for one host. `timeout` is seconds of silence; redirects are not followed.

    The environment's certificate and proxy settings apply, except for this machine itself. The key, checked by
    `checked_key`, is sent to this host only. Raises BadInputError for a host name that cannot exist, NoHostError when
    the environment's proxy or certificate settings cannot be used.
    """
    import httpx2

    loopback = is_loopback(base_url)
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    if api_key is not None:
        headers["Authorization"] = f"Bearer {api_key}"
    proxy = proxy_for(base_url)
    try:
        return httpx2.Client(
            base_url=base_url,
            headers=headers,
            timeout=httpx2.Timeout(timeout, connect=min(timeout, CONNECT_S)),
            follow_redirects=False,
            # The library's own transport would look for proxies by rules that differ from the engine's.
            transport=httpx2.HTTPTransport(
                # Without TLS there is nothing to verify, and reading the authorities' certificates takes 0.1 s.
                verify=not (loopback and base_url.startswith("http:")),
                proxy=httpx2.Proxy(proxy.url, auth=proxy.login) if proxy is not None else None,
            ),
        )
    except httpx2.InvalidURL as error:
        raise bad_url(f"{clean_line(public_url(base_url), 80)!r} is not an address", reason_of(error)) from error
    except (ImportError, OSError, ValueError) as error:
        raise NoHostError(
            "The proxy or certificate settings of the environment cannot be used",
            reason_of(error),
            f"Look at {VARIABLES}, and at SSL_CERT_FILE.",
        ) from error
