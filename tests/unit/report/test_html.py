"""The report as a page: it loads and runs nothing, says what the other formats say, and can be read by everybody."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import sessions as make
from tests.support.some import any_number_of, some
from tests.unit.report.test_writers import HOSTILE, compared, outside, rich
from tui.core.plans.mode import Mode
from tui.core.plans.prompt import Prompt
from tui.core.text.clean import clean, clean_line
from tui.report.aggregate import aggregate
from tui.report.candidate_names import names_of
from tui.report.formats.charts import WIDTH, Scale, time_scale
from tui.report.formats.html import DARK, LIGHT, POLICY, render
from tui.report.formats.html_answers import MOST_BYTES
from tui.report.front import ahead
from tui.report.render import aggregated
from tui.report.report import Report
from tui.report.shown_verdicts import leading
from tui.report.verdict_words import said
from tui.report.verdicts import verdicts

EMPTY = {"meta"}
"""Elements of the page that have no end."""
HARMLESS = {
    *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "ul", "li", "span", "div"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption"),
    *("details", "summary", "pre"),
    *("svg", "line", "rect", "circle", "polyline", "text"),
}
LOADING = {"src", "href", "srcset", "style", "data", "action", "background", "poster", "xlink:href"}


class Page(HTMLParser):
    """A page as a browser's parser takes it apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.texts_in: dict[str, list[str]] = {}
        self.within: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.within.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and "style" not in self.within:
            self.texts.append(data)
            self.texts_in.setdefault(self.within[-1], []).append(data)

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment: {data}")

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [facts for found, facts in self.elements if found == tag]

    def of_pre(self) -> list[str]:
        """The texts that stand as they came."""
        return self.texts_in["pre"]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def scored(values: dict[str, Sequence[int]], *, mode: Mode = Mode.MEASURE, other: str = "") -> Report:
    """Models with a score for each prompt; the slower the later they come. One of them may have been asked another
    prompt besides."""
    requests, scores = [], []
    for place, (key, points) in enumerate(values.items(), 1):
        for number, value in enumerate(points):
            run = make.request(f"{key}{number}", model=key, prompt=f"p{number}", mode=mode, first_ms=100 * place)
            requests.append(run)
            scores.append(make.score(run.spec.id, value))
        if key == other:
            requests.append(make.request(f"{key}x", model=key, prompt="px", mode=mode))
    models = [make.target(key, key, id=key) for key in values]
    prompts = [Prompt(f"Question {key}?", key=key) for key in ("p0", "p1", "p2", "px")]
    return aggregate([make.session(requests, models=models, prompts=prompts, scores=scores)])


def many(models: int, prompts: int) -> Report:
    names = [f"<b>model & number {number}</b> of a rather long name" for number in range(models)]
    requests = [
        make.request(
            f"r{model}-{number}",
            model=f"m{model}",
            prompt=f"p{number}",
            first_ms=100 * (model + 1) + number,
            answer=[f"<b>Answer {number}</b> & so on. " * 120],
        )
        for model in range(models)
        for number in range(prompts)
    ]
    asked = [Prompt(f"<i>Prompt {number}</i> " * 20, key=f"p{number}") for number in range(prompts)]
    targets = [make.target(f"m{number}", name, id=name) for number, name in enumerate(names)]
    scores = [make.score(run.spec.id, 1 + number % 5) for number, run in enumerate(requests)]
    return aggregated([make.session(requests, models=targets, prompts=asked, scores=scores)], answers=True)


def answered(*texts: str, prompt: str = "Why?") -> Report:
    """A model that gave these answers in turn."""
    requests = [make.request(f"r{number}", round=number, answer=[text]) for number, text in enumerate(texts, 1)]
    return aggregated([make.session(requests, prompts=[Prompt(prompt, key="p1")])], answers=True)


def assert_inert(page: Page) -> None:
    assert {tag for tag, _ in page.elements} <= HARMLESS
    for _, facts in some(page.elements):
        assert not facts.keys() & LOADING
        assert not any(name.startswith("on") for name in any_number_of(facts))
    assert page.within == []


@pytest.mark.parametrize("report", [rich(), compared(), many(2, 3), aggregate([])], ids=["rich", "two", "many", "none"])
def test_a_page_loads_and_runs_nothing_and_says_so_to_the_browser(report: Report) -> None:
    shown = render(report)
    page = Page(shown)
    assert_inert(page)
    charset, policy, *_ = page.of("meta")
    assert charset == {"charset": "utf-8"}
    assert policy == {"http-equiv": "Content-Security-Policy", "content": POLICY}
    assert "url(" not in shown and "@import" not in shown
    assert shown.startswith("<!DOCTYPE html>\n<html") and shown == render(report)


def assert_holds(text: str) -> None:
    for report, plain in ((outside(text), outside("plain")), (compared(text), compared())):
        page = Page(render(report))
        assert_inert(page)
        counts, usual = (Counter(tag for tag, _ in one.elements) for one in (page, Page(render(plain))))
        for tag in ("h2", "h3", "table", "tr", "td", "svg", "figure"):
            assert counts[tag] == usual[tag], tag
        assert " ".join(clean_line(text).split()) in page.text


