"""What may be put together is; what may not stays apart; what cannot be said is None."""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import replace
from typing import Any

import pytest

from tests.support import sessions as make
from tests.support.some import some
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests import events as ev
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rating import FacetTick, Rater, RaterKind, Score, Vote, VoteChoice
from tui.core.sessions.entry_dict import Entry, add_entry
from tui.core.sessions.session_model import Overrides, Parameters
from tui.report.aggregate import aggregate
from tui.report.formats.narrow_tables import tables
from tui.report.formats.registry import FORMATS, format_called
from tui.report.formats.sections.every import sections
from tui.report.options import ReportOptions, parse_by
from tui.report.report import Report
from tui.report.rows import FacetShare, Outcomes, Row, ScoreMean
from tui.report.statistics.sample import Stat


def only(report: Report) -> Row:
    (row,) = report.rows
    return row


def ttft(row: Row) -> Stat:
    return row.stats["ttft_ms"]


def many(count: int, **facts: Any) -> list[Request]:
    """`count` requests whose first text comes after 100, 101, 102 … ms, shuffled."""
    requests = [make.request(f"r{n}", first_ms=100 + n, round=n, **facts) for n in range(count)]
    random.Random(5).shuffle(requests)
    return requests


def plan(key: str, **parameters: Any) -> Plan:
    return Plan(key, Mode.MEASURE, ("m1",), ("p1",), parameters=Parameters(**parameters))


def test_no_sessions_make_an_empty_report() -> None:
    assert aggregate([]) == Report((), 0)
    assert aggregate([make.session([])]) == Report((), 1)


def test_one_run_is_its_own_median() -> None:
    row = only(aggregate([make.session([make.request(first_ms=100, gap_ms=10)])]))
    assert ttft(row) == Stat(n=1, median=100, mean=100, minimum=100, maximum=100)
    assert row.stats["end_ms"] == Stat(n=1, median=130, mean=130, minimum=130, maximum=130)
    assert row.stats["decode_tps"] == Stat(n=1, median=100, mean=100, minimum=100, maximum=100)
    assert row.outcomes == Outcomes(done=1)
    assert (row.sessions, row.prompts, row.warmups, row.unfinished, row.flags["contended"]) == (1, 1, 0, 0, 0)


def test_runs_whose_prompt_came_from_a_cache_are_counted_and_said() -> None:
    requests = [
        make.request("r1"),
        make.request("r2"),
        make.request("r3"),
        make.request("r4", state=RequestState.FAILED),
    ]
    for request, cached in zip(requests, (7, 0, None, 7), strict=True):
        request.fold(ev.Usage(request.spec.id, 12, 3, cached_tokens=cached))
    row = only(aggregate([make.session(requests)]))
    assert row.flags["from_cache"] == 1
    assert row.notes == ("a part of the prompt from a cache in 1 of 3 runs",)
    without = only(aggregate([make.session([make.request("r1")])]))
    assert (without.flags["from_cache"], without.notes) == (0, ())


def test_medians_are_over_the_runs_of_all_sessions() -> None:
    first = make.session([make.request("r1", first_ms=100), make.request("r2", first_ms=300)])
    second = make.session([make.request("r1", first_ms=200), make.request("r2", first_ms=1000)], session_id="other")
    row = only(aggregate([first, second]))
    assert (row.sessions, row.outcomes.runs) == (2, 4)
    assert ttft(row) == Stat(n=4, median=250, mean=400, minimum=100, maximum=1000)


def test_a_metric_nobody_could_know_has_no_numbers() -> None:
    row = only(aggregate([make.session([make.request(usage=False)])]))
    assert row.stats["decode_tps"] == Stat()
    assert ttft(row).n == 1


def test_each_metric_has_its_own_n() -> None:
    row = only(aggregate([make.session([make.request("r1"), make.request("r2", usage=False)])]))
    assert (ttft(row).n, row.stats["decode_tps"].n) == (2, 1)


@pytest.mark.parametrize("count", [5, 6, 19, 20])
def test_too_few_runs_say_no_more_than_they_can(count: int) -> None:
    stat = ttft(only(aggregate([make.session(many(count))])))
    assert (stat.n, stat.median) == (count, 100 + (count - 1) / 2)
    assert (stat.low is not None) == (stat.high is not None) == (count >= 6)
    assert (stat.p95 is not None) == (count >= 20)


