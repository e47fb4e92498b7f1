"""Aggregates sessions: one row for all runs that may be compared fairly.

Pure. Latencies come only from runs that count; warm-ups are left out; times are milliseconds, rates are per second.
Sessions are added one at a time, and of each only the numbers of its runs are kept. A run is one request that was made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, compress, repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from tui.core.displayed import Displayed, ShownTable
from tui.core.metrics.registry import Metric, Place, Tally, flags_in, metrics_in
from tui.core.plans.mode import Mode
from tui.core.references import Reference
from tui.core.requests.request import RequestState
from tui.core.scoring.rubric import DEFAULT_SCALE
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line
from tui.report.contribution import Contribution, Held, Keep, contributions
from tui.report.in_times import which_count
from tui.report.judges import Judge, judges, judges_in
from tui.report.matching import match
from tui.report.noise import shown_floors
from tui.report.options import ReportOptions
from tui.report.outliers import PEOPLE, GivenFacets, GivenScore, Outlier, ReportedRequest, outliers
from tui.report.pair_times import metrics_called
from tui.report.pairs import Matches
from tui.report.raters import Agreed, agreements
from tui.report.session_record import AnySession, RecordedSession, as_read
from tui.report.statistics.sample import Stat, stat_of
from tui.report.subject import Subject

if TYPE_CHECKING:
    from tui.report.changes import Change


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many runs ended in which state."""

    done: int = 0
    empty: int = 0
    cut: int = 0
    failed: int = 0
    stopped: int = 0
    skipped: int = 0

    @property
    def runs(self) -> int:
        """All runs that ended."""
        return self.done + self.failures

    @property
    def failures(self) -> int:
        """All that ended without a complete answer."""
        return self.empty + self.cut + self.failed + self.stopped + self.skipped

    @property
    def failure_rate(self) -> float | None:
        """Failures over all runs, 0 to 1; None when there was no run."""
        return self.failures / self.runs if self.runs else None


@dataclass(frozen=True, slots=True)
class ScoreMean:
    """The mean of the scores that count, for one criterion on one scale (1 to `scale`)."""

    criterion: str
    mean: float
    n: int
    scale: int = DEFAULT_SCALE
    raters: str = PEOPLE
    """Which kind of raters gave them."""
    blind: int = 0
    """How many of the `n` were given blind."""
    blind_mean: float | None = None
    """The mean of those; None where there are none."""

    @property
    def open_mean(self) -> float | None:
        """The mean of those that were not given blind; None where there are none."""
        rest = self.n - self.blind
        return (self.mean * self.n - (self.blind_mean or 0) * self.blind) / rest if rest else None


