"""What a sentence calls the models that are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from tui.core.catalog.model_names import told_apart
from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN
from tui.report.pairs import Candidate

_NAME_SHOWN = 28

Names = Mapping[Candidate, str]


def names_of(candidates: Iterable[Candidate]) -> Names:
    """A short name for each of these models: its alias, and as much more as tells it from the others."""
    every = sorted(set(candidates))
    spellings: tuple[Callable[[Candidate], str], ...] = (
        lambda who: who.alias,
        lambda who: f"{who.alias} {who.device}",
        lambda who: f"{who.alias} {who.variant or who.ep or who.device}",
        lambda who: who.model,
        lambda who: f"{who.host}/{who.model}",
        lambda who: f"{who.host}/{who.model} {who.alias} {who.variant} {who.device} {who.ep}",
    )
    clean = [lambda who, spelling=spelling: clean_line(spelling(who)).strip() for spelling in spellings]
    made = dict(zip(every, told_apart(every, clean), strict=True))
    shown = {who: clean_line(name, _NAME_SHOWN) for who, name in made.items()}
    times = Counter(shown.values())
    return {who: (made[who] if times[name] > 1 else name) or UNKNOWN for who, name in shown.items()}