def test_p95_is_interpolated_between_the_nearest_runs() -> None:
    stat = ttft(only(aggregate([make.session(many(21))])))
    assert stat.p95 == pytest.approx(119)  # rank 0.95 * 20 = 19 of 100 … 120
    stat = ttft(only(aggregate([make.session(many(20))])))
    assert stat.p95 == pytest.approx(118.05)  # rank 18.05 of 100 … 119


def test_the_interval_holds_the_median_and_stays_within_the_runs() -> None:
    stat = ttft(only(aggregate([make.session(many(40))])))
    assert stat.low is not None
    assert stat.high is not None
    assert stat.minimum is not None
    assert stat.maximum is not None
    assert stat.median is not None
    assert stat.minimum < stat.low < stat.median < stat.high < stat.maximum


def test_the_same_runs_in_another_order_give_the_same_report() -> None:
    requests = many(30)
    assert aggregate([make.session(requests)]) == aggregate([make.session(requests[::-1])])


def test_runs_that_are_all_alike_have_an_interval_of_no_width() -> None:
    stat = ttft(only(aggregate([make.session([make.request(f"r{n}") for n in range(12)])])))
    assert (stat.low, stat.median, stat.high) == (100, 100, 100)


def test_warm_ups_are_counted_apart_and_enter_nothing() -> None:
    requests = [
        make.request("w1", first_ms=9000, warmup=True),
        make.request("w2", state=RequestState.FAILED, warmup=True),
        make.request("r1"),
    ]
    row = only(aggregate([make.session(requests, scores=[make.score("w1", 1), make.score("r1", 5)])]))
    assert (row.warmups, row.outcomes, ttft(row).maximum) == (2, Outcomes(done=1), 100)
    assert row.scores == (ScoreMean("overall", 5, 1),)


def test_every_way_to_fail_is_counted_and_in_no_latency() -> None:
    requests = [
        make.request(f"r{state}", state=state, first_ms=100 if state.counts else 5000) for state in RequestState
    ]
    row = only(aggregate([make.session([*requests, make.request("again")])]))
    assert row.outcomes == Outcomes(done=2, empty=1, cut=1, failed=1, stopped=1, skipped=1)
    assert (row.outcomes.runs, row.outcomes.failures, row.outcomes.failure_rate) == (7, 5, 5 / 7)
    assert row.unfinished == 3
    assert (ttft(row).n, ttft(row).maximum) == (2, 100)
    assert (row.stats["end_ms"].n, row.stats["decode_tps"].n) == (2, 2)


def test_without_an_ended_run_there_is_no_failure_rate() -> None:
    row = only(aggregate([make.session([make.request(state=RequestState.RUNNING), make.request("w", warmup=True)])]))
    assert (row.outcomes.runs, row.outcomes.failure_rate, row.unfinished) == (0, None, 1)


def test_measured_and_raced_runs_never_meet() -> None:
    requests = [make.request("r1", first_ms=100), make.request("r2", first_ms=900, mode=Mode.RACE)]
    measured, raced = aggregate([make.session(requests)]).rows
    assert (measured.subject.mode, ttft(measured).maximum, measured.flags["contended"]) == (Mode.MEASURE, 100, 0)
    assert (raced.subject.mode, ttft(raced).minimum, raced.flags["contended"]) == (Mode.RACE, 900, 1)


@pytest.mark.parametrize(
    "other",
    [
        make.target("m2", "beta"),
        make.target("m2", "alpha", id="alpha-cuda-gpu:1"),
        make.target("m2", "alpha", device="GPU"),
        make.target("m2", "alpha", ep="CUDA"),
        make.target("m2", "alpha", variant="int8"),
        make.target("m2", "alpha", host="demo"),
    ],
    ids=["alias", "id", "device", "provider", "variant", "host"],
)
def test_different_models_devices_and_hosts_stay_apart(other: Any) -> None:
    models = [make.target("m1", "alpha"), other]
    report = aggregate([make.session([make.request("r1"), make.request("r2", model="m2")], models=models)])
    assert [row.outcomes.runs for row in report.rows] == [1, 1]
    assert {row.subject.alias for row in report.rows} == {"alpha", other.card.alias}


