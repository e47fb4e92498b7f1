"""How long prompts and answers may be, so that what is kept can be read back: a session file has a bound too."""

from __future__ import annotations

from dataclasses import replace

from tui.core.requests.request import Fault, Request, RequestState
from tui.core.sessions.timing_dict import MAX_CHUNKS
from tui.core.text.clean import HIDDEN

MAX_PROMPT_BYTES = 8 << 20
MAX_CHARS = 8_000_000
"""Of one answer that is kept, thinking included."""
MAX_BYTES = 24 << 20
"""The same as the session file holds it, where a character takes up to ten bytes."""
_PIECE = 1 << 16

TOO_LONG = "The answer is longer than one that can be kept, and was cut here."
HINT = "What is there is kept. Ask with fewer max_tokens."


def stored_bytes(text: str) -> int:
    """How many bytes `text` takes in a session file, at the most."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return len(text)
    escaped = sum(map(text.count, '"\\\n\t'))
    return len(text.encode("utf-8", "surrogatepass")) + escaped + 6 * len(HIDDEN.findall(text))


class AnswerLimit:
    """What of one answer may still come."""

    def __init__(self, share: float = 0.5) -> None:
        """`share` is how much of what can be kept is taken: of a host the half, more than any model has to say."""
        self._chars, self._bytes, self._chunks = (int(most * share) for most in (MAX_CHARS, MAX_BYTES, MAX_CHUNKS))
        self.full = False
        """Whether something did not fit: from then on nothing does."""

    def take(self, text: str) -> str:
        """As much of the text's beginning as fits, all of it as a rule."""
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
        """The beginning that fits: whole pieces, then the place within the next one, found by halving."""
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
    """The request, or a copy that holds no more than can be kept and says that it was cut.

    What failed or was stopped stays so: how a request ended is counted.
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
