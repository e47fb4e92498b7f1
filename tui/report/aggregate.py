"""Aggregates sessions: one row for all runs that may be compared fairly.

Pure. Latencies come only from runs that count; warm-ups are left out; times are milliseconds, rates are per second.
Sessions are added one at a time, and of each only the numbers of its runs are kept. A run is one request that was made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from sys import intern

from tui.core.catalog.model_card import to_megabytes
from tui.core.metrics.metrics import Metrics
from tui.core.metrics.registry import Place, Tally, flags_in, metrics_in, values
from tui.core.plans.plan import Mode
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rating import SCALE, Score, current_scores
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import Parameters
from tui.report.outliers import Outlier, ReportedRequest, outliers
from tui.report.statistic import Stat, stat_of


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
    scale: int = SCALE[-1]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a row is about. Numbers are put together only when all of this is the same."""

    alias: str
    model: str
    """The host's own id."""
    variant: str | None
    device: str | None
    ep: str | None
    host: str
    """The host's kind; its name, where several took part."""
    mode: Mode
    parameters: Parameters
    system: str | None
    """The system prompt."""
    nonce: bool = False
    """Each prompt began with a marker of its own, so that a prefix cache could hold only what precedes it."""


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
    notes: tuple[str, ...] = ()
    """What else differs between the runs put together here, as phrases."""
    outliers: tuple[Outlier, ...] = ()
    """Numbers that stand apart from those of the same prompt; they are in every statistic."""


@dataclass(frozen=True, slots=True)
class Report:
    """The rows, and what they were made of."""

    rows: tuple[Row, ...]
    sessions: int
    skipped: tuple[tuple[str, str], ...] = ()
    """Files that could not be read: name and reason, given by the caller."""
    notes: tuple[str, ...] = ()
    """What a reader must know to compare the rows, as sentences."""


@dataclass(slots=True)
class _Group:
    """The runs of one row, while they are gathered."""

    sessions: set[str] = field(default_factory=set)
    hosts: set[tuple[str, ...]] = field(default_factory=set)
    prompts: set[str] = field(default_factory=set)
    asked: list[ReportedRequest] = field(default_factory=list)
    scores: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    """The values that count, by criterion and scale."""
    warmups: int = 0
    size_mb: float | None = None
    licence: str | None = None
    """The last known, like the size."""

    def take(self, session: Session, request: Request, given: Iterable[Score]) -> None:
        """Add a run of this session, and the scores that count for it."""
        card = session.model_of(request).card
        self.sessions.add(session.whole_id)
        self.size_mb = self.size_mb if card.size_bytes is None else to_megabytes(card.size_bytes)
        self.licence = self.licence if card.licence is None else card.licence
        if request.spec.warmup:
            self.warmups += 1
            return
        host = session.host_of(card)
        self.hosts.add(tuple(str(host.get(fact)) for fact in ("kind", "version", "endpoint")))
        # The same text for all runs of a prompt: each file brings its own copy.
        prompt = intern(session.prompts[request.spec.prompt].user)
        self.prompts.add(prompt)
        self.asked.append(reported_request(session.whole_id, prompt, request))
        for score in given:
            if score.value is not None:
                self.scores.setdefault((score.criterion, score.scale), []).append(score.value)

    def join(self, other: _Group) -> None:
        """Add the runs of another group."""
        self.sessions |= other.sessions
        self.hosts |= other.hosts
        self.prompts |= other.prompts
        self.asked += other.asked
        for criterion, given in other.scores.items():
            self.scores.setdefault(criterion, []).extend(given)
        self.warmups += other.warmups
        self.size_mb = self.size_mb if other.size_mb is None else other.size_mb
        self.licence = self.licence if other.licence is None else other.licence


class Aggregation:
    """Takes sessions one after another, and makes the report on all of them."""

    def __init__(self) -> None:
        self._groups: dict[Subject, _Group] = {}
        self._seen: dict[str, tuple[int, ...]] = {}
        """How many requests, scores and notes each added session had, by its id."""
        self._runs: dict[str, set[str]] = {}
        """The runs that were added, by their session, which may be in several files."""
        self._again = False
        self._unlike: list[str] = []

    def add(self, session: Session) -> None:
        """Add a session. One whose id was added before is left out; the report says so."""
        ended = sum(request.state.final for request in session.requests.values())
        held = (len(session.requests), ended, len(session.scores), len(session.notes))
        before = self._seen.setdefault(session.id, held)
        if before is not held:
            self._again = True
            if before != held and session.id not in self._unlike:
                self._unlike.append(session.id)
            return
        taken = self._runs.setdefault(session.whole_id, set())
        scores: dict[str, list[Score]] = {}
        for score in current_scores(session.scores).values():
            scores.setdefault(score.run, []).append(score)
        for run, request in session.requests.items():
            if run in taken:
                continue  # It is in two files, because the program was killed while it moved it to the next one.
            taken.add(run)
            self._groups.setdefault(_subject(session, request), _Group()).take(session, request, scores.get(run, ()))

    def report(self, skipped: Iterable[tuple[str, str]] = ()) -> Report:
        """The report on all added sessions; `skipped` names the files that could not be read, and why."""
        groups = _merged(self._groups)
        notes = []
        if self._again:
            notes.append("A session was given more than once and is counted once.")
        notes += [f"Files differ in what they hold of session {name}: the first is counted." for name in self._unlike]
        for mode in Mode:
            asked = [group.prompts for subject, group in groups.items() if subject.mode is mode and group.asked]
            if any(prompts != asked[0] for prompts in asked):
                notes.append(f"Not all models were asked the same prompts ({mode}): compare their rows with care.")
        rows = sorted((_row(subject, group) for subject, group in groups.items()), key=_order)
        return Report(tuple(rows), len(self._runs), tuple(skipped), tuple(notes))


