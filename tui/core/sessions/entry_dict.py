"""The session's entries as tables of its file and of its journal, and back. What is read is untrusted and checked.

An entry is something that was said or done at one moment. Entries are only ever added, each has a number, and
`ENTRY_KINDS` lists their kinds: file, journal, recovery and the parts of a large session read it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import Any

from tui.core.dict_reader import Table, each, get, get_time, texts, without_none
from tui.core.dict_reader import number as number_of
from tui.core.scoring.judgement import Judgement, JudgementState
from tui.core.scoring.rating import FacetTick, Note, Rater, Redo, Score, Undo, Vote, VoteChoice
from tui.core.scoring.rubric import DEFAULT_SCALE, OVERALL
from tui.core.sessions.noise_floor import LARGEST_SHARE, NoiseFloor
from tui.core.sessions.presentation import NameMask, PaneOrder, Reveal, ScorePassOrder
from tui.core.sessions.resumption import ChangedCondition, Resumption
from tui.core.sessions.session import Session

_RATED = (Score, Vote, FacetTick, Note, Undo, Redo, Reveal, ScorePassOrder, Judgement)
"""The entries that have a rater."""
Entry = (
    Score
    | Vote
    | FacetTick
    | Note
    | Undo
    | Redo
    | PaneOrder
    | NameMask
    | Reveal
    | ScorePassOrder
    | Resumption
    | NoiseFloor
    | Judgement
)


@dataclass(frozen=True, slots=True)
class EntryKind:
    """One kind of entry."""

    name: str
    """The key of its `[[array]]` in the file, and of an entry in the journal."""
    plural: str
    """The session's list of them; and the key in `[end]` that counts them."""
    type: type[Entry]
    to_dict: Callable[[Any], Table]
    from_dict: Callable[[Table], Entry]
    """Raises ValueError naming what is wrong."""

    def of(self, session: Session) -> list[Any]:
        """The session's entries of this kind: the list itself, which grows."""
        found: list[Any] = getattr(session, self.plural)
        return found


def to_journal(entry: Entry) -> Table:
    """The entry as the journal holds it: its table under the name of its kind."""
    kind = KIND_OF[type(entry)]
    return {kind.name: kind.to_dict(entry)}


def next_entry(session: Session) -> int:
    """The number of the session's next entry."""
    return 1 + max((entry.entry for kind in ENTRY_KINDS for entry in kind.of(session)), default=0)


def add_entry(session: Session, entry: Entry) -> Entry:
    """The entry with the next number, added to its list of the session."""
    numbered = replace(entry, entry=next_entry(session))
    KIND_OF[type(entry)].of(session).append(numbered)
    return numbered


def complete_entries(session: Session) -> None:
    """Add what entries of schema 1 lack, in files and in journals: their numbers, and the raters that they name.

    Those without a number of their own come after those with one, in the order in which they were made: lists are in
    order, between lists the instants decide.
    """
    for rater in (entry.rater for kind in ENTRY_KINDS for entry in kind.of(session) if isinstance(entry, _RATED)):
        session.raters.setdefault(rater, Rater(rater))
    following, taken = next_entry(session), {0}
    lacking: list[tuple[datetime, list[Any], int]] = []
    for kind in ENTRY_KINDS:
        entries = kind.of(session)
        # A clock may have been set back: an entry is never put before one that its list has earlier.
        latest = list(accumulate((entry.at for entry in entries), max))
        for place, entry in enumerate(entries):
            if entry.entry in taken:
                lacking.append((latest[place], entries, place))
            taken.add(entry.entry)
    for number, (_, entries, place) in enumerate(sorted(lacking, key=lambda found: found[0]), following):
        entries[place] = replace(entries[place], entry=number)


def score_to_dict(score: Score) -> Table:
    """A `[[score]]` table; a score taken back has no value."""
    return without_none(
        run=score.run, rater=score.rater, criterion=score.criterion, value=score.value, scale=score.scale,
        rubric=score.rubric or None, position=score.position, blind=score.blind, took_ms=score.took_ms, at=score.at,
        entry=score.entry or None,
    )  # fmt: skip


def score_from_dict(table: Table) -> Score:
    """The score of a `[[score]]` table. Raises ValueError when it is not on its scale."""
    value, scale = get(table, "value", int, None), get(table, "scale", int, DEFAULT_SCALE)
    if value is not None and not 1 <= value <= scale:
        raise ValueError(f"a score of {value} on a scale of {scale}")
    return Score(
        run=get(table, "run", str),
        rater=get(table, "rater", str),
        value=value,
        at=get_time(table, "at"),
        criterion=get(table, "criterion", str, OVERALL),
        scale=scale,
        position=get(table, "position", int, None),
        blind=get(table, "blind", bool, False),
        took_ms=_count(table, "took_ms"),
        rubric=get(table, "rubric", str, ""),
        entry=_number(table),
    )