@dataclass(frozen=True, slots=True)
class FacetShare:
    """Of how many facets of their prompts the answers speak that were marked for them."""

    met: int
    of: int
    answers: int
    """How many answers were marked; one that several raters marked counts for each of them."""
    raters: str = PEOPLE

    @property
    def share(self) -> float:
        """What was met of all, 0 to 1."""
        return self.met / self.of


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    subject: Subject
    sessions: int
    prompts: int
    """How many different prompts were asked."""
    outcomes: Outcomes
    warmups: int
    unfinished: int
    """Runs that never came to an end, because the program ended first."""
    stats: Mapping[str, Stat]
    """The metrics of a report, by name."""
    flags: Mapping[str, int]
    """For how many runs each of a report's flags holds, by name: of those that ended, or of those that count, as its
    `tally` says."""
    scores: tuple[ScoreMean, ...]
    size_mb: float | None
    licence: str | None
    memory_mb: float | None = None
    """The most that the serving process was seen to hold; with all that it served at the time."""
    gpu_memory_mb: float | None = None
    """The most that all GPUs of the machine were seen to have in use, by whatever ran there."""
    notes: tuple[str, ...] = ()
    """What else differs between the runs put together here, as phrases."""
    outliers: tuple[Outlier, ...] = ()
    """Numbers that stand apart from those of the same prompt; they are in every statistic."""
    facets: tuple[FacetShare, ...] = ()
    """The facets met, by kind of raters."""
    context: int | None = None
    """Tokens of prompt and answer together that the model takes."""
    quality: float | None = None
    """What people scored, joined over the criteria by the rubric's weights, on the usual scale from 1 on. None where
    one of the criteria has no score, or where rubrics do not agree on the weights."""
    weights: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    """Weight and scale of each criterion that `quality` is joined of; empty where rubrics do not agree."""
    flagged: Mapping[str, int] = field(default_factory=dict)
    """How many answers are left out because of a flag, by the flag's name; they are in nothing else of the row."""
    cold: int = 0
    """Answers that count and for which the model was loaded first: they are in no time and no rate of a row that has
    others."""
    requests: tuple[ReportedRequest, ...] = field(default=(), repr=False)
    """The runs that the row is made of, those that never came to an end included."""
    floors: Mapping[str, float] = field(default_factory=dict)
    """The noise floors of metrics, by name, where the model was measured against itself: 0.04 for 4 %."""

    @cached_property
    def wide(self) -> Mapping[str, Stat]:
        """The metrics of wide tables alone, by name."""
        return _stats(metrics_in(Place.WIDE), [run for run in self.requests if run.state.final], _WIDE)

    def stat(self, metric: str) -> Stat:
        """The statistic of a metric of the narrow or the wide tables."""
        return self.stats.get(metric) or self.wide.get(metric) or Stat()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that lacks what is required."""

    row: str
    """Its name; see `tui.report.row_names`."""
    reasons: tuple[str, ...]
    """What it lacks, each as a sentence without its stop."""


@dataclass(frozen=True)
class Report(Displayed):
    """The rows, and what they were made of. As a text it is the report for a terminal."""

    rows: tuple[Row, ...]
    sessions: int
    skipped: tuple[tuple[str, str], ...] = ()
    """Files that could not be read: name and reason, given by the caller."""
    notes: tuple[str, ...] = ()
    """What a reader must know to compare the rows, as sentences."""
    left_out: tuple[LeftOut, ...] | None = None
    """Rows that there would be, but for what is required of them; None where nothing is."""
    options: ReportOptions = field(default_factory=ReportOptions)
    """What is shown besides what every report has."""
    failing: tuple[Row, ...] = ()
    """The rows that `left_out` names."""
    changes: tuple[Change, ...] | None = None
    """What became of each model and prompt since the baseline; None where there is no baseline."""
    filtered_out: int = 0
    """Runs that filters left out."""
    unlike: tuple[str, ...] = ()
    """Those of the notes that name sessions of which files differ: a part of what was given is not counted."""
    references: tuple[Reference, ...] = ()
    """Figures of other programs, given by the caller: shown, and never counted."""
    judged: tuple[Judge, ...] = ()
    """The models that judged, in each session; see `judges`."""

    @cached_property
    def matches(self) -> Matches:
        """Which of the rows may be compared, on the prompts that both were asked, for all figures or for those that are
        asked for by name."""
        rows = [(row.subject, row.requests) for row in self.rows]
        floors = {row.subject: row.floors for row in self.rows}
        names = self.options.figure_names
        return match(rows, floors, metrics_called(names) if names else None, rated=not names or "quality" in names)

    @cached_property
    def agreements(self) -> list[Agreed]:
        """How far raters agree who scored the same answers."""
        return agreements((row.subject, row.requests) for row in self.rows)

    def __repr__(self) -> str:
        return f"<Report of {self.sessions} sessions: {len(self.rows)} rows>"

    @property
    def judges(self) -> tuple[Judge, ...]:
        """The models that judged, of all sessions together."""
        return judges(self.judged, self.agreements)

    def to_pandas(self, rows: str = "models") -> Any:
        """A table of pandas with the rows and columns of the CSV: `models` are the report's rows, `requests` each
        answer, `comparisons` each two models and figure. What is unknown is NA; times are ms, rates are per second.
        Raises BadInputError where pandas is not installed, and for another table."""
        from tui.report.formats.data_frame import frame_of

        return frame_of(self, rows)

    def _tables(self) -> Sequence[ShownTable]:
        from tui.report.formats.shown import shown_tables

        return shown_tables(self)

    def text(self, width: int) -> str:
        """The report for a terminal, whose lines are as wide as `COLUMNS` says, or 80 cells."""
        from tui.report.formats.text import render

        return render(self).rstrip("\n")


@dataclass(slots=True)
class _Group:
    """The runs of one row, while they are gathered."""

    sessions: set[str] = field(default_factory=set)
    hosts: set[tuple[str, ...]] = field(default_factory=set)
    prompts: set[str] = field(default_factory=set)
    asked: list[ReportedRequest] = field(default_factory=list)
    warmups: int = 0
    flagged: Counter[str] = field(default_factory=Counter)
    """Runs that are left out because of a flag, by the first one that holds."""
    size_mb: float | None = None
    licence: str | None = None
    """The last known, like the size."""
    floors: dict[str, float] = field(default_factory=dict)
    """As `Row.floors`: of several the highest."""
    context: int | None = None
    weights: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Weight and scale of each criterion of the rubrics that its answers were scored by."""
    unlike_weights: bool = False
    completed: bool = False
    """Whether a host reported less of the model in one session than in another."""

    def take(self, session: str, part: Contribution, without: Collection[str]) -> None:
        """Add what a session of this id has; runs with a flag of those that `without` names are only counted."""
        self.sessions.add(session)
        self.hosts |= part.hosts
        self.take_model(part.size_mb, part.licence, part.context)
        if part.weights:
            self.weigh(part.weights)
        self.warmups += part.warmups
        self.take_floors(part.floors)
        if not without:
            self.add(part.runs)
            return
        for run in part.runs:
            if (flag := next((flag for flag in run.flags if flag in without), None)) is not None:
                self.flagged[flag] += 1
            else:
                self.add([run])

    def take_model(self, size_mb: float | None, licence: str | None, context: int | None) -> None:
        """Take in what is known of the model."""
        self.size_mb = self.size_mb if size_mb is None else size_mb
        self.licence = self.licence if licence is None else licence
        self.context = self.context if context is None else context

    def add(self, runs: Sequence[ReportedRequest]) -> None:
        """Add runs that are no warm-ups."""
        self.asked += runs
        self.prompts.update([run.prompt for run in runs])

    def scores(self) -> dict[tuple[str, int, str], list[GivenScore]]:
        """Those that count, by criterion, scale and kind of raters."""
        found: dict[tuple[str, int, str], list[GivenScore]] = {}
        # Among very many scores few are unlike.
        for score, count in Counter(chain.from_iterable(run.scores for run in self.asked)).items():
            found.setdefault(score[:3], []).extend([score] * count)
        return found

    def take_floors(self, floors: Mapping[str, float]) -> None:
        """Add noise floors."""
        for name, share in floors.items():
            self.floors[name] = max(share, self.floors.get(name, 0.0))

    def weigh(self, weights: Mapping[str, tuple[float, int]]) -> None:
        """Take in the weights of a rubric."""
        self.unlike_weights = self.unlike_weights or (bool(self.weights) and self.weights != weights)
        self.weights = self.weights or dict(weights)

    def join(self, other: _Group) -> None:
        """Add the runs of another group."""
        self.sessions |= other.sessions
        self.hosts |= other.hosts
        self.prompts |= other.prompts
        self.asked += other.asked
        self.warmups += other.warmups
        self.take_floors(other.floors)
        self.flagged += other.flagged
        self.take_model(other.size_mb, other.licence, other.context)
        if other.weights:
            self.weigh(other.weights)
        self.unlike_weights = self.unlike_weights or other.unlike_weights
        self.completed = self.completed or other.completed


