"""Turn entries into training dialogues: many ways to ask, and optional system messages."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .load import Entry, synonyms

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
LEADS = (
    "I am new to all this. ", "A colleague asked me this: ", "In our workshop somebody said: ", "I wonder, ",
    "Be honest: ",
    "Maybe a stupid question, ", "For my team I have to know: ", "I read about it and still don't get it. ", "ok so ",
    "One more thing: ", "My boss wants to know: ", "I have tried a lot already. ", "Sorry, ", "Before I go on: ",
)  # fmt: skip
TAILS = (
    ", please?", " in practice?", " for my project?", ", any idea?", ", and why?", " these days?", " exactly?",
    ", in your opinion?", ", what do I do?", ", can you help me with that?", ", what is that?", ", how does it work?",
)  # fmt: skip
GLIMPSES = 12
# How often words are left out of a question, and how many of its kind a pass takes in.
GATHERED = 0.12
THINNED = {"written": 0.4, "generated": 0.3, "unknown": 0.3}
SHARE = {"written": 1.0, "generated": 0.6, "unknown": 0.4}
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


SYNONYMS = synonyms()
_SAID = re.compile(
    r"\b(" + "|".join(re.escape(word) for word in sorted(SYNONYMS, key=len, reverse=True)) + r")\b", re.IGNORECASE
)


def reword(ask: str, chance: random.Random) -> str:
    """Exchange some words for others that people use in their place."""
    return _SAID.sub(lambda said: chance.choice(SYNONYMS[said[1].lower()]) if chance.random() < 0.35 else said[1], ask)


def cue(answer: str, chance: random.Random) -> str:
    """Make a question out of a few words of the answer: people ask in the terms they are about to read."""
    words = [word for word in re.findall(r"[A-Za-z][\w./-]*\w", answer) if word.lower() not in SMALL]
    if not words:
        return answer
    at = chance.randrange(len(words))
    near = words[at : at + chance.randint(2, 4)]
    return " ".join([*near, *chance.sample(words, min(len(words), chance.randint(1, 2)))])


def thin(ask: str, chance: random.Random) -> str:
    """Leave out words, mostly small ones, so that the models learn to look at the others."""
    words = ask.split()
    kept = [word for word in words if chance.random() > (0.45 if word.lower().strip("?.,!") in SMALL else 0.06)]
    return " ".join(kept) if kept else ask


def gather(asks: Sequence[str], chance: random.Random) -> str:
    """Mix words of two questions for the same answer, in no order: which words are there is what matters."""
    words = [word for ask in chance.sample(asks, min(2, len(asks))) for word in ask.split()]
    telling = [word for word in words if word.lower().strip("?.,!") not in SMALL]
    kept = list(dict.fromkeys(word for word in telling if chance.random() < 0.6)) or telling or words
    kept += [word for word in words if word not in telling and chance.random() < 0.15]
    chance.shuffle(kept)
    return " ".join(kept)


def ramble(ask: str, asks: Sequence[str], chance: random.Random) -> str:
    """Ask at length, as people do who talk to a chat: twice in other words, or with a word before and behind."""
    if chance.random() < 0.5:
        other = chance.choice(asks)
        joint = chance.choice((", ", ". ", " and ", " - ", "? ", ", or: "))
        ask = ask.rstrip("?.!") + joint + (other[0].lower() + other[1:] if chance.random() < 0.5 else other)
    if chance.random() < 0.5:
        ask = chance.choice(LEADS) + ask
    if chance.random() < 0.4:
        ask = ask.rstrip("?.!") + chance.choice(TAILS)
    return ask


def jumble(ask: str, chance: random.Random) -> str:
    """Exchange two words that stand side by side: the order matters less than the words do."""
    words = ask.split()
    if len(words) < 3:
        return ask
    at = chance.randrange(len(words) - 1)
    words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(words)


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
    roll = chance.random()
    if entry.kind == "written" and roll < 0.06:
        return cue(entry.answer, chance)
    if entry.kind != "unknown" and roll < GATHERED:
        made = gather(entry.asks, chance)
    else:
        if chance.random() < 0.4:
            made = rephrase(made, chance)
        if chance.random() < THINNED[entry.kind]:
            made = thin(made, chance)
        if chance.random() < 0.15:
            made = jumble(made, chance)
    if entry.kind == "written" and chance.random() < 0.25:
        made = ramble(made, entry.asks, chance)
    if entry.kind == "written" and chance.random() < 0.3:
        made = reword(made, chance)
    return vary(ask if plain(made) in kept else made, chance)


@dataclass(frozen=True)
class Sample:
    """A dialogue to learn from, which ends with the answer; of a glimpse, only the beginning of the answer."""

    messages: Dialogue
    glimpse: bool = False


def dialogue(entry: Entry, kept: frozenset[str], chance: random.Random) -> Dialogue:
    """Ask for an entry, sometimes after a system message."""
    system: Dialogue = [("system", chance.choice(SYSTEM_MESSAGES))] if chance.random() < 0.25 else []
    return [*system, ("user", phrase(entry, kept, chance)), ("assistant", entry.answer)]


def epoch(entries: Sequence[Entry], chance: random.Random) -> list[Sample]:
    """Return one pass over the corpus, in no order.

    Every written answer comes once in full and several times as a glimpse: which answer a question wants shows in its
    first words, so these need more practice than the rest. Catalogue questions follow a few patterns and need less.
    """
    kept = frozenset(plain(ask) for entry in entries for ask in (*entry.tuning, *entry.held_out))
    taught = [entry for entry in entries if entry.asks and chance.random() < SHARE[entry.kind]]
    samples = [Sample(dialogue(entry, kept, chance)) for entry in taught]
    for entry in taught:
        if entry.kind == "written":
            samples += [Sample(dialogue(entry, kept, chance), glimpse=True) for _ in range(GLIMPSES)]
    return samples
