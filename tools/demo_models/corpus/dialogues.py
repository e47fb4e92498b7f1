"""Turn entries into training dialogues: many ways to ask, optional system messages, one or two turns."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

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
OPENINGS = ("Please: ", "Hi! ", "A question: ", "Quick question: ", "Hello, ", "Can you tell me: ")
GLIMPSES = 4
SMALL_TEXT = """
    a an the is are do does did i my me you your it its to of for in on at and or what which how why when where can
    should could would will be with from by this that there have has much many use used get make mean means
"""
SMALL = frozenset(SMALL_TEXT.split())
# Ways in which people say the same thing. A rule is used where it fits, so that the models see more than the phrasings
# that somebody thought of.
NOUN = r"(?:a |an )?(?!the |you|my |this |that |meant |wrong |\d)([^,?]{2,40}?)"
REPHRASE: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (
        re.compile(rf"^What (?:is|are) {NOUN}\?$"),
        (
            r"What's \1?",
            r"Explain \1.",
            r"Define \1.",
            r"What does \1 mean?",
            r"Can you explain \1?",
            r"\1?",
            r"Describe \1.",
        ),
    ),
    (re.compile(r"^How do I (.+)\?$"), (r"How can I \1?", r"How to \1?", r"How should I \1?", r"I want to \1. How?")),
    (re.compile(r"^Explain (.+)\.$"), (r"Please explain \1.", r"Describe \1.", r"Can you explain \1?")),
    (re.compile(r"^Which (.+)$"), (r"What \1",)),
    (re.compile(r"^What (.+)$"), (r"Tell me: what \1", r"And what \1")),
    (re.compile(r"^(Why|Where|When|Should|Can|Does|Is) (.+)$"), (r"Tell me: \1 \2", r"So, \1 \2")),
)


def plain(text: str) -> str:
    """Return a text without case and marks, to compare phrasings."""
    return " ".join(re.findall(r"[\w.-]*\w", text.lower()))


def rephrase(ask: str, chance: random.Random) -> str:
    """Say the same in another way, if a rule fits."""
    fitting = [(rule, ways) for rule, ways in REPHRASE if rule.match(ask)]
    if not fitting:
        return ask
    rule, ways = chance.choice(fitting)
    made = rule.sub(chance.choice(ways), ask)
    return made[0].upper() + made[1:]


def thin(ask: str, chance: random.Random) -> str:
    """Leave out words, mostly small ones, so that the models learn to look at the others."""
    words = ask.split()
    kept = [word for word in words if chance.random() > (0.45 if word.lower().strip("?.,!") in SMALL else 0.06)]
    return " ".join(kept) if kept else ask


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


def phrase(entry: Entry, kept: frozenset[str], chance: random.Random) -> str:
    """Return one way to ask for an entry, never one that is kept for the evaluation."""
    ask = made = chance.choice(entry.asks)
    if chance.random() < 0.4:
        made = rephrase(made, chance)
    if entry.kind == "written" and chance.random() < 0.4:
        made = thin(made, chance)
    return vary(ask if plain(made) in kept else made, chance)


@dataclass(frozen=True)
class Sample:
    """A dialogue to learn from; with ``glimpse`` only the beginning of its answer."""

    messages: Dialogue
    glimpse: bool = False


def dialogue(entries: Sequence[Entry], kept: frozenset[str], chance: random.Random) -> Dialogue:
    """Make one dialogue out of one or more entries, in their order."""
    messages: Dialogue = []
    if chance.random() < 0.25:
        messages.append(("system", chance.choice(SYSTEM_MESSAGES)))
    for entry in entries:
        messages.append(("user", phrase(entry, kept, chance)))
        messages.append(("assistant", entry.answer))
    return messages


def epoch(entries: Sequence[Entry], chance: random.Random) -> list[Sample]:
    """Return one pass over the corpus.

    Every written answer comes once in full and several times as a glimpse: which answer a question wants shows in its
    first words, so these need more practice than the rest. Catalogue questions follow a few patterns and need less.
    """
    kept = frozenset(plain(ask) for entry in entries for ask in entry.held_out)
    taught = [entry for entry in entries if entry.asks and (entry.kind != "generated" or chance.random() < 0.6)]
    chance.shuffle(taught)
    samples = [
        Sample(dialogue([entry], kept, chance), glimpse=True)
        for entry in taught
        if entry.kind == "written"
        for _ in range(GLIMPSES)
    ]
    while taught:
        turns = 2 if chance.random() < 0.15 and len(taught) > 1 else 1
        samples.append(Sample(dialogue([taught.pop() for _ in range(turns)], kept, chance)))
    return samples
