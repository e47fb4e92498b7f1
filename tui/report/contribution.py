"""What one session adds to a report: for each row its runs, and what the row is to say of the model.

Pure. A report is made of these alone, wherever they come from: from a session that was read, or from what was kept of
one (`tui.report.session_record`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import NamedTuple

from tui.core.answers.checks import Check
from tui.core.catalog.model_card import to_megabytes
from tui.core.conditions.names import Figure
from tui.core.metrics.eras import era_of
from tui.core.metrics.metrics import Metrics
from tui.core.metrics.registry import Place, Tally, flags_in, metrics_in
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import Request
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.rating import FacetTick, Rater, RaterKind, Score, Vote, VoteChoice
from tui.core.sessions.entry_dict import ENTRY_KINDS
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line
from tui.report.reported_request import (
    DECIDED,
    JUDGES,
    PEOPLE,
    Choice,
    GivenFacets,
    GivenScore,
    GivenVote,
    ReportedRequest,
)
from tui.report.subject import Subject


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

    @property
    def texts(self) -> bool:
        """Whether it takes the texts of the answers."""
        return self.answers or bool(self.checks)


@dataclass(frozen=True, slots=True)
class Held:
    """How much a file holds of a session."""

    ended: int
    """Requests that have come to their end."""
    requests: int
    entries: tuple[int, ...]
    """What was said and done, by kind."""

    @classmethod
    def of(cls, session: Session) -> Held:
        """Of a session that was read."""
        ended = sum(request.state.final for request in session.requests.values())
        return cls(ended, len(session.requests), tuple(len(kind.of(session)) for kind in ENTRY_KINDS))

    @property
    def fullness(self) -> tuple[int, int, int]:
        """Of two copies of one session, the one with more of this is the later: nothing is ever removed from one."""
        return self.ended, self.requests, sum(self.entries)


@dataclass(slots=True)
class Contribution:
    """What a session adds to one row."""

    subject: Subject
    hosts: set[tuple[str, ...]] = field(default_factory=set)
    """Kind, version and endpoint of each host that was asked."""
    warmups: int = 0
    size_mb: float | None = None
    licence: str | None = None
    context: int | None = None
    """The last known, like size and licence."""
    weights: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    """Weight and scale of each criterion of its rubric, if an answer was scored."""
    floors: dict[str, float] = field(default_factory=dict)
    """The noise floors of metrics, by name."""
    runs: list[ReportedRequest] = field(default_factory=list)
    """Those that are no warm-ups."""


def contributions(
    session: Session, runs: Collection[str] | None = None, keep: Keep | None = None
) -> list[Contribution]:
    """What a session adds to each row, in the order in which the rows' models were asked; of these runs alone, where
    they are given. Which flags leave answers out is up to the rows."""
    keep = keep or Keep()
    found: dict[Subject, Contribution] = {}
    given = _ratings(session)
    floors = floors_in(session)
    weights = {one.id: (one.weight, one.scale) for one in session.rubric}
    rows: dict[tuple[object, ...], Contribution] = {}
    """By what tells one from another within a session, which is found out quickly."""
    hosts: dict[str, _Host] = {}
    for run, request in session.requests.items():
        if runs is not None and run not in runs:
            continue
        spec, ratings = request.spec, given.get(run) or _Ratings()
        alike = spec.plan, spec.model, spec.mode, session.system_of(request), bool(spec.nonce)
        if alike not in rows:
            subject = subject_of(session, request)
            rows[alike] = found.setdefault(subject, Contribution(subject))
        row, card = rows[alike], session.model_of(request).card
        row.size_mb = row.size_mb if card.size_bytes is None else to_megabytes(card.size_bytes)
        row.licence = row.licence if card.licence is None else card.licence
        row.context = row.context if card.context is None else card.context
        if ratings.scores:
            row.weights = weights
        for name, share in floors.get((spec.plan, spec.model), {}).items():
            row.floors[name] = max(share, row.floors.get(name, 0.0))
        if spec.warmup:
            row.warmups += 1
            continue
        # A session that was resumed may have been so at another host.
        host = hosts.get(spec.model) if not session.resumptions else None
        if host is None:
            host = hosts[spec.model] = _Host.of(session, request)
        row.hosts.add(host.facts)
        row.runs.append(_reported(session, request, ratings, host, keep))
    return list(found.values())


def floors_in(session: Session) -> dict[tuple[str, str], dict[str, float]]:
    """The noise floors of metrics, by the keys of plan and model."""
    floors: dict[tuple[str, str], dict[str, float]] = {}
    for noise in session.noises:
        floors.setdefault((noise.plan, noise.model), {})[noise.metric] = noise.share
    return floors


class _Host(NamedTuple):
    """Where and with what a request was made."""

    facts: tuple[str, ...]
    """As `Contribution.hosts`."""
    served_by: tuple[str, str]
    era: int

    @classmethod
    def of(cls, session: Session, request: Request) -> _Host:
        host = session.host_at(request)
        return cls(
            tuple(str(host.get(fact)) for fact in ("kind", "version", "endpoint")),
            (intern(str(host.get("kind", ""))), intern(str(host.get("version", "")))),
            era_of(session.tool_at(request).get("version", "")),
        )


@dataclass(slots=True)
class _Ratings:
    """What counts of an answer's ratings."""

    scores: list[Score] = field(default_factory=list)
    votes: list[Vote] = field(default_factory=list)
    ticks: list[FacetTick] = field(default_factory=list)


