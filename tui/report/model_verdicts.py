"""What may be said of models, for scripts: the verdicts of a report as values, each with its sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from tui.core.displayed import Displayed, ShownTable
from tui.core.errors import BadInputError
from tui.core.plans.mode import Mode
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line
from tui.core.text.nearest import unknown_name
from tui.report.aggregate import Aggregation
from tui.report.candidate_names import Names, names_of
from tui.report.not_compared import said_of_failures, said_of_unlike
from tui.report.pairs import Candidate, Matches, Unlike
from tui.report.verdict_words import said, said_of_need
from tui.report.verdicts import Outcome, verdicts
from tui.report.verdicts import Verdict as PairVerdict


@dataclass(frozen=True, slots=True)
class Verdict(Displayed):
    """What the prompts that both answered show of two models, in one figure. Names are clean for the eyes."""

    first: str
    second: str
    figure: str
    """What is compared, in words: a criterion, `preference` for votes, a time or a rate."""
    mode: Mode
    outcome: Outcome
    ahead: int
    """On how many the first is ahead of the second: of prompts for scores and votes, else of answers in one round."""
    equal: int
    behind: int
    prompts: int
    """How many both answered under equal conditions. A prompt counts once, whatever its rounds and raters."""
    unit: str
    """What `effect`, `low` and `high` are in: `points`, the first's mean less the second's; `ratio`, the first's time
    or rate over the second's; `win rate` of the first, 0 to 1."""
    effect: float
    low: float | None
    """With `high` the 95 % interval; None where there are too few prompts for one."""
    high: float | None
    p: float | None
    """Adjusted by Holm's method for all models of the sessions, also where only some are asked for."""
    more_prompts: int | None
    """Where there are too few: about how many more show something, if they come out as these did."""
    caveat: str
    """What keeps the numbers from meaning more, as a phrase; empty where nothing does."""
    counts_in_words: str
    verdict_in_words: str

    @property
    def better(self) -> str | None:
        """The name of the model that is shown to be better, or faster; None where neither is."""
        found = {Outcome.A_BETTER: self.first, Outcome.B_BETTER: self.second}
        return found.get(self.outcome)

    @property
    def sentence(self) -> str:
        """The counts first, then what they show."""
        return f"{self.figure}: {self.counts_in_words}; {self.verdict_in_words}"

    def _tables(self) -> Sequence[ShownTable]:
        return (_table([self], ()),)


@dataclass(frozen=True, slots=True)
class Verdicts(Displayed, Sequence[Verdict]):
    """Those on all pairs of models that were asked for, in the order of a report, and what there is to know besides."""

    found: tuple[Verdict, ...]
    remarks: tuple[str, ...] = ()
    """Sentences: how many prompts a verdict takes at least, who failed how often, who cannot be compared and why."""
    _pairs: tuple[PairVerdict, ...] = field(default=(), repr=False)
    _unlike: tuple[Unlike, ...] = field(default=(), repr=False)
    _names: Names = field(default_factory=dict, repr=False, compare=False)

    @overload
    def __getitem__(self, index: int) -> Verdict: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Verdict, ...]: ...
    def __getitem__(self, index: int | slice) -> Verdict | tuple[Verdict, ...]:
        return self.found[index]

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self.found)

    def to_pandas(self) -> Any:
        """The columns of `report --format comparisons-csv`. Raises BadInputError where pandas is not installed."""
        from tui.report.formats.csv import comparison_table
        from tui.report.formats.data_frame import frame

        return frame(comparison_table(self._pairs, self._unlike, self._names))

    def _tables(self) -> Sequence[ShownTable]:
        return (_table(self.found, self.remarks or ("There is nothing to compare.",) * (not self.found)),)


def verdicts_on(sessions: Iterable[Session], models: Sequence[str] = ()) -> Verdicts:
    """What may be said of all models of these sessions, or of those that are named: see `tui.api.verdict`."""
    aggregation, given = Aggregation(), 0
    for session in sessions:
        aggregation.add(session)
        given += 1
    if not given:
        raise BadInputError(
            "There is no session to say anything of", hint="Give what load_sessions() or compare() gave"
        )
    matches = aggregation.matches()
    names = names_of(matches.candidates)
    known = {_spelled(name) for row in aggregation.report().rows for name in (row.subject.alias, row.subject.model)}
    wanted = [_wanted(model, matches, names, known) for model in models]

    def meant(first: Candidate, second: Candidate) -> bool:
        if len(wanted) < 2:
            return not wanted or bool(wanted[0] & {first, second})
        places = [[place for place, who in enumerate(wanted) if one in who] for one in (first, second)]
        return any(mine != theirs for mine in places[0] for theirs in places[1])

    found = tuple(one for one in verdicts(matches) if meant(one.pair.first, one.pair.second))
    unlike = tuple(one for one in matches.unlike if meant(one.first, one.second))
    return Verdicts(
        tuple(_of_pair(one, names) for one in found), _remarks(found, unlike, matches, names), found, unlike, names
    )


def _wanted(model: str, matches: Matches, names: Names, known: set[str]) -> set[Candidate]:
    """The candidates that a name means; none where the model is there, and is compared with nothing."""
    name = _spelled(model)
    found = {
        who
        for who in matches.candidates
        if name in map(_spelled, (who.alias, who.model, f"{who.host}/{who.model}", names[who]))
    }
    if not found and name not in known:
        there = sorted({*known, *map(_spelled, names.values())})
        shown = [clean_line(one, 80) for one in there]
        raise BadInputError(f"{unknown_name(clean_line(str(model), 80), shown, 'a model')}")
    return found


def _spelled(name: str) -> str:
    return name.strip().casefold()


def _of_pair(one: PairVerdict, names: Names) -> Verdict:
    pair, words = one.pair, said(one, names)
    return Verdict(
        names[pair.first],
        names[pair.second],
        words.figure,
        pair.conditions.mode,
        one.outcome,
        pair.counts.ahead,
        pair.counts.equal,
        pair.counts.behind,
        one.n,
        pair.figure.kind.value,
        one.effect,
        one.low,
        one.high,
        one.p,
        one.more,
        one.caveat,
        words.counts,
        words.verdict,
    )


def _remarks(found: Sequence[PairVerdict], unlike: Sequence[Unlike], matches: Matches, names: Names) -> tuple[str, ...]:
    failures = [f"{said_of_failures(one, names)}." for one in matches.failures]
    apart = [f"{sentence}." for sentence in said_of_unlike(unlike, names)]
    need = said_of_need(found)
    return (*([need] if need else []), *failures, *apart)


def _table(found: Sequence[Verdict], remarks: Sequence[str]) -> ShownTable:
    rows = [(one.figure, one.counts_in_words, one.verdict_in_words) for one in found]
    return ShownTable("", ("figure", "what was counted", "what it shows"), rows, remarks)
