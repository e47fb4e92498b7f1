"""One streamed answer as it is read: from the items of its stream to events. `docs/servers.md` has the table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tui.core.requests import events as ev
from tui.core.requests.answer_limits import AnswerLimit
from tui.engine import errors as faults
from tui.engine.sse_chunks import Chunk, ChunkReader, Count, error_in, is_sign_of_life
from tui.engine.sse_framing import Item, What
from tui.engine.stamps import Stamps
from tui.engine.thinking_tags import ThinkingTags, UnopenedThinking


class Answer:
    """Takes items in their order and emits what they bring. `close()` emits what is only known at the end."""

    def __init__(self, request: str, stamps: Stamps, emit: Callable[[ev.Event], None]) -> None:
        self.finish_reason: str | None = None
        self.done = False
        """Whether the server said that this is all."""
        self.recognized = False
        """Whether anything of a chat completion's came."""
        self.foreign = ""
        """The first object that is nothing of a chat completion's, and no sign of life either."""
        self.brought_text = False
        """Whether any text of it was emitted."""
        self._request, self._stamps, self._emit = request, stamps, emit
        self._chunks, self._count = ChunkReader(), Count()
        self._tags, self._unopened = ThinkingTags(), UnopenedThinking()
        self._room = AnswerLimit()

    @property
    def full(self) -> bool:
        """Whether more came than can be kept; what did not fit was left out."""
        return self._room.full

    def take(self, item: Item) -> bool:
        """Take one item; returns whether it brought text. Raises what stands for a failure, its text emitted before."""
        what, value = item
        if what is What.DONE:
            self.done = True
            return False
        if what is What.ERROR and not (isinstance(value, dict) and value.get("choices") and "error" in value):
            raise faults.ServerSaidError(error_in(value))
        if what is What.NONSENSE:
            raise faults.NonsenseError(value)
        if what is What.NAMED and not any(value.get(key) for key in ("choices", "usage", "error")):
            self._note_foreign(value)
            return False
        return self._read(value)

    def close(self) -> None:
        """However it ends: what arrived is kept."""
        for delta in self._tags.rest():
            self._give(delta)
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
            raise faults.NonsenseError(str(value)) from error
        self.recognized = self.recognized or chunk.known
        if not self.recognized:
            self._note_foreign(value)
        stamps = self._stamps
        for kind, text in chunk.texts:
            for delta in self._tags.take(ev.Delta(self._request, stamps.read_at, stamps.read_number, kind, text)):
                self._give(delta)
        self._count.take(chunk)
        self.finish_reason = chunk.finish_reason or self.finish_reason
        self._check(chunk)
        return bool(chunk.texts)

    def _note_foreign(self, value: Any) -> None:
        if not self.foreign and isinstance(value, dict) and value and not is_sign_of_life(value):
            self.foreign = json.dumps(value)

    def _give(self, delta: ev.Delta) -> None:
        text = self._room.take(delta.text)
        if text:
            kept = delta if text == delta.text else replace(delta, text=text)
            self._unopened.take(kept)
            self.brought_text = True
            self._emit(kept)

    def _check(self, chunk: Chunk) -> None:
        if chunk.error:
            raise faults.ServerSaidError(chunk.error)
        if chunk.broken_off:
            raise faults.BrokenOffError(chunk.finish_reason)