@dataclass(frozen=True, slots=True)
class _Version:
    """The copy of a session that counts."""

    held: Held
    session: str
    """The id of the session that it is, or is a part of."""
    rows: Sequence[Contribution]
    judged: Sequence[Judge]


class Aggregation:
    """Takes sessions one after another, and makes the report on all of them."""

    def __init__(self, keep: Keep | None = None) -> None:
        """`keep` says what of each answer is kept besides what every report has."""
        self._keep = keep or Keep()
        self._versions: dict[str, _Version] = {}
        """What counts of each session, by its id."""
        self._parts: dict[str, dict[str, Set[str]]] = {}
        """The runs that count of each session, by its parts, which are files of their own."""
        self._again = False
        self._unlike: list[str] = []

    def add(self, session: AnySession) -> None:
        """Add a session. Of several of one id, which are copies of a file, the fullest counts; the report says so."""
        held = Held.of(session) if isinstance(session, Session) else session.held
        before = self._versions.get(session.id)
        if before is not None:
            self._again = True
            if before.held != held and session.id not in self._unlike:
                self._unlike.append(session.id)
            if before.held.fullness >= held.fullness:
                return
        parts = self._parts.setdefault(session.whole_id, {})
        parts.pop(session.id, None)
        runs = frozenset(session.requests) if isinstance(session, Session) else session.runs
        # In two files, when the program was killed while it moved a run to the next one.
        mine = runs - frozenset().union(*parts.values()) if parts else runs
        if isinstance(session, RecordedSession) and len(mine) == len(runs) and not self._keep.texts:
            rows, judged = session.rows, list[Judge]()
        else:
            whole = as_read(session)
            rows, judged = contributions(whole, mine, self._keep), judges_in(whole)
        parts[session.id] = mine
        self._versions[session.id] = _Version(held, session.whole_id, rows, judged)

    def _groups(self) -> dict[Subject, _Group]:
        together: dict[Subject, _Group] = {}
        without = self._keep.without
        for version in self._versions.values():
            for part in version.rows:
                group = together.get(part.subject) or together.setdefault(part.subject, _Group())
                group.take(version.session, part, without)
        return _merged(together)

    def matches(self) -> Matches:
        """Which of the models that were added may be compared, on the prompts that both were asked."""
        groups = self._groups()
        floors = {subject: group.floors for subject, group in groups.items()}
        return match(((subject, group.asked) for subject, group in groups.items()), floors)

    def report(self, skipped: Iterable[tuple[str, str]] = ()) -> Report:
        """The report on all added sessions; `skipped` names the files that could not be read, and why."""
        groups = self._groups()
        notes = []
        if self._again:
            notes.append("A session was given more than once and is counted once.")
        unlike = tuple(
            f"Files differ in what they hold of session {name}: the one that holds most is counted."
            for name in self._unlike
        )
        notes += unlike
        for mode in Mode:
            asked: dict[tuple[object, ...], list[set[str]]] = {}
            for subject, group in groups.items():
                if subject.mode is mode and group.asked:
                    how = subject.parameters, subject.nonce, subject.system
                    asked.setdefault(how, []).append(group.prompts)
            if any(prompts != alike[0] for alike in asked.values() for prompts in alike):
                notes.append(f"Not all rows are of the same prompts ({mode}): compare them with care.")
        for subject, group in groups.items():
            if shown := shown_floors(group.floors):
                notes.append(f"A/A of {clean_line(subject.alias, 64)}: what differs by less is noise: {shown}.")
        rows = sorted((_row(subject, group) for subject, group in groups.items()), key=_order)
        judged = tuple(judge for version in self._versions.values() for judge in version.judged)
        return Report(tuple(rows), len(self._parts), tuple(skipped), tuple(notes), unlike=unlike, judged=judged)


