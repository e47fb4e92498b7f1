"""Takes the key of a request out of everything that its host sends back, also where two chunks share it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tui.core.requests import events as ev
from tui.engine.protocol import Start
from tui.engine.thinking_tags import UnopenedThinking
from tui.net.secrets import BLOT, SHORTEST, blotted, remember

HELD = 4
"""From so many characters of the key on, what may be its beginning waits for the next chunk. Fewer give nothing away,
and occur in other words: holding those back would bend the times of ordinary answers."""

Emit = Callable[[ev.Event], None]


def without_key(start: Start, emit: Emit) -> Emit:
    """What to call instead of `emit` for this request."""
    key = start.endpoint.api_key
    remember(key)
    return emit if key is None or len(key) < SHORTEST else _Blotting(key, emit).take


class _Blotting:
    def __init__(self, key: str, emit: Emit) -> None:
        self._emit = emit
        self._texts = {kind: KeyInStream(key) for kind in ev.Kind}
        self._last: dict[ev.Kind, ev.Delta] = {}
        self._unopened = UnopenedThinking()

    def take(self, event: ev.Event) -> None:
        if isinstance(event, ev.Delta):
            self._last[event.kind] = event
            self._say(event, self._texts[event.kind].take(event.text))
            return
        for kind, last in self._last.items():
            self._say(last, self._texts[kind].rest())
        self._last.clear()
        match event:
            case ev.ThinkingFound():
                # Counted in what came; what goes on may be longer or shorter.
                found = self._unopened.found(event.request)
                if found is None:
                    return
                event = found
            case ev.Failed():
                said, hint, kind_of = blotted(event.message), blotted(event.hint), blotted(event.type)
                event = replace(event, message=said, hint=hint, type=kind_of)
            case ev.Ended() if event.finish_reason is not None:
                event = replace(event, finish_reason=blotted(event.finish_reason))
        self._emit(event)

    def _say(self, delta: ev.Delta, text: str) -> None:
        if text:
            said = delta if text == delta.text else replace(delta, text=text)
            self._unopened.take(said)
            self._emit(said)


class KeyInStream:
    """A text that comes in pieces, and goes on without the key."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._begun = ""
        """The end of what came, as far as it is a beginning of the key."""
        self._said = 0
        """How much of that has gone on already."""

    def take(self, piece: str) -> str:
        """What can go on of all that has come."""
        if not self._begun and self._key[0] not in piece:
            return piece
        text = self._begun + piece
        begun = self._beginning(text.split(self._key)[-1])
        held = len(begun) >= HELD
        end = len(text) - len(begun) if held else len(text)
        first = text.find(self._key)
        # Of a key that is complete by now the first characters may have gone on: the blot follows them all the same.
        skipped = self._said if first < 0 else min(self._said, first)
        self._said = max(self._said - end, 0) if held else len(begun)
        self._begun = begun
        return text[:end].replace(self._key, BLOT)[skipped:]

    def rest(self) -> str:
        """What was held back, when nothing more comes; of what can be no word any more, the blot."""
        rest = self._begun[self._said :] if len(self._begun) < SHORTEST else BLOT
        self._begun, self._said = "", 0
        return rest

    def _beginning(self, text: str) -> str:
        """The longest end of the text with which the key begins."""
        at = text.find(self._key[0], max(len(text) - len(self._key) + 1, 0))
        while at >= 0 and not self._key.startswith(text[at:]):
            at = text.find(self._key[0], at + 1)
        return text[at:] if at >= 0 else ""
