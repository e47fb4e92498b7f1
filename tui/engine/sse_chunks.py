"""Reads one object of a streamed chat completion, in any server's dialect. The data is untrusted.

`docs/servers.md` has the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tui.core.requests.events import MOST_TOKENS, Kind
from tui.net.error_body import error_message
from tui.net.secrets import redacted_start

WITHOUT_WORDS = "an error without a message"
MAX_REASON_CHARS = 100
_TEXTS = (
    (Kind.REASONING, ("reasoning_content", "reasoning", "thinking")),
    (Kind.ANSWER, ("content",)),
    (Kind.REFUSAL, ("refusal",)),
)
_BROKEN_OFF = frozenset(
    (
        "error", "abort", "aborted", "cancelled", "canceled", "network_error", "server_error", "internal_error",
        "timeout", "failed", "insufficient_system_resource", "cancel", "interrupted", "exception", "upstream_error",
    )
)  # fmt: skip
"""Finish reasons by which a server reports that its answer is not whole."""
_NO_REASON = ("", "null", "none", "undefined")
_WORDS = ("detail", "message", "msg", "error_message", "error_msg", "errors", "error_description")
"""The keys of an error message in an object that is nothing else."""
_WELL = frozenset(("ok", "success", "queued", "pending", "processing", "in_progress", "running", "starting", "loading"))


@dataclass(frozen=True, slots=True)
class Counts:
    """A server's token counts; what it leaves out is None."""

    prompt: int | None = None
    completion: int | None = None
    reasoning: int | None = None
    cached: int | None = None
    """The tokens of the prompt that were not evaluated but found in a cache."""

    @property
    def known(self) -> bool:
        """Whether there is any count."""
        return any(count is not None for count in (self.prompt, self.completion, self.reasoning, self.cached))


@dataclass(frozen=True, slots=True)
class Chunk:
    """The parts of one chunk that matter. `texts` holds text that is not empty: a role alone is no token."""

    texts: tuple[tuple[Kind, str], ...] = ()
    finish_reason: str | None = None
    usage: Counts | None = None
    error: str | None = None
    known: bool = True
    """Whether it is part of a chat completion at all."""

    @property
    def broken_off(self) -> bool:
        """Whether the server reports that its answer is not complete."""
        return self.finish_reason is not None and self.finish_reason.lower() in _BROKEN_OFF


class Count:
    """The server's token counts of one answer, wherever in the stream they come: the last ones count."""

    def __init__(self) -> None:
        self._last: Counts | None = None
        self._texts = 0
        self._texts_after = 0

    def take(self, chunk: Chunk) -> None:
        """Take in one chunk."""
        self._texts += len(chunk.texts)
        self._texts_after += len(chunk.texts)
        usage = chunk.usage
        if usage is not None and (self._last is None or usage.completion or not self._texts):
            self._last, self._texts_after = usage, 0

    @property
    def usage(self) -> Counts | None:
        """The counts of the whole answer. None for its tokens when more text came than they can account for."""
        last = self._last
        if last is None:
            return None
        completion, reasoning = last.completion, last.reasoning
        if not completion and self._texts:
            completion = reasoning = None
        # Counted before the text had ended: either the total in advance, or only the text so far.
        if self._texts_after and (completion is None or completion < self._texts):
            completion = reasoning = None
        counts = Counts(last.prompt, completion, reasoning, last.cached)
        return counts if counts.known else None