def aggregate(sessions: Iterable[AnySession], skipped: Iterable[tuple[str, str]] = ()) -> Report:
    """The report on these sessions; `skipped` names the files that could not be read, and why.

    Measured and raced runs never meet in a row, nor do different devices, hosts, parameters or system prompts. A
    session given twice is counted once.
    """
    aggregation = Aggregation()
    for session in sessions:
        aggregation.add(session)
    return aggregation.report(skipped)


def matches_of(sessions: Iterable[Session]) -> Matches:
    """Which models of these sessions may be compared, without the tables of a report."""
    aggregation = Aggregation()
    for session in sessions:
        aggregation.add(session)
    return aggregation.matches()


def _merged(groups: dict[Subject, _Group]) -> dict[Subject, _Group]:
    """The groups, with those of the same model merged where a host reported less of it at one time than at another.

    It is the same model where its id, host, device and settings are the same. What a host did not report (the alias,
    which then is the id; the variant; the execution provider) is taken from the others, if they agree. Two models that
    occur in one session are never merged.
    """
    similar: dict[Subject, list[Subject]] = {}
    for subject in groups:
        similar.setdefault(_required(subject), []).append(subject)
    made: dict[Subject, _Group] = {}
    for subject, group in groups.items():
        others = similar[_required(subject)]
        aliases = {other.alias for other in others if other.alias != other.model}
        builds = {_build(other) for other in others if _build(other) != (None, None)}
        full = subject
        if subject.alias == subject.model and len(aliases) == 1:
            full = replace(full, alias=aliases.pop())
        distinct = any(_build(other) != _build(subject) and groups[other].sessions & group.sessions for other in others)
        if _build(subject) == (None, None) and len(builds) == 1 and not distinct:
            variant, ep = builds.pop()
            full = replace(full, variant=variant, ep=ep)
        whole = made.setdefault(full, _Group())
        whole.join(group)
        whole.completed = whole.completed or full != subject
    return made


