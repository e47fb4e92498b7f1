"""What one chunk of a streamed chat completion holds, in any server's dialect. The data is untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tui.core.events import Kind
from tui.net.said import error_message

DONE = "[DONE]"
_TEXTS = (
    (Kind.REASONING, ("reasoning_content", "reasoning")),
    (Kind.ANSWER, ("content",)),
    (Kind.REFUSAL, ("refusal",)),
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The parts of one chunk that matter. `texts` holds only non-empty text: a role alone is no token."""

    texts: tuple[tuple[Kind, str], ...] = ()
    finish_reason: str | None = None
    usage: tuple[int | None, int | None, int | None] | None = None
    """Prompt, completion and reasoning tokens."""
    error: str | None = None


def read_chunk(data: Any) -> Chunk:
    """Read a decoded chunk. Raises ValueError when it is nothing like one."""
    if not isinstance(data, dict):
        raise ValueError("a chunk that is no JSON object")
    if data.get("error"):
        return Chunk(error=error_message(data) or "an error without a message")
    usage = data.get("usage")
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    reason = choice.get("finish_reason")
    return Chunk(
        texts=tuple(_texts(choice)),
        finish_reason=reason if isinstance(reason, str) and reason else None,
        usage=_usage(usage) if isinstance(usage, dict) else None,
    )


def _texts(choice: dict[str, Any]) -> Iterator[tuple[Kind, str]]:
    # Foundry Local's older service repeats the delta as a message: one of the two, never both.
    for key in ("delta", "message"):
        part = choice.get(key)
        found = list(_part_texts(part)) if isinstance(part, dict) else []
        if found:
            yield from found
            return
    text = choice.get("text")
    if isinstance(text, str) and text:
        yield Kind.ANSWER, text


def _part_texts(part: dict[str, Any]) -> Iterator[tuple[Kind, str]]:
    for kind, keys in _TEXTS:
        text = next((part[key] for key in keys if isinstance(part.get(key), str) and part[key]), None)
        if text:
            yield kind, text
    calls = part.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        arguments = function.get("arguments") if isinstance(function, dict) else None
        if isinstance(arguments, str) and arguments:
            yield Kind.TOOL, arguments


def _usage(usage: dict[str, Any]) -> tuple[int | None, int | None, int | None]:
    details = usage.get("completion_tokens_details")
    reasoning = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")), _count(reasoning)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40 else None
