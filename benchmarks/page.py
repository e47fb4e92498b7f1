"""The blocks of a page that a long run fills: those of `docs/performance.md` and `docs/statistics.md`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_END = "<!-- end -->"


def write_blocks(file: Path, blocks: Mapping[str, str], kind: str = "benchmark") -> None:
    """Put each text between `<!-- KIND: NAME -->` and `<!-- end -->`. Raises ValueError for a missing place."""
    text = file.read_text("utf-8")
    for name, block in blocks.items():
        before, begin, rest = text.partition(f"<!-- {kind}: {name} -->\n")
        _, end, after = rest.partition(_END)
        if not end:
            raise ValueError(f"{file} has no place for `{name}`")
        text = f"{before}{begin}{block}\n{end}{after}"
    file.write_text(text, "utf-8")
