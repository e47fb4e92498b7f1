"""What a report holds as JSON, as a JSON Schema: `docs/report.schema.json` is made of it, and the tests check every
report against it that they write.

Where a part of the report is a value's fields as they are, so is its schema: types and meanings are read off the class.
"""

from __future__ import annotations

import enum
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

from tui.core.metrics.registry import Metric, Place, Tally, flags_in, metrics_in
from tui.core.plans.mode import Mode
from tui.core.references import FIGURES, FROM
from tui.core.scoring.judgement import JudgeCounts
from tui.core.sessions.session_model import Parameters
from tui.report.agreement import Agreement
from tui.report.changes import Change
from tui.report.excluded import Excluded
from tui.report.formats.json import SCHEMA
from tui.report.outliers import Outlier
from tui.report.pairs import Candidate, Counts, Kind
from tui.report.rating_checks import RatingCheck
from tui.report.report import LeftOut
from tui.report.rows import FacetShare, Outcomes, ScoreMean
from tui.report.running_costs import RunningCost
from tui.report.selection import DIMENSIONS
from tui.report.statistics.ranking import Difference, Standing
from tui.report.subject import Subject
from tui.report.trend import Trend, TrendPoint
from tui.report.verdicts import Outcome

Table = dict[str, Any]

_TYPES: dict[object, Table] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
}


