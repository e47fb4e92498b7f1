"""Read the TOML files into entries: one answer, the ways to ask for it, and the ways that training never sees."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .catalogue import catalogue_questions

HERE = Path(__file__).parent
NOT_ENTRIES = {"catalogue.toml", "synonyms.toml", "unknown.toml"}

Kind = Literal["written", "generated", "unknown"]


@dataclass(frozen=True)
class Entry:
    """One answer with the questions that lead to it."""

    id: str
    kind: Kind
    asks: tuple[str, ...]
    """What training may see."""
    tuning: tuple[str, ...]
    """Kept from training, and looked at while the recipe was chosen."""
    held_out: tuple[str, ...]
    """Kept from training and from every choice: the table is made of these."""
    keywords: tuple[str, ...]
    answer: str


def written() -> list[Entry]:
    """Return the hand-written entries."""
    files = [path for path in sorted(HERE.glob("*.toml")) if path.name not in NOT_ENTRIES]
    rows = [row for path in files for row in tomllib.loads(path.read_text(encoding="utf-8"))["entry"]]
    return [
        Entry(
            id=row["id"],
            kind="written",
            asks=tuple(row["asks"]),
            tuning=tuple(row["tuning"]),
            held_out=tuple(row["held_out"]),
            keywords=tuple(row["keywords"]),
            answer=row["answer"].strip(),
        )
        for row in rows
    ]


def generated() -> list[Entry]:
    """Return the entries made from the public catalogue facts."""
    rows = tomllib.loads((HERE / "catalogue.toml").read_text(encoding="utf-8"))["model"]
    return [
        Entry(made.id, "generated", made.asks, made.tuning, made.held_out, made.keywords, made.answer)
        for row in rows
        for made in catalogue_questions(row)
    ]


def unknown() -> list[Entry]:
    """Return the questions outside the subject, one entry each, all with the same answer."""
    data = tomllib.loads((HERE / "unknown.toml").read_text(encoding="utf-8"))
    answer: str = data["answer"]
    taught = [Entry(f"unknown-{n}", "unknown", (ask,), (), (), (), answer) for n, ask in enumerate(data["asks"])]
    kept = Entry("unknown-kept", "unknown", (), tuple(data["tuning"]), tuple(data["held_out"]), (), answer)
    return [*taught, kept]


def synonyms() -> dict[str, tuple[str, ...]]:
    """Return, for each word or phrase in lower case, what people say instead."""
    groups = tomllib.loads((HERE / "synonyms.toml").read_text(encoding="utf-8"))["groups"]
    found: dict[str, tuple[str, ...]] = {}
    for group in groups:
        for word in group:
            others = tuple(other for other in group if other != word)
            found[word.lower()] = (*found.get(word.lower(), ()), *others)
    return found


def corpus() -> list[Entry]:
    """Return every entry, checked for ids and questions that appear twice."""
    entries = written() + generated() + unknown()
    wrong: list[str] = []
    seen: set[str] = set()
    for entry in entries:
        if not entry.answer or not (entry.asks or entry.tuning):
            wrong.append(f"{entry.id} has no answer or no question")
        wrong += [f"{entry.id}: no {word}" for word in entry.keywords if word.lower() not in entry.answer.lower()]
        for name in (entry.id, *entry.asks, *entry.tuning, *entry.held_out):
            if name in seen:
                wrong.append(f"appears twice: {name}")
            seen.add(name)
    if wrong:
        raise ValueError("; ".join(wrong))
    return entries
