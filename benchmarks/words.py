"""The text that the server's models say: Markdown as models write it, the same for everybody who asks."""

from __future__ import annotations

_TEXT = (
    "a local model keeps every token on the machine where it is asked and so the first word comes soon while the last "
    "one depends on memory bandwidth more than on anything else which is why small models answer fast and large ones "
    "think longer about what they say before they begin to write it down in full"
)
_WORDS = _TEXT.split(" ")
_PARAGRAPH = 60
"""Tokens from one blank line to the next."""


def token(number: int, seed: int) -> str:
    """The text of one token of an answer: a word, with the space or the line break before it."""
    word = _WORDS[(number * 7 + seed * 3 + number // len(_WORDS)) % len(_WORDS)]
    paragraph, place = divmod(number, _PARAGRAPH)
    if place == 0:
        start = "## " if paragraph % 5 == 0 else "- " if paragraph % 3 == 1 else ""
        return f"{'' if number == 0 else chr(10) * 2}{start}{word}"
    if paragraph % 3 == 1 and place % 12 == 0:
        return f"\n- **{word}**"
    return f" {word}"
