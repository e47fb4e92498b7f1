"""Where answers name models: what a blind rater must not read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from tui.core.answers.self_naming import own_names
from tui.core.answers.template_tokens import leaked_tokens
from tui.core.catalog.model_card import ModelCard
from tui.core.catalog.model_families import distinctive_names_of, names_of
from tui.core.requests.request import Request
from tui.core.sessions.session import Session

MASK = "▒▒▒▒"
"""What stands in place of a name, however long that is: no letter of Markdown, and no word of any language."""
_LEAST = 3
"""Characters of a name that is looked for anywhere: shorter ones are parts of ordinary words."""

Ranges = tuple[tuple[int, int], ...]
"""First and end of each piece of a text, in characters, in order and apart."""


def masked_ranges(session: Session, request: Request) -> Ranges:
    """Which parts of a request's answer are hidden from a blind rater: as they were stored, else found now."""
    stored = next((one for one in reversed(session.masks) if one.run == request.spec.id), None)
    if stored is not None:
        return stored.ranges
    prompt = session.prompts.get(request.spec.prompt)
    asked = "" if prompt is None else f"{session.system_of(request) or ''}\n{prompt.user}"
    hosts = [session.host, *session.hosts.values()]
    places = [str(host.get(key, "")) for host in hosts for key in ("endpoint", "title")]
    places += session.hosts
    return name_ranges(request.answer, [one.card for one in session.models.values()], asked, places)


def name_ranges(answer: str, cards: Iterable[ModelCard], asked: str, places: Iterable[str] = ()) -> Ranges:
    """Where an answer names one of these models.

    Ids, aliases, and names of families that are no other word are found anywhere, unless the question has them: then
    the answer may speak of what was asked. Makers, and families whose names are words as well, are found where the
    model says who it is. Marks of a chat template tell the family, too. `places` are names and addresses of hosts.
    """
    cards = list(cards)
    names = {name for card in cards for name in names_of(card)}
    said = asked.casefold()
    anywhere = {name for card in cards for name in distinctive_names_of(card)} | {place.strip() for place in places}
    anywhere = {name for name in anywhere if len(name) >= _LEAST and name.casefold() not in said}
    found = list(own_names(answer, tuple(sorted(names, key=lambda name: (-len(name), name))), asked))
    if anywhere:
        found += [match.span() for match in _any_of(tuple(sorted(anywhere))).finditer(answer)]
    for token in leaked_tokens(answer, asked):
        found += [match.span() for match in re.finditer(re.escape(token), answer)]
    return joined(found)


def without_names(text: str, cards: Iterable[ModelCard], places: Iterable[str]) -> str:
    """A sentence of the program with a mask where it names one of these models or places, or calls one by a name that
    means nothing else."""
    return mask(text, name_ranges(text, cards, "", places))


def joined(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """These ranges in order; those that touch are one."""
    made: list[tuple[int, int]] = []
    for first, end in sorted(ranges):
        if first >= end:
            continue
        if made and first <= made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((first, end))
    return tuple(made)


def mask(text: str, ranges: Ranges) -> str:
    """The text with `MASK` in place of each range."""
    parts, at = [], 0
    for first, end in ranges:
        parts += [text[at:first], MASK]
        at = end
    return "".join([*parts, text[at:]])


@lru_cache(maxsize=64)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    """One of these names with what is written on to it, such as its version and size; spaces and hyphens are one."""
    longest = sorted(names, key=len, reverse=True)
    spelt = {name: re.sub(r"(?:\\[-\ _]|_|\s)+", r"[-_\\s]*", re.escape(name)) for name in longest}
    # What has a figure in it is no other word, even where it is glued to one.
    glued = "|".join(spelling for name, spelling in spelt.items() if re.search(r"\d", name)) or r"(?!)"
    behind = r"(?:[-_.]?\d[\w.]*)?(?:[-_][\w.]+)*(?<=\w)(?::\d+)?"
    apart = rf"(?<![A-Za-z0-9])(?:{'|'.join(spelt.values())}){behind}(?![A-Za-z])"
    return re.compile(rf"{apart}|(?:{glued})(?:{behind})?", re.IGNORECASE)
