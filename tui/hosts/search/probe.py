"""What answers at an address, as its REST interface says, never as a guess."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from tui.background import in_threads
from tui.core.errors import NoHostError
from tui.hosts.http import Reply, fetch, root_of
from tui.hosts.openai.kinds import MODELS
from tui.hosts.registry import KINDS

PROBE_S = 1.0
"""Longest wait for the answer to one question, in seconds; all are asked at once."""
HINT = "Is the server running, and is this its address?"


@dataclass(frozen=True, slots=True)
class Identity:
    """What was found at an address."""

    root: str
    """The address without `/v1`, below which the management interface is."""
    kind: str | None
    """The name of one of the registry's kinds; None for something that speaks HTTP and says nothing of itself."""
    complete: bool
    """Whether every question was answered; else something that tells more may have come too late."""


def identify(address: str, *, api_key: str | None = None, timeout: float = PROBE_S) -> Identity:
    """Ask what is at `address`, with or without `/v1`. Takes little more than `timeout` seconds.

    Raises NoHostError when nobody answers any of the questions.
    """
    root = root_of(address)
    # The list of models is asked for where a chat would go, so that a failure names that place.
    base = address.rstrip("/") if urlsplit(address).path.strip("/") else f"{root}/v1"

    def ask(path: str) -> Reply | NoHostError:
        where = (base, "models") if path == MODELS else (root, path.removeprefix("/"))
        try:
            return fetch(*where, timeout=timeout, hint=HINT, api_key=api_key)
        except NoHostError as error:
            return error

    kinds = [(kind.name, kind.at_address) for kind in KINDS if kind.at_address is not None]
    paths = dict.fromkeys(path for _, how in kinds for path in how.paths)
    answers = {path: reply.result() for path, reply in in_threads(ask, paths, "identify").items()}
    silent = {path: answer for path, answer in answers.items() if isinstance(answer, NoHostError)}
    if len(silent) == len(answers):
        raise silent[MODELS]
    bodies = {path: reply.body for path, reply in answers.items() if isinstance(reply, Reply) and reply.ok}
    kind = next((name for name, how in kinds if how.recognised(bodies)), None)
    return Identity(root, kind, not silent)