class ChunkReader:
    """Reads the objects of one stream, in their order: the earlier ones show in which field the text comes."""

    def __init__(self) -> None:
        self._in_delta: set[Kind] = set()
        """The kinds of text that came in deltas. A message beside them repeats their text."""
        self._in_message = False
        """Whether text other than thinking came in messages."""

    def read(self, data: Any) -> Chunk:
        """Read a decoded chunk. Raises ValueError when it is no chunk."""
        if isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict) and data[0].get("error"):
            data = data[0]
        if not isinstance(data, dict):
            raise ValueError("a chunk that is no JSON object")
        choices = data.get("choices")
        choice = _choice(choices) if isinstance(choices, list) and choices else None
        usage = data.get("usage")
        if not choice:
            error = _error(data, bare="choices" not in data and not usage)
            return Chunk(usage=_usage(usage, data), error=error, known=bool(usage) or "choices" in data)
        error = data.get("error") if is_error(data.get("error")) else choice.get("error")
        return Chunk(
            texts=tuple(self._texts(choice)),
            finish_reason=_reason(choice.get("finish_reason")),
            usage=_usage(usage or choice.get("usage"), data),
            error=(error_message({"error": error}) or WITHOUT_WORDS) if is_error(error) else None,
        )

    def _texts(self, choice: dict[str, Any]) -> Iterator[tuple[Kind, str]]:
        part = choice.get("delta")
        found = list(_part_texts(part)) if isinstance(part, dict) else []
        if found:
            self._in_delta.update(kind for kind, _ in found)
            yield from found
            return
        if self._in_delta - {Kind.REASONING}:
            return
        part = choice.get("message")
        found = list(_part_texts(part)) if isinstance(part, dict) else []
        found = [(kind, text) for kind, text in found if kind not in self._in_delta]
        if found:
            self._in_message = True
            yield from found
            return
        text = choice.get("text")
        if isinstance(text, str) and text and not self._in_message:
            yield Kind.ANSWER, text


def error_in(data: Any) -> str:
    """The message of what a server sent as an error."""
    if isinstance(data, str):
        return redacted_start(data, 500) or WITHOUT_WORDS
    return error_message(data) or (_text_of(data) if isinstance(data, dict) else None) or WITHOUT_WORDS


def _reason(value: Any) -> str | None:
    """Why the answer ended; None while it goes on, for which some servers have a word."""
    if isinstance(value, dict):
        value = value.get("type")
    if not isinstance(value, str) or value.strip().lower() in _NO_REASON:
        return None
    return redacted_start(value, MAX_REASON_CHARS)


def _choice(choices: list[Any]) -> dict[str, Any] | None:
    """The choice that was asked for: the one with index 0, or with none."""
    for choice in choices:
        if isinstance(choice, dict) and not choice.get("index"):
            return choice
    return None


def _error(data: dict[str, Any], *, bare: bool) -> str | None:
    """The error in an object without the choice that was asked for; `bare` is one without usage and choices, too."""
    if is_error(data.get("error")) or data.get("object") == "error":
        return error_in(data)
    if not bare:
        return None
    if data.get("error_code"):
        return error_in(data)
    words = {key: data[key] for key in _WORDS if key in data}
    return error_message(words) if words and "error_code" not in data and not _goes_well(data) else None


def is_error(value: Any) -> bool:
    """Whether the value under `error` is an error; some servers have an empty one in every chunk."""
    return any(value.values()) if isinstance(value, dict) else bool(value)


def is_sign_of_life(data: dict[str, Any]) -> bool:
    """Whether an object says only that the host is working."""
    return data.get("type") in ("ping", "heartbeat") or "status" in data or _goes_well(data)


def _goes_well(data: dict[str, Any]) -> bool:
    """Whether an object with a message reports no error: a success, or a place in a queue."""
    status = data.get("status")
    return data.get("code") in (0, "0", 200) or (isinstance(status, str) and status.lower() in _WELL)


def _text_of(data: dict[str, Any]) -> str | None:
    text = data.get("text")
    return text.strip() or None if isinstance(text, str) else None


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
        value = item.get(key)
        parts = value if isinstance(value, list) else [{"text": value}]
        texts = [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
        if text := "".join(texts):
            yield kind, text


def _usage(usage: Any, data: dict[str, Any]) -> Counts | None:
    if not isinstance(usage, dict):
        return None
    prompt = _count(usage.get("prompt_tokens")) or None
    cached = next((count for count in _cached(usage, data) if count is not None), None)
    if cached is not None and prompt is not None and cached > prompt:
        cached = None
    reasoning = _count(_in(usage, "completion_tokens_details", "reasoning_tokens"))
    return Counts(prompt, _count(usage.get("completion_tokens")), reasoning, cached)


def _cached(usage: dict[str, Any], data: dict[str, Any]) -> Iterator[int | None]:
    for details in ("prompt_tokens_details", "input_tokens_details"):
        yield _count(_in(usage, details, "cached_tokens"))
    for name in ("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens", "num_cached_tokens"):
        yield _count(usage.get(name))
    yield _count(_in(data, "timings", "cache_n"))


def _in(table: dict[str, Any], key: str, name: str) -> Any:
    inner = table.get(key)
    return inner.get(name) if isinstance(inner, dict) else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS else None
