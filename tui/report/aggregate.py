"""What many sessions add up to: one row for everything that may honestly be put together.

Pure. Latencies come only from runs that count; warm-ups are left out; times are milliseconds, rates are per second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tui.core.lane import Lane, LaneState
from tui.core.plan import Mode
from tui.core.rating import SCALE, Score, current_scores
from tui.core.session import Session
from tui.core.target import Parameters, Target
from tui.report.outliers import Outlier, outliers
from tui.report.stat import Stat, stat_of


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How the runs came to their ends."""

    done: int = 0
    empty: int = 0
    cut: int = 0
    failed: int = 0
    stopped: int = 0
    skipped: int = 0

    @property
    def runs(self) -> int:
        """All runs that came to an end."""
        return self.done + self.failures

    @property
    def failures(self) -> int:
        """All that did not come to their own end with text."""
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
    """What a row tells of. Numbers are put together only when all of this is the same."""

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
    """Each prompt began with a marker of its own, so that no prefix cache could answer it."""


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
    contended: bool
    """Others were in flight during some of the runs."""
    ttft_ms: Stat
    end_ms: Stat
    decode_tps: Stat
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
    """The rows, and what they were made from."""

    rows: tuple[Row, ...]
    sessions: int
    skipped: tuple[tuple[str, str], ...] = ()
    """Files that could not be read: name and reason, given by the caller."""
    notes: tuple[str, ...] = ()
    """What must be known to compare the rows, as sentences."""


@dataclass(slots=True)
class _Group:
    """The runs of one row, while they are gathered."""

    sessions: set[str] = field(default_factory=set)
    hosts: set[tuple[str, ...]] = field(default_factory=set)
    prompts: set[str] = field(default_factory=set)
    targets: list[Target] = field(default_factory=list)
    asked: list[tuple[str, str, Lane]] = field(default_factory=list)
    """Session, prompt and lane of each run."""
    scores: list[Score] = field(default_factory=list)
    warmups: int = 0

    def take(self, other: _Group) -> None:
        """Add the runs of another group."""
        self.sessions |= other.sessions
        self.hosts |= other.hosts
        self.prompts |= other.prompts
        self.targets += other.targets
        self.asked += other.asked
        self.scores += other.scores
        self.warmups += other.warmups


def aggregate(sessions: Sequence[Session], skipped: Iterable[tuple[str, str]] = ()) -> Report:
    """The report on these sessions; `skipped` names the files that could not be read, and why.

    Measured and raced runs never meet in a row, nor do different devices, hosts, parameters or system prompts. A
    session given twice is counted once.
    """
    groups: dict[Subject, _Group] = {}
    by_id: dict[str, Session] = {}
    for session in sessions:
        by_id.setdefault(session.id, session)
    for session in by_id.values():
        _gather(session, groups)
    groups = _completed(groups)
    notes = []
    if len(by_id) < len(sessions):
        notes.append("A session was given more than once and is counted once.")
    for mode in Mode:
        asked = [group.prompts for subject, group in groups.items() if subject.mode is mode and group.asked]
        if any(prompts != asked[0] for prompts in asked):
            notes.append(f"Not all models were asked the same prompts ({mode}): compare their rows with care.")
    rows = sorted((_row(subject, group) for subject, group in groups.items()), key=_order)
    return Report(tuple(rows), len(by_id), tuple(skipped), tuple(notes))


def _gather(session: Session, groups: dict[Subject, _Group]) -> None:
    scores: dict[str, list[Score]] = {}
    for score in current_scores(session.scores).values():
        scores.setdefault(score.run, []).append(score)
    for run, lane in session.lanes.items():
        target, prompt = session.target_of(lane), session.prompts[lane.spec.prompt]
        card = target.card
        host = tuple(str(session.host_of(card).get(fact)) for fact in ("kind", "version", "endpoint"))
        subject = Subject(
            alias=card.alias,
            model=card.id,
            variant=card.variant,
            device=card.device,
            ep=card.ep,
            host=card.host or target.host,
            mode=lane.spec.mode,
            parameters=session.parameters_of(lane),
            system=session.system_of(lane),
            nonce=bool(lane.spec.nonce),
        )
        group = groups.setdefault(subject, _Group())
        group.sessions.add(session.id)
        group.targets.append(target)
        if lane.spec.warmup:
            group.warmups += 1
            continue
        group.hosts.add(host)
        group.prompts.add(prompt.user)
        group.asked.append((session.id, prompt.user, lane))
        group.scores += scores.get(run, [])