@pytest.mark.parametrize("text", [*HOSTILE, "</style><script>x</script>", "--><svg onload=x>", "\ufffe\x85"], ids=ascii)
def test_text_from_outside_is_shown_and_is_no_markup(text: str) -> None:
    assert_holds(text)


@settings(max_examples=20, deadline=None)
@given(st.text(st.sampled_from("ab <>&;\"'/=!-[]#x") | st.characters(), max_size=12))
def test_any_text_is_shown_and_is_no_markup(text: str) -> None:
    assert_holds(text)


@pytest.mark.parametrize("report", [rich(), compared(), scored({"a": [2, 3], "b": [4, 5]})], ids=["rich", "two", "ab"])
def test_a_page_says_of_two_models_what_the_verdicts_say(report: Report) -> None:
    shown, matches = Page(render(report)).text, report.matches
    names = names_of(matches.candidates)
    for verdict in some(leading(verdicts(matches))):
        sentence = said(verdict, names)
        assert " ".join(f"{sentence.figure}: {sentence.counts}; {sentence.verdict}".split()) in shown


def test_every_table_has_a_caption_headings_and_as_many_cells_in_each_row() -> None:
    shown = render(rich())
    for table in some(re.findall("<table>.*?</table>", shown, re.DOTALL)):
        page = Page(table)
        assert len(page.of("caption")) == 1
        assert all("scope" in heading for heading in some(page.of("th")))
        above, below = map(Page, table.removesuffix("</table>").replace("<table>", "").split("</thead>"))
        columns = sum(
            int(heading.get("colspan") or 1) for heading in above.of("th") if heading["scope"] == "colgroup"
        ) + sum("rowspan" in heading for heading in above.of("th"))
        columns = columns or len(above.of("th"))
        assert len(below.of("th")) + len(below.of("td")) == columns * len(below.of("tr"))


def test_every_chart_is_named_and_described_by_text_that_is_there() -> None:
    page = Page(render(scored({"a": [2, 3], "b": [4, 5]})))
    identities = [facts["id"] for _, facts in page.elements if "id" in facts]
    assert len(identities) == len(set(identities))
    charts = page.of("svg")
    assert len(charts) == 3
    for chart in some(charts):
        assert chart["role"] == "img"
        assert {chart["aria-labelledby"], chart["aria-describedby"]} <= set(identities)


def test_the_front_is_of_those_to_which_none_is_preferable() -> None:
    a, b, c = (1, 1), (2, 3), (3, 2)
    assert ahead([a, b, c]) == (True, True, False)
    assert ahead([c, b]) == (False, True) and ahead([c]) == (True,)
    assert ahead([b, (2, 3)]) == (True, True)
    assert ahead([b, (2, 2), (4, 3)]) == (True, False, False)


def test_what_a_chart_says_is_what_the_tables_say() -> None:
    report = scored({"a": [2, 3], "b": [4, 5], "c": [1, 2]})
    shown = Page(render(report)).text
    for number, row in enumerate(some(report.rows), 1):
        fact = f"{number} {row.subject.alias}: {row.scores[0].mean:.2f} in {row.stats['end_ms'].median:.0f} ms"
        assert fact in shown
    assert "Filled and joined: the front, 1 a, 2 b. Open: another" in shown


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (scored({"a": [2, 3], "b": [4, 5]}, mode=Mode.RACE), "in a race each time tells of the whole race"),
        (
            scored({"a": [2, 3], "b": [4, 5]}, other="a"),
            "not all of them were timed on the same prompts, or not all scored on the same ones",
        ),
        (
            scored({"a": [2, 3], "b": [4]}),
            "not all of them were timed on the same prompts, or not all scored on the same ones",
        ),
    ],
    ids=["race", "timed", "scored"],
)
def test_no_front_is_marked_where_models_cannot_be_compared(report: Report, why: str) -> None:
    shown = render(report)
    assert f"No front is marked: {why}." in shown
    assert "the front, " not in shown and 'class="front"' not in shown and "dot open" not in shown


@pytest.mark.parametrize(
    ("version", "why"), [("1.0", "their times are of different sessions"), ("2.0", "their times are not comparable")]
)
def test_no_front_is_marked_of_different_sessions(version: str, why: str) -> None:
    sessions = [
        make.session(
            [make.request("r1", model=key)], models=[make.target(key, key, id=key)], scores=[make.score("r1")],
            session_id=f"20261122T110301Z-000{key[1]}", host={"kind": "openai", "version": of_host},
        )
        for key, of_host in (("m1", "1.0"), ("m2", version))
    ]  # fmt: skip
    assert f"No front is marked: {why}." in render(aggregate(sessions))


def test_there_is_no_front_without_scores_of_two_models() -> None:
    for values in some(({"a": [2, 3]}, {"a": [2, 3], "b": []})):
        assert "Quality against time" not in render(scored(values))


