"""Since a baseline and over sessions: what is planted is found, and what is nothing is not, at the kernel's rates."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.support.sessions import WHEN, request, score, session, target
from tests.support.some import some
from tui.core.metrics.registry import Place, metrics_in
from tui.core.plans.mode import Mode
from tui.core.sessions.session import Session
from tui.report.aggregate import narrowed
from tui.report.baseline import Earlier
from tui.report.change_outcomes import ChangeOutcome
from tui.report.changes import Change, changes
from tui.report.conditional import Asked, conditional_report
from tui.report.contrasts import contrasts
from tui.report.formats.registry import format_called
from tui.report.options import ReportOptions, parse_by
from tui.report.regressions import compared_figures
from tui.report.render import aggregated
from tui.report.reported_request import ReportedRequest
from tui.report.rows import Row
from tui.report.statistics.times import compare_prompt
from tui.report.trend import Trend, trends

PROMPTS, ROUNDS, BEFORE = 8, 3, 5
SESSION_NOISE, RUN_NOISE = 0.03, 0.02
"""Standard deviations of logarithms."""
BETTER, WORSE, SAME, UNKNOWN = ChangeOutcome


def row() -> Row:
    (only,) = aggregated([session([request("r1")])], figures=compared_figures()).rows
    return only


ROW = row()
NAMES = [metric.name for metric in metrics_in(Place.REPORT)]


def measured(dice: random.Random, name: str, slower: dict[int, float]) -> list[ReportedRequest]:
    """The answers of one session: each prompt has a time of its own, each session and each run some noise. `slower`
    says how many times as long prompts take, by number."""
    off = dice.gauss(0, SESSION_NOISE)
    made = []
    for prompt in range(PROMPTS):
        for round_ in range(ROUNDS):
            ms = 200 * (1 + prompt) * math.exp(off + dice.gauss(0, RUN_NOISE)) * slower.get(prompt, 1.0)
            values = {"ttft_ms": ms / 10, "end_ms": ms, "decode_tps": 20_000 / ms}
            made.append(
                ROW.requests[0]._replace(
                    session=name, id=f"{name}-{prompt}-{round_}", prompt=f"Question {prompt}?",
                    round=round_, values=tuple(values[one] for one in NAMES), tokens=100,
                    figures={figure.name: values.get(figure.name) for figure in compared_figures()},
                    created=WHEN + timedelta(days=int(name)),
                )
            )  # fmt: skip
    return made


def drawn(dice: random.Random, slower: dict[int, float]) -> tuple[Row, Row]:
    """The latest session, and those before it."""
    before = [run for number in range(BEFORE) for run in measured(dice, str(number), {})]
    return narrowed(ROW, measured(dice, "9", slower)), narrowed(ROW, before)


def since(now: Row, before: Row) -> tuple[Change, ...]:
    return changes([now], Earlier([before]))


def whole(found: Sequence[Change], figure: str = "end_ms") -> ChangeOutcome:
    (only,) = (one for one in found if one.figure == figure and not one.prompt)
    return only.outcome


def test_a_planted_slowdown_of_a_model_is_found() -> None:
    everywhere = dict.fromkeys(range(PROMPTS), 1.3)
    found = Counter(whole(since(*drawn(random.Random(seed), everywhere))) for seed in range(40))
    assert found[WORSE] >= 36 and not found[BETTER]


def test_a_planted_speed_up_is_called_better_of_times_and_rates() -> None:
    everywhere = dict.fromkeys(range(PROMPTS), 0.7)
    found = since(*drawn(random.Random(1), everywhere))
    assert {whole(found, name) for name in NAMES} == {BETTER}


def test_a_prompt_that_alone_became_slower_is_named() -> None:
    named, with_others = 0, 0
    for seed in range(20):
        every = since(*drawn(random.Random(seed), {3: 1.9}))
        worse = {one.prompt for one in every if one.prompt and one.figure == "end_ms" and one.outcome is WORSE}
        named += "Question 3?" in worse
        with_others += len(worse) > 1
    # A session that is off as a whole is so for all of its prompts: that is one alarm, and one in twenty is allowed.
    assert named >= 18 and with_others <= 2


def test_of_sessions_that_are_alike_none_is_called_better_or_worse_more_often_than_the_kernel_allows() -> None:
    """Which of six equal sessions is the latest is a matter of chance, so it is shuffled."""
    models, families, alarms, families_with_any = 0, 0, 0, 0
    for seed in range(30):
        dice = random.Random(1_000 + seed)
        sessions = [measured(dice, str(number), {}) for number in range(BEFORE + 1)]
        for latest in dice.sample(range(BEFORE + 1), 3):
            before = [run for number, runs in enumerate(sessions) if number != latest for run in runs]
            found = since(narrowed(ROW, sessions[latest]), narrowed(ROW, before))
            models += 1
            alarms += whole(found) in (WORSE, BETTER)
            families += 1
            families_with_any += any(
                one.prompt and one.figure == "end_ms" and one.outcome in (WORSE, BETTER) for one in found
            )
    # 6 % of 90, and what chance adds to that in one of a thousand such tests.
    assert models == families == 90
    assert alarms <= 5 + 7 and families_with_any <= 5 + 7


def test_fewer_than_four_sessions_of_a_baseline_tell_nothing_and_say_so() -> None:
    dice = random.Random(3)
    before = narrowed(ROW, [run for number in range(3) for run in measured(dice, str(number), {})])
    found = since(narrowed(ROW, measured(dice, "9", dict.fromkeys(range(PROMPTS), 3.0))), before)
    assert {one.outcome for one in found} == {UNKNOWN}
    some("4 sessions of the baseline" in one.why for one in found)
    assert {one.now is not None and one.before is not None for one in found} == {True}


def test_one_prompt_against_equal_sessions_alarms_in_a_twentieth_of_the_cases() -> None:
    dice = random.Random(5)
    alarms = 0
    for _ in range(2_000):
        before = [math.exp(dice.gauss(0, 0.04)) for _ in range(5)]
        found = compare_prompt([math.exp(dice.gauss(0, 0.04))], before)
        assert found is not None
        alarms += found.p <= 0.05
    assert 60 <= alarms <= 140
    assert compare_prompt([1.0], [1.0, 1.0, 1.0]) is None
    equal, other = compare_prompt([1.0], [1.0] * 4), compare_prompt([2.0], [1.0] * 4)
    assert equal is not None and equal.p == 1 and equal.same_within()
    assert other is not None and other.p == 0 and other.ratio == pytest.approx(2)


def scored(name: str, values: Sequence[int]) -> Session:
    requests = [request(f"r{number}", prompt=f"p{number}") for number in range(len(values))]
    scores = [score(f"r{number}", value) for number, value in enumerate(values)]
    return session(requests, session_id=name, scores=scores)


def test_scores_are_compared_prompt_by_prompt_of_raters_who_scored_both() -> None:
    def found(values: Sequence[int]) -> ChangeOutcome:
        figures = compared_figures()
        now = aggregated([scored("20261122T110301Z-0002", values)], figures=figures).rows
        before = aggregated([scored("20261122T110301Z-0001", [4] * 8)], figures=figures).rows
        return whole(changes(now, Earlier(before)), "overall")

    assert found([2, 1, 2, 2, 1, 2, 2, 1]) is WORSE
    assert found([4] * 8) is SAME
    assert found([5, 3, 4, 4, 5, 3, 5, 2]) is UNKNOWN


def trend(figure: str, slower: float) -> Trend:
    dice = random.Random(11)
    runs = [run for number in range(BEFORE) for run in measured(dice, str(number), {})]
    runs += measured(dice, "9", dict.fromkeys(range(PROMPTS), slower))
    (only,) = (one for one in trends([narrowed(ROW, runs)]) if one.figure == figure)
    return only


def test_a_trend_is_in_order_of_time_and_its_latest_session_is_judged_against_those_before() -> None:
    slow = trend("end_ms", 1.5)
    assert [point.session for point in slow.points] == ["0", "1", "2", "3", "4", "9"]
    assert slow.outcome is WORSE and slow.prompts == PROMPTS
    assert slow.points[-1].value > 1.3 * slow.points[0].value
    assert trend("decode_tps", 1.5).outcome is WORSE
    assert trend("end_ms", 1.0).outcome is not WORSE


def test_sessions_of_other_prompts_are_in_no_trend_with_these() -> None:
    dice = random.Random(2)
    runs = [run for name in "01" for run in measured(dice, name, {})]
    other = [run._replace(prompt=f"other {run.prompt}") for name in "234" for run in measured(dice, name, {})]
    found = [one for one in trends([narrowed(ROW, [*runs, *other])]) if one.figure == "end_ms"]
    assert sorted(len(one.points) for one in found) == [2, 3]
    some(one.outcome is UNKNOWN and one.why for one in found)


def on(device: str, name: str, version: str = "1.0", **facts: Any) -> Session:
    model = target("m1", "phi", id=f"phi-{device}:1", device=device, ep=f"{device}EP", variant=f"phi-{device}")
    requests = [request(f"r{n}", prompt=f"p{n}", first_ms=900 if device == "CPU" else 90, **facts) for n in range(8)]
    return session(requests, session_id=name, models=[model], host={"kind": "foundry", "version": version})


def test_two_devices_of_a_model_are_compared_and_what_else_differs_is_named() -> None:
    sessions = [on("CPU", "20261122T110301Z-0001"), on("GPU", "20261122T110301Z-0002", version="1.1")]
    rows = aggregated(sessions).rows
    (found,) = contrasts(rows, parse_by(["device"]))
    names = {name: (first, second) for name, first, second in found.differs}
    assert names["execution provider"] == ("CPUEP", "GPUEP")
    assert names["host's version"] == ("1.0", "1.1")
    assert names["session"] == ("20261122T110301Z-0001", "20261122T110301Z-0002")
    options = ReportOptions(by=parse_by(["device"]))
    made, _ = conditional_report(Asked.parse(options=options), [sessions[0], on("GPU", "20261122T110301Z-0003")])
    text = " ".join(format_called("text").render(made).split())
    assert "device CPU against GPU; what else differs: variant phi-CPU against phi-GPU" in text
    assert "phi GPU faster than phi CPU on 8 of 8 prompts" in text
    assert "cause not separable" in text


def test_rows_of_other_settings_are_contrasted_only_where_there_are_no_nearer_ones() -> None:
    rows = aggregated([on("CPU", "20261122T110301Z-0001"), on("GPU", "20261122T110301Z-0002", mode=Mode.RACE)]).rows
    assert contrasts(rows, parse_by(["device"])) == []
    assert contrasts(rows, parse_by(["model"])) == []


def test_a_report_with_a_baseline_names_every_change_in_every_format_for_people() -> None:
    before = [timed(f"20261122T110301Z-000{number}", 100 + number) for number in range(5)]
    now = timed("20261122T110301Z-0009", 300)
    made, judged = conditional_report(Asked.parse(compares=True), [now], lambda: before)
    assert made.changes is not None
    outcomes = Counter(one.outcome for one in made.changes if one.figure == "ttft_ms")
    assert outcomes[WORSE] == 9
    assert any("finds a regression" in sentence for sentence in judged.sentences)
    for form in some(["text", "md", "html"]):
        shown = format_called(form).render(made)
        assert "Against the baseline" in shown and "worse" in shown and "Prompts that changed" in shown


def timed(name: str, first_ms: float) -> Session:
    requests = [request(f"r{n}-{k}", prompt=f"p{n}", round=k, first_ms=first_ms) for n in range(8) for k in (1, 2)]
    return session(requests, session_id=name)