def report_schema() -> Table:
    """The whole report. Keys may be added to it; readers pass over those that they do not know."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A report of foundry-compare",
        **_table(
            "What many sessions add up to. What is not known is null; times are milliseconds, rates per second.",
            ("left_out", "references", *_ASKED_FOR),
            schema={"const": SCHEMA, "description": "The version of this format."},
            sessions=_whole("How many sessions are reported on."),
            interval_of_median=_table(
                "The interval of every median.",
                percent=_whole("How sure it is."),
                from_n=_whole("The fewest runs for which it is given."),
                resamples=_whole("0: it is exact."),
            ),
            p95_from_n=_whole("The fewest runs for which p95 is given."),
            p95_high_from_n=_whole("The fewest runs for which its upper bound is given."),
            outliers=_table(
                "What counts as an outlier among the answers to one prompt.",
                beyond_scaled_mads=_number("Scaled median absolute deviations from the median."),
                beyond_share=_number("The share of the median by which it must differ besides."),
                from_n=_whole("The fewest answers to a prompt for which outliers are named."),
            ),
            rows=_rows("What was counted, by model, device, host, mode and settings.", **_row()),
            comparisons=_rows("What may be said of two models that answered the same prompts.", **_comparison()),
            orders=_rows("In which order several models stand.", **_order()),
            failures_compared=_rows(
                "How often models failed that were asked alike.",
                **_conditions(),
                models=_rows("Each.", **_side(), failed=_whole("Failures."), runs=_whole("Of so many runs.")),
            ),
            not_comparable=_rows(
                "Two models of which nothing may be said.",
                **_sides(),
                differences=_rows("In what they differ.", name=_text("Which fact."), a=_any("Of a."), b=_any("Of b.")),
                times_only=_flag("Whether only their times are not comparable."),
                sentence=_text("The same in words."),
            ),
            agreement=_rows("How far raters agree who scored the same answers.", **_agreement()),
            judges=_rows("Models that judged: how their verdicts were got, and what they are worth.", **_judge()),
            left_out=_rows("Rows that lack what was required; missing where nothing was.", **_of(LeftOut)),
            excluded=_rows("What is left out, or never put together.", **_of(Excluded)),
            rating_checks=_rows(
                "Whether the longer answer, or that which stood first, was preferred.",
                **_of(RatingCheck),
                sentence=_text("The same in words."),
            ),
            **_asked_for(),
            skipped=_rows("Files that were left out.", file=_text("Which."), reason=_text("Why.")),
            notes=_texts("What else there is to know, as sentences."),
            references=_rows(
                "Figures of other programs that were imported, which are in no row; missing where there are none.",
                name=_text("The file."),
                rows=_rows("Each model under the names that the file has for its figures.", _REFERENCE, **_reference()),
            ),
        ),
    }


_REFERENCE_TEXTS = {
    "error": "Why there are no figures.",
    "sample": "The beginning of an answer.",
    FROM: "`decode` where the rate is of decoding; else it is of all tokens.",
}
_REFERENCE = (*(figure.name for figure in FIGURES), *_REFERENCE_TEXTS)
"""The keys of an imported row that need not be there."""


def _reference() -> Table:
    figures = {figure.name: _maybe(_number(f"{figure.label}.")) for figure in FIGURES}
    return {"alias": _text("The model."), **figures, **{key: _text(about) for key, about in _REFERENCE_TEXTS.items()}}


def _row() -> Table:
    flags = {
        flag.name: _flag(f"{flag.meaning}: whether for any run.")
        if flag.tally is Tally.ANY
        else _whole(f"{flag.meaning}: for how many runs.")
        for flag in flags_in(Place.REPORT)
    }
    return {
        **_of(Subject),
        **_of(Outcomes),
        **flags,
        **{metric.name: _stat(metric) for metric in metrics_in(Place.REPORT)},
        "sessions": _whole("How many sessions it is of."),
        "prompts": _whole("How many different prompts were asked."),
        "runs": _whole("Runs that ended."),
        "warmups": _whole("Warm-ups, which are in nothing else."),
        "unfinished": _whole("Runs that never came to an end."),
        "failures": _whole("Runs without a complete answer."),
        "failure_rate": _maybe(_number("Failures over runs, 0 to 1.")),
        "scores": _rows("The mean of the scores of each criterion.", ("raters",), **_of(ScoreMean)),
        "facets": _rows(
            "Of how many facets of their prompts its answers speak.", **_of(FacetShare), share=_number("0 to 1.")
        ),
        "votes_given": _table("Votes of people on its answers.", n=_whole("How many."), blind=_whole("Of them blind.")),
        "votes_of_judges": _table("Those of judges.", n=_whole("How many."), blind=_whole("Of them blind.")),
        "size_mb": _maybe(_number("Of the model on disk, MB.")),
        "licence": _maybe(_text("The model's licence.")),
        "memory_mb": _maybe(_number("The most that the serving process was seen to hold, MB.")),
        "wide": _table(
            "Further metrics.", **{metric.name: _full_stat(metric.meaning) for metric in metrics_in(Place.WIDE)}
        ),
        "means": {"type": "object", "description": "The averages of the metrics above, by name."},
        "context": _maybe(_whole("Tokens of prompt and answer together that the model takes.")),
        "gpu_memory_mb": _maybe(_number("The most that all GPUs of the machine were seen to have in use, MB.")),
        "quality": _maybe(_number("People's scores, joined by the rubric's weights, from 1 to 5.")),
        "cold": _whole("Answers for which the model was loaded first; they are in no time of a row that has others."),
        "left_out_by_flag": {"type": "object", "description": "How many answers each flag of --without left out."},
        "notes": _texts("What differs between its runs, as phrases."),
        "outliers": _rows("Values that stand apart from others of the same prompt.", **_of(Outlier)),
    }


def _stat(metric: Metric) -> Table:
    numbers = ("median", "median_low", "median_high", "min", "max", "p95", "p95_high")
    return _table(
        f"{metric.meaning}, {metric.unit}.",
        n=_whole("How many runs have it."),
        **{name: _maybe(_number("")) for name in numbers},
        estimated=_flag("Whether tokens were estimated."),
        cold=_flag("Whether it is of answers for which the model was loaded first, as no other has a value."),
    )


def _full_stat(meaning: str) -> Table:
    numbers = ("median", "mean", "median_low", "median_high", "min", "max", "p95", "p95_high")
    return _table(
        meaning,
        n=_whole("How many runs have it."),
        **{name: _maybe(_number("")) for name in numbers},
        estimated=_flag("Whether tokens were estimated."),
        cold=_flag("Whether it is of answers for which the model was loaded first, as no other has a value."),
    )


_ASKED_FOR = ("figures", "by", "contrasts", "trends", "selection", "changes", "checks", "running")
"""Keys that there are where they are asked for."""


def _asked_for() -> Table:
    row = {"row": _text("The name of the row.")}
    stat = _full_stat("")["properties"]
    part = {
        "runs": _whole("Runs that ended."),
        "failures": _whole("Runs without a complete answer."),
        **{metric.name: _full_stat(metric.meaning) for metric in metrics_in(Place.REPORT)},
        "scores": _rows("The mean of the scores of each criterion.", **_of(ScoreMean)),
        "quality": _maybe(_number("As of rows.")),
    }
    change = {key: value for key, value in _of(Change).items() if key != "subject"}
    trend = {key: value for key, value in _of(Trend).items() if key not in ("subject", "points")}
    point = {**_of(TrendPoint), "when": _maybe(_text("When the session began, ISO 8601."))}
    weighed = {one.name: _maybe(_number(one.meaning)) for one in DIMENSIONS if one.value is not None}
    return {
        "figures": _rows("`--metric`.", **row, figure=_text("Which."), unit=_text("Its unit."), **stat),
        "by": _rows(
            "`--by`: the parts of rows that stand under each key.",
            mode=_one_of(Mode, "How they were asked."),
            by={"type": "object", "description": "The key of each dimension."},
            scores_apart=_maybe(_number("How far mean scores are apart, as a share of the scale.")),
            longest_over_shortest=_maybe(_number("Of the median times of whole answers.")),
            rows=_rows("The parts.", **row, **part),
        ),
        "contrasts": _rows(
            "`--by device` or `variant`: what else differs between two rows of a model.",
            by=_text("The dimension."),
            a=_text("A row."),
            b=_text("The other."),
            differences=_rows("What.", name=_text("Which fact."), a=_text("Of a."), b=_text("Of b.")),
        ),
        "trends": _rows("Over sessions of the same prompts.", **row, **trend, points=_rows("In order.", **point)),
        "selection": _rows(
            "`--select`.",
            mode=_one_of(Mode, "How they were asked."),
            weights={"type": "object", "description": "By dimension."},
            not_weighed=_texts("Dimensions that are weighed in no share, as what is known of them is no model's own."),
            models=_rows(
                "The models, the first choice first.",
                **row,
                **weighed,
                licence=_maybe(_text("Of the model.")),
                share=_maybe(_number("The weighted mean of values over the best ones, 0 to 1.")),
                unknown=_texts("Weighed dimensions that are not known."),
                fails=_texts("Must-haves that it fails, and why."),
            ),
            fronts=_rows(
                "Quality against time.",
                criterion=_text("Whose mean is the quality."),
                why_not=_maybe(_text("Why there is no front.")),
                rows=_rows(
                    "The models.",
                    alias=_text(""),
                    model=_text(""),
                    time_ms=_number("The median time of whole answers."),
                    mean=_number("Of the scores."),
                    ahead=_maybe(_flag("Whether it is on the front.")),
                ),
            ),
        ),
        "changes": _rows("`--baseline`: each figure of each model, then of its prompts.", **row, **change),
        "checks": _rows(
            "`--checks`.",
            **row,
            check=_text("Which."),
            passed=_whole("Answers."),
            of=_whole("Answers checked."),
            out_of_time=_rows(
                "Answers that it ran out of time on, neither passed nor failed.",
                session=_text("The session's id."),
                run=_text("Its id there."),
                prompt=_text("What was asked."),
            ),
        ),
        "running": _table(
            "Energy and cost, estimated.",
            note=_text("What they are estimated by."),
            rows=_rows("Each row.", **row, **_of(RunningCost)),
        ),
    }


def _conditions() -> Table:
    return {"mode": _one_of(Mode, "How they were asked."), "parameters": _typed(Parameters),
            "nonce": _flag("Whether a marker stood ahead of each prompt.")}  # fmt: skip


def _side() -> Table:
    return {key: {**value, "type": ["string", "null"]} for key, value in _of(Candidate).items()}


def _sides() -> Table:
    return {"a": _table("One.", **_side()), "b": _table("The other.", **_side())}


def _comparison() -> Table:
    return {
        **_conditions(),
        **_FIGURE,
        "cold": _flag("Whether it is of answers for which the model was loaded first."),
        **_sides(),
        "outcome": _one_of(Outcome, "What it shows."),
        "n": _whole("How many prompts."),
        "prompts": _table("On how many prompts a is ahead, equal or behind.", **_of(Counts)),
        "counts": _table("The same as the sentence counts: for times by answers.", **_of(Counts)),
        "effect": _maybe(_number("a against b, in `unit`.")),
        "unit": _one_of(Kind, "What the effect is in."),
        "low": _maybe(_number("With `high`: its 95 % interval.")),
        "high": _maybe(_number("See `low`.")),
        "p": _maybe(_number("Of the test; adjusted where more than two models are compared.")),
        "method": _maybe(_text("How the test was made.")),
        "same_within": _maybe(_number("The margin within which two are the same.")),
        "more_prompts": _maybe(_whole("About so many more would be needed.")),
        "models": _whole("How many were compared."),
        "different_sessions": _flag("Whether no session has both."),
        "cold_left_out": _whole("Cold answers that are in no time here."),
        "lengths": _maybe(
            _table(
                "How long the answers are, where that matters.",
                unit=_text("Tokens or characters."),
                a=_number("The median of a."),
                b=_number("The median of b."),
                prompts_unlike=_whole("On how many prompts they are more than a fifth apart."),
            )
        ),
        "caveat": _maybe(_text("What else there is to know.")),
        "counts_in_words": _text("What was counted."),
        "verdict_in_words": _text("What it shows."),
        "sentence": _text("Both."),
    }


def _order() -> Table:
    named = _texts("Names of models.")
    return {
        **_conditions(),
        **_FIGURE,
        "method": _text("How the order was made."),
        "prompts": _whole("Of how many prompts."),
        "least_prompts": _whole("The fewest with which any could be told apart."),
        "standings": _rows(
            "The models, the best first.",
            **{**_of(Standing), "model": _table("Which.", **_side()), "total": _number("Won, a tie being half.")},
        ),
        "tiers": {"type": "array", "items": named, "description": "Those who cannot be told apart are together."},
        "differences": _rows(
            "Of all pairs.", **{**_of(Difference), "low": _maybe(_number("")), "high": _maybe(_number(""))}
        ),
        "seed": _whole("Of the resampling."),
        "resamples": _whole("How many."),
        "degenerate": _whole("Of them, those without an order."),
        "lost": _any("Those that were left out."),
        "no_order": _maybe(
            _table(
                "Why there is none.",
                never_won=named,
                never_lost=named,
                never_met={"type": "array", "items": named},
                one_sided={"type": "array", "items": named},
            )
        ),
        "sentence": _text("The same in words."),
    }


def _agreement() -> Table:
    own = {key: value for key, value in _of(Agreement).items() if key not in ("shares", "severity")}
    return {
        "criterion": _text("Which."),
        "scale": _maybe(_whole("The highest score.")),
        "rubric": _maybe(_text("The hash of its rubric.")),
        "judge": _maybe(_text("The judge that is compared with people.")),
        **own,
        "shares": _rows("The share of each value.", value=_number("Which."), share=_number("0 to 1.")),
        "severity": _rows("Of each rater.", rater=_text("Who."), difference=_number("From the mean of the others.")),
        "proven": _maybe(_flag("Whether a judge was compared on enough answers.")),
        "sentence": _text("The same in words."),
    }


def _judge() -> Table:
    return {
        "judge": _text("What ratings call it."),
        "model": _maybe(_text("The model, as its host calls it.")),
        "parameters": _maybe(_table("How it was asked.", **_of(Parameters))),
        "instructions": _maybe(_text("Names the words in which it was asked.")),
        **_of(JudgeCounts),
        "partial": {"type": "array", "items": {"type": "string"}},
        "shared": _whole("Answers that people scored too, of the criterion with the most."),
        "proven": _flag("Whether these are enough to rely on what is said of its agreement with people."),
        "sentence": _text("The same in words."),
    }


def _text(about: str, **more: Any) -> Table:
    return {"type": "string", "description": about, **more}


def _one_of(values: type[enum.Enum], about: str) -> Table:
    return _text(about, enum=[value.value for value in values])


def _whole(about: str) -> Table:
    return {"type": "integer", "description": about}


def _number(about: str) -> Table:
    return {"type": "number", "description": about} if about else {"type": "number"}


def _flag(about: str) -> Table:
    return {"type": "boolean", "description": about}


def _any(about: str) -> Table:
    return {"description": about}


def _texts(about: str) -> Table:
    return {"type": "array", "items": {"type": "string"}, "description": about}


def _maybe(table: Table) -> Table:
    return {**table, "type": [table["type"], "null"]}


def _table(about: str, optional: tuple[str, ...] = (), /, **keys: Table) -> Table:
    required = [key for key in keys if key not in optional]
    described = {"description": about} if about else {}
    return {"type": "object", **described, "properties": keys, "required": required}


def _rows(about: str, optional: tuple[str, ...] = (), /, **keys: Table) -> Table:
    return {"type": "array", "description": about, "items": _table("", optional, **keys)}


def _of(value: type) -> Table:
    """The fields of a dataclass as keys."""
    hints = get_type_hints(value)
    return {one.name: _typed(hints[one.name]) for one in fields(value)}


def _typed(hint: Any) -> Table:
    if hint in _TYPES:
        return dict(_TYPES[hint])
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"enum": [one.value for one in hint]}
    if is_dataclass(hint) and isinstance(hint, type):
        return _table("", **_of(hint))
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_typed(one) for one in inner]}
    if origin is tuple:
        return {"type": "array", "items": _typed(inner[0])} if inner[-1] is Ellipsis else {"type": "array"}
    if origin in (Mapping, dict):
        return {"type": "object"}
    raise TypeError(f"no JSON for {hint}")


_FIGURE: Table = {
    "figure": _text("A criterion, `preference` (votes) or a metric."),
    "scale": _maybe(_whole("The highest score.")),
    "raters": _maybe(_text("Which kind of raters.")),
    "rubric": _maybe(_text("The hash of the rubric.")),
}