@pytest.mark.parametrize("values", [[5.0], [0.0], [1.0, 29.0], [3.0, 4000.0], [1e-3, 1e9], [0.0, 1e6], [7.0, 7.0]])
def test_a_scale_holds_all_values_in_their_order(values: list[float]) -> None:
    scale = time_scale(values)
    places = [scale.at(value) for value in values]
    assert places == sorted(places)
    assert all(scale.start - 0.01 <= place <= scale.end + 0.01 for place in some(places))
    assert scale.logarithmic == (values[0] > 0 and values[-1] / values[0] > 30)
    assert list(scale.ticks) == sorted(set(scale.ticks)) and 2 <= len(scale.ticks) <= 15
    assert scale.logarithmic or scale.ticks[0] == 0


def test_a_place_on_a_scale_is_in_proportion() -> None:
    assert Scale((0, 5, 10), 100, 300).at(2.5) == pytest.approx(150)
    assert Scale((1, 10, 100), 100, 300, logarithmic=True).at(10) == pytest.approx(200)


@pytest.mark.parametrize("slowest", [90, 990, 30_000, 900_000])
def test_no_number_of_a_scale_is_cut_off(slowest: int) -> None:
    requests = [make.request(f"r{ms}", model=key, first_ms=ms) for key, ms in (("m1", 5), ("m2", slowest))]
    ticks = re.findall(
        r'<text class="text tick mid" x="([\d.]+)"[^>]*>([^<]*)<', render(aggregate([make.session(requests)]))
    )
    for x, tick in some(ticks):
        half = 3.9 * len(tick)  # half the width of digits of 12 px
        assert half <= float(x) <= WIDTH - half, tick


def test_an_answer_for_which_the_model_was_loaded_has_a_sign_of_its_own() -> None:
    requests = [make.request(f"r{number}", round=number) for number in range(3)]
    warm = render(aggregate([make.session(requests)]))
    requests[1].timestamps.load_start, requests[1].timestamps.load_end = make.ASKED, make.ASKED + 1
    shown = render(aggregate([make.session(requests)]))
    assert [(text.count("1 answer the model was loaded first"), text.count('class="cold"'), text.count('class="small"'))
            for text in (warm, shown)] == [(0, 0, 3), (1, 1, 2)]  # fmt: skip


def test_answers_are_folded_by_prompt_and_are_text_whatever_they_hold() -> None:
    hostile = [
        "<img src=x onerror=alert(1)>",
        "```html\n<script>alert(1)</script>\n```",
        "\n[a](javascript:x)",
        "\x1b[31m",
    ]
    shown = render(answered(*hostile, prompt="Why <b>so</b>?\nTell."))
    page = Page(shown)
    assert_inert(page)
    assert shown == render(answered(*hostile, prompt="Why <b>so</b>?\nTell."))
    assert page.of("details") == [{"class": "prompt"}, *[{"class": "answer"}] * 4]
    assert "1. Why <b>so</b>?␊Tell. (4 answers)" in page.text
    for text in some(hostile):
        assert any(clean(text) == one.removeprefix("\n") or clean(text) == one for one in page.texts)
    assert "1 model-m1, measured, round 2; 110 ms" in page.text


def test_only_what_is_long_is_cut_and_the_page_says_by_how_much() -> None:
    page = Page(render(answered("short", "<" * 2_000_000)))
    short, long = page.of_pre()
    assert short == "short" and 0 < len(long) * len("&lt;") <= MOST_BYTES
    assert f"{2_000_000 - len(long)} characters more are in its session" in page.text


def test_without_answers_kept_there_is_no_such_part() -> None:
    assert "Answers" not in Page(render(rich())).texts and Page(render(rich())).of("details") == []


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["text", "quiet", "mark"])
def test_what_is_read_stands_out_from_the_page(colours: dict[str, str], name: str) -> None:
    dark, light = sorted(luminance(colours[part]) for part in (name, "page"))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_page_of_four_models_and_a_hundred_prompts_is_small_and_the_same_each_time() -> None:
    shown = render(many(4, 100))
    assert len(shown.encode()) <= 1_500_000
    assert shown == render(many(4, 100))
    assert "400 answers on one scale" in shown


def test_several_sessions_of_the_same_prompts_have_a_trend_of_times_and_of_each_criterion() -> None:
    sessions = [
        make.session(
            [make.request(f"r{prompt}", prompt=f"p{prompt}", first_ms=100 * day + prompt) for prompt in (1, 2)],
            prompts=[Prompt(f"Question {prompt}?", key=f"p{prompt}") for prompt in (1, 2)],
            scores=[make.score("r1", day)], session_id=f"2026112{day}T110301Z-7f3a",
        )
        for day in (1, 2, 3)
    ]  # fmt: skip
    page = Page(render(aggregate(sessions)))
    assert "Trend: whole answer" in page.text and "Trend: overall" in page.text
    assert "1 model-m1: 1.00 in the first of its 3 sessions, 3.00 in its last" in page.text
    assert "Trend: " not in Page(render(aggregate(sessions[:1]))).text
    courses = [facts for facts in page.of("polyline") if facts["class"] == "course"]
    assert [len(str(facts["points"]).split()) for facts in some(courses)] == [3, 3]