def test_the_same_model_under_another_key_is_the_same_model() -> None:
    models = [make.target("m1", "alpha"), make.target("m2", "alpha")]
    session = make.session([make.request("r1"), make.request("r2", model="m2")], models=models)
    assert ttft(only(aggregate([session]))).n == 2


@pytest.mark.parametrize(
    "change",
    [{"max_tokens": 64}, {"temperature": 0.0}, {"top_p": 0.5}, {"seed": 7}, {"stop": ("\n",)}],
    ids=lambda change: next(iter(change)),
)
def test_different_parameters_stay_apart(change: dict[str, Any]) -> None:
    requests = [make.request("r1", plan="a"), make.request("r2", plan="b"), make.request("r3", plan="c")]
    report = aggregate([make.session(requests, plans=[plan("a"), plan("b", **change), plan("c")])])
    assert [(row.subject.parameters, row.outcomes.runs) for row in report.rows] == [
        (Parameters(), 2),
        (Parameters(**change), 1),
    ]


def test_different_system_prompts_stay_apart_and_an_empty_one_is_none() -> None:
    prompts = [Prompt("Why?", key="p1"), Prompt("Why?", "Be brief.", key="p2"), Prompt("Why?", "", key="p3")]
    requests = [make.request(f"r{n}", prompt=f"p{n}") for n in (1, 2, 3)]
    report = aggregate([make.session(requests, prompts=prompts)])
    assert [(row.subject.system, row.outcomes.runs) for row in report.rows] == [(None, 2), ("Be brief.", 1)]


def test_scores_count_once_each_the_latest_and_never_one_taken_back() -> None:
    scores = [
        make.score("r1", 1),
        make.score("r1", 5),
        make.score("r1", 2, rater="bob"),
        make.score("r2", 4),
        make.score("r2", None),
        make.score("r1", 3, criterion="style"),
        make.score("r9", 1),
    ]
    row = only(aggregate([make.session([make.request("r1"), make.request("r2")], scores=scores)]))
    assert row.scores == (ScoreMean("overall", 3.5, 2), ScoreMean("style", 3, 1))


def test_scores_of_two_sessions_do_not_overwrite_each_other() -> None:
    first = make.session([make.request("r1")], scores=[make.score("r1", 1)])
    second = make.session([make.request("r1")], scores=[make.score("r1", 4)], session_id="other")
    assert only(aggregate([first, second])).scores == (ScoreMean("overall", 2.5, 2),)


def test_scores_on_different_scales_are_not_averaged() -> None:
    scores = [make.score("r1", 4), make.score("r1", 8, rater="bob", scale=10)]
    row = only(aggregate([make.session([make.request("r1")], scores=scores)]))
    assert row.scores == (ScoreMean("overall", 4, 1, 5), ScoreMean("overall", 8, 1, 10))


def test_a_session_given_twice_is_counted_once() -> None:
    session = make.session([make.request()])
    report = aggregate([session, session])
    assert (report.sessions, only(report).outcomes.runs) == (1, 1)
    assert "more than once" in report.notes[0]


def test_copies_of_a_session_that_differ_are_named_once_and_those_that_do_not_are_not() -> None:
    one = make.session([make.request("r1")])
    more = make.session([make.request("r1"), make.request("r2")])
    scored = make.session([make.request("r1")], scores=[make.score("r1")])
    again = "A session was given more than once and is counted once."
    differ = f"Files differ in what they hold of session {one.id}: the one that holds most is counted."
    assert aggregate([one, one]).notes == (again,)
    for other in (more, scored):
        for copies in ([one, other, other, one], [other, one], [one, other]):
            report = aggregate(copies)
            assert (report.notes, report.unlike, report.sessions) == ((again, differ), (differ,), 1)
            assert report == replace(aggregate([other]), notes=report.notes, unlike=report.unlike)


def test_runs_from_different_hosts_say_so() -> None:
    here = make.session([make.request()], host={"kind": "openai", "version": "1.0"})
    there = make.session([make.request()], host={"kind": "openai", "version": "1.1"}, session_id="other")
    assert only(aggregate([here, there])).notes == ("from 2 different hosts or versions",)
    assert only(aggregate([here, replace(here, id="third")])).notes == ()


def test_a_measured_row_with_contended_runs_says_so() -> None:
    row = only(aggregate([make.session([make.request("r1"), make.request("r2", contended=True)])]))
    assert (row.flags["contended"], row.notes) == (1, ("1 of 2 runs contended",))