def vote_to_dict(vote: Vote) -> Table:
    """A `[[vote]]` table; a vote taken back has no choice."""
    return without_none(
        runs=list(vote.runs), rater=vote.rater, choice=vote.choice.value if vote.choice else None,
        winner=vote.winner or None, positions=list(vote.positions) or None, blind=vote.blind, took_ms=vote.took_ms,
        at=vote.at, entry=vote.entry or None,
    )  # fmt: skip


def vote_from_dict(table: Table) -> Vote:
    """The vote of a `[[vote]]` table. Raises ValueError when it compares nothing, or its winner is not one of them."""
    runs, winner = texts(table, "runs"), get(table, "winner", str, "")
    choice = VoteChoice(get(table, "choice", str)) if "choice" in table else None
    positions = get(table, "positions", list, [])
    if len(set(runs)) < 2 or len(set(runs)) < len(runs):
        raise ValueError("a vote should name two runs or more, each once")
    if bool(winner) is not (choice is VoteChoice.WINNER) or (winner and winner not in runs):
        raise ValueError("a vote has a winner among its runs where its choice is `winner`, and nowhere else")
    if not all(_is_count(place) for place in positions) or len(positions) not in (0, len(runs)):
        raise ValueError("`positions` should be a whole number for each of `runs`")
    return Vote(
        runs=runs,
        rater=get(table, "rater", str),
        choice=choice,
        at=get_time(table, "at"),
        winner=winner,
        blind=get(table, "blind", bool, False),
        positions=tuple(positions),
        took_ms=_count(table, "took_ms"),
        entry=_number(table),
    )


def facet_to_dict(tick: FacetTick) -> Table:
    """A `[[facet]]` table; a tick taken back is neither true nor false."""
    return without_none(
        run=tick.run, facet=tick.facet, rater=tick.rater, ticked=tick.ticked, blind=tick.blind, at=tick.at,
        entry=tick.entry or None,
    )  # fmt: skip


def facet_from_dict(table: Table) -> FacetTick:
    """The tick of a `[[facet]]` table."""
    return FacetTick(
        run=get(table, "run", str),
        facet=get(table, "facet", str),
        rater=get(table, "rater", str),
        ticked=get(table, "ticked", bool, None),
        at=get_time(table, "at"),
        blind=get(table, "blind", bool, False),
        entry=_number(table),
    )


def note_to_dict(note: Note) -> Table:
    """A `[[note]]` table."""
    return without_none(
        run=note.run or None, model=note.model or None, rater=note.rater, text=note.text, at=note.at,
        entry=note.entry or None,
    )  # fmt: skip


def note_from_dict(table: Table) -> Note:
    """The note of a `[[note]]` table. Raises ValueError when it is on an answer and a model at once."""
    run, model = get(table, "run", str, ""), get(table, "model", str, "")
    if run and model:
        raise ValueError("a note is on a run or on a model, not both")
    return Note(run, get(table, "rater", str), get(table, "text", str), get_time(table, "at"), model, _number(table))


def undo_to_dict(undo: Undo) -> Table:
    """An `[[undo]]` table."""
    return without_none(takes_back=undo.takes_back, rater=undo.rater, at=undo.at, entry=undo.entry or None)


def undo_from_dict(table: Table) -> Undo:
    """The step of an `[[undo]]` table."""
    return Undo(_number(table, "takes_back"), get(table, "rater", str), get_time(table, "at"), _number(table))


def redo_to_dict(redo: Redo) -> Table:
    """A `[[redo]]` table."""
    return without_none(brings_back=redo.brings_back, rater=redo.rater, at=redo.at, entry=redo.entry or None)


def redo_from_dict(table: Table) -> Redo:
    """The step of a `[[redo]]` table."""
    return Redo(_number(table, "brings_back"), get(table, "rater", str), get_time(table, "at"), _number(table))


def order_to_dict(order: PaneOrder) -> Table:
    """An `[[order]]` table."""
    return without_none(
        plan=order.plan, prompt=order.prompt, models=list(order.models), seed=order.seed, blind=order.blind,
        rater=order.rater or None, at=order.at, entry=order.entry or None,
    )  # fmt: skip


def order_from_dict(table: Table) -> PaneOrder:
    """The order of an `[[order]]` table."""
    return PaneOrder(
        plan=get(table, "plan", str),
        prompt=get(table, "prompt", str),
        models=texts(table, "models"),
        at=get_time(table, "at"),
        seed=get(table, "seed", int, None),
        blind=get(table, "blind", bool, False),
        rater=get(table, "rater", str, ""),
        entry=_number(table),
    )


