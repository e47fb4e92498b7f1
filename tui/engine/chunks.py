"""What one chunk of a streamed chat completion holds, in any server's dialect. The data is untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tui.core.events import Kind
from tui.net.said import error_message

DONE = "[DONE]"
_TEXTS = (
    (Kind.REASONING, ("reasoning_content", "reasoning", "thinking")),
    (Kind.ANSWER, ("content",)),
    (Kind.REFUSAL, ("refusal",)),
)


UsageCounts = tuple[int | None, int | None, int | None]
"""Prompt, completion and reasoning tokens."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The parts of one chunk that matter. `texts` holds only non-empty text: a role alone is no token."""

    texts: tuple[tuple[Kind, str], ...] = ()
    finish_reason: str | None = None
    usage: UsageCounts | None = None
    error: str | None = None


class Count:
    """The server's token counts of one answer, wherever in its stream it gives them: the last are meant."""

    def __init__(self) -> None:
        self._last: UsageCounts | None = None
        self._texts = 0
        self._texts_after = 0

    def take(self, chunk: Chunk) -> None:
        """Note one chunk."""
        self._texts += len(chunk.texts)
        self._texts_after += len(chunk.texts)
        if chunk.usage is not None:
            self._last, self._texts_after = chunk.usage, 0

    @property
    def usage(self) -> UsageCounts | None:
        """The counts of the whole answer. None for its tokens when more text came than they can account for."""
        if self._last is None or not self._texts_after:
            return self._last
        prompt, completion, _ = self._last
        # Counted before the text had ended: either the total, told ahead, or only what there was so far.
        return self._last if completion is not None and completion >= self._texts else (prompt, None, None)


def read_chunk(data: Any) -> Chunk:
    """Read a decoded chunk. Raises ValueError when it is nothing like one."""
    if not isinstance(data, dict):
        raise ValueError("a chunk that is no JSON object")
    if data.get("error"):
        return Chunk(error=error_message(data) or "an error without a message")
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    usage = data.get("usage") or choice.get("usage")
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
    content = part.get("content")
    for item in content if isinstance(content, list) else ():
        yield from _item_texts(item)
    calls = part.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        arguments = function.get("arguments") if isinstance(function, dict) else None
        if isinstance(arguments, str) and arguments:
            yield Kind.TOOL, arguments


def _item_texts(item: Any) -> Iterator[tuple[Kind, str]]:
    """The texts of one item where a server's content is a list: of text, or of thinking that is a list again."""
    if not isinstance(item, dict):
        return
    for kind, key in ((Kind.REASONING, "thinking"), (Kind.ANSWER, "text")):
        said = item.get(key)
        parts = said if isinstance(said, list) else [{"text": said}]
        texts = [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
        if text := "".join(texts):
            yield kind, text


def _usage(usage: dict[str, Any]) -> UsageCounts:
    details = usage.get("completion_tokens_details")
    reasoning = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")), _count(reasoning)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40 else None
