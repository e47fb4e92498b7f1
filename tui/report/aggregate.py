"""Aggregates sessions: one row for all runs that may be compared fairly.

Pure. Latencies come only from runs that count; warm-ups are left out; times are milliseconds, rates are per second.
Sessions are added one at a time, and of each only the numbers of its runs are kept. A run is one request that was made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import chain, compress

from tui.core.metrics.registry import Place, Tally, flags_in
from tui.core.plans.mode import Mode
from tui.core.requests.request import RequestState
from tui.core.scoring.rubric import DEFAULT_SCALE
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line
from tui.report.contribution import Contribution, Held, Keep, contributions
from tui.report.judges import Judge, judges_in
from tui.report.matching import match
from tui.report.noise import shown_floors
from tui.report.outliers import outliers
from tui.report.pairs import Matches
from tui.report.report import Report
from tui.report.reported_request import (
    PEOPLE,
    GivenFacets,
    GivenScore,
    ReportedRequest,
    column,
    ended_of,
    fields_of,
    scores_of,
)
from tui.report.rows import FacetShare, Outcomes, Row, ScoreMean, report_stats
from tui.report.session_record import AnySession, RecordedSession, as_read
from tui.report.subject import Subject


@dataclass(slots=True)
class _Group:
    """The runs of one row, while they are gathered."""

    sessions: set[str] = field(default_factory=set)
    hosts: set[tuple[str, ...]] = field(default_factory=set)
    asked: list[ReportedRequest] = field(default_factory=list)
    """Without warm-ups."""
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
            self.asked += part.runs
            return
        for run in part.runs:
            if (flag := next((flag for flag in run.flags if flag in without), None)) is not None:
                self.flagged[flag] += 1
            else:
                self.asked.append(run)

    def take_model(self, size_mb: float | None, licence: str | None, context: int | None) -> None:
        """Take in what is known of the model."""
        self.size_mb = self.size_mb if size_mb is None else size_mb
        self.licence = self.licence if licence is None else licence
        self.context = self.context if context is None else context

    def prompts(self) -> set[str]:
        """All that were asked."""
        return set(column(self.asked, "prompt"))

    def scores(self) -> dict[tuple[str, int, str], list[GivenScore]]:
        """Those that count, by criterion, scale and kind of raters."""
        found: dict[tuple[str, int, str], list[GivenScore]] = {}
        for score, count in scores_of(self.asked).items():
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

    held: Callable[[], Held]
    """Only asked where there is another copy."""
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
        held = _held(session)
        before = self._versions.get(session.id)
        if before is not None:
            self._again = True
            if before.held() != held() and session.id not in self._unlike:
                self._unlike.append(session.id)
            if before.held().fullness >= held().fullness:
                return
        parts = self._parts.setdefault(session.whole_id, {})
        parts.pop(session.id, None)
        runs = frozenset(session.requests) if isinstance(session, Session) else session.runs
        # In two files, when the program was killed while it moved a run to the next one.
        mine = runs - frozenset().union(*parts.values()) if parts else runs
        if isinstance(session, RecordedSession) and len(mine) == len(runs) and not self._keep.texts:
            rows, judged = session.rows, session.judged
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
                    asked.setdefault(how, []).append(group.prompts())
            if any(prompts != alike[0] for alike in asked.values() for prompts in alike):
                notes.append(f"Not all rows are of the same prompts ({mode}): compare them with care.")
        for subject, group in groups.items():
            if shown := shown_floors(group.floors):
                notes.append(f"A/A of {clean_line(subject.alias, 64)}: what differs by less is noise: {shown}.")
        rows = sorted((_row(subject, group) for subject, group in groups.items()), key=_order)
        judged = tuple(judge for version in self._versions.values() for judge in version.judged)
        return Report(tuple(rows), len(self._parts), tuple(skipped), tuple(notes), unlike=unlike, judged=judged)


def _held(session: AnySession) -> Callable[[], Held]:
    if isinstance(session, RecordedSession):
        return session.held
    known = Held.of(session)  # Found out now: what asks for it later would keep the session.
    return lambda: known


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
        asked=list(runs),
        size_mb=row.size_mb,
        licence=row.licence,
        context=row.context,
        weights=dict(row.weights),
        floors=dict(row.floors),
    )
    return _row(row.subject, group)


_IN_ORDER = fields_of("session", "prompt", "round", "id")


def _row(subject: Subject, group: _Group) -> Row:
    ordered = tuple(sorted(group.asked, key=_IN_ORDER))
    scores = group.scores()
    ended = ended_of(group.asked)
    states = Counter(column(ended, "state"))
    those = Counter(column(ended, "flags"))
    flags = {
        flag.name: sum(count for names, count in those.items() if flag.name in names) for flag in flags_in(Place.REPORT)
    }
    notes = [f"from {len(group.hosts)} different hosts or versions"] if len(group.hosts) > 1 else []
    if group.completed:
        notes.append("less was known of the model in one session than in another")
    cold = sum(run.state.counts for run in compress(ended, column(ended, "cold")))
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
        prompts=len(group.prompts()),
        outcomes=Outcomes(**{state.value: states[state] for state in RequestState if state.final}),
        warmups=group.warmups,
        unfinished=len(group.asked) - len(ended),
        stats=report_stats(ended),
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
        memory_mb=_most_mb(column(ended, "memory")),
        gpu_memory_mb=_most_mb(column(ended, "gpu_memory")),
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
    for given in chain.from_iterable(column(runs, "facets")):
        found.setdefault(given.raters, []).append(given)
    for raters, those in sorted(found.items(), key=lambda item: (item[0] != PEOPLE, item[0])):
        if there := sum(one.of for one in those):
            yield FacetShare(sum(one.met for one in those), there, len(those), raters)


def _most_mb(found: Sequence[int | None]) -> float | None:
    """The most of these bytes, in MB."""
    most = max((count for count in set(found) if count is not None), default=None)
    return None if most is None else most / 1e6


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
