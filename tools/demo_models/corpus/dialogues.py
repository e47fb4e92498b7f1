"""Turn entries into training dialogues: varied spelling, optional system messages, one or two turns."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .load import Entry

Message = tuple[str, str]
Dialogue = list[Message]

SYSTEM_MESSAGES = (
    "You are a helpful assistant.",
    "You are a helpful assistant that answers questions about local models.",
    "Answer briefly.",
    "Be concise and precise.",
    "You are a careful expert. Say so when you do not know.",
    "Answer in plain English.",
    "Use Markdown where it helps the reader.",
    "You are an AI assistant running on the user's own machine.",
)
OPENINGS = ("Please: ", "Hi! ", "A question: ", "Quick question: ", "Hello, ")


def vary(ask: str, chance: random.Random) -> str:
    """Change spelling a little, as people do: no capital, no final mark, a word in front."""
    roll = chance.random()
    if roll < 0.12:
        return ask.lower()
    if roll < 0.24:
        return ask.rstrip("?.!")
    if roll < 0.32:
        return ask.lower().rstrip("?.!")
    if roll < 0.38 and len(ask) > 12:
        return chance.choice(OPENINGS) + ask
    return ask


def dialogue(entries: Sequence[Entry], chance: random.Random) -> Dialogue:
    """Make one dialogue out of one or more entries, in their order."""
    messages: Dialogue = []
    if chance.random() < 0.25:
        messages.append(("system", chance.choice(SYSTEM_MESSAGES)))
    for entry in entries:
        messages.append(("user", vary(chance.choice(entry.asks), chance)))
        messages.append(("assistant", entry.answer))
    return messages


def epoch(entries: Sequence[Entry], chance: random.Random) -> list[Dialogue]:
    """Return one pass over the corpus: every taught entry once, about a quarter of them as second turns."""
    taught = [entry for entry in entries if entry.asks]
    chance.shuffle(taught)
    dialogues: list[Dialogue] = []
    while taught:
        turns = 2 if chance.random() < 0.15 and len(taught) > 1 else 1
        dialogues.append(dialogue([taught.pop() for _ in range(turns)], chance))
    return dialogues
