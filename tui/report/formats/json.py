"""The report as JSON, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isfinite
from typing import Any, cast

from tui.core.metrics.registry import Place, Tally, flags_in, metrics_in
from tui.core.text.clean import join_surrogates
from tui.report.candidate_names import Names, names_of
from tui.report.formats.json_sections import row_facts, section_facts
from tui.report.judges import Judge, said_of_judge
from tui.report.not_compared import said_of_unlike
from tui.report.orders import Order, orders, said_of_order
from tui.report.outliers import LIMIT, OUTLIERS_FROM, SHARE
from tui.report.pairs import Candidate, Conditions, Matches
from tui.report.raters import Agreed, said_of_agreement
from tui.report.references import references_as_json
from tui.report.report import Report
from tui.report.reported_request import JUDGES, PEOPLE
from tui.report.rows import Row, ScoreMean
from tui.report.statistics.sample import INTERVAL_FROM, P95_BOUND_FROM, P95_FROM, Stat
from tui.report.verdict_words import full_method, said
from tui.report.verdicts import Verdict, verdicts

SCHEMA = 1


def render(report: Report) -> str:
    """The whole report as one JSON object, two spaces deep. What is unknown is null.

    It is ASCII, so that text from outside is unchanged and harmless in a terminal.
    """
    matches = report.matches
    facts = {
        "schema": SCHEMA,
        "sessions": report.sessions,
        "interval_of_median": {"percent": 95, "from_n": INTERVAL_FROM, "resamples": 0},
        "p95_from_n": P95_FROM,
        "p95_high_from_n": P95_BOUND_FROM,
        "outliers": {"beyond_scaled_mads": LIMIT, "beyond_share": SHARE, "from_n": OUTLIERS_FROM},
        "rows": [_row(row) for row in report.rows],
        **({} if report.left_out is None else {"left_out": [asdict(row) for row in report.left_out]}),
        **compared(matches),
        "agreement": [agreement_as_json(one) for one in report.agreements],
        "judges": [judge_as_json(one) for one in report.judges],
        **section_facts(report, matches, names_of(matches.candidates)),
        "skipped": [{"file": name, "reason": reason} for name, reason in report.skipped],
        "notes": report.notes,
        **({"references": references_as_json(report.references)} if report.references else {}),
    }
    return json.dumps(_rounded(facts), indent=2, allow_nan=False) + "\n"


def _row(row: Row) -> dict[str, Any]:
    outcomes, flags = row.outcomes, flags_in(Place.REPORT)
    return {
        **asdict(row.subject),
        **{flag.name: row.flags[flag.name] > 0 for flag in flags if flag.tally is Tally.ANY},
        "sessions": row.sessions,
        "prompts": row.prompts,
        "runs": outcomes.runs,
        "warmups": row.warmups,
        "unfinished": row.unfinished,
        **asdict(outcomes),
        "failures": outcomes.failures,
        "failure_rate": outcomes.failure_rate,
        **{metric.name: _stat(row.stats[metric.name]) for metric in metrics_in(Place.REPORT)},
        "scores": [_mean(mean) for mean in row.scores],
        "facets": [{**asdict(share), "share": share.share} for share in row.facets],
        "votes_given": _votes(row, PEOPLE),
        "votes_of_judges": _votes(row, JUDGES),
        "size_mb": row.size_mb,
        "licence": row.licence,
        "memory_mb": row.memory_mb,
        **{flag.name: row.flags[flag.name] for flag in flags if flag.tally is not Tally.ANY},
        **row_facts(row),
        "notes": row.notes,
        "outliers": [asdict(outlier) for outlier in row.outliers],
    }


def compared(matches: Matches) -> dict[str, Any]:
    """What may be said of each pair of models, and of which nothing may, as keys of a JSON object."""
    names = names_of(matches.candidates)
    facts = {
        "comparisons": [_comparison(verdict, names) for verdict in verdicts(matches)],
        "orders": [_ranked(order, names) for order in orders(matches.pairs)],
        "failures_compared": [
            {**_conditions(failures.conditions),
             "models": [{**_side(who), "failed": failed, "runs": runs} for who, failed, runs in failures.counts]}
            for failures in matches.failures
        ],
        "not_comparable": [
            {**_sides(unlike.first, unlike.second),
             "differences": [
                 {"name": found.name, "a": found.first, "b": found.second} for found in unlike.differences
             ],
             "times_only": unlike.times_only,
             "sentence": said_of_unlike([unlike], names)[0]}
            for unlike in matches.unlike
        ],
    }  # fmt: skip
    return cast("dict[str, Any]", _rounded(facts))


def _comparison(verdict: Verdict, names: Names) -> dict[str, Any]:
    pair, figure, words = verdict.pair, verdict.pair.figure, said(verdict, names)
    return {
        **_conditions(pair.conditions),
        "figure": figure.name,
        "scale": figure.scale,
        "raters": figure.raters or None,
        "rubric": figure.rubric or None,
        "cold": figure.cold,
        **_sides(pair.first, pair.second),
        "outcome": verdict.outcome.value,
        "n": verdict.n,
        "prompts": asdict(verdict.prompts),
        "counts": asdict(pair.counts),
        "effect": verdict.effect,
        "unit": figure.kind.value,
        "low": verdict.low,
        "high": verdict.high,
        "p": verdict.p,
        "method": full_method(verdict) or None,
        "same_within": verdict.margin,
        "more_prompts": verdict.more,
        "models": verdict.models,
        "different_sessions": pair.apart,
        "cold_left_out": pair.cold_left_out,
        "lengths": None if pair.lengths is None else {
            "unit": pair.lengths.unit, "a": pair.lengths.medians[0], "b": pair.lengths.medians[1],
            "prompts_unlike": pair.lengths.unlike_prompts,
        },
        "caveat": verdict.caveat or None,
        "counts_in_words": words.counts,
        "verdict_in_words": words.verdict,
        "sentence": words.sentence,
    }  # fmt: skip


def _ranked(order: Order, names: Names) -> dict[str, Any]:
    ranking, figure, who = order.ranking, order.figure, order.candidates
    reason = ranking.not_scoreable
    return {
        **_conditions(order.conditions),
        "figure": figure.name,
        "scale": figure.scale,
        "raters": figure.raters or None,
        "rubric": figure.rubric or None,
        "method": ranking.method,
        "prompts": ranking.prompts,
        "least_prompts": ranking.least_n,
        "standings": [
            {**asdict(standing), "model": _side(who[standing.model]), "total": standing.total}
            for standing in ranking.standings
        ],
        "tiers": [[names[who[model]] for model in tier] for tier in ranking.tiers],
        "differences": [
            {**asdict(found), "better": names[who[found.better]], "worse": names[who[found.worse]],
             "low": _finite(found.low), "high": _finite(found.high)}
            for found in ranking.differences
        ],
        "seed": ranking.seed,
        "resamples": ranking.resamples,
        "degenerate": ranking.degenerate,
        "lost": ranking.lost,
        "no_order": None if reason is None else {
            "never_won": [names[who[model]] for model in reason.never_won],
            "never_lost": [names[who[model]] for model in reason.never_lost],
            "never_met": [[names[who[model]] for model in group] for group in reason.groups],
            "one_sided": [[names[who[model]] for model in group] for group in reason.one_sided],
        },
        "sentence": said_of_order(order, names),
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def agreement_as_json(one: Agreed) -> dict[str, Any]:
    """How far raters agree on one criterion, as in a report's JSON."""
    found = one.agreement
    return {
        "criterion": one.criterion,
        "scale": one.scale,
        "rubric": one.rubric or None,
        "judge": one.judge or None,
        **{key: value for key, value in asdict(found).items() if key not in ("shares", "severity")},
        "shares": [{"value": value, "share": share} for value, share in found.shares],
        "severity": [{"rater": rater, "difference": shift} for rater, shift in found.severity],
        "proven": found.proven if one.judge else None,
        "sentence": said_of_agreement(one),
    }


