"""What answers at an address: told by its REST interface, never guessed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tui.background import in_threads
from tui.core.errors import NoHostError
from tui.hosts.http import Reply, fetch

PROBE_S = 1.0
"""Longest wait for the answer to one question, in seconds; all are asked at once."""
HINT = "Is the server running, and is this its address?"


@dataclass(frozen=True, slots=True)
class Identity:
    """What was found at an address."""

    root: str
    """The address without `/v1`, below which the management interface is."""
    kind: str | None
    """service, daemon, sdk or openai; None for something that speaks HTTP and tells nothing of itself."""
    told_by: str
    """The path whose answer told the kind; empty for none."""
    complete: bool
    """Whether every question was answered; else something more telling may have come too late."""
    seconds: float


def root_of(address: str) -> str:
    """The address without a slash and `/v1` at its end."""
    return address.rstrip("/").removesuffix("/v1").rstrip("/")


def identify(address: str, *, api_key: str | None = None, timeout: float = PROBE_S) -> Identity:
    """Ask what is at `address`, with or without `/v1`. Takes little more than `timeout` seconds.

    Raises NoHostError when nobody answers any of the questions.
    """
    root, began = root_of(address), time.monotonic()
    # The list of models is asked for where a chat would go, so that a failure names that place.
    base = address.rstrip("/") if urlsplit(address).path.strip("/") else f"{root}/v1"

    def ask(where: tuple[str, str]) -> Reply | NoHostError:
        try:
            return fetch(where[0], where[1], timeout=timeout, hint=HINT, api_key=api_key)
        except NoHostError as error:
            return error

    asked = ((root, "openai/status"), (root, "status"), (root, "models/loaded"), (base, "models"))
    replies = in_threads(ask, asked, "identify").values()
    answers = {path: reply.result() for path, reply in zip(_PATHS, replies, strict=True)}
    silent = [answer for answer in answers.values() if isinstance(answer, NoHostError)]
    if len(silent) == len(answers):
        raise silent[-1]
    bodies = {path: reply.body for path, reply in answers.items() if isinstance(reply, Reply) and reply.ok}
    told_by = next((path for path, says in _PATHS.items() if says(bodies.get(path))), "")
    kind = _kind(told_by, bodies.get("/v1/models"))
    return Identity(root, kind, told_by, not silent, time.monotonic() - began)


def _kind(told_by: str, models: Any) -> str | None:
    if told_by == "/models/loaded":
        # Both the daemon and the SDK's web service of version 1 answer here. The daemon says of each model to which
        # alias it belongs; one that lists nothing yet is taken for the daemon, which is the one that people run.
        rows = _rows(models)
        return "sdk" if rows and not any("parent" in row for row in rows if isinstance(row, dict)) else "daemon"
    return {"/openai/status": "service", "/status": "sdk", "/v1/models": "openai"}.get(told_by)


def _is_service(body: Any) -> bool:
    # Recorded answers spell the keys in camel case, the documentation in Pascal case.
    keys = {str(key).casefold() for key in body} if isinstance(body, dict) else set()
    return "endpoints" in keys and bool(keys & {"modeldirpath", "pipename", "isautoregistrationresolved"})


def _is_runtime(body: Any) -> bool:
    return isinstance(body, dict) and isinstance(body.get("endpoints"), list)


def _rows(body: Any) -> list[Any]:
    if isinstance(body, dict):
        body = body.get("data", body.get("models"))
    return body if isinstance(body, list) else []


def _is_model_list(body: Any) -> bool:
    return isinstance(body, list) or (isinstance(body, dict) and isinstance(body.get("data", body.get("models")), list))


_PATHS: dict[str, Callable[[Any], bool]] = {
    "/openai/status": _is_service,
    "/status": _is_runtime,
    "/models/loaded": lambda body: isinstance(body, list),
    "/v1/models": _is_model_list,
}
"""What is asked, the most telling first, and whether an answer is of the shape that tells something."""
