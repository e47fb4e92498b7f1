"""One streamed answer: from the items of its stream to events. `docs/servers.md` has the table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tui.core.requests import events as ev
from tui.core.requests.answer_limits import AnswerLimit
from tui.engine import errors
from tui.engine.sse_chunks import Chunk, ChunkReader, Count, error_in, is_sign_of_life
from tui.engine.sse_framing import Item, ItemKind
from tui.engine.stamps import Stamps
from tui.engine.thinking_tags import ThinkingTags, UnopenedThinking


class Answer:
    """Turns items into events, in their order. `close()` emits what is known only at the end."""

    def __init__(self, request: str, stamps: Stamps, emit: Callable[[ev.Event], None]) -> None:
        self.finish_reason: str | None = None
        self.done = False
        """Whether the server has sent its end marker."""
        self.recognized = False
        """Whether any part of a chat completion arrived."""
        self.foreign = ""
        """The first object that is neither part of a chat completion nor a keep-alive message, as JSON."""
        self.brought_text = False
        """Whether any text was emitted."""
        self._request, self._stamps, self._emit = request, stamps, emit
        self._chunks, self._count = ChunkReader(), Count()
        self._tags, self._unopened = ThinkingTags(), UnopenedThinking()
        self._limit = AnswerLimit()

    @property
    def full(self) -> bool:
        """Whether more text arrived than can be stored; the rest is left out."""
        return self._limit.full

    def take(self, item: Item) -> bool:
        """Process one item; returns whether it brought text. Raises an error that the item reports, after its text."""
        what, value = item
        if what is ItemKind.DONE:
            self.done = True
            return False
        if what is ItemKind.ERROR and not (isinstance(value, dict) and value.get("choices") and "error" in value):
            raise errors.ServerSaidError(error_in(value))
        if what is ItemKind.NONSENSE:
            raise errors.NonsenseError(value)
        if what is ItemKind.NAMED and not any(value.get(key) for key in ("choices", "usage", "error")):
            self._note_foreign(value)
            return False
        return self._read(value)

    def close(self) -> None:
        """Emit what was held back, and the counts of tokens. Called however the stream ends."""
        for delta in self._tags.rest():
            self._emit_delta(delta)
        thinking = None if self._tags.opened else self._unopened.found(self._request)
        if thinking is not None:
            self._emit(thinking)
        usage = self._count.usage
        if usage is not None:
            self._emit(
                ev.Usage(self._request, usage.prompt, usage.completion, usage.reasoning, cached_tokens=usage.cached)
            )

    def _read(self, value: Any) -> bool:
        try:
            chunk = self._chunks.read(value)
        except ValueError as error:
            raise errors.NonsenseError(str(value)) from error
        self.recognized = self.recognized or chunk.known
        if not self.recognized:
            self._note_foreign(value)
        stamps = self._stamps
        for kind, text in chunk.texts:
            for delta in self._tags.take(ev.Delta(self._request, stamps.read_at, stamps.read_number, kind, text)):
                self._emit_delta(delta)
        self._count.take(chunk)
        self.finish_reason = chunk.finish_reason or self.finish_reason
        self._check(chunk)
        return bool(chunk.texts)

    def _note_foreign(self, value: Any) -> None:
        if not self.foreign and isinstance(value, dict) and value and not is_sign_of_life(value):
            self.foreign = json.dumps(value)

    def _emit_delta(self, delta: ev.Delta) -> None:
        text = self._limit.take(delta.text)
        if text:
            kept = delta if text == delta.text else replace(delta, text=text)
            self._unopened.take(kept)
            self.brought_text = True
            self._emit(kept)

    def _check(self, chunk: Chunk) -> None:
        if chunk.error:
            raise errors.ServerSaidError(chunk.error)
        if chunk.broken_off:
            raise errors.BrokenOffError(chunk.finish_reason)