def judge_as_json(one: Judge) -> dict[str, Any]:
    """How a judge's verdicts were got, and what they are worth, as in a report's JSON."""
    parameters = one.rater.parameters
    return {
        "judge": one.rater.id,
        "model": one.rater.model or None,
        "parameters": asdict(parameters) if parameters is not None else None,
        "instructions": one.rater.instructions or None,
        **asdict(one.counts),
        "partial": one.partial,
        "shared": one.shared,
        "proven": one.proven,
        "sentence": said_of_judge(one),
    }


def _conditions(how: Conditions) -> dict[str, Any]:
    return {"mode": how.mode, "parameters": asdict(how.parameters), "nonce": how.nonce}


def _sides(first: Candidate, second: Candidate) -> dict[str, Any]:
    return {"a": _side(first), "b": _side(second)}


def _side(who: Candidate) -> dict[str, Any]:
    return {key: value or None for key, value in asdict(who).items()}


def _votes(row: Row, raters: str) -> dict[str, int]:
    """How many votes of this kind of raters were on answers of a row, and how many of them were given blind."""
    votes = {vote.vote: vote.blind for request in row.requests for vote in request.votes if vote.raters == raters}
    return {"n": len(votes), "blind": sum(votes.values())}


def _mean(mean: ScoreMean) -> dict[str, Any]:
    """`raters` is said where they are no people."""
    facts = asdict(mean)
    return facts if mean.raters != PEOPLE else {key: value for key, value in facts.items() if key != "raters"}


def _stat(stat: Stat) -> dict[str, Any]:
    return {
        "n": stat.n,
        "median": stat.median,
        "median_low": stat.low,
        "median_high": stat.high,
        "min": stat.minimum,
        "max": stat.maximum,
        "p95": stat.p95,
        "p95_high": stat.p95_high,
        "estimated": stat.estimated,
        "cold": stat.cold,
    }


def _rounded(value: Any) -> Any:
    """All numbers rounded to the precision of the clock, and text without halves of surrogate pairs."""
    match value:
        case dict():
            return {key: _rounded(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_rounded(inner) for inner in value]
        case str():
            return join_surrogates(value)
        case float():
            return round(value, 4)
        case _:
            return value
