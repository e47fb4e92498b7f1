"""A prompt that keeps a model loaded: hosts unload a model that nobody has asked for some minutes."""

from __future__ import annotations

from tui.core.errors import ModelFailedError
from tui.core.sessions.session_model import Endpoint
from tui.hosts.http import post

ANSWER_S = 60.0
"""Longest wait for the answer, in seconds."""


def keep_alive(endpoint: Endpoint) -> None:
    """Ask the model for one token. Raises NoHostError, or ModelFailedError when the host refuses."""
    body = {
        "model": endpoint.model,
        "messages": [{"role": "user", "content": "Hello"}],
        "max_tokens": 1,
        "stream": False,
    }
    hint = "It is no longer kept warm"
    reply = post(endpoint.base_url, "chat/completions", body, timeout=ANSWER_S, hint=hint, api_key=endpoint.api_key)
    if not reply.ok:
        raise ModelFailedError(f"{endpoint.model} could not be kept warm", reply.words(), hint)