def _required(subject: Subject) -> Subject:
    """The part of a subject that has to be the same."""
    return replace(subject, alias=subject.model, variant=None, ep=None)


def _build(subject: Subject) -> tuple[str | None, str | None]:
    return subject.variant, subject.ep


def narrowed(row: Row, runs: Sequence[ReportedRequest]) -> Row:
    """The row of these runs alone, which are of the row's, maybe with fewer ratings."""
    group = _Group(
        sessions={run.session for run in runs},
        size_mb=row.size_mb,
        licence=row.licence,
        context=row.context,
        weights=dict(row.weights),
        floors=dict(row.floors),
    )
    group.add(runs)
    return _row(row.subject, group)


def _row(subject: Subject, group: _Group) -> Row:
    ordered = tuple(sorted(group.asked, key=attrgetter("session", "prompt", "round", "id")))
    scores = group.scores()
    ended = [run for run in group.asked if run.state.final]
    states = Counter(run.state for run in ended)
    those = Counter(run.flags for run in ended)
    flags = {
        flag.name: sum(count for names, count in those.items() if flag.name in names) for flag in flags_in(Place.REPORT)
    }
    notes = [f"from {len(group.hosts)} different hosts or versions"] if len(group.hosts) > 1 else []
    if group.completed:
        notes.append("less was known of the model in one session than in another")
    cold = sum([run.cold and run.state.counts for run in ended])
    if 0 < cold < states[RequestState.DONE]:
        of = states[RequestState.DONE]
        notes.append(f"{cold} of {of} runs loaded the model first, and are in no time or rate that others have")
    elif cold:
        notes.append("every run that counts loaded the model first")
    # Flags of a whole row come before those that are counted.
    runs_of = {Tally.ANY: len(ended), Tally.ENDED: len(ended), Tally.COUNT: states[RequestState.DONE]}
    for tally, runs in runs_of.items():
        for flag in flags_in(Place.REPORT):
            count = flags[flag.name]
            if flag.report_note and flag.tally is tally and count and (count < runs or tally is not Tally.ANY):
                notes.append(flag.report_note.format(count=count, runs=runs, label=flag.label))
    return Row(
        subject=subject,
        sessions=len(group.sessions),
        prompts=len(group.prompts),
        outcomes=Outcomes(**{state.value: states[state] for state in RequestState if state.final}),
        warmups=group.warmups,
        unfinished=len(group.asked) - len(ended),
        stats=_stats(metrics_in(Place.REPORT), ended, _VALUES),
        context=group.context,
        quality=_quality(group, scores),
        weights={} if group.unlike_weights else group.weights,
        flagged=group.flagged,
        cold=cold,
        flags=flags,
        scores=tuple(
            _mean(key, given) for key, given in sorted(scores.items(), key=lambda item: criterion_order(item[0]))
        ),
        size_mb=group.size_mb,
        licence=group.licence,
        memory_mb=_most_mb([run.memory for run in ended]),
        gpu_memory_mb=_most_mb([run.gpu_memory for run in ended]),
        notes=tuple(notes),
        requests=ordered,
        outliers=outliers(ordered),
        floors=group.floors,
        facets=tuple(_facet_shares(ordered)),
    )


