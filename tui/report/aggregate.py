"""Aggregates sessions: one row for all runs that may be compared fairly.

Pure. Latencies come only from runs that count; warm-ups are left out; times are milliseconds, rates are per second.
Sessions are added one at a time, and of each only the numbers of its runs are kept. A run is one request that was made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from sys import intern
from typing import TYPE_CHECKING, Any

from tui.core.answers.checks import Check
from tui.core.catalog.model_card import to_megabytes
from tui.core.conditions.names import Figure
from tui.core.displayed import Displayed, ShownTable
from tui.core.metrics.eras import era_of
from tui.core.metrics.metrics import Metrics
from tui.core.metrics.registry import Metric, Place, Tally, flags_in, metrics_in, values
from tui.core.plans.mode import Mode
from tui.core.plans.prompt import Prompt
from tui.core.references import Reference
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.rating import FacetTick, Rater, RaterKind, Score, Vote, VoteChoice
from tui.core.scoring.rubric import DEFAULT_SCALE
from tui.core.sessions.entry_dict import ENTRY_KINDS
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line
from tui.report.judges import Judge, judges, judges_in
from tui.report.matching import match
from tui.report.noise import shown_floors
from tui.report.options import ReportOptions
from tui.report.outliers import (
    DECIDED,
    PEOPLE,
    Choice,
    GivenFacets,
    GivenScore,
    GivenVote,
    Outlier,
    ReportedRequest,
    outliers,
)
from tui.report.pair_times import metrics_called
from tui.report.pairs import Matches
from tui.report.raters import Agreed, agreements
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


@dataclass(frozen=True, slots=True)
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
    wide: Mapping[str, Stat] = field(default_factory=dict)
    """The metrics of wide tables alone, by name."""
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


@dataclass(frozen=True, slots=True)
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

    @property
    def matches(self) -> Matches:
        """Which of the rows may be compared, on the prompts that both were asked, for all figures or for those that are
        asked for by name. Found again at each look."""
        rows = [(row.subject, row.requests) for row in self.rows]
        floors = {row.subject: row.floors for row in self.rows}
        names = self.options.figure_names
        return match(rows, floors, metrics_called(names) if names else None, rated=not names or "quality" in names)

    @property
    def agreements(self) -> list[Agreed]:
        """How far raters agree who scored the same answers. Found again at each look."""
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
class _Ratings:
    """What counts of an answer's ratings."""

    scores: list[Score] = field(default_factory=list)
    votes: list[Vote] = field(default_factory=list)
    ticks: list[FacetTick] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    """The runs of one row, while they are gathered."""

    sessions: set[str] = field(default_factory=set)
    hosts: set[tuple[str, ...]] = field(default_factory=set)
    prompts: set[str] = field(default_factory=set)
    asked: list[ReportedRequest] = field(default_factory=list)
    scores: dict[tuple[str, int, str], list[GivenScore]] = field(default_factory=dict)
    """Those that count, by criterion, scale and kind of raters."""
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

    def take(self, session: Session, request: Request, given: _Ratings, keep: Keep) -> None:
        """Add a run of this session, and the ratings that count for it."""
        card = session.model_of(request).card
        self.sessions.add(session.whole_id)
        self.size_mb = self.size_mb if card.size_bytes is None else to_megabytes(card.size_bytes)
        self.licence = self.licence if card.licence is None else card.licence
        self.context = self.context if card.context is None else card.context
        if given.scores:
            self.weigh({one.id: (one.weight, one.scale) for one in session.rubric})
        if request.spec.warmup:
            self.warmups += 1
            return
        host = session.host_at(request)
        self.hosts.add(tuple(str(host.get(fact)) for fact in ("kind", "version", "endpoint")))
        # The same text for all runs of a prompt: each file brings its own copy.
        prompt = intern(_asked(session, request))
        reported = reported_request(session.whole_id, prompt, request, given.scores, keep.figures)
        if (flag := next((flag for flag in reported.flags if flag in keep.without), None)) is not None:
            self.flagged[flag] += 1
            return
        self.prompts.add(prompt)
        asked = session.prompts[request.spec.prompt]
        passed, out_of_time = _checked(keep.checks, request, asked)
        run = replace(
            reported,
            served_by=(intern(str(host.get("kind", ""))), intern(str(host.get("version", "")))),
            era=era_of(session.tool_at(request).get("version", "")),
            scores=tuple(_given_score(session, score) for score in given.scores),
            votes=tuple(_given_vote(session, vote, request) for vote in given.votes),
            facets=_given_facets(session, request, given.ticks),
            created=session.created,
            answer=request.answer if keep.answers else None,
            tags=tuple(map(intern, dict.fromkeys((*asked.tags, *session.tags)))),
            checks=passed,
            out_of_time=out_of_time,
        )
        self.add(run)

    def add(self, run: ReportedRequest) -> None:
        """Add a run that is no warm-up, with its scores."""
        self.asked.append(run)
        for score in run.scores:
            self.scores.setdefault((score.criterion, score.scale, score.raters), []).append(score)

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
        for criterion, given in other.scores.items():
            self.scores.setdefault(criterion, []).extend(given)
        self.warmups += other.warmups
        self.take_floors(other.floors)
        self.flagged += other.flagged
        self.size_mb = self.size_mb if other.size_mb is None else other.size_mb
        self.licence = self.licence if other.licence is None else other.licence
        self.context = self.context if other.context is None else other.context
        if other.weights:
            self.weigh(other.weights)
        self.unlike_weights = self.unlike_weights or other.unlike_weights
        self.completed = self.completed or other.completed


