"""Which options a host refuses: read from its refusals, and remembered for the next request."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tui.core.requests.dropped_options import ANSWER_FORMAT, LIMIT, NEWER_LIMIT, OPTIONAL
from tui.core.sessions.session_model import Endpoint

_STATUSES = (400, 422)
_FORMAT_STATUSES = (500, 501)
"""With these, besides, servers answer a form that they do not know: Foundry Local's service did, with 500."""
_READ_CHARS = 4000
_UNWANTED = re.compile(
    r"\bun(?:supported|recogni[sz]ed|known|expected|implemented|available)\b"
    r"|\bnot (?:\w+ )?(?:support|permit|allow|accept|implement|recogni)"
    r"|n['’]t (?:support|permit|allow|accept|implement|recogni|know)"
    r"|\bcan(?:not| not|['’]t) be (?:set|used|given|passed|specified)\b"
    r"|\bno longer\b|\bextra\b|\badditional propert|\bforbidden\b|\binstead\b|\bonly the default\b"
    r"|\binvalid (?:param|argument|field|option|key|propert)",
    re.IGNORECASE,
)
"""Words by which a host refuses an option whatever its value is."""
_VALUE = re.compile(
    r"\b(?:must|should|has to|have to) be\b|\bbetween\b|\bout of\b|\btoo \w+|\b(?:less|greater|more) than\b|[<>]=? ?\d",
    re.IGNORECASE,
)
"""Words by which a host refuses the value alone: without the option, the model would be asked something else than was
meant."""


class UnsupportedOptions:
    """The options that each model of each host refuses, for as long as the engine runs."""

    def __init__(self) -> None:
        self._left_out: dict[tuple[str, str], tuple[str, ...]] = {}

    def known(self, endpoint: Endpoint) -> tuple[str, ...]:
        """The options to leave out of the first attempt."""
        return self._left_out.get((endpoint.base_url, endpoint.model), ())

    def learn(self, endpoint: Endpoint, left_out: tuple[str, ...]) -> None:
        """Note that the host accepted a request without these options."""
        self._left_out[endpoint.base_url, endpoint.model] = left_out


def without(request: Mapping[str, Any], left_out: tuple[str, ...]) -> dict[str, Any]:
    """The request without these options; its limit gets the newer name where the older one is among them."""
    limit = {NEWER_LIMIT: request[LIMIT]} if LIMIT in left_out else {}
    return {name: value for name, value in request.items() if name not in left_out} | limit


def refused(status: int, body: str, request: Mapping[str, Any]) -> tuple[str, ...]:
    """The options of this request that a refusal names; none where it is about something else.

    The form of the answer is left out before anything else is taken for the reason: servers refuse it in words of
    their own, about grammars, types or nothing.
    """
    if status not in _STATUSES:
        return (ANSWER_FORMAT,) if ANSWER_FORMAT in request and status in _FORMAT_STATUSES else ()
    complaints = list(_complaints(body))
    names = [name for name in OPTIONAL if name in request and any(_turns_down(each, name) for each in complaints)]
    if LIMIT in request and any(_turns_down(each, LIMIT) and _names(each, NEWER_LIMIT) for each in complaints):
        names.append(LIMIT)
    if not names and ANSWER_FORMAT in request:
        names.append(ANSWER_FORMAT)
    return tuple(names)


def _turns_down(complaint: str, name: str) -> bool:
    # Without its usage report an answer is the same answer, so any complaint about it will do.
    if name == "stream_options":
        return _names(complaint, name)
    return _names(complaint, name) and bool(_UNWANTED.search(complaint)) and not _VALUE.search(complaint)


def _names(complaint: str, name: str) -> bool:
    # An everyday word must stand as a name does: in quotes or brackets, or alone on its side of a colon.
    if name == "stop":
        return bool(re.search(r"""['"`\[({]\s*stop\b|^stop\s*:|:\s*stop\.?\s*$""", complaint, re.IGNORECASE))
    return bool(re.search(rf"(?<!\w){name}(?!\w)", complaint, re.IGNORECASE))


def _complaints(body: str) -> Iterator[str]:
    """The complaints of a refusal one by one, without the request that some servers repeat in it."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        if not body.lstrip().startswith("<"):
            yield body[:_READ_CHARS]
        return
    found = [data]
    if isinstance(data, dict):
        found = [data[key] for key in ("error", "detail", "errors", "message") if data.get(key)] or found
    for item in found:
        yield from (_complaint(part) for part in (item if isinstance(item, list) else [item]))


def _complaint(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)[:_READ_CHARS]
    words = [item.get(key) for key in ("message", "msg", "detail", "code", "type")]
    names = item.get("loc") if isinstance(item.get("loc"), list) else [item.get("param")]
    parts = [*words, *(f"'{name}'" for name in names or () if isinstance(name, str))]
    return " ".join(part for part in parts if isinstance(part, str))[:_READ_CHARS]
