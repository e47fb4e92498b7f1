"""Which models answered the same prompts under equal conditions, and the values of theirs that may be compared.

Pure. The unit is the prompt: rounds and raters are put together inside a prompt first, and each prompt counts once.
What is unlike is never put together: mode, parameters, system prompt, markers, cold and warm answers, contended ones
and those that came alone, scales, kinds of raters, and what was measured before and after a change of timestamps.
Ratings are paired in `pair_ratings`, times and rates in `pair_times`, and `matching` finds who is paired with whom.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from tui.core.metrics.registry import Better
from tui.core.plans.mode import Mode
from tui.core.sessions.session_model import Parameters
from tui.report.lengths import Lengths
from tui.report.reported_request import ReportedRequest
from tui.report.subject import Subject

Question = tuple[str, str]
"""A prompt word for word: the system prompt, empty for none, and the user's."""


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A model as it ran: what is compared with others."""

    alias: str
    model: str
    """The host's own id."""
    host: str
    device: str = ""
    variant: str = ""
    ep: str = ""
    """Empty where the host does not say."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """How candidates were asked. Only what was asked alike is compared."""

    mode: Mode
    parameters: Parameters
    nonce: bool
    era: int
    """See `measurement_era`."""


class Kind(enum.Enum):
    """What sort of figure it is, which says how two values are compared."""

    SCORE = "points"
    """The mean of scores: by their difference, in points."""
    METRIC = "ratio"
    """A time or a rate: by their ratio."""
    VOTE = "win rate"
    """Who was preferred: by the share of prompts won, a tie being half of one."""


PREFERENCE = "preference"
"""The name of the figure that votes are about."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What candidates are compared for."""

    kind: Kind
    name: str
    """The criterion, the metric's name, or `PREFERENCE`."""
    label: str
    better: Better = Better.HIGHER
    scale: int | None = None
    """The highest score; None where there are none."""
    raters: str = ""
    """Which kind of raters gave the scores or votes; empty for a metric."""
    rubric: str = ""
    """The hash of the rubric that has the criterion: one of the same name in another rubric may mean something else.
    Empty for the program's own."""
    cold: bool = False
    """Whether the times are those of answers for which the model had to be loaded first."""


@dataclass(frozen=True, slots=True)
class Counts:
    """On how many the first is ahead, level with the second, and behind."""

    ahead: int = 0
    equal: int = 0
    behind: int = 0

    @property
    def total(self) -> int:
        """All that were compared."""
        return self.ahead + self.equal + self.behind

    def turned(self) -> Counts:
        """The same, seen from the second."""
        return Counts(self.behind, self.equal, self.ahead)

    @classmethod
    def of(cls, values: Iterable[tuple[Any, Any]], better: Better = Better.HIGHER) -> Counts:
        """The counts of these values of the first and the second."""
        signs = [(mine > theirs) - (mine < theirs) for mine, theirs in values]
        counts = cls(signs.count(1), signs.count(0), signs.count(-1))
        return counts if better is Better.HIGHER else counts.turned()


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure of two candidates, on all prompts that both answered under equal conditions."""

    conditions: Conditions
    figure: Figure
    first: Candidate
    second: Candidate
    values: tuple[tuple[float, float], ...]
    """For each prompt the value of either: the mean of its scores, the median of its answers' metric, or what it has
    of a vote: 1, 0 or a half."""
    counts: Counts
    """Of prompts for scores and votes; for times of answers in the same round, or of prompts where no session has
    both."""
    questions: tuple[Question, ...] = ()
    """For scores and votes: the prompts that the values are of."""
    both_good: int = 0
    """For votes: of the prompts that nobody won, those of which all votes say that both are good."""
    both_bad: int = 0
    apart: bool = False
    """For times: no session has both, so that what differs between sessions is in them too."""
    cold_left_out: int = 0
    """Answers with a value for which a model was loaded, and that are in no time here."""
    history: tuple[Mapping[str, float], ...] = ()
    """Where they are apart: what one of them needed in each of several sessions, by prompt."""
    floor: float | None = None
    """For times: the noise floor, where one of them was measured against itself; 0.04 for 4 %."""
    lengths: Lengths | None = None
    """For times that grow with the answer: how long the answers are that they are of."""


@dataclass(frozen=True, slots=True)
class Failures:
    """How many of the answers of each candidate did not come to a good end. They are in no time and no rate."""

    conditions: Conditions
    counts: tuple[tuple[Candidate, int, int], ...]
    """Candidate, failed answers, all answers; only of those that are compared with others."""


class Difference(NamedTuple):
    """A condition that was not the same for both."""

    name: str
    first: str
    """What it was for the first; empty where it was left to the host."""
    second: str


@dataclass(frozen=True, slots=True)
class Unlike:
    """Two candidates that answered the same prompts, under conditions too different for a comparison."""

    first: Candidate
    second: Candidate
    differences: tuple[Difference, ...]
    times_only: bool = False
    """Whether scores are compared all the same."""


@dataclass(frozen=True, slots=True)
class Matches:
    """All that may be compared, and what may not."""

    pairs: tuple[Pair, ...] = ()
    failures: tuple[Failures, ...] = ()
    """Only where there are any."""
    unlike: tuple[Unlike, ...] = ()

    @property
    def candidates(self) -> set[Candidate]:
        """All that are named in these."""
        named: tuple[Pair | Unlike, ...] = (*self.pairs, *self.unlike)
        failed = {who for found in self.failures for who, _, _ in found.counts}
        return failed | {who for found in named for who in (found.first, found.second)}


Runs = list[ReportedRequest]
ByQuestion = dict[Question, Runs]
"""The runs of one candidate under one set of conditions, by what they were asked."""


def candidate_of(subject: Subject) -> Candidate:
    """Who a row of a report is about."""
    return Candidate(
        subject.alias, subject.model, subject.host, subject.device or "", subject.variant or "", subject.ep or ""
    )


def shared_questions(one: ByQuestion, other: ByQuestion) -> list[Question]:
    """The questions that both have, in order."""
    return sorted(one.keys() & other.keys())
