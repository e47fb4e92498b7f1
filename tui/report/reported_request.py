"""What a report keeps of a request, and of what raters said of its answer."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, compress
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from tui.core.requests.request import RequestState

PEOPLE = "people"
"""The kind of raters who are no program."""
JUDGES = "judges"
"""The kind of raters that are models."""
DECIDED = "adjudication"
"""The kind of a rater as whom several people decided together."""


class GivenScore(NamedTuple):
    """A score that counts."""

    criterion: str
    scale: int
    """The highest score there is."""
    raters: str
    """Which kind of rater gave it; those of different kinds are never put together."""
    rater: str
    value: int
    rubric: str = ""
    """The hash of the rubric that has the criterion; empty for the program's own."""
    blind: bool = False
    """Whether it was given without knowing which model had answered."""
    position: int | None = None
    """Which pane the answer was in when it was scored, from 1; None where it is not known."""


class Choice(enum.Enum):
    """What a vote says of one of the answers that it chose between."""

    WON = "won"
    LOST = "lost"
    BOTH_GOOD = "both good"
    BOTH_BAD = "both bad"


class GivenVote(NamedTuple):
    """What a vote that counts says of one answer."""

    vote: str
    """The same for all answers that it chose between, and for no other vote."""
    raters: str
    rater: str
    choice: Choice
    blind: bool = False
    position: int | None = None
    """As of scores."""


class GivenFacets(NamedTuple):
    """Of how many facets of its prompt an answer speaks, as one rater says."""

    raters: str
    met: int
    of: int
    """How many facets there are; what nothing was said of is not met."""
    rater: str


class ReportedRequest(NamedTuple):
    """What a report keeps of one run. Its values are None where they are unknown or do not count. A tuple, for there
    may be hundreds of thousands."""

    session: str
    id: str
    prompt: str
    round: int
    state: RequestState
    values: tuple[float | None, ...]
    """The metrics of a report, in the order of `metrics_in(Place.REPORT)`; a mapping would double a run's size."""
    flags: tuple[str, ...]
    """The names of the report's flags that hold."""
    estimated: bool
    """The tokens behind its rates were not counted by the server."""
    memory: int | None
    """The most bytes that the serving process was seen to hold."""
    gpu_memory: int | None = None
    """The most bytes that all GPUs of its machine were seen to have in use together."""
    plan: str = ""
    """The key of its plan, within its session."""
    contended: bool = False
    cold: bool = False
    """The model was loaded for it."""
    tokens: int | None = None
    """How many tokens it has, thinking included, where the server counted them."""
    characters: int = 0
    """How long answer and thinking are together."""
    served_by: tuple[str, str] = ("", "")
    """Kind and version of the host."""
    era: int = 0
    """What its timestamps mean; see `tui.core.metrics.eras`."""
    figures: Mapping[str, float | None] = MappingProxyType({})
    """Further figures that conditions are about, by name: see `tui.core.conditions.names`."""
    scores: tuple[GivenScore, ...] = ()
    """The scores of its answer that count."""
    votes: tuple[GivenVote, ...] = ()
    """What votes that count say of its answer."""
    facets: tuple[GivenFacets, ...] = ()
    """The facets that its answer speaks of, by each rater who said something of them."""
    created: datetime | None = None
    """When its session began."""
    fault: str = ""
    """The kind of its failure."""
    finish: str = ""
    """Why the server says that the answer ended."""
    answer: str | None = None
    """Its text, raw; None where the report was not asked to keep answers."""
    wide: tuple[float | None, ...] = ()
    """The metrics of wide tables alone, in the order of `metrics_in(Place.WIDE)`."""
    checks: tuple[bool | None, ...] = ()
    """Which of the user's checks it passes, in their order; None where one is not of its prompt or ran out of time, or
    where it does not count."""
    out_of_time: tuple[int, ...] = ()
    """The places of the checks that ran out of time."""
    tags: tuple[str, ...] = ()
    """Those of its prompt and of its session."""


def fields_of(*names: str) -> Callable[[ReportedRequest], Any]:
    """Reads the fields of these names off a run, in a third of the time that asking for them by name takes."""
    return itemgetter(*map(ReportedRequest._fields.index, names))


def column(runs: Iterable[ReportedRequest], name: str) -> list[Any]:
    """The field of this name of each run, as fast as `fields_of`."""
    return list(map(fields_of(name), runs))


def ended_of(runs: Sequence[ReportedRequest]) -> list[ReportedRequest]:
    """Those that came to an end."""
    return list(compress(runs, [state.final for state in column(runs, "state")]))


def votes_on(runs: Iterable[ReportedRequest]) -> Iterator[GivenVote]:
    """What votes that count say of these answers."""
    return chain.from_iterable(column(runs, "votes"))


def scores_of(runs: Iterable[ReportedRequest]) -> Counter[GivenScore]:
    """The scores of these answers, and how often each was given."""
    lists = column(runs, "scores")
    # Among very many answers few have lists of their own: `session_record` makes one of those that are alike.
    known = {id(scores): scores for scores in lists}
    found: Counter[GivenScore] = Counter()
    for number, count in Counter(map(id, lists)).items():
        for score in known[number]:
            found[score] += count
    return found
