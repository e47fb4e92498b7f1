"""Why an HTTP request failed, as sentences: the same for catalogues and for the requests that are measured."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import unquote, urljoin, urlsplit

from tui.core.errors import NoHostError, reason_of
from tui.core.text.clean import clean_line
from tui.net.addresses import public_url
from tui.net.proxies import VARIABLES, proxy_for
from tui.net.secrets import redacted, redacted_start

MAX_WORDS = 300
"""The most characters of another program's message that are shown."""
CERTIFICATE_HINT = "The environment variable SSL_CERT_FILE may name the file of the authority that signed it"
PROXY_HINT = f"The environment names this proxy: look at {VARIABLES}"
PROXY_LOGIN_HINT = "Write them into the variable of the proxy, like http://user:password@proxy:3128"
HTTPS_HINT = "Give the address with https://"
_TLS_ALERT = "\\x15\\x03"
"""A TLS server's alert, as it appears in a message about a line that is no HTTP."""
_ORIGIN = re.compile(r"(?<!\w)\w+\.(?:cc|cpp|h|hpp):\d+ [^()]{0,300}\([^()]{0,300}\) (?:const )?")
_REFUSED = "The connection was refused"
_RESET = "The connection was reset"
_NO_WAY_TO_MACHINE = "There is no way to that machine"
_NO_WAY_TO_NETWORK = "There is no way to that network"
_NOT_IN_TIME = "The connection was not accepted in time"
_SYSTEM = {
    errno.ECONNREFUSED: _REFUSED,
    errno.ECONNRESET: _RESET,
    errno.EHOSTUNREACH: _NO_WAY_TO_MACHINE,
    errno.ENETUNREACH: _NO_WAY_TO_NETWORK,
    errno.ETIMEDOUT: _NOT_IN_TIME,
}
_WINDOWS = {
    64: _RESET, 121: _NOT_IN_TIME, 1225: _REFUSED, 1231: _NO_WAY_TO_NETWORK, 1232: _NO_WAY_TO_MACHINE, 1236: _RESET,
}  # fmt: skip
"""Windows' own codes for what it did meanwhile, as its event loop does: they have no number of `errno`."""
_CLASSES: dict[type[OSError], str] = {ConnectionRefusedError: _REFUSED, ConnectionResetError: _RESET}


def no_connection(base_url: str, error: BaseException, hint: str, why: str = "") -> NoHostError:
    """Why a host, or the proxy before it, could not be connected. `hint` is what to do where it is the host's fault.

    `why` is the reason where the error holds none.
    """
    where, proxy = public_url(base_url), proxy_for(base_url)
    for cause in causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                untrusted = f"Its certificate is not trusted: {cause.verify_message}"
                return NoHostError(f"There is no safe connection to {where}", untrusted, CERTIFICATE_HINT)
            case ssl.SSLError():
                other = f"It does not answer with TLS ({cause.reason or clean_line(str(cause), MAX_WORDS)})"
                return NoHostError(f"There is no safe connection to {where}", other, "Does the host speak plain http?")
            case socket.gaierror():
                name = urlsplit(base_url if proxy is None else proxy.url).hostname
                title = f"The name {name} leads to no host"
                return NoHostError(title, reason_of(cause), "Check the address" if proxy is None else PROXY_HINT)
    why = why or _in_words(error) or clean_line(reason_of(error), MAX_WORDS)
    if proxy is not None:
        return NoHostError(f"Nobody answers at {proxy.url}, the proxy on the way to {where}", why, PROXY_HINT)
    return NoHostError(f"Nobody answers at {where}", why, hint)


def proxy_refused(base_url: str, reply: str) -> NoHostError:
    """Why the proxy does not let the request through; `reply` is its status and reason, if it gave any."""
    where, proxy = public_url(base_url), proxy_for(base_url)
    named = f"The proxy {proxy.url}" if proxy is not None else "The proxy"
    if reply.startswith("407"):
        return NoHostError(f"{named} wants a user and a password, or other ones", hint=PROXY_LOGIN_HINT)
    why = redacted_start(reply, MAX_WORDS) or "It gives no reason"
    return NoHostError(f"{named} does not let through to {where}", why, PROXY_HINT)


def no_answer(base_url: str, error: BaseException, hint: str) -> NoHostError:
    """Why a connection that was made brought no answer in HTTP."""
    message = str(error)
    if _TLS_ALERT in message:
        return NoHostError(f"{public_url(base_url)} does not answer in HTTP", "It speaks TLS", HTTPS_HINT)
    why = _in_words(error)
    if not why:
        closed = not message or "disconnected" in message or "closed" in message
        why = (
            "It closed the connection without a word"
            if closed
            else f"It sent something else: {redacted_start(message, MAX_WORDS)}"
        )
    if is_plain(base_url) and proxy_for(base_url) is None:
        hint = f"Perhaps it speaks https. {hint}"
    return NoHostError(f"{public_url(base_url)} takes connections and does not answer properly", why, hint)


def sign_in_wanted(challenge: str) -> str:
    """The kind of sign-in that a server asks for instead of an API key, such as Basic; empty when it wants a key.

    `challenge` is the value of its header WWW-Authenticate.
    """
    kinds = [part.split()[0] for part in challenge.split(",") if part.strip()]
    known = {"basic": "Basic", "digest": "Digest", "negotiate": "Negotiate", "ntlm": "NTLM"}
    named = [known[kind.lower()] for kind in kinds if kind.lower() in known]
    return named[0] if named and not any(kind.lower() == "bearer" for kind in kinds) else ""


def points_to(base_url: str, location: str) -> str:
    """The address that a redirect leads to, without user and query. `location` may be a path alone."""
    location = location.strip()
    plain = unquote(location)
    if redacted(plain) != plain:
        location = plain  # It holds a key, which percent-encoding would hide.
    try:
        place = public_url(urljoin(f"{base_url}/", location))
    except ValueError:
        place = public_url(location)
    return clean_line(redacted(place), MAX_WORDS)


def without_origin(words: str) -> str:
    """A message of Foundry Local's runtime without the C++ file and function at its beginning."""
    return _ORIGIN.sub("", words)


def is_plain(base_url: str) -> bool:
    """Whether an address has no encryption."""
    return base_url[:5].lower() == "http:"


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and its causes, including those of connections that were tried side by side."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for inner in error.exceptions:
                yield from causes(inner)
        error = error.__cause__ or error.__context__


def _in_words(error: BaseException) -> str:
    """The system's reason for a failed connection, without error numbers; empty when it gives none."""
    for cause in causes(error):
        if isinstance(cause, OSError) and cause.errno is not None:
            known = _WINDOWS.get(getattr(cause, "winerror", None) or 0) or _SYSTEM.get(cause.errno)
            return known or _CLASSES.get(type(cause)) or clean_line(reason_of(cause), MAX_WORDS)
    return ""