def test_models_asked_different_prompts_are_not_compared_in_silence() -> None:
    unlike = make.session([make.request("r1", prompt="p1"), make.request("r2", model="m2", prompt="p2")])
    assert ["same prompts" in note for note in aggregate([unlike]).notes] == [True]
    alike = make.session(
        [make.request("r1"), make.request("r2", model="m2"), make.request("r3", prompt="p2", mode=Mode.RACE)]
    )
    assert aggregate([alike]).notes == ()


def test_models_asked_the_same_prompts_with_other_settings_are_not_said_to_have_had_others() -> None:
    warm = Plan("warm", Mode.MEASURE, ("m1", "m2"), ("p2",), parameters=Parameters(temperature=0.7))
    requests = [
        make.request(f"{plan}{model}", plan=plan, prompt=prompt, model=model)
        for plan, prompt in (("measure", "p1"), ("warm", "p2"))
        for model in ("m1", "m2")
    ]
    assert aggregate([make.session(requests, plans=[warm])]).notes == ()
    (note,) = aggregate(
        [make.session([*requests[:-1], make.request("r", model="m1", prompt="p3")], plans=[warm])]
    ).notes
    assert note == "Not all rows are of the same prompts (measure): compare them with care."


def test_estimated_tokens_are_marked() -> None:
    row = only(aggregate([make.session([make.request("r1"), make.request("r2", source="tokenizer")])]))
    assert row.stats["decode_tps"].estimated
    assert not ttft(row).estimated
    assert not only(aggregate([make.session([make.request("r1")])])).stats["decode_tps"].estimated


def test_size_and_licence_are_the_last_known() -> None:
    sizes = [(800.0, "MIT"), (900.0, None), (None, None)]
    sessions = [
        make.session([make.request()], session_id=str(n), models=[make.target(size_mb=size, licence=licence)])
        for n, (size, licence) in enumerate(sizes)
    ]
    row = only(aggregate(sessions))
    assert (row.size_mb, row.licence) == (900, "MIT")
    unknown = only(aggregate(sessions[2:]))
    assert (unknown.size_mb, unknown.licence) == (None, None)


def test_the_memory_of_a_model_s_host_is_the_most_that_was_seen() -> None:
    requests = [make.request("r1"), make.request("r2"), make.request("r3")]
    requests[0].fold(ev.Memory("r1", 1, 900_000_000, 4_000_000_000))
    requests[1].fold(ev.Memory("r2", 1, 1_200_000_000, 4_000_000_000))
    requests[2].fold(ev.Memory("r3", 1, None, 4_000_000_000))
    assert only(aggregate([make.session(requests)])).memory_mb == 1200
    assert only(aggregate([make.session(requests[2:])])).memory_mb is None


def test_rows_are_sorted_measured_first_then_by_name() -> None:
    models = [make.target("m1", "Zeta"), make.target("m2", "alpha"), make.target("m3", "Beta")]
    requests = [
        make.request(f"{mode}{key}", model=key, mode=mode)
        for mode in (Mode.RACE, Mode.MEASURE)
        for key in ("m1", "m2", "m3")
    ]
    rows = aggregate([make.session(requests, models=models)]).rows
    assert [(row.subject.mode, row.subject.alias) for row in rows] == [
        (mode, alias) for mode in (Mode.MEASURE, Mode.RACE) for alias in ("alpha", "Beta", "Zeta")
    ]


def test_skipped_files_are_passed_on() -> None:
    assert aggregate([], [("bad.toml", "it is cut")]).skipped == (("bad.toml", "it is cut"),)


def test_the_upper_bound_of_the_p95_needs_enough_runs_and_is_the_right_one_of_them() -> None:
    def stat(count: int) -> Stat:
        return ttft(only(aggregate([make.session(many(count))])))

    assert stat(58).p95_high is None
    assert stat(59).p95_high == stat(59).maximum
    # Tables of order statistics: of 93 values the 92nd is the first that bounds the percentile with 95 % confidence.
    assert (stat(92).p95_high, stat(93).p95_high) == (100 + 91, 100 + 91)


