"""Options of a chat request that not every server takes."""

from __future__ import annotations

from collections.abc import Sequence

OPTIONAL = ("stream_options", "seed", "temperature", "top_p", "stop")
"""The options that may be left out when a server refuses them."""
ANSWER_FORMAT = "response_format"
"""May be left out too, whatever a server says of it: the question asks for the same in words."""
LIMIT, NEWER_LIMIT = "max_tokens", "max_completion_tokens"
"""The limit of an answer's length is never left out: a server that refuses one name accepts the other."""


def dropped_sentence(left_out: Sequence[str]) -> str:
    """What was asked differently than planned, as a sentence; empty when nothing was."""
    gone = [name for name in left_out if name != LIMIT]
    parts = [f"{', '.join(gone)}: refused by the host and left out"] if gone else []
    if LIMIT in left_out:
        parts.append(f"{LIMIT}: sent as {NEWER_LIMIT}, as the host wants")
    return "; ".join(parts) + "." if parts else ""
