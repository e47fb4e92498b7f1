"""What somebody wants of a report besides what every one has: rows split, figures by name, answers left out, costs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.sessions import WHEN, fold, request, score, session, target
from tests.support.some import some
from tui.core.conditions.names import DIMENSIONS
from tui.core.errors import BadInputError
from tui.core.plans.mode import Mode
from tui.core.plans.prompt import Prompt
from tui.core.requests import events as ev
from tui.core.requests.request import Request, RequestState
from tui.core.sessions.session import Session
from tui.report.breakdown import breakdowns, figure_stat
from tui.report.conditional import Asked, conditional_report
from tui.report.formats.registry import FORMATS, format_called
from tui.report.options import BY, ReportOptions, parse_by, parse_metrics, parse_without
from tui.report.report import Report
from tui.report.running_costs import parse_running

MODELS = [
    target("m1", "phi", id="phi-gpu:2", device="GPU"),
    target("m2", "qwen", id="qwen-cpu:1", device="CPU"),
]
PROMPTS = [
    Prompt("What is RAG?", None, (), ("rag", "easy"), key="p1"),
    Prompt("Why fewer bits?", None, (), ("bits",), key="p2"),
    Prompt("Which model?", key="p3"),
]


def held(mode: Mode = Mode.MEASURE) -> Session:
    """Two models on three prompts; ann and bob score those of the first two, and differ on none but the second."""
    runs = [(model, prompt.key) for model in ("m1", "m2") for prompt in PROMPTS]
    requests = [
        request(f"{model}{prompt}", model=model, prompt=prompt, mode=mode, first_ms=100 * int(prompt[1]))
        for model, prompt in runs
    ]
    given = {"m1p1": 4, "m2p1": 4, "m1p2": 5, "m2p2": 1}
    scores = [score(run, value) for run, value in given.items()] + [score("m1p1", 2, rater="bob")]
    return session(requests, models=MODELS, prompts=PROMPTS, scores=scores)


def report(*sessions: Session, requires: Sequence[str] = (), **options: Any) -> Report:
    wanted = Asked.parse(requires=requires, options=ReportOptions(**options))
    made, _ = conditional_report(wanted, sessions or [held()])
    return made


def keys(*by: str, sessions: Sequence[Session] = ()) -> list[tuple[str, ...]]:
    (only,) = breakdowns(report(*sessions).rows, parse_by(by))
    return [group.keys for group in only.groups]


def test_each_dimension_but_the_session_is_one_of_conditions() -> None:
    assert {by.name for by in BY} - {"session"} <= {one.name for one in DIMENSIONS}


def test_rows_are_split_by_each_dimension() -> None:
    assert keys("model") == [("phi",), ("qwen",)]
    assert keys("device") == [("CPU",), ("GPU",)]
    assert keys("host") == [("openai",)]
    assert keys("variant") == [("-",)]
    assert keys("session") == [("20261122T110301Z-7f3a",)]
    assert set(keys("tag")) == {("rag",), ("easy",), ("bits",), ("-",)}
    assert keys("device,model") == keys("device", "model") == [("CPU", "qwen"), ("GPU", "phi")]


def test_what_models_differ_on_most_comes_first() -> None:
    assert keys("prompt")[0] == ("Why fewer bits?",)
    assert keys("tag")[0] == ("bits",)


def test_by_rater_a_score_stands_under_who_gave_it_and_answers_without_any_are_counted() -> None:
    (found,) = breakdowns(report().rows, parse_by(["rater"]))
    means = {
        (group.keys[0], row.subject.alias): [(mean.mean, mean.n) for mean in row.scores]
        for group in found.groups
        for row in group.rows
    }
    assert means == {("ann", "phi"): [(4.5, 2)], ("ann", "qwen"): [(2.5, 2)], ("bob", "phi"): [(2.0, 1)]}
    assert found.placeless == 2


def test_no_part_of_a_row_is_put_together_with_one_of_another() -> None:
    raced = held(Mode.RACE)
    raced.id = "20261122T110301Z-0002"
    whole = report(held(), raced)
    found = breakdowns(whole.rows, parse_by(["tag"]))
    assert [one.mode for one in found] == [Mode.MEASURE, Mode.RACE]
    some(row.outcomes.runs <= 3 for one in found for group in one.groups for row in group.rows)
    assert sum(row.outcomes.runs for group in found[0].groups for row in group.rows) == 8


def cold(made: Request) -> Request:
    """The same answer, for which the model was loaded first."""
    loaded = Request(made.spec, started=WHEN)
    at = 7_000_000_000
    fold(loaded, ev.Queued(made.spec.id, at - 9), ev.Loading(made.spec.id, at - 8), ev.Loaded(made.spec.id, at - 7))
    fold(loaded, ev.Sent(made.spec.id, at), ev.Headers(made.spec.id, at + 1))
    fold(loaded, ev.Delta(made.spec.id, at + 900_000_000, 1, ev.Kind.ANSWER, "slow"))
    return fold(loaded, ev.Ended(made.spec.id, at + 950_000_000, "stop", done_marker=True))


def test_cold_answers_are_in_no_time_of_a_row_that_has_warm_ones_and_a_note_says_so() -> None:
    requests = [cold(request("r1")), request("r2", round=2), request("r3", round=3)]
    (row,) = report(session(requests)).rows
    assert (row.stats["ttft_ms"].n, row.stats["ttft_ms"].maximum, row.cold) == (2, 100, 1)
    assert row.notes == ("1 of 3 runs loaded the model first, and are in no time or rate that others have",)
    assert "cold runs" in format_called("text").render(report(session(requests)))
    (alone,) = report(session(requests[:1])).rows
    assert (alone.stats["ttft_ms"].maximum, alone.notes) == (900, ("every run that counts loaded the model first",))


def test_figures_by_name_have_their_statistics_whatever_places_they_are_shown_in() -> None:
    made = report(metrics=parse_metrics(["ttft_ms,icl_max_ms"]))
    by_alias = {row.subject.alias: row for row in made.rows}
    stats = [figure_stat(by_alias["phi"], figure) for figure in made.options.metrics]
    assert [(stat.n, stat.median, stat.minimum, stat.maximum) for stat in stats] == [
        (3, 200, 100, 300), (3, 10, 10, 10)
    ]  # fmt: skip
    assert "inter-chunk latency, longest (icl_max_ms, ms)" in format_called("text").render(made)


def test_answers_with_a_flag_are_left_out_and_counted_with_the_reason() -> None:
    requests = [request("r1"), fold_length("r2"), request("r3", model="m2")]
    made = report(session(requests, scores=[score("r2", 1)]), without=parse_without(["truncated"]))
    assert {row.subject.alias: row.outcomes.runs for row in made.rows} == {"model-m1": 1, "model-m2": 1}
    assert not any(row.scores for row in some(made.rows))
    text = format_called("text").render(made)
    assert "--without truncated" in text
    assert "--without truncated" in format_called("md").render(made)


def fold_length(run: str) -> Request:
    """An answer that reached the most tokens that were asked for."""
    cut = Request(request(run).spec, started=WHEN)
    at = 7_000_000_000
    fold(cut, ev.Queued(run, at - 9), ev.Sent(run, at), ev.Headers(run, at + 1))
    fold(cut, ev.Delta(run, at + 5_000_000, 1, ev.Kind.ANSWER, "never ends"))
    return fold(cut, ev.Ended(run, at + 9_000_000, "length", done_marker=True))


def test_energy_and_cost_are_labelled_as_the_heuristic_and_unknown_without_tokens() -> None:
    running = parse_running(["GPU=200,100"], 2.0, 0.3)
    made = report(running=running)
    text = format_called("text").render(made)
    assert "the workshop's heuristic, not measured" in " ".join(text.split())
    # 230 ms on the average at 200 W.
    assert f"~{200 * 0.230 / 3600:.3g}" in text
    uncounted = report(session([request(usage=False)]), running=parse_running([], 2.0, None))
    section = format_called("text").render(uncounted).split("Energy and cost")[1]
    assert section.splitlines()[4].split()[-2:] == ["-", "-"]


@pytest.mark.parametrize("form", [form.name for form in FORMATS])
def test_every_format_takes_every_option(form: str) -> None:
    made = report(
        requires=["licence = MIT"], by=parse_by(["prompt", "rater"]), metrics=parse_metrics(["load_ms", "quality"]),
        wide=True, select=True, weights={"quality": 1.0}, without=("looping",), running=parse_running(["65"], 1, 1),
    )  # fmt: skip
    assert format_called(form).render(made)
    if form == "json":
        json.loads(format_called(form).render(made))


@pytest.mark.parametrize(
    ("parse", "text", "near"),
    [(parse_by, "promt", "prompt"), (parse_metrics, "ttft", "ttft_ms"), (parse_without, "loping", "looping")],
)
def test_a_wrong_name_is_answered_with_what_was_meant(parse: Any, text: str, near: str) -> None:
    with pytest.raises(BadInputError, match=f"did you mean `{near}`"):
        parse([text])


@pytest.mark.parametrize(
    ("watts", "prices", "says"),
    [(["much"], (None, None), "--watts"), (["-1"], (None, None), "--watts"), ([], (-1.0, None), "--token-price"),
     ([], (None, 0.3), "--energy-price needs --watts"), (["nan"], (None, None), "--watts")],
)  # fmt: skip
def test_what_is_no_price_is_refused(watts: list[str], prices: tuple[float | None, float | None], says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        parse_running(watts, *prices)


def test_a_model_of_which_less_was_known_once_is_one_row_with_a_note() -> None:
    known = session(
        [request("r1")], session_id="20261122T110301Z-0001", models=[target("m1", "phi", variant="phi-cpu")]
    )
    less = session([request("r1")], session_id="20261122T110301Z-0002", models=[target("m1", "phi")])
    (row,) = report(known, less).rows
    assert (row.outcomes.runs, row.subject.variant) == (2, "phi-cpu")
    assert "less was known of the model in one session than in another" in row.notes
    assert not report(known).rows[0].notes


def test_what_went_wrong_is_counted_by_kind_and_flag_where_there_is_any() -> None:
    requests = [request("r1"), request("r2", state=RequestState.FAILED), fold_length("r3")]
    text = format_called("text").render(report(session(requests)))
    table = text.split("Failures and flags\n------------------\n")[1].splitlines()
    assert table[0].split() == ["failed", "cut", "at", "the", "limit", "broken", "off"]
    assert table[1].split()[-3:] == ["1", "1", "1"]
    assert "Failures and flags" not in format_called("text").render(report(session([request("r1")])))