def _checked(
    checks: Sequence[Check], request: Request, prompt: Prompt
) -> tuple[tuple[bool | None, ...], tuple[int, ...]]:
    """Which of the checks an answer passes, and the places of those that ran out of time."""
    passed: list[bool | None] = []
    late: list[int] = []
    for place, check in enumerate(checks):
        try:
            passed.append(check.passes(request, prompt))
        except TimeoutError:
            passed.append(None)
            late.append(place)
    return tuple(passed), tuple(late)


@dataclass(frozen=True, slots=True)
class _Held:
    """How much a file holds of a session."""

    ended: int
    """Requests that have come to their end."""
    requests: int
    entries: tuple[int, ...]
    """What was said and done, by kind."""

    @classmethod
    def of(cls, session: Session) -> _Held:
        ended = sum(request.state.final for request in session.requests.values())
        return cls(ended, len(session.requests), tuple(len(kind.of(session)) for kind in ENTRY_KINDS))

    @property
    def fullness(self) -> tuple[int, int, int]:
        """Of two copies of one session, the one with more of this is the later: nothing is ever removed from one."""
        return self.ended, self.requests, sum(self.entries)


@dataclass(frozen=True, slots=True)
class _Version:
    """The copy of a session that counts."""

    held: _Held
    groups: dict[Subject, _Group]
    judged: list[Judge]


@dataclass(frozen=True, slots=True)
class Keep:
    """What is kept of each answer, and which answers are."""

    figures: tuple[Figure, ...] = ()
    """Those that conditions and tables are about, besides what every report has."""
    without: frozenset[str] = frozenset()
    """Flags by name: answers for which one holds are left out."""
    checks: tuple[Check, ...] = ()
    answers: bool = False
    """Whether their texts are kept, too, which take far more memory than all else."""


class Aggregation:
    """Takes sessions one after another, and makes the report on all of them."""

    def __init__(self, keep: Keep | None = None) -> None:
        """`keep` says what of each answer is kept besides what every report has."""
        self._keep = keep or Keep()
        self._versions: dict[str, _Version] = {}
        """What counts of each session, by its id."""
        self._parts: dict[str, dict[str, set[str]]] = {}
        """The runs that count of each session, by its parts, which are files of their own."""
        self._again = False
        self._unlike: list[str] = []

    def add(self, session: Session) -> None:
        """Add a session. Of several of one id, which are copies of a file, the fullest counts; the report says so."""
        held = _Held.of(session)
        before = self._versions.get(session.id)
        if before is not None:
            self._again = True
            if before.held != held and session.id not in self._unlike:
                self._unlike.append(session.id)
            if before.held.fullness >= held.fullness:
                return
        parts = self._parts.setdefault(session.whole_id, {})
        parts[session.id] = set()
        # In two files, when the program was killed while it moved a run to the next one.
        taken = set().union(*parts.values())
        parts[session.id] = session.requests.keys() - taken
        self._versions[session.id] = _Version(held, self._grouped(session, parts[session.id]), judges_in(session))

    def _grouped(self, session: Session, runs: Collection[str]) -> dict[Subject, _Group]:
        """These runs of a session by the rows that they belong to."""
        groups: dict[Subject, _Group] = {}
        ratings: dict[str, _Ratings] = {}
        count = in_effect(session)
        floors: dict[tuple[str, str], dict[str, float]] = {}
        for noise in session.noises:
            floors.setdefault((noise.plan, noise.model), {})[noise.metric] = noise.share
        for score in count.scores.values():
            ratings.setdefault(score.run, _Ratings()).scores.append(score)
        for vote in count.votes.values():
            for voted in set(vote.runs):
                ratings.setdefault(voted, _Ratings()).votes.append(vote)
        for tick in count.facets.values():
            ratings.setdefault(tick.run, _Ratings()).ticks.append(tick)
        for run, request in session.requests.items():
            if run in runs:
                group = groups.setdefault(_subject(session, request), _Group())
                group.take(session, request, ratings.get(run, _Ratings()), self._keep)
                group.take_floors(floors.get((request.spec.plan, request.spec.model), {}))
        return groups

    def _groups(self) -> dict[Subject, _Group]:
        together: dict[Subject, _Group] = {}
        for version in self._versions.values():
            for subject, group in version.groups.items():
                together.setdefault(subject, _Group()).join(group)
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