def _mean(key: tuple[str, int, str], given: Sequence[GivenScore]) -> ScoreMean:
    criterion, scale, raters = key
    values = [score.value for score in given]
    blind = [score.value for score in given if score.blind]
    blind_mean = sum(blind) / len(blind) if blind else None
    return ScoreMean(criterion, sum(values) / len(values), len(values), scale, raters, len(blind), blind_mean)


def _facet_shares(runs: Iterable[ReportedRequest]) -> Iterator[FacetShare]:
    found: dict[str, list[GivenFacets]] = {}
    for run in runs:
        for given in run.facets:
            found.setdefault(given.raters, []).append(given)
    for raters, those in sorted(found.items(), key=lambda item: (item[0] != PEOPLE, item[0])):
        if there := sum(one.of for one in those):
            yield FacetShare(sum(one.met for one in those), there, len(those), raters)


def _most_mb(found: Sequence[int | None]) -> float | None:
    """The most of these bytes, in MB."""
    most = max([count for count in found if count is not None], default=None)
    return None if most is None else most / 1e6


_VALUES, _WIDE = attrgetter("values"), attrgetter("wide")


def _stats(
    metrics: Sequence[Metric],
    ended: Sequence[ReportedRequest],
    values: Callable[[ReportedRequest], tuple[float | None, ...]],
) -> dict[str, Stat]:
    """The statistics of these metrics, whose `values` runs have: of warm answers, and of cold ones only where no other
    has a value."""
    columns = zip(*map(values, ended), strict=True) if ended else repeat(())
    cold, estimated = [run.cold for run in ended], [run.estimated for run in ended]
    made = {}
    for metric, column in zip(metrics, columns, strict=False):
        kept = which_count([value is not None for value in column], cold)
        unsure = metric.needs_tokens and any(compress(estimated, kept))
        made[metric.name] = stat_of(compress(column, kept), estimated=unsure, cold=any(compress(cold, kept)))
    return made


def _quality(group: _Group, scores: Mapping[tuple[str, int, str], Sequence[GivenScore]]) -> float | None:
    """The means of people's scores, each from 0 to 1, weighted; on the usual scale."""
    if group.unlike_weights or not group.weights:
        return None
    whole = sum(weight for weight, _ in group.weights.values())
    parts = []
    for criterion, (weight, scale) in group.weights.items():
        given = scores.get((criterion, scale, PEOPLE))
        if not given:
            return None
        mean = sum(score.value for score in given) / len(given)
        parts.append(weight * (mean - 1) / (scale - 1))
    return 1 + (DEFAULT_SCALE - 1) * sum(parts) / whole if whole else None


def criterion_order(key: tuple[str, int, str]) -> tuple[str, str, bool, str, int]:
    """Orders criteria with scale and raters: by the alphabet, then people first, then the smaller scale."""
    criterion, scale, raters = key
    return criterion.casefold(), criterion, raters != PEOPLE, raters, scale


def _order(row: Row) -> tuple[bool, str, str, str, str]:
    """Measured rows first, then by name; rows that differ only in settings stay in the order they were asked in."""
    what = row.subject
    return what.mode is not Mode.MEASURE, what.alias.casefold(), what.model, what.device or "", what.host
