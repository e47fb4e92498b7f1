"""Read the TOML files into entries: one answer, the ways to ask for it, and the ways kept for the evaluation."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .catalogue import catalogue_questions

HERE = Path(__file__).parent
NOT_ENTRIES = {"catalogue.toml", "unknown.toml"}

Kind = Literal["written", "generated", "unknown"]


@dataclass(frozen=True)
class Entry:
    """One answer with the questions that lead to it."""

    id: str
    kind: Kind
    asks: tuple[str, ...]
    held_out: tuple[str, ...]
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
        Entry(made.id, "generated", made.asks, made.held_out, made.keywords, made.answer)
        for row in rows
        for made in catalogue_questions(row)
    ]


def unknown() -> list[Entry]:
    """Return the questions outside the subject, one entry each, all with the same answer."""
    data = tomllib.loads((HERE / "unknown.toml").read_text(encoding="utf-8"))
    answer: str = data["answer"]
    taught = [Entry(f"unknown-{n}", "unknown", (ask,), (), (), answer) for n, ask in enumerate(data["asks"])]
    kept = [Entry(f"unknown-kept-{n}", "unknown", (), (ask,), (), answer) for n, ask in enumerate(data["held_out"])]
    return taught + kept


def corpus() -> list[Entry]:
    """Return every entry, checked for ids and questions that appear twice."""
    entries = written() + generated() + unknown()
    wrong: list[str] = []
    seen: set[str] = set()
    for entry in entries:
        if not entry.answer or not (entry.asks or entry.held_out):
            wrong.append(f"{entry.id} has no answer or no question")
        wrong += [f"{entry.id}: no {word}" for word in entry.keywords if word.lower() not in entry.answer.lower()]
        for name in (entry.id, *entry.asks, *entry.held_out):
            if name in seen:
                wrong.append(f"appears twice: {name}")
            seen.add(name)
    if wrong:
        raise ValueError("; ".join(wrong))
    return entries
