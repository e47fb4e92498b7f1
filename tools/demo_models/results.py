"""What was measured of the finished models: kept in ``results.json``, shown as a table."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.json"
Z = 1.96
"""Half the width of an interval that holds the true share in 95 of 100 cases, in standard deviations."""


@dataclass(frozen=True)
class Share:
    """How many of how many; ``hits`` may be a sum of parts."""

    hits: float
    asked: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share (Wilson, 1927); (0, 1) when nothing was asked."""
        if not self.asked:
            return 0.0, 1.0
        n, p = self.asked, self.hits / self.asked
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        """As in the table: 91 % (86-94)."""
        if not self.asked:
            return "-"
        low, high = self.interval
        return f"{100 * self.hits / self.asked:.0f} % ({100 * low:.0f}-{100 * high:.0f})"

    def to_list(self) -> list[float]:
        """For JSON."""
        return [round(self.hits, 3), self.asked]


def read() -> dict[str, dict[str, Any]]:
    """Return what is known of each model, by name."""
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}


def note(name: str, facts: dict[str, Any]) -> None:
    """Add facts about a model, or replace them."""
    known = read()
    known[name] = known.get(name, {}) | facts
    RESULTS.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def right(facts: dict[str, Any]) -> Share:
    """The share of what was taught that was answered rightly in phrasings never seen: near, or with all facts."""
    (near, answers), (found, asked) = facts["near"], facts["facts"]
    return Share(near + found, answers + asked)


def table() -> str:
    """The Markdown table of everything that was measured."""
    known = read()
    asked = next(iter(known.values()))
    columns: list[tuple[str, Callable[[dict[str, Any]], str]]] = [
        ("parameters", lambda facts: f"{facts['parameters']:,}"),
        ("on disk", lambda facts: f"{facts['bytes'] / 1e6:.1f} MB"),
        ("tok/s alone", lambda facts: f"{facts['alone']:,.0f}"),
        ("tok/s together", lambda facts: f"{facts['together']:,.0f}"),
        (f"right (of {right(asked).asked})", lambda facts: str(right(facts))),
    ]
    shares = {
        f"exact (of {asked['exact'][1]})": "exact",
        "near": "near",
        "keywords": "keywords",
        f"catalogue facts (of {asked['facts'][1]})": "facts",
    }
    columns += [(head, lambda facts, what=what: str(Share(*facts[what]))) for head, what in shares.items()]
    columns.append((f"unknown refused (of {asked['refused'][1]})", lambda facts: str(Share(*facts["refused"]))))
    rows = [["model", *(head for head, _ in columns)], ["---", *["--:"] * len(columns)]]
    rows += [[name, *(cell(facts) for _, cell in columns)] for name, facts in known.items()]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)
