"""What was measured of the finished models: kept in ``results.json``, shown as a table."""

from __future__ import annotations

import json
import math
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


def table() -> str:
    """Return the Markdown table of everything that was measured."""
    known = read()
    asked = next(iter(known.values()))
    shares = {
        "exact": f"exact (of {asked['exact'][1]})",
        "near": "near",
        "keywords": "keywords",
        "facts": f"catalogue facts (of {asked['facts'][1]})",
        "refused": f"unknown refused (of {asked['refused'][1]})",
    }
    heads = ["model", "parameters", "on disk", "tok/s alone", "tok/s together", *shares.values()]
    rows = [heads, ["---", *["--:"] * (len(heads) - 1)]]
    for name, facts in known.items():
        cells = [name, f"{facts['parameters']:,}", f"{facts['bytes'] / 1e6:.1f} MB"]
        cells += [f"{facts['alone']:,.0f}", f"{facts['together']:,.0f}"]
        rows.append(cells + [str(Share(*facts[what])) for what in shares])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
