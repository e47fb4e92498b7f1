"""What reports for people say: the words, numbers and sentences that their formats share. Nothing here is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tui.core.metrics.metrics import NoRate
from tui.core.metrics.registry import Place, Tally, flags_in, metrics_in
from tui.core.plans.mode import Mode
from tui.core.sessions.session_model import Parameters
from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN
from tui.report.candidate_names import Names
from tui.report.not_compared import said_of_failures
from tui.report.orders import orders, said_of_order
from tui.report.pairs import Conditions, Failures, Kind
from tui.report.report import Report
from tui.report.reported_request import PEOPLE, GivenVote, votes_on
from tui.report.row_names import NAME_SHOWN
from tui.report.rows import Row, ScoreMean
from tui.report.shown_verdicts import leading
from tui.report.statistics.sample import INTERVAL_FROM, P95_FROM
from tui.report.subject import Subject
from tui.report.verdict_words import remarks, said, said_of_need
from tui.report.verdicts import Outcome, Verdict

TOO_FEW = "too few to say"
COLD = "cold"
"""What stands behind a figure that is of answers for which the model was loaded first, beside others that are not."""
SYSTEM_SHOWN = 60
"""Characters of a system prompt that are shown."""

PROMPT_SHOWN = 40
"""Characters of a prompt that are shown."""

TITLES = {Mode.MEASURE: "Measured: one request at a time", Mode.RACE: "Raced: all models at once"}
_HOW_COMPARED = (
    "First what was counted, then the verdict. n: the prompts; each counts once, whatever its rounds and raters. In "
    "brackets: the 95 % interval. Better, faster: the interval and a test of sign flips show it; too few: it takes "
    "about so many more prompts."
)


@dataclass(frozen=True, slots=True)
class Compared:
    """What may be said of each pair of models under one set of conditions."""

    conditions: str
    """Parameters in words."""
    items: tuple[tuple[str, ...], ...]
    """Each an item of a list: what was counted and the verdict, or one sentence."""


def compared(found: Sequence[Verdict], failures: Sequence[Failures], names: Names) -> tuple[str, list[Compared]]:
    """How many prompts a verdict takes, where there are too few (else empty), and what is said under each set of
    conditions; an empty list where there is no pair."""
    by_conditions: dict[Conditions, list[Verdict]] = {}
    for verdict in leading(found):
        by_conditions.setdefault(verdict.pair.conditions, []).append(verdict)
    need = said_of_need(verdict for shown in by_conditions.values() for verdict in shown)
    parts = []
    for how, shown in by_conditions.items():
        items = list(_items(shown, names))
        of_these = [verdict.pair for verdict in found if verdict.pair.conditions == how]
        sentences = [f"Order by {said_of_order(order, names)}." for order in orders(of_these)]
        sentences += [f"{said_of_failures(one, names)}." for one in failures if one.conditions == how]
        parts.append(
            Compared(settings_in_words(how.parameters, nonce=how.nonce), (*items, *((one,) for one in sentences)))
        )
    return need, parts


def _items(shown: Sequence[Verdict], names: Names) -> Iterator[tuple[str, str]]:
    """What was counted and the verdict, for each pair; the pairs of a figure together where there is no verdict on any
    of them for the same reason."""
    together: dict[tuple[str, str, int], list[str]] = {}
    for place, verdict in enumerate(shown):
        one = said(verdict, names)
        alone = 0 if verdict.outcome is Outcome.NONE else place + 1
        together.setdefault((one.figure, one.verdict, alone), []).append(one.counts)
    for (figure, why, _), counts in together.items():
        yield f"{figure}: {'; '.join(counts)};", why


_HOW_MANY_TIMES = (
    "So many times: the geometric mean of what the prompts say, each by itself, and not the ratio of two medians in a "
    "table."
)


def compared_legend(found: Sequence[Verdict]) -> str:
    """How to read what is compared, as a paragraph."""
    legend = [_HOW_COMPARED]
    if any(verdict.pair.figure.kind is Kind.METRIC for verdict in found):
        legend.append(_HOW_MANY_TIMES)
    if any(verdict.models > 2 for verdict in found):
        legend.append("Holm: p is adjusted, because more than two models are compared.")
    return " ".join([*legend, *remarks(found)])


def notes_besides(report: Report) -> list[str]:
    """The notes of a report but for those that its table of what was left out has."""
    left_out = {f"Left out: {out.row}: {'; '.join(out.reasons)}." for out in report.left_out or ()}
    return [note for note in report.notes if note not in left_out]


def criterion_of(mean: ScoreMean) -> str:
    return criterion_in_words(mean.criterion, mean.raters)


def criterion_in_words(name: str, raters: str) -> str:
    criterion = clean_line(name, NAME_SHOWN)
    return criterion if raters == PEOPLE else f"{criterion}, by {clean_line(raters, NAME_SHOWN)}"


def facets_of(raters: str) -> str:
    """What the share of facets met is called, by the kind of raters who marked them."""
    return "facets" if raters == PEOPLE else f"facets, by {clean_line(raters, NAME_SHOWN)}"


def votes_of(raters: str) -> str:
    """What the votes of a kind of raters are called."""
    return "votes" if raters == PEOPLE else f"votes, by {clean_line(raters, NAME_SHOWN)}"


def voters(rows: Sequence[Row]) -> list[str]:
    """The kinds of raters who voted on answers of these rows, people first. Votes of two kinds are never counted
    together."""
    kinds = {vote.raters for row in rows for vote in votes_on(row.requests)}
    return sorted(kinds, key=lambda raters: (raters != PEOPLE, raters))


def said_of_blind(rows: Sequence[Row], names: Sequence[str]) -> list[str]:
    """How many scores and votes were given without knowing the models, and where both kinds are there what each kind
    says of a row, as sentences; none where nobody scored or voted. What judges gave is counted apart from what people
    did. `names` are those of the rows."""
    means = {mean.raters for row in rows for mean in row.scores}
    given = [vote for row in rows for vote in votes_on(row.requests)]
    kinds = sorted(means | {vote.raters for vote in given}, key=lambda raters: (raters != PEOPLE, raters))
    return [sentence for raters in kinds for sentence in _said_of_blind_by(raters, rows, given, names)]


def _said_of_blind_by(raters: str, rows: Sequence[Row], given: Sequence[GivenVote], names: Sequence[str]) -> list[str]:
    """As `said_of_blind`, of one kind of raters."""
    means = [mean for row in rows for mean in row.scores if mean.raters == raters]
    # A vote is on several answers, of which each row has its own.
    votes = {vote.vote: vote.blind for vote in given if vote.raters == raters}
    counts = [(sum(mean.blind for mean in means), sum(mean.n for mean in means), "score")]
    counts.append((sum(votes.values()), len(votes), "vote"))
    counts = [count for count in counts if count[1]]
    if raters != PEOPLE:
        said = ", ".join(f"{blind} of {counted(n, what)}" for blind, n, what in counts)
        return [f"Given blind by {clean_line(raters, NAME_SHOWN)}: {said}."]
    kinds = " and ".join(f"{what}s" for _, _, what in counts)
    if not any(blind for blind, _, _ in counts):
        return [f"{kinds.capitalize()} were given with the names of the models in sight, not blind."]
    if all(blind == n for blind, n, _ in counts):
        return [f"All {kinds} were given blind, before the names of the models were seen."]
    said = ", ".join(f"{blind} of {counted(n, what)}" for blind, n, what in counts)
    sentences = [f"Given blind, before the names of the models were seen: {said}."]
    for name, row in zip(names, rows, strict=True):
        both = [
            f"{criterion_of(mean)} {mean.blind_mean:.2f} blind ({mean.blind}), "
            f"{mean.open_mean:.2f} with the names in sight ({mean.n - mean.blind})"
            for mean in row.scores
            if mean.raters == raters and mean.blind_mean is not None and mean.open_mean is not None
        ]
        if both:
            sentences.append(f"{name}: {'; '.join(both)}.")
    return sentences


def notes_of(row: Row) -> list[str]:
    """What differs between the runs of a row, and what is so with all of them, as phrases."""
    # Where only some of the runs have one of these flags, the row's own notes say of how many.
    notes = [
        flag.label
        for flag in flags_in(Place.REPORT)
        if flag.tally is Tally.ANY and row.flags[flag.name] == row.outcomes.runs > 0
    ]
    return [*notes, *row.notes]


def model_of(what: Subject) -> str:
    alias, model = clean_line(what.alias, NAME_SHOWN), clean_line(what.model, NAME_SHOWN)
    return alias if what.alias == what.model else f"{alias} ({model})"


def hosted_names(rows: Sequence[Row]) -> list[str]:
    """The models of these rows, with the host where several have a model of that name: for tables without hosts."""
    hosts: dict[str, set[str]] = {}
    for row in rows:
        hosts.setdefault(model_of(row.subject), set()).add(row.subject.host)
    names = [(model_of(row.subject), row.subject.host) for row in rows]
    return [f"{clean_line(host, NAME_SHOWN)}/{name}" if len(hosts[name]) > 1 else name for name, host in names]


def device_of(what: Subject) -> str:
    provider = (what.ep or "").removesuffix("ExecutionProvider")
    return " ".join(dict.fromkeys(clean_line(part, NAME_SHOWN) for part in (what.device, provider) if part)) or UNKNOWN


def settings_of(what: Subject) -> str:
    return settings_in_words(what.parameters, nonce=what.nonce, system=what.system)


def settings_in_words(asked: Parameters, *, nonce: bool, system: str | None = None) -> str:
    parts = [f"max {asked.max_tokens} tokens"]
    parts += [
        f"{name} {value:g}"
        for name, value in (("temperature", asked.temperature), ("top_p", asked.top_p))
        if value is not None
    ]
    if asked.seed is not None:
        parts.append(f"seed {asked.seed}")
    parts += [f"stop {word!r}" for word in asked.stop]
    if nonce:
        parts.append("a marker ahead of each prompt")
    if system is not None:
        parts.append(f'system "{clean_line(system, SYSTEM_SHOWN)}"')
    return ", ".join(parts)


def shown_number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def shown_figure(value: float | None) -> str:
    """A value of any figure in three digits or more, so that the ratio of two that are shown is theirs."""
    if value is None:
        return UNKNOWN
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def shown_percent(share: float | None) -> str:
    return UNKNOWN if share is None else f"{100 * share:.0f}"


def counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def legend_of(mode: Mode, rows: Sequence[Row]) -> list[str]:
    stats = [stat for row in rows for stat in row.stats.values()]
    lines = [
        "Times and rates: the median (min-max) of n runs; where there are enough of them the 95 % interval of that "
        "median and the 95th percentile (p95)."
    ]
    if mode is Mode.RACE:
        lines.append(
            "Race numbers are contended: the models answered at the same time, and each time tells of the whole race. "
            "A model that was asked again alone had no company; the note counts such runs."
        )
    if any(row.outcomes.stopped for row in rows):
        lines.append("Failures: all runs that did not come to their own end, those that somebody stopped included.")
    lines += [
        flag.legend for flag in flags_in(Place.REPORT) if flag.legend and any(row.flags[flag.name] for row in rows)
    ]
    if any(row.memory_mb is not None for row in rows):
        lines.append("Host memory: the most that the serving process was seen to hold, with all that it had loaded.")
    if any(row.gpu_memory_mb is not None for row in rows):
        lines.append("GPU: the most that all GPUs of the machine were seen to have in use, by whatever ran there.")
    if any(0 < stat.n < P95_FROM for stat in stats):
        lines.append(f"Too few to say: an interval of the median needs {INTERVAL_FROM} runs, a p95 {P95_FROM}.")
    if any(stat.p95_high is not None for stat in stats):
        lines.append("Below: the p95's upper bound, with 95 % confidence.")
    for metric in metrics_in(Place.REPORT):
        if metric.reasons and any(row.stats[metric.name].n < row.outcomes.done for row in rows):
            # A run that counts has text.
            *others, last = (why for why in metric.reasons if why != NoRate.NO_TEXT)
            lines.append(f"A run has no {metric.noun} where {', '.join(others)}, or {last}.")
    if any(stat.cold for stat in stats):
        lines.append(f"{COLD}: the model was loaded first; such answers are in no time where there are others.")
    if any(stat.estimated for stat in stats):
        lines.append('"\\~": the tokens were estimated, not counted by the host.')
    lines.append(f'"{UNKNOWN}": unknown. Warm-ups and runs that failed are in no time and no rate.')
    return lines