def test_a_model_asked_in_two_ways_within_one_plan_has_two_rows() -> None:
    both = Plan("measure", Mode.MEASURE, ("m1", "m2"), ("p1",), parameters=Parameters(temperature=0.0, seed=1))
    own = Overrides(system="Be odd.", temperature=1.5)
    first, second = make.target("m1"), replace(make.target("m2"), own=own)
    requests = [make.request("r1", model="m1"), make.request("r2", model="m2")]
    report = aggregate([make.session(requests, plans=[both], models=[first, second])])
    asked = [
        (row.subject.system, row.subject.parameters.temperature, row.subject.parameters.seed) for row in report.rows
    ]
    assert asked == [(None, 0.0, 1), ("Be odd.", 1.5, 1)]
    choosing = replace(report, options=ReportOptions(select=True))
    (selection,) = [part for part in sections(choosing, choosing.matches) if part.title == "Selection"]
    settings = [sentence for sentence in selection.sentences if sentence.startswith("Settings of ")]
    assert [one[:14] for one in settings] == ["Settings of 1:", "Settings of 2:"] and 'system "Be odd."' in settings[1]


def test_two_variants_of_one_alias_are_two_rows_one_below_the_other() -> None:
    on = [make.target(f"m{n}", "phi", id=f"phi-{device}", device=device) for n, device in enumerate(("GPU", "CPU"), 1)]
    other = make.target("m3", "qwen")
    requests = [make.request(f"r{n}", model=f"m{n}") for n in (1, 2, 3)]
    rows = aggregate([make.session(requests, models=[*on, other])]).rows
    assert [(row.subject.alias, row.subject.device) for row in rows] == [("phi", "CPU"), ("phi", "GPU"), ("qwen", None)]


def test_runs_with_a_marker_ahead_of_the_prompt_stay_apart_from_those_without() -> None:
    rows = aggregate([make.session([make.request("r1"), make.request("r2", nonce="1f")])]).rows
    assert [row.subject.nonce for row in rows] == [False, True]


PHI = {"id": "phi-4-mini-cuda-gpu:5", "device": "GPU"}
BELIEVED = {"alias": "phi-4-mini-cuda-gpu:5", **PHI}
KNOWN = {"alias": "phi-4-mini", **PHI, "variant": "cuda-gpu", "ep": "CUDAExecutionProvider", "size_mb": 3686.0,
         "licence": "MIT"}  # fmt: skip


def asked_as(*cards: dict[str, Any]) -> tuple[Row, ...]:
    """The rows of a session for each of these facts of one model."""
    models = [make.target(**card) for card in cards]
    kept = [make.session([make.request()], session_id=str(n), models=[one]) for n, one in enumerate(models)]
    return aggregate(kept).rows


@pytest.mark.parametrize("cards", [(BELIEVED, KNOWN), (KNOWN, BELIEVED)])
def test_a_model_of_which_less_was_known_once_is_one_row(cards: tuple[dict[str, Any], ...]) -> None:
    (row,) = asked_as(*cards)
    what = row.subject
    assert (what.alias, what.variant, what.ep) == ("phi-4-mini", "cuda-gpu", "CUDAExecutionProvider")
    assert (row.size_mb, row.licence, row.outcomes.runs, row.sessions) == (3686, "MIT", len(cards), len(cards))


@pytest.mark.parametrize(
    "other",
    [
        {"device": "NPU"}, {"device": None}, {"id": "phi-4-mini-cuda-gpu:6"}, {"ep": "OtherProvider"},
        {"variant": "other"}, {"alias": "another"}, {"host": "ollama"},
    ],
)  # fmt: skip
def test_what_differs_stays_apart(other: dict[str, Any]) -> None:
    assert len(asked_as(KNOWN, KNOWN | other)) == 2


def test_nobody_guesses_which_of_two_a_model_was() -> None:
    assert len(asked_as(KNOWN, KNOWN | {"ep": "OtherProvider"}, BELIEVED)) == 3