def mask_to_dict(mask: NameMask) -> Table:
    """A `[[mask]]` table."""
    return without_none(
        run=mask.run, ranges=[list(found) for found in mask.ranges], at=mask.at, entry=mask.entry or None
    )


def mask_from_dict(table: Table) -> NameMask:
    """The mask of a `[[mask]]` table. Raises ValueError unless its ranges are in order and apart."""
    ranges: list[tuple[int, int]] = []
    for found in get(table, "ranges", list, []):
        if not isinstance(found, list) or len(found) != 2 or not all(_is_count(place) for place in found):
            raise ValueError("`ranges` should be a list of pairs of whole numbers")
        begin, end = found
        if begin >= end or (ranges and begin < ranges[-1][1]):
            raise ValueError("`ranges` should be in order, not empty, and apart")
        ranges.append((begin, end))
    return NameMask(get(table, "run", str), tuple(ranges), get_time(table, "at"), _number(table))


def reveal_to_dict(reveal: Reveal) -> Table:
    """A `[[reveal]]` table."""
    return without_none(
        rater=reveal.rater, plan=reveal.plan or None, prompt=reveal.prompt or None, at=reveal.at,
        entry=reveal.entry or None,
    )  # fmt: skip


def reveal_from_dict(table: Table) -> Reveal:
    """The reveal of a `[[reveal]]` table."""
    plan, prompt = get(table, "plan", str, ""), get(table, "prompt", str, "")
    return Reveal(get(table, "rater", str), get_time(table, "at"), plan, prompt, _number(table))


def pass_order_to_dict(order: ScorePassOrder) -> Table:
    """A `[[pass_order]]` table."""
    return without_none(rater=order.rater, seed=order.seed, at=order.at, entry=order.entry or None)


def pass_order_from_dict(table: Table) -> ScorePassOrder:
    """The order of a `[[pass_order]]` table."""
    return ScorePassOrder(
        get(table, "rater", str), get_time(table, "at"), get(table, "seed", int, None), _number(table)
    )


def resumption_to_dict(resumption: Resumption) -> Table:
    """A `[[resumption]]` table."""
    changed = [without_none(name=one.name, before=one.before, after=one.after) for one in resumption.changed]
    return without_none(
        plan=resumption.plan or None, at=resumption.at, entry=resumption.entry or None, changed=changed or None
    )


def resumption_from_dict(table: Table) -> Resumption:
    """The resumption of a `[[resumption]]` table."""
    changed = each(table, "changed", _changed_from_dict)
    return Resumption(get_time(table, "at"), get(table, "plan", str, ""), tuple(changed), _number(table))


def noise_to_dict(noise: NoiseFloor) -> Table:
    """A `[[noise]]` table."""
    return without_none(
        plan=noise.plan, model=noise.model, metric=noise.metric, share=noise.share, pairs=noise.pairs, at=noise.at,
        entry=noise.entry or None,
    )  # fmt: skip


def noise_from_dict(table: Table) -> NoiseFloor:
    """The noise floor of a `[[noise]]` table. Raises ValueError when it is of nothing, or no share."""
    share, pairs = number_of(table, "share"), get(table, "pairs", int)
    if share is None or not 0 <= share <= LARGEST_SHARE or pairs < 1:
        raise ValueError(f"`share` should be from 0 to {LARGEST_SHARE:g}, and `pairs` 1 or more")
    plan, model, metric = (get(table, key, str) for key in ("plan", "model", "metric"))
    return NoiseFloor(plan, model, metric, share, pairs, get_time(table, "at"), _number(table))


def judgement_to_dict(made: Judgement) -> Table:
    """A `[[judgement]]` table."""
    return without_none(
        runs=list(made.runs), rater=made.rater, state=made.state.value, criterion=made.criterion or None,
        scale=made.scale if made.criterion else None, value=made.value, better=made.better or None,
        rubric=made.rubric or None, schema=made.schema, retried=made.retried or None, reason=made.reason or None,
        at=made.at, entry=made.entry or None,
    )  # fmt: skip


def judgement_from_dict(table: Table) -> Judgement:
    """The judgement of a `[[judgement]]` table. Raises ValueError when it is on neither one answer nor two, or says
    something else than such a one can."""
    runs, better = texts(table, "runs"), get(table, "better", str, "")
    criterion, scale = get(table, "criterion", str, ""), get(table, "scale", int, DEFAULT_SCALE)
    state, value = JudgementState(get(table, "state", str)), get(table, "value", int, None)
    if len(runs) not in (1, 2) or len(set(runs)) < len(runs) or bool(criterion) is not (len(runs) == 1):
        raise ValueError("a judgement should be on one run for a criterion, or on two runs")
    decided = state is JudgementState.DECIDED
    if (value is not None) is not (decided and len(runs) == 1) or (value is not None and not 1 <= value <= scale):
        raise ValueError("a judgement has a value on its scale where a run was scored, and nowhere else")
    if better and (not decided or len(runs) == 1 or better not in runs):
        raise ValueError("`better` should be one of two runs")
    return Judgement(
        runs=runs,
        rater=get(table, "rater", str),
        state=state,
        at=get_time(table, "at"),
        criterion=criterion,
        scale=scale,
        value=value,
        better=better,
        rubric=get(table, "rubric", str, ""),
        schema=get(table, "schema", bool, False),
        retried=get(table, "retried", str, ""),
        reason=get(table, "reason", str, ""),
        entry=_number(table),
    )


