"""What a sentence calls a row of a report, and in what two rows differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from tui.core.text.clean import clean_line
from tui.report.rows import Row
from tui.report.subject import Subject

NAME_SHOWN = 64
"""Characters of a name (of a model, a host, a licence, a criterion) that are shown."""
SHOWN = 40
"""Characters of a text that is named because rows differ in it."""


def row_names(rows: Sequence[Row]) -> list[str]:
    """A name for each row: its model, device and mode, and, where others have the same, what it has of its own."""
    plain = [_plain(row.subject) for row in rows]
    often = Counter(plain)
    names = []
    for row, name in zip(rows, plain, strict=True):
        if often[name] > 1:
            others = [other.subject for other, its in zip(rows, plain, strict=True) if its == name]
            own = dict.fromkeys(field for other in others for field, _, _ in differences(row.subject, other))
            facts = _facts(row.subject)
            name = ", ".join([name, *(f"{field} {_shown(facts[field])}" for field in own)])
        names.append(name)
    return names


def differences(mine: Subject, theirs: Subject) -> list[tuple[str, object, object]]:
    """In what two subjects differ: the name of each fact, and both values. An alias tells no models apart."""
    ours, others = _facts(mine), _facts(theirs)
    return [(name, value, others[name]) for name, value in ours.items() if name != "alias" and value != others[name]]


def in_words(difference: tuple[str, object, object]) -> str:
    """`max_tokens 256 against 512`."""
    name, mine, theirs = difference
    return f"{name} {_shown(mine)} against {_shown(theirs)}"


def _plain(what: Subject) -> str:
    alias, model = clean_line(what.alias, NAME_SHOWN), clean_line(what.model, NAME_SHOWN)
    model = alias if what.alias == what.model else f"{alias} ({model})"
    return ", ".join(
        clean_line(part, 2 * NAME_SHOWN + 3) for part in (model, what.device or "", what.mode.value) if part
    )


def _facts(what: Subject) -> dict[str, object]:
    facts = asdict(what)
    parameters: dict[str, object] = facts.pop("parameters")
    return facts | parameters


def _shown(value: object) -> str:
    match value:
        case None | ():
            return "unset"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return clean_line(", ".join(map(repr, value)), SHOWN)
        case str():
            return clean_line(value or "none", SHOWN)
        case _:
            return str(value)