def test_facets_met_and_what_was_given_blind_are_counted_apart() -> None:
    asked = Prompt("What is RAG?", key="p1", facets=("retrieval", "context", "sources"))
    models = [make.target(key, key, id=key) for key in ("m1", "m2")]
    made = make.session([make.request("r1"), make.request("r2", model="m2")], models=models, prompts=[asked])
    first: list[Entry] = [
        Score("r1", "ann", 2, make.WHEN, blind=True),
        Score("r2", "ann", 5, make.WHEN, blind=True),
        Vote(("r1", "r2"), "ann", VoteChoice.WINNER, make.WHEN, "r2", blind=True),
        FacetTick("r1", "retrieval", "ann", True, make.WHEN, blind=True),
        FacetTick("r1", "context", "ann", True, make.WHEN, blind=True),
        FacetTick("r1", "sources", "ann", None, make.WHEN, blind=True),
        FacetTick("r1", "context", "bob", False, make.WHEN),
    ]
    for entry in (*first, Score("r1", "bob", 4, make.WHEN), Vote(("r1", "r2"), "bob", VoteChoice.BOTH_BAD, make.WHEN)):
        add_entry(made, entry)
    report = aggregate([made])
    one, other = report.rows
    # What bob did not mark is not met: of the three facets, as ann and as bob say.
    assert one.facets == (FacetShare(2, 6, 2),) and other.facets == ()
    assert (one.scores[0].mean, one.scores[0].blind, one.scores[0].blind_mean, one.scores[0].open_mean) == (3, 1, 2, 4)
    assert (other.scores[0].blind, other.scores[0].open_mean) == (1, None)
    for name in some([form.name for form in FORMATS if form.name in ("text", "md")]):
        said = " ".join(format_called(name).render(report).split())
        assert "2 of 6" in said and "2 of 3 scores, 1 of 2 votes" in said
        assert "overall 2.00 blind (1), 4.00 with the names in sight (1)" in said
    told = json.loads(format_called("json").render(report))["rows"]
    assert told[0]["facets"] == [{"met": 2, "of": 6, "answers": 2, "raters": "people", "share": 0.3333}]
    assert told[0]["votes_given"] == {"n": 2, "blind": 1} and told[0]["votes_of_judges"] == {"n": 0, "blind": 0}
    headings, cells, _ = csv.reader(io.StringIO(format_called("csv").render(report)))
    row = dict(zip(headings, cells, strict=True))
    assert (row["facets_met"], row["facets_of"], row["score_overall_blind_n"]) == ("2", "6", "1")


def test_what_a_judge_gave_blind_is_counted_apart_from_what_people_did() -> None:
    models = [make.target(key, key, id=key) for key in ("m1", "m2")]
    made = make.session([make.request("r1"), make.request("r2", model="m2")], models=models)
    made.raters["judge phi"] = Rater("judge phi", RaterKind.JUDGE)
    for entry in (
        Score("r1", "ann", 2, make.WHEN),
        Vote(("r1", "r2"), "ann", VoteChoice.WINNER, make.WHEN, "r2"),
        *(Score(run, "judge phi", 4, make.WHEN, blind=True) for run in ("r1", "r2")),
        Vote(("r1", "r2"), "judge phi", VoteChoice.WINNER, make.WHEN, "r1", blind=True),
    ):
        add_entry(made, entry)
    report = aggregate([made])
    for name in ("text", "md"):
        said = " ".join(format_called(name).render(report).split())
        assert "Scores and votes were given with the names of the models in sight, not blind." in said
        assert "Given blind by judges: 2 of 2 scores, 1 of 1 vote." in said
    told = json.loads(format_called("json").render(report))["rows"]
    assert told[0]["votes_given"] == {"n": 1, "blind": 0} and told[0]["votes_of_judges"] == {"n": 1, "blind": 1}
    for options in (ReportOptions(), ReportOptions(by=parse_by(["model"]))):
        of = replace(report, options=options)
        every = [tables(of.rows)] if not options.by else [part.tables for part in sections(of, of.matches)]
        (voted,) = [table for found in every for _, table in found if "votes\nwon-lost-even" in table[0]]
        headings, cells = voted
        assert headings[-2:] == ["votes\nwon-lost-even", "votes, by judges\nwon-lost-even"]
        assert [line[-2:] for line in cells if any(line[1:])] == [("0-1-0", "1-0-0"), ("1-0-0", "0-1-0")]
    answers = list(csv.DictReader(io.StringIO(format_called("requests-csv").render(report))))
    assert [(one["votes_won"], one["votes_lost"]) for one in answers] == [("0", "1"), ("1", "0")]
    assert [(one["votes_won_by_judges"], one["votes_lost_by_judges"]) for one in answers] == [("1", "0"), ("0", "1")]
