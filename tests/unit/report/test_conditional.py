"""What rows must have and must not have: which are left out, which are found, and which cannot be judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.support.sessions import ASKED, MS, request, score, session, target
from tests.support.some import some
from tui.core.conditions.grammar import parse
from tui.core.conditions.names import Use, figures
from tui.core.conditions.statistics import STATISTICS, statistic_called
from tui.core.errors import BadInputError
from tui.core.metrics.registry import Place, metrics_in
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import Request, RequestState
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import Parameters
from tui.report.conditional import Asked, Judgement, Result, conditional_report
from tui.report.formats.registry import FORMATS
from tui.report.judging import judge
from tui.report.render import aggregated
from tui.report.rows import Row
from tui.report.statistics.sample import P95_FROM

PHI = target("m1", "phi", id="phi-gpu:2", device="GPU", licence="MIT", size_mb=2000)
QWEN = target("m2", "qwen", id="qwen-cpu:1", device="CPU")


def answers(model: str, *first_ms: float, prompt: str = "p1", start: int = 1) -> list[Request]:
    """One answer of a model for each of these times to first text."""
    return [
        request(f"{model}-{prompt}-{number}", model=model, prompt=prompt, round=number, first_ms=ms)
        for number, ms in enumerate(first_ms, start)
    ]


def held(requests: Sequence[Request], name: str = "20261122T110301Z-0001", **facts: object) -> Session:
    return session(requests, session_id=name, models=[PHI, QWEN], **facts)  # type: ignore[arg-type]


def two() -> Session:
    """phi answers after 100 to 300 ms and is scored; qwen after 500 ms, once, and fails once."""
    requests = answers("m1", 100, 200, 300) + answers("m2", 500)
    requests.append(request("m2-f", model="m2", round=2, state=RequestState.FAILED))
    return held(requests, scores=[score("m1-p1-1", 5), score("m1-p1-2", 2), score("m1-p1-2", 1, rater="bob")])


def asked(
    sessions: Sequence[Session], *, baseline: Sequence[Session] | None = None, filters: Sequence[str] = (),
    requires: Sequence[str] = (), fail_ifs: Sequence[str] = (),
) -> tuple[list[str], Judgement]:  # fmt: skip
    """The models that are in the report, and the judgement."""
    wanted = Asked.parse(filters, requires, fail_ifs, compares=baseline is not None)
    report, judgement = conditional_report(wanted, sessions, None if baseline is None else lambda: baseline)
    return [row.subject.alias for row in report.rows], judgement


def result(text: str, *sessions: Session, baseline: Sequence[Session] | None = None) -> tuple[Result, str]:
    """What becomes of one `--fail-if`, and all that is said of it."""
    _, judgement = asked(sessions or [two()], fail_ifs=[text], baseline=baseline)
    (only,) = judgement.results
    return only, " ".join(judgement.sentences)


@pytest.mark.parametrize(
    ("text", "outcome", "says"),
    [
        ("ttft_ms > 400", "holds", "--fail-if ttft_ms > 400 holds for qwen (qwen-cpu:1), CPU, measure: ttft_ms.p50 is "
         "500 ms, the limit 400 ms."),
        ("ttft_ms.p50 > 500", "does not hold", "--fail-if ttft_ms.p50 > 500 does not hold for any of 2 rows."),
        ("ttft_ms.mean = 200", "holds", "ttft_ms.mean is 200 ms, the limit 200 ms."),
        ("ttft_ms.max >= 300, ttft_ms.min <= 100", "holds", "phi (phi-gpu:2), GPU, measure: ttft_ms.max is 300 ms, the "
         "limit 300 ms; ttft_ms.min is 100 ms, the limit 100 ms."),
        ("ttft_ms.max > 400, ttft_ms.min < 200", "does not hold", ""),
        ("ttft_ms.n < 2", "holds", "qwen (qwen-cpu:1), CPU, measure: ttft_ms.n is 1, the limit 2."),
        ("ttft_ms.sd > 50", "holds", "ttft_ms.sd is 100 ms"),
        ("ttft_ms.sd > 500", "does not hold", "qwen (qwen-cpu:1), CPU, measure: ttft_ms.sd "
         "needs 2 values, and there is one."),
        ("ttft_ms.p95 > 1", "cannot be judged", "phi (phi-gpu:2), GPU, measure: "
         "ttft_ms.p95 needs 20 values, and there are 3."),
        ("icl_max_ms.max > 5", "holds", "icl_max_ms.max is 10 ms, the limit 5 ms."),
        ("failure_rate > 20%", "holds", "qwen (qwen-cpu:1), CPU, measure: failure_rate is 50%, the limit 20%."),
        ("failure_rate > 50%", "does not hold", ""),
        ("quality < 3", "holds", "phi (phi-gpu:2), GPU, measure: quality.mean is 2.66667 points, the limit 3 points."),
        ("quality[overall].max > 5", "does not hold", "quality[overall].max needs a value, and there is none."),
        ("quality[style].mean < 9", "cannot be judged", "quality[style].mean needs a value, and there is none."),
        ("memory_mb > 1", "cannot be judged", "memory_mb.max needs a value, and there is none."),
        ("model = phi, ttft_ms > 150", "holds", "holds for phi (phi-gpu:2), GPU, measure: ttft_ms.p50 is 200 ms, the "
         "limit 150 ms; model is phi-gpu:2."),
        ("model = phi, ttft_ms > 400", "does not hold", "does not hold for the one row that could be judged."),
        ("model = fie, ttft_ms > 400", "cannot be judged", "cannot be judged. There is no row with model = fie."),
        ("model = qwen, ttft_ms.p95 > 1", "cannot be judged", "needs 20 values, and there is one."),
        ("licence = MIT, ttft_ms > 400", "does not hold", "qwen (qwen-cpu:1), CPU, measure: the licence is not known."),
        ("licence != MIT", "does not hold", "cannot be judged. qwen (qwen-cpu:1), CPU, measure: the "
         "licence is not known."),
        ("licence = MIT", "holds", "phi (phi-gpu:2), GPU, measure: licence is MIT."),
        ("size_mb > 1 GB", "holds", "phi (phi-gpu:2), GPU, measure: size_mb is 2000 MB."),
        ("device = NPU", "does not hold", ""),
        ("mode = race, ttft_ms > 1", "cannot be judged", "There is no row with mode = race."),
    ],
)  # fmt: skip
def test_the_figure_itself_is_compared_row_by_row(text: str, outcome: str, says: str) -> None:
    found, said = result(text)
    assert (found.value, says in said) == (outcome, True), said


@pytest.mark.parametrize(("text", "outcome"), [("ttft_ms.max > 500", Result.PASSED), ("load_ms.max > 0", Result.HOLDS)])
def test_what_a_load_took_trips_no_limit_of_times_but_its_own(text: str, outcome: Result) -> None:
    made = answers("m1", 900, 100, 200)
    made[0].timestamps.load_start, made[0].timestamps.load_end = ASKED, ASKED + MS
    assert result(text, held(made))[0] is outcome
    # Of answers that are all cold there is nothing else to judge.
    assert result("ttft_ms.max > 500", held(made[:1]))[0] is Result.HOLDS


def test_several_are_judged_each_by_itself() -> None:
    _, judgement = asked([two()], fail_ifs=["ttft_ms > 400", "ttft_ms > 900", "ttft_ms.p95 > 1"])
    assert judgement.results == (Result.HOLDS, Result.PASSED, Result.NOT_JUDGED)


def test_unlike_scores_are_not_put_together() -> None:
    scored = held(answers("m1", 100), scores=[score("m1-p1-1", 5), score("m1-p1-1", 7, criterion="style", scale=9)])
    found, said = result("quality > 1", scored)
    assert found is Result.NOT_JUDGED
    assert said.endswith(
        "quality.mean would put unlike scores together: overall from 1 to 5, style from 1 to 9; name one, as "
        "quality[overall].mean."
    )
    assert result("quality[style] > 6", scored)[0] is Result.HOLDS


def test_every_figure_and_statistic_can_be_judged_or_says_why_not() -> None:
    texts = [f"{figure.name} >= 0" for figure in figures() if figure.name != "queue_ms"]
    texts += [f"ttft_ms.{statistic.name} >= 0" for statistic in STATISTICS]
    _, judgement = asked([held(answers("m1", *range(100, 300, 2)))], fail_ifs=texts)
    known = dict(zip(texts, judgement.results, strict=True))
    assert {known[f"ttft_ms.{statistic.name} >= 0"] for statistic in STATISTICS} == {Result.HOLDS}
    assert Result.PASSED not in known.values()
    assert all(known[f"{metric.name} >= 0"] is Result.HOLDS for metric in some(metrics_in(Place.REPORT)))


def test_a_figure_is_the_one_in_the_report() -> None:
    whole = held(answers("m1", *range(100, 300, 2)))
    (row,) = aggregated([whole], figures=figures()).rows
    for metric in some(metrics_in(Place.REPORT)):
        stat = row.stats[metric.name]
        shown = {"p50": stat.median, "min": stat.minimum, "max": stat.maximum, "p95": stat.p95, "n": stat.n}
        for name, value in some(shown.items()):
            assert result(f"{metric.name}.{name} = {value!r}", whole)[0] is Result.HOLDS
    ninety_five = statistic_called("p95")
    assert ninety_five is not None and ninety_five.least == P95_FROM


def test_the_order_of_files_changes_nothing() -> None:
    sessions = [held(answers("m1", 100, 300), f"20261122T110301Z-000{number}") for number in range(3)]
    assert result("ttft_ms > 150", *sessions) == result("ttft_ms > 150", *reversed(sessions))


def test_no_session_cannot_be_judged_and_without_judging_is_refused() -> None:
    _, judgement = asked([], fail_ifs=["ttft_ms > 1"])
    assert judgement.results == (Result.NOT_JUDGED,)
    assert judgement.sentences == ("--fail-if ttft_ms > 1 cannot be judged. There are no rows.",)
    with pytest.raises(BadInputError, match="There is no session to report on"):
        asked([])


def test_a_filter_that_leaves_nothing_is_refused_and_where_it_is_judged_cannot_be() -> None:
    with pytest.raises(BadInputError) as refused:
        asked([two()], filters=["model = fie"])
    assert refused.value.sentence() == (
        "Nothing is left to report on. Only what has model = fie is counted: 0 of 5 runs. In these sessions model is "
        "phi-gpu:2, qwen-cpu:1."
    )
    _, judgement = asked([two()], filters=["model = fie"], fail_ifs=["ttft_ms > 1"])
    assert judgement.results == (Result.NOT_JUDGED,)


def test_filters_narrow_each_other_and_the_report_says_so() -> None:
    rows, judgement = asked([two()], filters=["model = phi", "ttft_ms < 250"], fail_ifs=["ttft_ms.max > 200"])
    assert (rows, judgement.results) == (["phi"], (Result.PASSED,))
    assert judgement.sentences[0] == "Only what has model = phi, ttft_ms < 250 is counted: 2 of 5 runs."
    report, _ = conditional_report(Asked.parse(["model = phi"]), [two()])
    assert report.notes[0] == "Only what has model = phi is counted: 3 of 5 runs."


def test_a_row_that_lacks_what_it_must_have_is_left_out_with_its_reasons() -> None:
    wanted = Asked.parse(requires=["licence = MIT, size_mb < 4 GB", "ttft_ms.p50 < 250"])
    report, judgement = conditional_report(wanted, [two()])
    assert [row.subject.alias for row in report.rows] == ["phi"]
    reasons = "the licence is not known; the size_mb is not known; ttft_ms.p50 is 500 ms, not < 250 ms"
    assert judgement.sentences == (f"--require leaves out qwen (qwen-cpu:1), CPU, measure: {reasons}.",)
    texts = {form.name: form.render(report) for form in FORMATS}
    markdown = texts["md"].replace("\\_", "_").replace("&lt;", "<")
    assert f"| row qwen (qwen-cpu:1), CPU, measure | 1        | --require: {reasons} " in markdown
    assert json.loads(texts["json"])["left_out"] == [
        {"row": "qwen (qwen-cpu:1), CPU, measure", "reasons": reasons.split("; ")}
    ]
    assert "qwen" not in texts["csv"]


def test_a_report_of_which_nothing_is_required_is_as_it_was() -> None:
    report, judgement = conditional_report(Asked(), [two()])
    plain = aggregated([two()])
    assert [form.render(report) for form in FORMATS] == [form.render(plain) for form in FORMATS]
    assert judgement == Judgement()


def test_a_row_that_is_left_out_is_not_judged() -> None:
    _, judgement = asked([two()], requires=["model = phi"], fail_ifs=["ttft_ms > 400"])
    assert judgement.results == (Result.PASSED,)


BEFORE = "20261121T110301Z-0000"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("ttft_ms.p50 > baseline", "holds"), ("ttft_ms.p50 > baseline * 1.1", "holds"),
        ("ttft_ms.p50 > baseline * 2", "does not hold"), ("ttft_ms.p50 > baseline + 99", "holds"),
        ("ttft_ms.p50 > baseline + 100%", "does not hold"), ("ttft_ms.p50 != baseline ± 50", "holds"),
        ("ttft_ms.p50 = baseline ± 100", "holds"), ("ttft_ms.p50 < baseline - 10%", "does not hold"),
    ],
)  # fmt: skip
def test_a_baseline_is_the_same_model_asked_the_same_way(text: str, outcome: str) -> None:
    before = [held(answers("m1", 90, 100, 110), BEFORE)]
    assert result(text, held(answers("m1", 190, 200, 210)), baseline=before)[0].value == outcome


def test_the_row_the_figures_and_the_limit_are_named() -> None:
    found = result(
        "ttft_ms.p50 > baseline * 1.1", held(answers("m1", 200)), baseline=[held(answers("m1", 100), BEFORE)]
    )
    assert found == (
        Result.HOLDS,
        "--fail-if ttft_ms.p50 > baseline * 1.1 holds for phi (phi-gpu:2), GPU, measure: ttft_ms.p50 is 200 ms, the "
        "baseline 100 ms, the limit 110 ms.",
    )


def test_only_prompts_that_both_have_are_compared() -> None:
    prompts = [Prompt("One?", key="p1"), Prompt("Two?", key="p2"), Prompt("Three?", key="p3")]
    now = held([*answers("m1", 100), *answers("m1", 900, prompt="p2")], prompts=prompts)
    before = held([*answers("m1", 100), *answers("m1", 10, prompt="p3")], BEFORE, prompts=prompts)
    found, said = result("ttft_ms.max > baseline", now, baseline=[before])
    assert found is Result.PASSED
    found, said = result("ttft_ms.max >= baseline", now, baseline=[before])
    assert "ttft_ms.max is 100 ms on the one prompt that both have, the baseline 100 ms, the limit 100 ms." in said
    none = held(answers("m1", 10, prompt="p3"), BEFORE, prompts=prompts)
    assert result("ttft_ms.max > baseline", now, baseline=[none]) == (
        Result.NOT_JUDGED,
        "--fail-if ttft_ms.max > baseline cannot be judged. phi (phi-gpu:2), GPU, measure: not comparable: no prompt "
        "is in both.",
    )


def asked_with(max_tokens: int, name: str, mode: Mode = Mode.MEASURE) -> Session:
    plan = Plan("p", mode, ("m1",), ("p1",), parameters=Parameters(max_tokens=max_tokens))
    requests = [request("r1", model="m1", plan="p", mode=mode)]
    return held(requests, name, plans=[plan])


def test_unlike_conditions_are_named_and_not_compared() -> None:
    found, said = result("ttft_ms > baseline", asked_with(256, "a"), baseline=[asked_with(512, "b")])
    assert found is Result.NOT_JUDGED
    assert said.endswith("phi (phi-gpu:2), GPU, measure: not comparable: max_tokens 256 against 512.")
    found, said = result("ttft_ms > baseline", asked_with(256, "a"), baseline=[asked_with(256, "b", Mode.RACE)])
    assert said.endswith("not comparable: mode measure against race.")
    found, said = result("ttft_ms > baseline", asked_with(256, "a"), baseline=[held(answers("m2", 100), "b")])
    assert said.endswith("the baseline has no runs of it.")


def test_where_the_baseline_has_all_that_the_filters_admit_that_is_the_reason() -> None:
    raced, other = held([request("r1", model="m1", mode=Mode.RACE)], "a"), held(answers("m1", 100), "b")
    wanted = Asked.parse(["mode = race"], (), (), compares=True)
    reason = "All that the filters admit is in the baseline, which is left out of what is reported."
    report, judgement = conditional_report(wanted, [raced, other], lambda: [raced])
    assert not report.rows and report.notes[0] == reason and reason in judgement.sentences
    report, judgement = conditional_report(wanted, [other, raced], lambda: [other])
    assert report.rows and reason not in judgement.sentences


def test_a_session_is_no_baseline_of_itself() -> None:
    found, said = result("ttft_ms > baseline", two(), baseline=[two()])
    assert found is Result.NOT_JUDGED
    why = "the baseline has no runs of it but for one session that is itself reported, and no session is a baseline of"
    assert said.count(f"{why} itself: give others.") == 2 and "left out" not in said
    judgement = asked([two()], baseline=[two(), held(answers("m2", 100), "b"), two()])[1]
    first, second = (sentence for sentence in judgement.sentences if "cannot be judged" in sentence)
    assert f"phi (phi-gpu:2), GPU, measure: {why}" in first and why not in second


@pytest.mark.parametrize("filters", [(), ("ttft_ms < 1000",)])
def test_sessions_of_the_baseline_are_left_out_of_those_reported(filters: Sequence[str]) -> None:
    before, more, now = held(answers("m1", 100), BEFORE), held(answers("m1", 110), "b"), held(answers("m1", 500), "c")
    wanted = Asked.parse(filters, (), ["ttft_ms > baseline * 2"], compares=True)
    report, judgement = conditional_report(wanted, [before, now, more], lambda: [before, more])
    assert (report.sessions, judgement.results) == (1, (Result.HOLDS,))
    said = "2 sessions of the baseline are left out of those reported: no session is a baseline of itself."
    assert f"--baseline: {said}" in judgement.sentences and said in report.notes
    report, judgement = conditional_report(wanted, [now], lambda: [before, more])
    assert judgement.results == (Result.HOLDS,) and "left out of those" not in " ".join(judgement.sentences)
    report, judgement = conditional_report(wanted, [before, more], lambda: [before, more, now])
    assert (report.sessions, judgement.results) == (2, (Result.PASSED,)), "nothing else is reported"


def test_the_baseline_is_filtered_alike() -> None:
    now, before = held(answers("m1", 100, 500)), held(answers("m1", 100, 900), BEFORE)
    _, judgement = asked([now], baseline=[before], filters=["ttft_ms < 200"], fail_ifs=["ttft_ms.max != baseline"])
    assert judgement.results == (Result.PASSED,)


def test_a_condition_on_a_baseline_needs_one() -> None:
    with pytest.raises(BadInputError) as refused:
        Asked.parse(fail_ifs=["ttft_ms > baseline"])
    assert refused.value.sentence() == "There is no baseline. Give its sessions with --baseline FILE."


PROMPTS = [Prompt(f"Question {number}?", key=f"p{number}") for number in range(1, 7)]


def timed(name: str, factor: float = 1.0, rounds: int = 2, prompts: int = 6, tokens: int = 3, **facts: Any) -> Session:
    """A session in which each prompt takes a time of its own, times a factor; nothing else varies but by 1 %."""
    requests = [
        request(
            f"r{number}-{turn}", model="m1", prompt=f"p{number}", round=turn, tokens=tokens,
            first_ms=factor * (100 + 40 * number) * (1 + 0.01 * turn), gap_ms=factor * 20, **facts,
        )
        for number in range(1, prompts + 1)
        for turn in range(1, rounds + 1)
    ]  # fmt: skip
    return held(requests, name, prompts=PROMPTS)


NOISE = (0.99, 1.0, 1.01, 1.0, 0.98)
"""By what factor sessions of the baseline differ."""
EARLIER = [timed(f"20261120T110301Z-000{number}", factor) for number, factor in enumerate(NOISE)]


TORN = [
    replace(one, requests={key: asked for key, asked in one.requests.items() if asked.spec.prompt in asks})
    for one, asks in zip(EARLIER, (("p1", "p2"), ("p3", "p4"), ("p1", "p2"), ("p5", "p6")), strict=False)
]
"""Sessions of the baseline that have no prompt in common."""


@pytest.mark.parametrize(
    ("factor", "outcome"),
    [(1.0, Result.PASSED), (0.5, Result.PASSED), (1.04, Result.PASSED), (1.2, Result.HOLDS), (3.0, Result.HOLDS)],
)
def test_a_regression_is_beyond_the_limit_and_beyond_the_noise_of_sessions(factor: float, outcome: Result) -> None:
    _, judgement = asked([timed("now", factor)], baseline=EARLIER)
    assert judgement.results == (outcome,)
    assert all("--baseline finds" in sentence for sentence in some(judgement.sentences))


def test_each_regression_is_named_with_its_interval_and_the_limit() -> None:
    _, judgement = asked([timed("now", 2.0)], baseline=EARLIER)
    first, _, rate = judgement.sentences
    start = "--baseline finds a regression in phi (phi-gpu:2), GPU, measure: "
    assert first.startswith(f"{start}first text is 2.01 times (")
    assert first.endswith("; 6 prompts, t test with the noise of 5 sessions; the limit is 1.05).")
    assert rate.startswith(f"{start}decoding is 0.50 times (0.4")
    assert rate.endswith("; the limit is 0.95).")


def test_a_longer_answer_is_no_slower_one() -> None:
    _, judgement = asked([timed("now", 2.0, tokens=5)], baseline=EARLIER)
    found = [sentence for sentence in judgement.sentences if "finds a regression" in sentence]
    assert judgement.results == (Result.HOLDS,)
    assert all("whole answer" not in sentence for sentence in some(found))
    assert judgement.sentences[-1].endswith(
        "whole answer: answers 5 against 3 tokens long (medians), more than a fifth apart on 6 of 6 prompts."
    )


def failing(name: str, *failed: int, state: RequestState = RequestState.FAILED, mode: Mode = Mode.MEASURE) -> Session:
    """A session in which the answers to these prompts, of six, failed."""
    requests = [
        request(f"r{number}-{turn}", model="m1", prompt=f"p{number}", round=turn, first_ms=100, mode=mode,
                state=state if number in failed else RequestState.DONE)
        for number in range(1, 7)
        for turn in (1, 2)
    ]  # fmt: skip
    return held(requests, name, prompts=PROMPTS)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_model_whose_answers_all_fail_is_a_regression_in_a_race_too(mode: Mode) -> None:
    before = [failing(f"b{number}", mode=mode) for number in range(4)]
    _, judgement = asked([failing("now", *range(1, 7), mode=mode)], baseline=before)
    assert judgement.results == (Result.HOLDS,)
    assert judgement.sentences[0] == (
        f"--baseline finds a regression in phi (phi-gpu:2), GPU, {mode}: 12 of 12 answers failed, and none of 48 in "
        "the baseline."
    )
    assert asked([failing("now", *range(1, 7), mode=mode)], baseline=before[:1])[1].results == (Result.HOLDS,)


def test_more_failures_are_a_regression_where_chance_seldom_makes_as_many() -> None:
    before = [failing(f"b{number}") for number in range(4)]
    for failed, outcome in ((1, Result.PASSED), (3, Result.PASSED), (4, Result.HOLDS)):
        _, judgement = asked([failing("now", *range(1, failed + 1))], baseline=before)
        assert judgement.results == (outcome,)
        said = f"phi (phi-gpu:2), GPU, measure: {2 * failed} of 12 answers failed, and none of 48 in the baseline."
        found, chance = f"--baseline finds a regression in {said}", f"--baseline: {said} So few may be chance."
        assert judgement.sentences[0] == (found if outcome is Result.HOLDS else chance)


def test_what_failed_before_too_or_was_stopped_is_no_regression() -> None:
    stopped = failing("now", *range(1, 7), state=RequestState.STOPPED)
    for now, before in (
        (stopped, [failing(f"b{number}") for number in range(4)]),
        (failing("now", 1, 2, 3, 4), [failing(f"b{number}", 1, 2, 3) for number in range(4)]),
        (failing("now", *range(1, 7)), [failing(f"b{number}", 1, 2, 3) for number in range(4)]),
        (failing("now"), [failing(f"b{number}", 1, 2, 3) for number in range(4)]),
    ):
        _, judgement = asked([now], baseline=before)
        assert Result.HOLDS not in judgement.results
        assert not any("failed, and" in sentence for sentence in some(judgement.sentences))


def test_a_model_of_the_baseline_that_is_missing_is_named() -> None:
    both = [held([*timed(f"b{number}").requests.values(), *answers("m2", 100)], f"b{number}", prompts=PROMPTS)
            for number in range(4)]  # fmt: skip
    _, judgement = asked([timed("now")], baseline=both)
    gone = "--baseline: qwen (qwen-cpu:1), CPU, measure is not among those reported."
    assert judgement.results == (Result.PASSED,)
    assert judgement.sentences[0] == gone
    assert asked([timed("now")], baseline=both, fail_ifs=["ttft_ms > baseline * 9"])[1].sentences[0] == gone
    named = held([*timed("now").requests.values(), *answers("m2", 100)], "now", prompts=PROMPTS)
    assert gone not in asked([named], baseline=both)[1].sentences
    assert gone not in asked([named], baseline=both, requires=["model = phi"])[1].sentences


def test_a_race_is_no_regression() -> None:
    earlier = [timed(f"b{number}", mode=Mode.RACE) for number in range(5)]
    _, judgement = asked([timed("now", 2.0, mode=Mode.RACE)], baseline=earlier)
    assert judgement.results == (Result.NOT_JUDGED,)
    assert judgement.sentences == (
        "--baseline cannot be judged. phi (phi-gpu:2), GPU, race: no verdict on speed from a race.",
    )


def test_noisy_sessions_hide_what_quiet_ones_show() -> None:
    noisy = [timed(f"b{number}", factor) for number, factor in enumerate((0.7, 1.0, 1.4, 0.8, 1.2))]
    _, judgement = asked([timed("now", 1.2)], baseline=noisy)
    assert judgement.results == (Result.PASSED,)
    assert judgement.sentences == (
        "--baseline finds no regression in 3 figures; in none of them is a slowdown of more than 5% ruled out.",
    )


@pytest.mark.parametrize(
    ("now", "before", "says"),
    [
        (timed("now", 2.0), EARLIER[:1], "a difference between sessions may be noise: 4 sessions of the baseline that "
         "have it of the same prompts are needed to tell, and there is one."),
        (timed("now", 2.0), EARLIER[:3], "and there are 3."),
        (timed("now", 2.0), TORN[:4], "and of no prompt is it known in all 4 that there are."),
        (timed("now", 2.0), [*TORN[:2], *(failing(f"s{number}", *range(1, 7)) for number in range(2))], "there are 2."),
        (timed("now", 2.0, rounds=4, prompts=1), EARLIER, "two prompts are needed on both sides."),
        (timed("now", 2.0, rounds=1, prompts=3), EARLIER, "4 runs that have it are needed on both sides, and there are "
         "3 now, 30 before."),
        (asked_with(256, "now"), EARLIER, "not comparable: max_tokens 256 against 512."),
        (timed("now"), [], "the baseline has no runs of it."),
    ],
)  # fmt: skip
def test_what_cannot_be_told_from_noise_is_not_judged(now: Session, before: list[Session], says: str) -> None:
    _, judgement = asked([now], baseline=before)
    assert judgement.results == (Result.NOT_JUDGED,)
    assert judgement.sentences[-1].startswith("--baseline cannot be judged. phi (phi-gpu:2), GPU, measure: ")
    assert judgement.sentences[-1].endswith(says)


def test_a_fail_if_on_the_baseline_takes_the_place_of_the_rule() -> None:
    _, judgement = asked([timed("now", 2.0)], baseline=EARLIER, fail_ifs=["ttft_ms > baseline * 3"])
    assert judgement.results == (Result.PASSED,)
    _, judgement = asked([timed("now", 2.0)], baseline=EARLIER, fail_ifs=["ttft_ms > 5000"])
    assert judgement.results == (Result.PASSED, Result.HOLDS)


def rows_of(*sessions: Session) -> tuple[Row, ...]:
    return aggregated(sessions, figures=figures()).rows


def test_rows_of_one_model_are_told_apart_by_what_differs() -> None:
    rows = rows_of(asked_with(256, "a"), asked_with(512, "b"))
    judged = judge(parse("ttft_ms > 1", Use.FAIL_IF), rows)
    assert [sentence.split(":")[0] + ":" + sentence.split(":")[1] for sentence in judged.found] == [
        "phi (phi-gpu:2), GPU, measure, max_tokens 256",
        "phi (phi-gpu:2), GPU, measure, max_tokens 512",
    ]
