"""One model on two devices, or in two builds: what else differs between the two, so that a difference in speed is not
laid to the wrong cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from tui.report.options import By
from tui.report.pairs import Candidate, candidate_of
from tui.report.row_names import differences
from tui.report.rows import Row

_ONE_MODEL = ("model", "alias")
"""What differs whenever a model has a build for each device."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two rows of one model that differ in a dimension."""

    by: By
    first: Row
    second: Row
    differs: tuple[tuple[str, str, str], ...]
    """What else differs, or may: name, and what it is for either."""

    @property
    def candidates(self) -> frozenset[Candidate]:
        """The two, as verdicts name them."""
        return frozenset((candidate_of(self.first.subject), candidate_of(self.second.subject)))


def contrasts(rows: Iterable[Row], by: Iterable[By]) -> list[Contrast]:
    """The pairs of rows of one model and mode that differ in one of those dimensions that say what else differs; of one
    mode and the same settings where there are such."""
    every = list(rows)
    return [found for one in by if one.differs for found in _of(one, every)]


def _of(by: By, rows: Sequence[Row]) -> Iterator[Contrast]:
    found: dict[tuple[str, str, str], list[Contrast]] = {}
    for one, other in combinations(rows, 2):
        mine, theirs = one.subject, other.subject
        first, second = (getattr(what, by.name) or "" for what in (mine, theirs))
        if mine.alias == theirs.alias and mine.mode is theirs.mode and first != second:
            if first > second:
                one, other, first, second = other, one, second, first
            key = (f"{mine.mode}", mine.alias, f"{first}\n{second}")
            found.setdefault(key, []).append(Contrast(by, one, other, tuple(_differs(by, one, other))))
    for alike in found.values():
        # Rows that were asked with other settings are compared with nothing: the nearest pairs are.
        least = min(len(_settings(one)) for one in alike)
        yield from (one for one in alike if len(_settings(one)) == least)


def _settings(found: Contrast) -> list[str]:
    mine, theirs = found.first.subject, found.second.subject
    same = (*_ONE_MODEL, "device", "variant", "ep", "host")
    return [name for name, _, _ in differences(mine, theirs) if name not in same]


def _differs(by: By, one: Row, other: Row) -> Iterator[tuple[str, str, str]]:
    for name, mine, theirs in differences(one.subject, other.subject):
        if name != by.name and name not in _ONE_MODEL:
            yield {"ep": "execution provider"}.get(name, name), _text(mine), _text(theirs)
    for name, place in (("host's kind", 0), ("host's version", 1)):
        mine_of, theirs_of = (sorted({run.served_by[place] for run in row.requests}) for row in (one, other))
        if mine_of != theirs_of:
            yield name, ", ".join(mine_of), ", ".join(theirs_of)
    sessions = [{run.session for run in row.requests} for row in (one, other)]
    if sessions[0].isdisjoint(sessions[1]):
        yield "session", _several(sorted(sessions[0])), _several(sorted(sessions[1]))
    prompts = [{run.prompt for run in row.requests} for row in (one, other)]
    if prompts[0] != prompts[1]:
        both = len(prompts[0] & prompts[1])
        yield "prompts", f"{len(prompts[0])}", f"{len(prompts[1])} ({both} in both)"


def _several(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} sessions from {names[0]} on"


def _text(value: object) -> str:
    return "unset" if value is None or value == () else str(value)
