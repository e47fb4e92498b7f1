"""Where the models of one session stand, as one rater scored them: a row, the same per criterion, and what speaks for
which model.

Pure. The sentences are those of `verdict_words.py`; the dimensions of the choice are those of the workshop's table for
selecting a model: latency, throughput, memory, quality, footprint, licence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.rubric import DEFAULT_SCALE, OVERALL
from tui.core.scoring.score_pass import shown_requests
from tui.core.sessions.entry_dict import with_entries
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN
from tui.report.aggregate import Aggregation
from tui.report.candidate_names import Names, names_of
from tui.report.contribution import Keep
from tui.report.formats.sections.section import Section
from tui.report.formats.sections.selection import selection_sections
from tui.report.judges import said_of_judge
from tui.report.pairs import Figure, Kind, candidate_of
from tui.report.reported_request import Choice
from tui.report.rows import Row
from tui.report.shown_verdicts import foremost, leading
from tui.report.statistics.prompts_needed import least_prompts
from tui.report.statistics.sample import P95_FROM, Stat
from tui.report.verdict_words import said, said_in_a_row, said_in_brief, said_in_short, said_of_need, said_so_far
from tui.report.verdicts import Outcome, Verdict, verdicts

if TYPE_CHECKING:
    from tui.report.conditional import Asked

_NAME_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Stated:
    """What is said of one figure: of a criterion, or of the votes."""

    figure: str
    sentences: tuple[tuple[str, str], ...]
    """For each pair of models the counts, and the verdict."""


@dataclass(frozen=True, slots=True)
class JudgeStanding:
    """What a model that judged says, apart from people."""

    how: str
    """Who it is, how its verdicts were got, and what they are worth, as a sentence."""
    plain: tuple[str, ...]
    """As `Standing.plain`."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Texts, cleaned for the eyes."""

    row: str
    """Counts first, then the verdict; empty while no prompt has scores or votes that compare two models."""
    brief: str
    """The same in fewer words."""
    short: str
    """The same in as few words as can be."""
    plain: tuple[str, ...] = ()
    """For each criterion, and the votes, what was counted and what that shows, without a word of statistics."""
    stated: tuple[Stated, ...] = ()
    need: str = ""
    """How many prompts a verdict takes at least, where there are fewer."""
    choice: tuple[Section, ...] = ()
    """What the choice of a model depends on, as every report shows it: for each mode a table, and sentences."""
    remarks: tuple[str, ...] = ()
    """How these are to be read, as sentences."""
    judges: tuple[JudgeStanding, ...] = ()


def standing(
    session: Session, rater: str, *, growing: bool, criterion: str = "", asked: Asked | None = None
) -> Standing:
    """Where the models stand by this rater's scores and votes alone.

    `growing` says that more answers or scores are to come. The row is about `criterion` where there is something to be
    said of it, else about the first figure of which there is. `asked` has the must-haves and weights of the choice.
    """
    mine = with_entries(session, lambda kind: [one for one in kind.of(session) if _is_by(one, rater)])
    aggregation = Aggregation(Keep(asked.figures) if asked is not None else None)
    aggregation.add(mine)
    matches = aggregation.matches()
    names = names_of(matches.candidates)
    found = [one for one in verdicts(matches) if one.pair.figure.kind is not Kind.METRIC]
    titles = {one.id: clean_line(one.title, _NAME_SHOWN) for one in session.rubric}
    stated = _stated(found, names, titles, growing=growing)
    report = aggregation.report()
    rows, options = report.rows, asked.options if asked is not None else report.options
    choosing = replace(report, options=replace(options, select=True))
    return Standing(
        *_rows(found, names, titles, criterion, growing=growing),
        tuple(_in_plain_words(found, names, rows, titles, growing=growing)),
        stated,
        said_of_need(found),
        tuple(selection_sections(choosing, matches)) if rows else (),
        (*_facets(mine, rows, names), *_remarks(rows)),
    )


def judge_standings(session: Session, *, growing: bool) -> tuple[JudgeStanding, ...]:
    """Where the models stand by each judge alone, with what that judge is worth."""
    aggregation = Aggregation()
    aggregation.add(session)
    return tuple(
        JudgeStanding(f"{said_of_judge(one)}.", standing(session, one.rater.id, growing=growing).plain)
        for one in aggregation.report().judges
    )


def _is_by(entry: object, rater: str) -> bool:
    return getattr(entry, "rater", rater) == rater


def _title(figure: str, titles: Mapping[str, str]) -> str:
    """What people call a criterion; the one of a session without a rubric needs no name."""
    return "" if figure == OVERALL and len(titles) == 1 else titles.get(figure, clean_line(figure, _NAME_SHOWN))


def _rows(
    found: Iterable[Verdict], names: Names, titles: Mapping[str, str], criterion: str, *, growing: bool
) -> tuple[str, str, str]:
    """The row in full, in fewer words, and in short. It is of two models, and says how many there are besides."""
    figures: dict[str, list[Verdict]] = {}
    for verdict in found:
        figures.setdefault(verdict.pair.figure.name, []).append(verdict)
    order = [criterion, *titles, *figures]
    name = next((one for one in order if one in figures), "")
    if (foremost_of := foremost(figures.get(name, []))) is None:
        return "", "", ""
    compared = {who for one in figures[name] for who in (one.pair.first, one.pair.second)}
    others = f"; {len(compared) - 2} more in S" if len(compared) > 2 else ""
    title = _title(name, titles)
    before = f"{title}: " if title else ""
    row, brief, short = (
        f"{before}{words(foremost_of, names, growing=growing)}{others}"
        for words in (said_in_a_row, said_in_brief, said_in_short)
    )
    return row, brief, short


