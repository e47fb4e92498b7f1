"""The rows around an answer: title, phases, numbers, score."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.app.widget_app import WidgetApp, rows
from tests.support.sessions import score
from tests.support.some import any_number_of, some
from tui.core.metrics.registry import Place, flags_in, metrics_in
from tui.core.plans.mode import Mode
from tui.core.requests import events as ev
from tui.core.requests.phase import Phase
from tui.core.requests.phases import Span, live
from tui.core.requests.request import Request, RequestSpec, RequestState
from tui.core.scoring.rating import Score
from tui.core.scoring.rubric import DEFAULT_RUBRIC, OVERALL, Criterion, Rubric
from tui.ui.cells import cells_needed
from tui.ui.widgets.metrics import MetricsRow, Reading, lines, reading
from tui.ui.widgets.phase_bar import GLYPHS, TIP, PhaseBar, phase_cells
from tui.ui.widgets.scores import ScoreRow
from tui.ui.widgets.title import STATES, TitleRow

MS = 1_000_000


def spans(*seconds: float) -> tuple[Span, ...]:
    stops = list(itertools.accumulate(seconds))
    starts = [0.0, *stops[:-1]]
    return tuple(Span(phase, start, stop) for phase, start, stop in zip(Phase, starts, stops, strict=False))


# Phases


def test_bars_on_one_scale_compare() -> None:
    assert phase_cells(spans(1, 1, 2), scale=8, width=24) == [(Phase.QUEUE, 3), (Phase.LOAD, 3), (Phase.PREFILL, 6)]
    assert phase_cells(spans(2, 2, 4), scale=8, width=24) == [(Phase.QUEUE, 6), (Phase.LOAD, 6), (Phase.PREFILL, 12)]


@given(st.lists(st.floats(1e-6, 1e4), max_size=5), st.floats(0, 1e4), st.integers(0, 80))
def test_every_phase_that_took_place_is_seen_and_the_bar_fits(seconds: list[float], scale: float, width: int) -> None:
    cells = phase_cells(spans(*seconds), scale, width)
    assert all(count >= 1 for _, count in any_number_of(cells))
    assert sum(count for _, count in cells) <= width
    assert len(cells) == min(len(seconds), width)


def test_each_phase_has_a_glyph_of_its_own() -> None:
    assert len({*GLYPHS.values(), TIP}) == len(Phase) + 1
    assert all(cell_len(glyph) == 1 for glyph in some(GLYPHS.values()))


async def test_the_bar_writes_a_phase_s_name_where_it_fits_and_ends_in_a_tip_while_running() -> None:
    bar = PhaseBar()
    async with WidgetApp(bar).run_test(size=(40, 3)) as pilot:
        bar.show(spans(1, 1, 4, 2, 12), scale=20, running=False)
        await pilot.pause()
        assert rows(bar) == ["··▒▒▓▓▓▓▓▓▓▓░░░░█answer" + "█" * 17]
        bar.show(spans(1, 1, 6), scale=20, running=True)
        await pilot.pause()
        assert rows(bar) == ["··▒▒▓prefill▓▓▓›"]
        styles = [str(segment.style.color) for segment in bar.render_line(0) if segment.style and segment.text.strip()]
        assert len(set(styles)) == 3, "colours differ as well as glyphs"


# Numbers


def a_request(*, usage: bool = True) -> Request:
    request = Request(RequestSpec("r1", "plan1", Mode.RACE, "m1", "p1", contended=True))
    request.fold(ev.Sent("r1", 1000 * MS))
    for number in range(9):
        kind = ev.Kind.REASONING if number < 3 else ev.Kind.ANSWER
        request.fold(ev.Delta("r1", (1310 + 100 * number) * MS, number, kind, "word "))
    if usage:
        request.fold(ev.Usage("r1", prompt_tokens=7, completion_tokens=18))
    return request


def test_a_reading_takes_its_numbers_from_the_request_running_or_ended() -> None:
    running = a_request(usage=False)
    seen = reading(running, live(running, 2200 * MS))
    assert (seen.tokens, seen.estimated, "contended" in seen.flags) == (9, True, True)
    assert seen.rate_now is not None
    ended = a_request()
    ended.fold(ev.Ended("r1", 2200 * MS, "stop", done_marker=True))
    final = reading(ended, live(ended, 9900 * MS))
    assert (final.tokens, final.estimated, "chunked" in final.flags, final.finish_reason) == (18, False, True, "stop")
    for one in (seen, final):
        for name, value in (("ttft_ms", 310.0), ("ttfo_ms", 610.0)):
            assert one.metrics[name] == getattr(ended.metrics, name) == value


DONE = Reading(
    RequestState.DONE, tokens=96, rate=41.3, elapsed=2.6, finish_reason="stop", metrics={"ttft_ms": 310},
    flags={"contended": ""},
)  # fmt: skip


def test_a_wide_pane_says_everything_in_words() -> None:
    assert lines(DONE, 36) == ["96 tok  41.3 tok/s  first 0.31s", "total 2.6s  stop  race"]
    thought = replace(DONE, metrics={"ttft_ms": 310, "ttfo_ms": 1200}, prompt_tokens=12)
    assert lines(thought, 48)[1] == "total 2.6s  stop  race  answer 1.20s  prompt 12"


def test_the_narrowest_pane_keeps_what_matters_most() -> None:
    assert lines(DONE, 24) == ["96 tok  41.3 tok/s  race", "first 0.31s  total 2.6s"]
    assert lines(replace(DONE, finish_reason="length"), 24)[1] == "1st 0.31s 2.6s length"


def test_unknown_is_a_dash_and_an_estimate_wears_a_tilde() -> None:
    assert lines(Reading(RequestState.QUEUED), 36) == ["- tok  - tok/s  first -", "total -"]
    running = Reading(RequestState.RUNNING, tokens=34, estimated=True, rate_now=38.94, rate=40.0, elapsed=1.24)
    assert lines(running, 36) == ["~34 tok  ~38.9 tok/s  first -", "total 1.2s…"]
    assert lines(running, 60)[0] == "~34 tok  ~38.9 tok/s  first -  mean ~40.0"


def test_a_very_short_time_is_not_told_as_none() -> None:
    quick = replace(DONE, metrics={"ttft_ms": 0.4}, elapsed=0.012)
    assert lines(quick, 36) == ["96 tok  41.3 tok/s  first 0.4ms", "total 12ms  stop  race"]
    assert lines(quick, 24) == ["96 tok  41.3 tok/s  race", "first 0.4ms  total 12ms"]


def test_where_nobody_counted_tokens_an_ended_answer_has_so_many_chunks() -> None:
    uncounted = Reading(RequestState.DONE, metrics={"ttft_ms": 510}, elapsed=1.0, finish_reason="stop", chunks=79)
    assert lines(uncounted, 36) == ["79 chunks  - tok/s  first 0.51s", "total 1.0s  stop"]
    assert lines(replace(uncounted, chunks=1), 24)[0] == "1 chunk  - tok/s"
    assert lines(replace(uncounted, state=RequestState.RUNNING, tokens=79, estimated=True), 24)[0] == "~79 tok  - tok/s"


known = st.one_of(st.none(), st.floats(0, 1e7))


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.builds(
        Reading,
        st.sampled_from(RequestState),
        st.one_of(st.none(), st.integers(0, 10**7)),
        st.booleans(),
        known,
        known,
        known,
        st.one_of(st.none(), st.text(max_size=30)),
        st.one_of(st.none(), st.integers(0, 10**7)),
        st.one_of(st.none(), st.integers(0, 10**12)),
        st.integers(0, 10**7),
        st.dictionaries(st.sampled_from([metric.name for metric in metrics_in(Place.PANE)]), known),
        st.dictionaries(st.sampled_from([flag.name for flag in flags_in(Place.PANE)]), st.sampled_from(["", "7/12"])),
    ),
    st.integers(24, 80),
)
def test_readings_fit_and_no_number_is_cut(one: Reading, width: int) -> None:
    reason = one.finish_reason
    full = lines(replace(one, finish_reason=None), 500) + lines(replace(one, finish_reason=None), 33)
    numbers = {number for line in full for number in re.findall(r"[\d.]+", line)} | {"1"}  # "1st"
    for line in some(lines(one, width)):
        assert cell_len(line) <= width
        if not reason:
            assert set(re.findall(r"[\d.]+", line.replace("1st", ""))) <= numbers


def test_a_finish_reason_from_outside_is_cleaned_and_kept_short() -> None:
    assert lines(replace(DONE, finish_reason="\x1b[31mlength and very much more"), 80)[1] == (
        "total 2.6s  ␛[31mlength a…  race"
    )


async def test_one_row_of_numbers_has_the_ones_that_matter_most_and_a_note_takes_its_place() -> None:
    assert lines(DONE, 24, rows=1) == ["41.3 t/s race 1st 0.31s"]
    assert lines(DONE, 38, rows=1) == ["96 tok 41.3 t/s 1st 0.31s 2.6s race"]
    strip = MetricsRow()
    async with WidgetApp(strip).run_test(size=(24, 3)) as pilot:
        strip.styles.height = 1
        strip.show(DONE)
        strip.show_note("too \x1bshort, and no word of the documents")
        await pilot.pause()
        assert rows(strip) == ["✎ too ␛short, and no wo…"]
        strip.show_note("")
        await pilot.pause()
        assert rows(strip) == ["41.3 t/s race 1st 0.31s"]


async def test_a_row_without_a_reading_shows_nothing() -> None:
    strip = MetricsRow()
    async with WidgetApp(strip).run_test(size=(40, 3)) as pilot:
        strip.show(DONE)
        await pilot.pause()
        assert rows(strip) == ["96 tok  41.3 tok/s  first 0.31s", "total 2.6s  stop  race"]
        strip.show(None)
        await pilot.pause()
        assert rows(strip) == ["", ""]


# Score and title


def scored(value: int | None, **more: int) -> dict[str, Score]:
    """Scores by criterion: one overall, if there is one, and more."""
    values = {OVERALL: value, **more}
    return {name: score("r1", value, criterion=name) for name, value in values.items() if value is not None}


@pytest.mark.parametrize(
    ("value", "note", "shown"),
    [
        (4, "terse", "★★★★☆  ✎ terse"),
        (5, "", "★★★★★"),
        (None, "", "·····"),
        (None, "too short", "·····  ✎ too short"),
        (3, "too short, and wrong", "★★★☆☆  ✎ too short, and…"),
        (3, "多すぎる言葉が多すぎる", "★★★☆☆  ✎ 多すぎる言葉が…"),
        (1, "a\x1b[2Jb\nc\u202e", "★☆☆☆☆  ✎ a␛[2Jb␊c<U+202…"),
    ],
)
async def test_a_score_is_stars_and_a_note_stands_behind_a_pencil(value: int | None, note: str, shown: str) -> None:
    strip = ScoreRow()
    async with WidgetApp(strip).run_test(size=(24, 3)) as pilot:
        strip.show(DEFAULT_RUBRIC, scored(value), note)
        await pilot.pause()
        assert rows(strip) == [shown]


async def test_several_criteria_stand_side_by_side_and_another_scale_is_told_in_figures() -> None:
    strip = ScoreRow()
    async with WidgetApp(strip).run_test(size=(44, 3)) as pilot:
        strip.show(DEFAULT_RUBRIC, scored(4, style=2), "terse")
        await pilot.pause()
        assert rows(strip) == ["★★★★☆ overall ★★☆☆☆ style  ✎ terse"]
        strip.show(DEFAULT_RUBRIC, {OVERALL: score("r1", 7, scale=10)}, "")
        await pilot.pause()
        assert rows(strip) == ["7/10"]
        strip.show(Rubric((Criterion("style", "Style"), Criterion("tone", scale=3))), scored(None, tone=2), "")
        await pilot.pause()
        assert rows(strip) == ["····· Style ★★☆☆☆ tone"], "in the order of the rubric, on the scale of the score"
        strip.show(Rubric((Criterion("tone", scale=3),)), {}, "")
        await pilot.pause()
        assert rows(strip) == ["·/3 tone"]


FOUR = Rubric(
    (Criterion("accuracy", "Accuracy"), Criterion("style", "文体"), Criterion("tone"), Criterion("fit", scale=3))
)


@pytest.mark.parametrize(
    ("width", "given", "note", "shown"),
    [
        (60, {}, "", "····· Accuracy ····· 文体 ····· tone ·/3 fit"),
        (60, {"accuracy": 4}, "terse", "★★★★☆ Accuracy ····· 文体 ····· tone ·/3 fit  ✎ terse"),
        (40, {}, "", "····· Accuracy sty· ton· fit·"),
        (40, {"accuracy": 4}, "", "····· 文体 acc4 ton· fit·"),
        (40, {"accuracy": 4, "style": 3, "tone": 2}, "", "·/3 fit acc4 sty3 ton2"),
        (40, {"accuracy": 4, "style": 3, "tone": 2, "fit": 1}, "", "1/3 fit acc4 sty3 ton2"),
        (24, {}, "", "····· Ac… sty· ton· fit·"),
        (30, {"accuracy": 4}, "terse", "····· 文体 acc4 ton· fit·  ✎ …"),
    ],
)
async def test_where_all_criteria_do_not_fit_the_one_that_is_next_is_shown_and_of_the_others_the_scores(
    width: int, given: dict[str, int], note: str, shown: str
) -> None:
    strip = ScoreRow()
    scores = {
        name: score("r1", value, criterion=name, scale=3 if name == "fit" else 5) for name, value in given.items()
    }
    async with WidgetApp(strip).run_test(size=(width, 3)) as pilot:
        strip.show(FOUR, scores, note)
        await pilot.pause()
        assert rows(strip) == [shown]


TWO = Rubric((Criterion("accuracy", "Accuracy"), Criterion("style", "Style")))
FACTS = Rubric((Criterion("fact"), Criterion("factual"), Criterion("style")))


@pytest.mark.parametrize(
    ("rubric", "width", "given", "criterion", "shown"),
    [
        (TWO, 24, {"accuracy": 4, "style": 3}, "", "★★★☆☆ Style acc4 f3/5"),
        (TWO, 24, {"accuracy": 4, "style": 3}, "accuracy", "★★★★☆ Accuracy sty3 f3/5"),
        (TWO, 16, {"accuracy": 4, "style": 3}, "", "acc4 ›sty3 f3/5"),
        (TWO, 44, {"accuracy": 4}, "", "★★★★☆ Accuracy ····· Style  facets 3/5"),
        (FACTS, 26, {"fact": 4, "factual": 3}, "", "fact4 factu3 ›sty· f3/5"),
        (FACTS, 22, {"fact": 4}, "", "fact4 ›factu· sty·"),
        (DEFAULT_RUBRIC, 20, {OVERALL: 5}, "", "★★★★★  facets 3/5"),
        (DEFAULT_RUBRIC, 14, {OVERALL: 5}, "", "★★★★★  f3/5"),
    ],
)
async def test_the_next_criterion_is_named_and_marks_stand_behind_the_scores(
    rubric: Rubric, width: int, given: dict[str, int], criterion: str, shown: str
) -> None:
    strip = ScoreRow()
    scores = {name: score("r1", value, criterion=name) for name, value in given.items()}
    async with WidgetApp(strip).run_test(size=(width, 3)) as pilot:
        strip.show(rubric, scores, "", criterion, (("facets 3/5", "f3/5"),))
        await pilot.pause()
        assert rows(strip) == [shown]


@pytest.mark.parametrize("note", ["उत्तर बहुत छोटा है, और ग़लत भी", "👩‍👩‍👧‍👦" * 20])
@pytest.mark.parametrize("width", [16, 20, 24, 31])
async def test_a_note_is_cut_where_it_fits_in_every_terminal(note: str, width: int) -> None:
    strip = ScoreRow()
    async with WidgetApp(strip).run_test(size=(width, 3)) as pilot:
        strip.show(DEFAULT_RUBRIC, scored(4), note)
        await pilot.pause()
        (row,) = rows(strip)
        assert row.endswith("…")
        assert cells_needed(row) <= width


def test_every_state_has_a_glyph_and_a_word_of_its_own() -> None:
    assert set(STATES) == set(RequestState)
    assert len({glyph for glyph, _, _ in STATES.values()}) == len({word for _, word, _ in STATES.values()}) == 9


async def test_the_title_gives_up_the_state_s_word_first_and_never_its_glyph_nor_the_toy_s_mark() -> None:
    title = TitleRow()
    app = WidgetApp(title)
    async with app.run_test(size=(40, 3)) as pilot:
        title.show(1, "demo-small · CPU", toy=True, state=RequestState.DONE, thinking=False)
        shown = {}
        for width in (40, 24, 14):
            await pilot.resize_terminal(width, 3)
            await pilot.pause()
            shown[width] = rows(title)[0]
        assert shown == {
            40: "╭1 toy demo-small · CPU ──────── ✓ done╮",
            24: "╭1 toy demo-small ·…  ✓╮",
            14: "╭1 toy dem… ✓╮",
        }
        title.show(2, "x[/]\x1b\n", toy=False, state=RequestState.RUNNING, thinking=True)
        await pilot.resize_terminal(40, 3)
        await pilot.pause()
        assert rows(title)[0] == "╭2 x[/]␛␊ ────────────────── ● thinking╮"
