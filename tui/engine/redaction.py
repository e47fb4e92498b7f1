"""Removes the key of a request from everything that its host sends back, also where it is split over two chunks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tui.core.requests import events as ev
from tui.engine.protocol import Start
from tui.engine.thinking_tags import UnopenedThinking
from tui.net.secrets import REDACTED, SHORTEST_KEY, redacted, remember_secret

HELD = 4
"""The fewest characters of a possible beginning of the key that wait for the next chunk. Fewer give nothing away, and
occur in ordinary words: holding them back would change the times of ordinary answers."""

Emit = Callable[[ev.Event], None]


def without_key(start: Start, emit: Emit) -> Emit:
    """The function to call instead of `emit` for this request: it emits the same events without the key."""
    key = start.endpoint.api_key
    remember_secret(key)
    return emit if key is None or len(key) < SHORTEST_KEY else _Redactor(key, emit).take


class _Redactor:
    def __init__(self, key: str, emit: Emit) -> None:
        self._emit = emit
        self._texts = {kind: KeyInStream(key) for kind in ev.Kind}
        self._last: dict[ev.Kind, ev.Delta] = {}
        self._unopened = UnopenedThinking()

    def take(self, event: ev.Event) -> None:
        if isinstance(event, ev.Delta):
            self._last[event.kind] = event
            self._emit_text(event, self._texts[event.kind].take(event.text))
            return
        for kind, last in self._last.items():
            self._emit_text(last, self._texts[kind].rest())
        self._last.clear()
        match event:
            case ev.ThinkingFound():
                # It counts characters of what arrived; what is emitted may be longer or shorter.
                found = self._unopened.found(event.request)
                if found is None:
                    return
                event = found
            case ev.Failed():
                message, hint, error_type = redacted(event.message), redacted(event.hint), redacted(event.type)
                event = replace(event, message=message, hint=hint, type=error_type)
            case ev.Ended() if event.finish_reason is not None:
                event = replace(event, finish_reason=redacted(event.finish_reason))
        self._emit(event)

    def _emit_text(self, delta: ev.Delta, text: str) -> None:
        if text:
            emitted = delta if text == delta.text else replace(delta, text=text)
            self._unopened.take(emitted)
            self._emit(emitted)


class KeyInStream:
    """Takes a text in pieces, and gives it back without the key."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._begun = ""
        """The end of the text so far, as far as the key begins with it."""
        self._given = 0
        """How many characters of that were given back already."""

    def take(self, piece: str) -> str:
        """The text that can be given back after one more piece."""
        if not self._begun and self._key[0] not in piece:
            return piece
        text = self._begun + piece
        begun = self._beginning(text.split(self._key)[-1])
        held = len(begun) >= HELD
        end = len(text) - len(begun) if held else len(text)
        first = text.find(self._key)
        # The first characters of a key that is complete now may be out already; the replacement follows them anyway.
        skipped = self._given if first < 0 else min(self._given, first)
        self._given = max(self._given - end, 0) if held else len(begun)
        self._begun = begun
        return text[:end].replace(self._key, REDACTED)[skipped:]

    def rest(self) -> str:
        """What was held back, at the end of the text; the replacement where it is too long to be an ordinary word."""
        rest = self._begun[self._given :] if len(self._begun) < SHORTEST_KEY else REDACTED
        self._begun, self._given = "", 0
        return rest

    def _beginning(self, text: str) -> str:
        """The longest end of the text with which the key begins."""
        at = text.find(self._key[0], max(len(text) - len(self._key) + 1, 0))
        while at >= 0 and not self._key.startswith(text[at:]):
            at = text.find(self._key[0], at + 1)
        return text[at:] if at >= 0 else ""