def _in_plain_words(
    found: Sequence[Verdict], names: Names, rows: Sequence[Row], titles: Mapping[str, str], *, growing: bool
) -> Iterator[str]:
    figures: dict[Figure, list[Verdict]] = {}
    for verdict in found:
        figures.setdefault(verdict.pair.figure, []).append(verdict)
    order = list(titles)
    for figure, of_figure in sorted(
        figures.items(), key=lambda item: order.index(item[0].name) if item[0].name in order else len(order)
    ):
        votes = figure.kind is Kind.VOTE
        counted = _votes_won(rows, names) if votes else _means(rows, names, figure)
        title = "Votes" if votes else _title(figure.name, titles) or "Scores"
        yield f"{title}: {counted}. {_shown(of_figure, names, growing=growing)}"


def _means(rows: Sequence[Row], names: Names, figure: Figure) -> str:
    """The mean of each model, the highest first."""
    given: dict[str, list[int]] = {}
    for row in rows:
        for score in (score for run in row.requests for score in run.scores):
            if (score.criterion, score.scale) == (figure.name, figure.scale):
                given.setdefault(names.get(candidate_of(row.subject), UNKNOWN), []).append(score.value)
    means = sorted(((sum(values) / len(values), name) for name, values in given.items()), key=lambda one: -one[0])
    return ", ".join(f"{name} {mean:.2f}" for mean, name in means) + f" of {figure.scale} on average"


def _votes_won(rows: Sequence[Row], names: Names) -> str:
    won: Counter[str] = Counter()
    for row in rows:
        name = names.get(candidate_of(row.subject), UNKNOWN)
        won[name] += sum(vote.choice is Choice.WON for run in row.requests for vote in run.votes)
    return ", ".join(f"{name} won {count}" for name, count in won.most_common())


def _shown(found: Sequence[Verdict], names: Names, *, growing: bool) -> str:
    """What the verdicts on one figure show together, as a sentence or two."""
    better = []
    for one in found:
        if one.outcome in (Outcome.A_BETTER, Outcome.B_BETTER):
            pair = (one.pair.first, one.pair.second)
            first, second = pair if one.outcome is Outcome.A_BETTER else pair[::-1]
            better.append(f"{names[first]} is better than {names[second]}")
    few = [one for one in found if one.outcome is Outcome.TOO_FEW]
    said = [f"{', '.join(better)}."] if better else []
    if few:
        lacking = least_prompts(few[0].models) - max(one.n for one in few)
        more = min((one.more for one in few if one.more is not None), default=None)
        how_many = f": {lacking} more at least" if lacking > 0 else f": about {more} more" if more else ""
        what = "more" if better else "which is better"
        said.append(f"Too few prompts to say {what}{how_many}.")
    elif not better:
        alike = all(one.outcome is Outcome.SAME for one in found)
        said.append("They are equally good." if alike else "No difference is shown.")
    first_pair = foremost(found)
    if growing and first_pair is not None and first_pair.may_stop:
        said.append("You may stop.")
    return " ".join(said)


def _stated(found: Sequence[Verdict], names: Names, titles: Mapping[str, str], *, growing: bool) -> tuple[Stated, ...]:
    sentences: dict[str, list[tuple[str, str]]] = {}
    for verdict in leading(found):
        one = said_so_far(verdict, names) if growing else said(verdict, names)
        figure = verdict.pair.figure
        title = titles.get(figure.name, "") if figure.kind is Kind.SCORE else ""
        sentences.setdefault(title or one.figure, []).append((one.counts, one.verdict))
    return tuple(Stated(figure, tuple(those)) for figure, those in sentences.items())


def _facets(session: Session, rows: Sequence[Row], names: Names) -> Iterator[str]:
    """Of the facets of the answers of which something was said, how many are there, by model."""
    if facets := _facets_met(session):
        met = (f"{names.get(candidate_of(row.subject), UNKNOWN)} {_met(facets, row)}" for row in rows)
        yield f"Facets met: {', '.join(met)}."


def _met(facets: Mapping[str, tuple[int, int]], row: Row) -> str:
    met = [facets[run.id] for run in row.requests if run.id in facets]
    there, said_of = sum(one for one, _ in met), sum(of for _, of in met)
    return f"{there} of {said_of} ({len(met)} answer{'s' * (len(met) != 1)})" if said_of else UNKNOWN


def _facets_met(session: Session) -> dict[str, tuple[int, int]]:
    """How many facets of its prompt each answer was ticked for, and how many there are; only of answers of which
    something was said."""
    ticks: dict[str, list[bool]] = {}
    for (run, _, _), tick in in_effect(session).facets.items():
        ticks.setdefault(run, []).append(bool(tick.ticked))
    found = {}
    for request in shown_requests(session):
        run = request.spec.id
        if run in ticks:
            found[run] = sum(ticks[run]), max(len(session.prompts[request.spec.prompt].facets), len(ticks[run]))
    return found


def _remarks(rows: Sequence[Row]) -> tuple[str, ...]:
    made = []
    if any(0 < row.stats.get("end_ms", Stat()).n < P95_FROM for row in rows):
        made.append(f"Latency is the median; below {P95_FROM} answers the longest stands in place of p95.")
    if any(row.memory_mb is not None for row in rows):
        made.append("Memory is the most that the serving process held, with all that it served at the time.")
    if any(one.scale != DEFAULT_SCALE for row in rows for one in row.scores):
        made.append("Scores on different scales are not compared with each other.")
    return tuple(made)
