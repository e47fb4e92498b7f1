"""How long prompts and answers may be, so that a session file can be read back: its size is limited, too."""

from __future__ import annotations

from dataclasses import replace

from tui.core.plans.prompt import Prompt
from tui.core.requests.request import Fault, Request, RequestState
from tui.core.sessions.timing_dict import MAX_CHUNKS
from tui.core.text.clean import HIDDEN

MAX_PROMPT_BYTES = 8 << 20
MAX_CHARS = 8_000_000
"""The most characters of one answer that are stored, thinking included."""
MAX_BYTES = 24 << 20
"""The most bytes of one answer in the session file, where a character takes up to ten."""
_PIECE = 1 << 16

TOO_LONG = "The answer is longer than one that can be kept, and was cut here."
HINT = "What is there is kept. Ask with fewer max_tokens."


def prompt_bytes(prompt: Prompt) -> int:
    """How many bytes the texts of a prompt take in a file."""
    texts = (prompt.user, prompt.system or "", prompt.id, prompt.expected, *prompt.facets, *prompt.tags)
    return sum(map(stored_bytes, texts))


def stored_bytes(text: str) -> int:
    """The most bytes that `text` takes in a session file."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return len(text)
    escaped = sum(map(text.count, '"\\\n\t'))
    return len(text.encode("utf-8", "surrogatepass")) + escaped + 6 * len(HIDDEN.findall(text))


class AnswerLimit:
    """Counts how much of one answer may still be stored."""

    def __init__(self, share: float = 0.5) -> None:
        """`share` is the part of the limits that applies: half for what a host sends, more than any model writes."""
        self._chars, self._bytes, self._chunks = (int(most * share) for most in (MAX_CHARS, MAX_BYTES, MAX_CHUNKS))
        self.full = False
        """Whether some text did not fit; from then on, none does."""

    def take(self, text: str) -> str:
        """The beginning of the text that fits; as a rule, all of it."""
        size = stored_bytes(text)
        if self.full or len(text) > self._chars or size > self._bytes or not self._chunks:
            fitting = "" if self.full or not self._chunks else self._fitting(text)
            self.full = True
            return fitting
        self._chars -= len(text)
        self._bytes -= size
        self._chunks -= 1
        return text

    def _fitting(self, text: str) -> str:
        """The beginning that fits: whole pieces, then the position in the next one, by bisection."""
        end, left = 0, self._bytes
        text = text[: self._chars]
        while end < len(text) and (size := stored_bytes(text[end : end + _PIECE])) <= left:
            end, left = end + _PIECE, left - size
        low, high = 0, _PIECE
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if stored_bytes(text[end : end + middle]) <= left else (low, middle - 1)
        return text[: end + low]


def shortened(request: Request) -> Request:
    """The request, or a copy within the limits that is marked as cut.

    A request that failed or was stopped keeps that state, because reports count how requests ended.
    """
    length = len(request.answer) + len(request.reasoning)
    size = stored_bytes(request.answer) + stored_bytes(request.reasoning)
    if request.timestamps.chunks <= MAX_CHUNKS and length <= MAX_CHARS and size <= MAX_BYTES:
        return request
    room = AnswerLimit(1)
    reasoning, answer = room.take(request.reasoning), room.take(request.answer)
    timestamps = request.timestamps
    kept = slice(0, MAX_CHUNKS)
    came_to_its_end = request.state in (RequestState.DONE, RequestState.EMPTY)
    state = RequestState.CUT if came_to_its_end else request.state
    cut = replace(request, state=state, fault=request.fault or Fault("stream", TOO_LONG, HINT))
    cut.timestamps = replace(
        timestamps, at=timestamps.at[kept], reads=timestamps.reads[kept], kinds=timestamps.kinds[kept]
    )
    cut.restore_text(answer, reasoning)
    return cut