def _ratings(session: Session) -> dict[str, _Ratings]:
    """By run."""
    ratings: dict[str, _Ratings] = {}
    count = in_effect(session)
    for score in count.scores.values():
        ratings.setdefault(score.run, _Ratings()).scores.append(score)
    for vote in count.votes.values():
        for voted in set(vote.runs):
            ratings.setdefault(voted, _Ratings()).votes.append(vote)
    for tick in count.facets.values():
        ratings.setdefault(tick.run, _Ratings()).ticks.append(tick)
    return ratings


def _reported(session: Session, request: Request, given: _Ratings, host: _Host, keep: Keep) -> ReportedRequest:
    """What a report keeps of a request: its values, if they count, and the ratings that count."""
    spec, usage = request.spec, request.usage
    counts = request.state.counts
    metrics = request.metrics if counts else Metrics()
    counted = usage is not None and usage.source == "server"
    asked = session.prompts[spec.prompt]
    flags = tuple([
        flag.name
        for flag in flags_in(Place.REPORT)
        if (flag.tally is not Tally.COUNT or counts) and flag.holds(request, metrics)
    ])  # fmt: skip
    passed, out_of_time = _checked(() if keep.without.intersection(flags) else keep.checks, request, asked)
    return ReportedRequest(
        session=session.whole_id,
        id=spec.id,
        # The same text for all runs of a prompt: each file brings its own copy.
        prompt=intern(_asked(session, request)),
        round=spec.round,
        state=request.state,
        values=tuple([metric.read(request, metrics) for metric in metrics_in(Place.REPORT)]),
        wide=tuple([metric.read(request, metrics) for metric in metrics_in(Place.WIDE)]),
        flags=flags,
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
        figures={figure.name: figure.read(request, metrics, given.scores) for figure in keep.figures},
        served_by=host.served_by,
        era=host.era,
        scores=tuple([_given_score(session, score) for score in given.scores]),
        votes=tuple([_given_vote(session, vote, request) for vote in given.votes]),
        facets=_given_facets(session, request, given.ticks),
        created=session.created,
        answer=request.answer if keep.answers else None,
        tags=tuple(map(intern, dict.fromkeys((*asked.tags, *session.tags)))),
        checks=passed,
        out_of_time=out_of_time,
    )  # fmt: skip


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


_RATERS = {RaterKind.PERSON: PEOPLE, RaterKind.JUDGE: JUDGES, RaterKind.ADJUDICATED: DECIDED}
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
        GivenFacets(_kind(session, rater), sum(said), max(there, len(said)), intern(rater))
        for rater, said in by_rater.items()
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


def subject_of(session: Session, request: Request) -> Subject:
    """Of which row a request is."""
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