def aggregate(sessions: Iterable[Session], skipped: Iterable[tuple[str, str]] = ()) -> Report:
    """The report on these sessions; `skipped` names the files that could not be read, and why.

    Measured and raced runs never meet in a row, nor do different devices, hosts, parameters or system prompts. A
    session given twice is counted once.
    """
    aggregation = Aggregation()
    for session in sessions:
        aggregation.add(session)
    return aggregation.report(skipped)


def reported_request(session: str, prompt: str, request: Request) -> ReportedRequest:
    """What a report keeps of a request: its values, if they count."""
    spec, metrics = request.spec, request.metrics if request.state.counts else Metrics()
    return ReportedRequest(
        session=session,
        id=spec.id,
        prompt=prompt,
        round=spec.round,
        state=request.state,
        values=tuple(values(request, metrics, Place.REPORT).values()),
        flags=tuple(
            flag.name
            for flag in flags_in(Place.REPORT)
            if (flag.tally is Tally.ANY or request.state.counts) and flag.holds(request, metrics)
        ),
        estimated=request.usage is not None and request.usage.source != "server",
        memory=request.memory.resident_peak if request.memory is not None else None,
    )


def _subject(session: Session, request: Request) -> Subject:
    target = session.model_of(request)
    card = target.card
    return Subject(
        alias=card.alias,
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
        made.setdefault(full, _Group()).join(group)
    return made


def _required(subject: Subject) -> Subject:
    """The part of a subject that has to be the same."""
    return replace(subject, alias=subject.model, variant=None, ep=None)


def _build(subject: Subject) -> tuple[str | None, str | None]:
    return subject.variant, subject.ep


def _row(subject: Subject, group: _Group) -> Row:
    ended = [run for run in group.asked if run.state.final]
    states = Counter(run.state for run in ended)
    flags = {flag.name: sum(flag.name in run.flags for run in ended) for flag in flags_in(Place.REPORT)}
    notes = [f"from {len(group.hosts)} different hosts or versions"] if len(group.hosts) > 1 else []
    # Flags of a whole row come before those that are counted.
    for tally, runs in ((Tally.ANY, len(ended)), (Tally.COUNT, states[RequestState.DONE])):
        for flag in flags_in(Place.REPORT):
            count = flags[flag.name]
            if flag.tally is tally and count and (count < runs or tally is Tally.COUNT):
                notes.append(flag.report_note.format(count=count, runs=runs, label=flag.label))
    return Row(
        subject=subject,
        sessions=len(group.sessions),
        prompts=len(group.prompts),
        outcomes=Outcomes(**{state.value: states[state] for state in RequestState if state.final}),
        warmups=group.warmups,
        unfinished=len(group.asked) - len(ended),
        stats={
            metric.name: stat_of(
                [run.values[number] for run in ended],
                estimated=metric.needs_tokens
                and any(run.estimated and run.values[number] is not None for run in ended),
            )
            for number, metric in enumerate(metrics_in(Place.REPORT))
        },
        flags=flags,
        scores=tuple(
            ScoreMean(criterion, sum(given) / len(given), len(given), scale)
            for (criterion, scale), given in sorted(group.scores.items(), key=lambda item: criterion_order(item[0]))
        ),
        size_mb=group.size_mb,
        licence=group.licence,
        memory_mb=max((run.memory / 1e6 for run in ended if run.memory is not None), default=None),
        notes=tuple(notes),
        outliers=outliers(sorted(group.asked, key=lambda run: (run.session, run.prompt, run.round, run.id))),
    )


def criterion_order(key: tuple[str, int]) -> tuple[str, str, int]:
    """Orders criteria with their scales: by the alphabet, then the smaller scale first."""
    criterion, scale = key
    return criterion.casefold(), criterion, scale


def _order(row: Row) -> tuple[bool, str, str, str, str]:
    """Measured rows first, then by name; rows that differ only in settings stay in the order they were asked in."""
    what = row.subject
    return what.mode is not Mode.MEASURE, what.alias.casefold(), what.model, what.device or "", what.host