def _changed_from_dict(table: Table) -> ChangedCondition:
    return ChangedCondition(get(table, "name", str), get(table, "before", str, None), get(table, "after", str, None))


_MOST = 1 << 53
"""The highest number that is taken for an entry's: every language can count on from there."""


def _number(table: Table, key: str = "entry") -> int:
    """The number of an entry: its own, which may be missing, or that of another, which may not."""
    number = get(table, key, int, 0) if key == "entry" else get(table, key, int)
    if not 0 <= number <= _MOST or (number == 0 and key in table):
        raise ValueError(f"`{key}` should be the number of an entry, from 1 to {_MOST}")
    return int(number)


def _count(table: Table, key: str) -> int | None:
    value: int | None = get(table, key, int, None)
    if value is not None and value < 0:
        raise ValueError(f"`{key}` should not be below 0")
    return value


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


ENTRY_KINDS = (
    EntryKind("score", "scores", Score, score_to_dict, score_from_dict),
    EntryKind("vote", "votes", Vote, vote_to_dict, vote_from_dict),
    EntryKind("facet", "facets", FacetTick, facet_to_dict, facet_from_dict),
    EntryKind("note", "notes", Note, note_to_dict, note_from_dict),
    EntryKind("undo", "undos", Undo, undo_to_dict, undo_from_dict),
    EntryKind("redo", "redos", Redo, redo_to_dict, redo_from_dict),
    EntryKind("order", "orders", PaneOrder, order_to_dict, order_from_dict),
    EntryKind("mask", "masks", NameMask, mask_to_dict, mask_from_dict),
    EntryKind("reveal", "reveals", Reveal, reveal_to_dict, reveal_from_dict),
    EntryKind("pass_order", "pass_orders", ScorePassOrder, pass_order_to_dict, pass_order_from_dict),
    EntryKind("resumption", "resumptions", Resumption, resumption_to_dict, resumption_from_dict),
    EntryKind("noise", "noises", NoiseFloor, noise_to_dict, noise_from_dict),
    EntryKind("judgement", "judgements", Judgement, judgement_to_dict, judgement_from_dict),
)
"""In the order of their arrays in the file."""
KIND_OF: dict[type[Any], EntryKind] = {kind.type: kind for kind in ENTRY_KINDS}
KIND_NAMED = {kind.name: kind for kind in ENTRY_KINDS}


def renumbered(session: Session, offset: int) -> Session:
    """A copy of the session whose entries' numbers are higher by `offset`."""

    def moved(kind: EntryKind) -> list[Any]:
        return [_moved(entry, offset) for entry in kind.of(session)]

    unknown = {
        (name, str(int(key) + offset) if name in KIND_NAMED else key): keys
        for (name, key), keys in session.unknown.items()
    }
    return replace(with_entries(session, moved), unknown=unknown)


def _moved(entry: Entry, offset: int) -> Entry:
    match entry:
        case Undo():
            return replace(entry, entry=entry.entry + offset, takes_back=entry.takes_back + offset)
        case Redo():
            return replace(entry, entry=entry.entry + offset, brings_back=entry.brings_back + offset)
        case _:
            return replace(entry, entry=entry.entry + offset)


def with_entries(session: Session, entries: Callable[[EntryKind], list[Any]]) -> Session:
    """A copy of the session with other entries: those that `entries` returns for each kind."""
    copy = replace(session)
    for kind in ENTRY_KINDS:
        setattr(copy, kind.plural, entries(kind))
    return copy


def copied(session: Session) -> Session:
    """A copy of the session that nothing changes that is asked or said later; requests are shared."""
    return replace(
        with_entries(session, lambda kind: list(kind.of(session))),
        tool=dict(session.tool),
        hosts=dict(session.hosts),
        plans=dict(session.plans),
        models=dict(session.models),
        prompts=dict(session.prompts),
        requests=dict(session.requests),
        raters=dict(session.raters),
        rubrics=dict(session.rubrics),
    )


def without_entries(session: Session) -> Session:
    """A copy of the session that has no entries yet."""
    return with_entries(session, lambda kind: [])