def aggregate(sessions: Iterable[Session], skipped: Iterable[tuple[str, str]] = ()) -> Report:
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


def reported_request(
    session: str, prompt: str, request: Request, scores: Sequence[Score] = (), figures: Iterable[Figure] = ()
) -> ReportedRequest:
    """What a report keeps of a request: its values, if they count, and the scores that count."""
    spec, metrics = request.spec, request.metrics if request.state.counts else Metrics()
    usage = request.usage
    counted = usage is not None and usage.source == "server"
    return ReportedRequest(
        session=session,
        id=spec.id,
        prompt=prompt,
        round=spec.round,
        state=request.state,
        values=tuple(values(request, metrics, Place.REPORT).values()),
        wide=tuple(values(request, metrics, Place.WIDE).values()),
        flags=tuple(
            flag.name
            for flag in flags_in(Place.REPORT)
            if (flag.tally is not Tally.COUNT or request.state.counts) and flag.holds(request, metrics)
        ),
        estimated=usage is not None and not counted,
        memory=request.memory.resident_peak if request.memory is not None else None,
        gpu_memory=request.memory.gpu_peak if request.memory is not None else None,
        plan=intern(spec.plan),
        contended=spec.contended,
        cold=request.timestamps.load_start is not None,
        tokens=usage.completion_tokens if usage is not None and counted else None,
        characters=len(request.answer) + len(request.reasoning),
        fault=intern(request.fault.kind) if request.fault is not None else "",
        finish=intern(request.finish_reason or ""),
        figures={figure.name: figure.read(request, metrics, scores) for figure in figures},
    )


_RATERS = {RaterKind.PERSON: PEOPLE, RaterKind.JUDGE: "judges", RaterKind.ADJUDICATED: DECIDED}
"""What a report calls the kinds of raters."""


def _kind(session: Session, rater: str) -> str:
    return _RATERS[session.raters.get(rater, Rater(rater)).kind]


def _given_score(session: Session, score: Score) -> GivenScore:
    value = 0 if score.value is None else score.value  # None of those that count is without one.
    kind = _kind(session, score.rater)
    rater, rubric = intern(score.rater), intern(score.rubric)
    return GivenScore(
        intern(score.criterion), score.scale, kind, rater, value, rubric, score.blind, position=score.position
    )


def _given_vote(session: Session, vote: Vote, request: Request) -> GivenVote:
    chosen = {VoteChoice.BOTH_GOOD: Choice.BOTH_GOOD, VoteChoice.BOTH_BAD: Choice.BOTH_BAD}
    won = Choice.WON if vote.winner == request.spec.id else Choice.LOST
    choice = won if vote.choice in (None, VoteChoice.WINNER) else chosen[vote.choice]
    name = "\n".join((session.whole_id, vote.rater, *sorted(vote.runs)))
    places = dict(zip(vote.runs, vote.positions, strict=False))
    kind, rater, place = _kind(session, vote.rater), intern(vote.rater), places.get(request.spec.id)
    return GivenVote(intern(name), kind, rater, choice, vote.blind, position=place)