def _completed(groups: dict[Subject, _Group]) -> dict[Subject, _Group]:
    """Rows of one model of which less was known once, put together with those where more was.

    It is the same model where its id, its host and its device agree, and so does how it was asked. What a host did not
    say of it (the alias, for which the id stood; the variant, the execution provider) is taken from where it did, if
    all that did said the same. Of two that one session tells apart neither is taken for the other.
    """
    kin: dict[Subject, list[Subject]] = {}
    for subject in groups:
        kin.setdefault(_bare(subject), []).append(subject)
    made: dict[Subject, _Group] = {}
    for subject, group in groups.items():
        others = kin[_bare(subject)]
        aliases = {other.alias for other in others if other.alias != other.model}
        builds = {_build(other) for other in others if _build(other) != (None, None)}
        full = subject
        if subject.alias == subject.model and len(aliases) == 1:
            full = replace(full, alias=aliases.pop())
        told_apart = any(
            _build(other) != _build(subject) and groups[other].sessions & group.sessions for other in others
        )
        if _build(subject) == (None, None) and len(builds) == 1 and not told_apart:
            variant, ep = builds.pop()
            full = replace(full, variant=variant, ep=ep)
        made.setdefault(full, _Group()).take(group)
    return made


def _bare(subject: Subject) -> Subject:
    """What has to agree."""
    return replace(subject, alias=subject.model, variant=None, ep=None)


def _build(subject: Subject) -> tuple[str | None, str | None]:
    return subject.variant, subject.ep


def _row(subject: Subject, group: _Group) -> Row:
    ended = [lane for _, _, lane in group.asked if lane.state.final]
    states = Counter(lane.state for lane in ended)
    counted = [(lane.timing, lane) for lane in ended if lane.state.counts]
    contended = sum(lane.spec.contended for lane in ended)
    notes = []
    if len(group.hosts) > 1:
        notes.append(f"from {len(group.hosts)} different hosts or versions")
    if 0 < contended < len(ended):
        notes.append(f"{contended} of {len(ended)} runs contended")
    return Row(
        subject=subject,
        sessions=len(group.sessions),
        prompts=len(group.prompts),
        outcomes=Outcomes(**{state.value: states[state] for state in LaneState if state.final}),
        warmups=group.warmups,
        unfinished=len(group.asked) - len(ended),
        contended=contended > 0,
        ttft_ms=stat_of([timing.ttft_ms for timing, _ in counted]),
        end_ms=stat_of([timing.end_ms for timing, _ in counted]),
        decode_tps=stat_of(
            [timing.decode_tps for timing, _ in counted],
            estimated=any(
                timing.decode_tps is not None and lane.usage is not None and lane.usage.source != "server"
                for timing, lane in counted
            ),
        ),
        scores=_means(group.scores),
        size_mb=_last_known(target.card.size_mb for target in group.targets),
        licence=_last_known(target.card.licence for target in group.targets),
        memory_mb=max((peak / 1e6 for lane in ended if (peak := _peak(lane)) is not None), default=None),
        notes=tuple(notes),
        outliers=outliers(sorted(group.asked, key=_asked_order)),
    )


def _peak(lane: Lane) -> int | None:
    return lane.memory.resident_peak if lane.memory is not None else None


def _asked_order(asked: tuple[str, str, Lane]) -> tuple[str, str, int, str]:
    session, prompt, lane = asked
    return session, prompt, lane.spec.round, lane.spec.id


def _means(scores: Iterable[Score]) -> tuple[ScoreMean, ...]:
    values: dict[tuple[str, int], list[int]] = {}
    for score in scores:
        if score.value is not None:
            values.setdefault((score.criterion, score.scale), []).append(score.value)
    return tuple(
        ScoreMean(criterion, sum(given) / len(given), len(given), scale)
        for (criterion, scale), given in sorted(values.items())
    )


def _last_known(values: Iterable[Any]) -> Any:
    known = [value for value in values if value is not None]
    return known[-1] if known else None


def _order(row: Row) -> tuple[bool, str, str, str, str]:
    """Measured rows first, then by name; rows that differ only in settings stay in the order they were asked in."""
    what = row.subject
    return what.mode is not Mode.MEASURE, what.alias.casefold(), what.model, what.device or "", what.host
