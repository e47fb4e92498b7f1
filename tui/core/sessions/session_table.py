"""A session as a table for the eyes: a row for each answer, as many as can be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.core.displayed import ShownTable
from tui.core.metrics.registry import METRICS, Metric, Place
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.in_effect import in_effect
from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN

if TYPE_CHECKING:
    from tui.core.sessions.session import Session

MOST = 40
"""Rows that are shown."""
_NAME, _TEXT = 30, 60
_CONTENDED = "Times of a race are those of models that ran at once: measure them to compare speed."


def session_table(session: Session, requests: Sequence[Request] | None = None) -> ShownTable:
    """A row for each of these requests, by default for all but warm-ups."""
    asked = session.requests.values() if requests is None else requests
    every = [request for request in asked if not request.spec.warmup]
    shown = every[:MOST]
    metrics = [metric for metric in METRICS if metric.shown_in & Place.REPORT]
    columns: dict[str, list[str]] = {
        "model": [clean_line(session.model_of(request).name, _NAME) for request in shown],
        "prompt": [clean_line(session.prompts[request.spec.prompt].user, _TEXT) for request in shown],
        "round": [str(request.spec.round) for request in shown],
        "state": [request.state.value for request in shown],
    }
    if all(request.spec.round == 1 for request in shown):
        del columns["round"]
    for metric in metrics:
        columns[f"{metric.label}, {metric.unit}"] = [_value(request, metric) for request in shown]
    numbers = frozenset(place for place, name in enumerate(columns) if name not in ("model", "prompt", "state"))
    columns |= _scores(session, shown)
    columns["answer"] = [clean_line(request.answer, _TEXT) for request in shown]
    remarks = [_CONTENDED] if any(request.spec.contended for request in shown) else []
    if (more := len(every) - len(shown)) > 0:
        remarks.append(f"{more} more are not shown.")
    remarks += [] if shown else ["Nothing was asked."]
    title = ", ".join(clean_line(text, _TEXT) for text in (session.title, session.id) if text)
    rows = list(zip(*columns.values(), strict=True))
    return ShownTable(f"Session {title}", list(columns), rows, remarks, numbers, frozenset({1, len(columns) - 1}))


def _value(request: Request, metric: Metric) -> str:
    value = metric.value(request) if request.state is RequestState.DONE else None
    estimated = metric.needs_tokens and request.usage is not None and request.usage.source != "server"
    return UNKNOWN if value is None else f"{'~' * estimated}{value:,.0f}"


def _scores(session: Session, shown: Sequence[Request]) -> dict[str, list[str]]:
    """A column of all scores that count, by whomever and for whatever; none where there is no score."""
    runs = {request.spec.id for request in shown}
    given = [score for score in in_effect(session).scores.values() if score.run in runs]
    if not given:
        return {}
    scales = {score.scale for score in given}
    cells: dict[str, list[str]] = {}
    for score in given:
        cells.setdefault(score.run, []).append(f"{score.value}" if len(scales) == 1 else f"{score.value}/{score.scale}")
    title = f"scores, 1-{scales.pop()}" if len(scales) == 1 else "scores"
    return {title: [" ".join(cells.get(request.spec.id, [UNKNOWN])) for request in shown]}