def _given_facets(session: Session, request: Request, ticks: Iterable[FacetTick]) -> tuple[GivenFacets, ...]:
    by_rater: dict[str, list[bool]] = {}
    for tick in ticks:
        by_rater.setdefault(tick.rater, []).append(bool(tick.ticked))
    there = len(session.prompts[request.spec.prompt].facets)
    # A facet may be gone from its prompt that was marked once.
    return tuple(
        GivenFacets(_kind(session, rater), sum(said), max(there, len(said))) for rater, said in by_rater.items()
    )


def _asked(session: Session, request: Request) -> str:
    """What a request asked, word for word; a follow-up with the questions before it, as it is another prompt after
    others."""
    asked = [session.prompts[request.spec.prompt].user]
    while follows := request.spec.follows:
        if follows not in session.requests:
            return "\n\n".join(["…", *asked])
        request = session.requests[follows]
        asked.insert(0, session.prompts[request.spec.prompt].user)
    return "\n\n".join(asked)


def _subject(session: Session, request: Request) -> Subject:
    target = session.model_of(request)
    card = target.card
    return Subject(
        alias=card.alias if clean_line(card.alias).strip() else card.id,
        model=card.id,
        variant=card.variant,
        device=card.device,
        ep=card.ep,
        host=card.host or target.host,
        mode=request.spec.mode,
        parameters=session.parameters_of(request),
        system=session.system_of(request),
        nonce=bool(request.spec.nonce),
    )


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
        prompts={run.prompt for run in runs},
        size_mb=row.size_mb,
        licence=row.licence,
        context=row.context,
        weights=dict(row.weights),
        floors=dict(row.floors),
    )
    for run in runs:
        group.add(run)
    return _row(row.subject, group)


def _row(subject: Subject, group: _Group) -> Row:
    ordered = tuple(sorted(group.asked, key=lambda run: (run.session, run.prompt, run.round, run.id)))
    ended = [run for run in group.asked if run.state.final]
    states = Counter(run.state for run in ended)
    flags = {flag.name: sum(flag.name in run.flags for run in ended) for flag in flags_in(Place.REPORT)}
    notes = [f"from {len(group.hosts)} different hosts or versions"] if len(group.hosts) > 1 else []
    if group.completed:
        notes.append("less was known of the model in one session than in another")
    cold = sum(run.cold and run.state.counts for run in ended)
    if 0 < cold < states[RequestState.DONE]:
        notes.append(f"{cold} of {states[RequestState.DONE]} runs loaded the model first, and are in no time or rate")
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
        stats={
            metric.name: _stat(ended, metric, [run.values[number] for run in ended])
            for number, metric in enumerate(metrics_in(Place.REPORT))
        },
        wide={
            metric.name: _stat(ended, metric, [run.wide[number] for run in ended])
            for number, metric in enumerate(metrics_in(Place.WIDE))
        },
        context=group.context,
        quality=_quality(group),
        weights={} if group.unlike_weights else group.weights,
        flagged=group.flagged,
        cold=cold,
        flags=flags,
        scores=tuple(
            _mean(key, given) for key, given in sorted(group.scores.items(), key=lambda item: criterion_order(item[0]))
        ),
        size_mb=group.size_mb,
        licence=group.licence,
        memory_mb=max((run.memory / 1e6 for run in ended if run.memory is not None), default=None),
        gpu_memory_mb=max((run.gpu_memory / 1e6 for run in ended if run.gpu_memory is not None), default=None),
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


def _stat(ended: Sequence[ReportedRequest], metric: Metric, found: Sequence[float | None]) -> Stat:
    """The statistic of what was found of a metric: of warm answers, and of cold ones only where no other has a
    value."""
    known = [(run, value) for run, value in zip(ended, found, strict=True) if value is not None]
    kept = [(run, value) for run, value in known if not run.cold] or known
    return stat_of(
        [value for _, value in kept], estimated=metric.needs_tokens and any(run.estimated for run, _ in kept)
    )


def _quality(group: _Group) -> float | None:
    """The means of people's scores, each from 0 to 1, weighted; on the usual scale."""
    if group.unlike_weights or not group.weights:
        return None
    whole = sum(weight for weight, _ in group.weights.values())
    parts = []
    for criterion, (weight, scale) in group.weights.items():
        given = group.scores.get((criterion, scale, PEOPLE))
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
