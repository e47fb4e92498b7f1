"""The three writers tell the same facts, and nothing from outside breaks out of its cell."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.cells import cell_len

from tests.support import sessions as make
from tests.support.some import some
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests.events import Memory, Usage
from tui.core.requests.request import RequestState
from tui.core.sessions.session_model import Parameters
from tui.core.text.clean import clean_line
from tui.report.aggregate import aggregate
from tui.report.formats import csv as to_csv
from tui.report.formats import json as to_json
from tui.report.formats import markdown as to_markdown
from tui.report.formats.registry import FORMATS
from tui.report.report import Report

WRITERS = [form.render for form in FORMATS]
HOSTILE = [
    "a|b",
    "a\\|b",
    "tail\\",
    "`code` and ``more``",
    "<script>alert(1)</script>",
    "<!-- hidden",
    "[link](javascript:alert(1))",
    "![pixel](http://example.invalid/x.png)",
    "*bold* __bold__ ~~gone~~",
    "&lt;b&gt;",
    "two\nlines",
    "two\r\n| lines | of | a | table |",
    "\x1b]0;owned\x07",
    "\u202eevil",
    "lone \ud83d half",
    '=HYPERLINK("http://example.invalid")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "  =1+1",
    "\r=1+1",
    "＝1+1",
    'quote " and, comma',
    "'",
    "",
]


def rich() -> Report:
    """A report in which everything occurs: both modes, failures, scores, estimates, few runs and many."""
    requests = [make.request(f"a{n}", first_ms=100 + n, round=n) for n in range(20)]
    requests[0].fold(Usage(requests[0].spec.id, 12, 3, cached_tokens=11))
    requests += [make.request(f"b{n}", model="m2", source="tokenizer", first_ms=300.25) for n in range(3)]
    requests += [make.request("b9", model="m2", state=RequestState.FAILED), make.request("w", warmup=True)]
    requests += [make.request(f"c{key}", model=key, mode=Mode.RACE, usage=False) for key in ("m1", "m2")]
    session = make.session(
        requests,
        models=[
            make.target("m1", "alpha", device="CPU", size_mb=812.5, licence="MIT"),
            make.target("m2", "beta", id="beta"),
        ],
        plans=[Plan("measure", Mode.MEASURE, ("m1",), ("p1",), parameters=Parameters(temperature=0.0, stop=("\n",)))],
        prompts=[Prompt("Why?", "Be brief.", key="p1")],
        scores=[make.score("a1", 4), make.score("a2", 5), make.score("b0", 2, criterion="style")],
    )
    return aggregate([session], [("broken.toml", "the file is cut")])


def test_what_came_from_a_cache_is_told_by_every_writer() -> None:
    report = rich()
    assert "- From a cache: the host had evaluated a part" in to_markdown.render(report)
    assert "a part of the prompt from a cache in 1 of 20 runs" in to_markdown.render(report)
    first, *others = csv.DictReader(io.StringIO(to_csv.render(report)))
    assert (first["from_cache"], {row["from_cache"] for row in others}) == ("1", {"0"})
    assert [row["from_cache"] for row in json.loads(to_json.render(report))["rows"]] == [1, 0, 0, 0]


def outside(text: str) -> Report:
    """A report in which every text from outside is `text`."""
    target = make.target("m1", text, id=text, device=text, ep=text, licence=text, variant=text, host=text)
    requests = [make.request("r1", plan="k"), make.request("r2", mode=Mode.RACE)]
    session = make.session(
        requests,
        models=[target],
        plans=[Plan("k", Mode.MEASURE, ("m1",), ("p1",), parameters=Parameters(stop=(text,)))],
        prompts=[Prompt(text, text, key="p1")],
        scores=[make.score("r1", criterion=text)],
    )
    return aggregate([session], [(text, text)])


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def table(markdown: str, title: str) -> list[dict[str, str]]:
    """The first table under a heading, as plain text reads."""
    lines = markdown.split(title, 1)[1].strip().splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("|"))
    body = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        body.append(cells(line))
    return [dict(zip(body[0], row, strict=True)) for row in body[2:]]


def test_markdown_has_a_table_for_each_mode_with_units() -> None:
    shown = to_markdown.render(rich())
    alpha, beta = table(shown, "## Measured: one request at a time")
    assert (
        alpha
        | {
            "#": "1",
            "model": "alpha (alpha-generic-cpu:1)",
            "device": "CPU",
            "host": "openai",
            "prompts": "1",
            "runs": "20",
            "warm-ups": "1",
            "failures, %": "0",
            "first text, ms": "110 (100-119), n 20",
            "first text interval, ms": alpha["first text interval, ms"],
            "first text p95, ms": "118",
            "whole answer, ms": "140 (130-149), n 20",
            "whole answer interval, ms": alpha["whole answer interval, ms"],
            "whole answer p95, ms": "148",
            "decoding, tok/s": "100 (100-100), n 20",
            "decoding interval, tok/s": "100-100",
            "decoding p95, tok/s": "100",
            "size, MB": "812",
            "licence": "MIT",
            "note": "a part of the prompt from a cache in 1 of 20 runs",
        }
        == alpha
    )
    low, high = map(float, alpha["first text interval, ms"].split("-"))
    assert 100 <= low < 110 < high <= 119
    assert (beta["model"], beta["device"], beta["size, MB"], beta["licence"]) == ("beta", "-", "-", "-")
    assert beta["failures, %"] == "25"
    assert beta["decoding, tok/s"] == "\\~100 (100-100), n 3"
    raced = table(shown, "## Raced: all models at once")
    assert [row["note"] for row in raced] == ["contended", "contended"]
    assert raced[0]["decoding, tok/s"] == "-"
    assert not any(name.endswith((" p95, tok/s", " interval, ms")) for name in some(raced[0]))


def test_a_report_is_laid_out_like_this() -> None:
    nothing = aggregate([], [("a.toml", "it is cut")])
    assert (
        to_markdown.render(nothing)
        == """\
# Report

0 sessions, 0 runs.

There is nothing to report on.

## Files left out

| file   | reason    |
|--------|-----------|
| a.toml | it is cut |
"""
    )
    scored = make.session([make.request("r1")], scores=[make.score("r1", 4)], models=[make.target("m1", "a", id="a")])
    shown = to_markdown.render(aggregate([scored]))
    assert shown.startswith("# Report\n\n1 session, 1 run.\n\n## Measured: one request at a time\n\nSettings of all: ")
    assert shown.endswith("""\
### Scores

| #   | model | criterion | mean | scale | n   |
|-----|-------|-----------|------|-------|-----|
| 1   | a     | overall   | 4.00 | 1-5   | 1   |

- Scores were given with the names of the models in sight, not blind.
""")


@pytest.mark.parametrize("name", ["通义千问2.5", "모델", "🙂 small", "plain"])
def test_markdown_tables_line_up_in_plain_text(name: str) -> None:
    models = [make.target("m1", name, device="CPU"), make.target("m2", "beta")]
    requests = [
        make.request("a", model="m1"),
        make.request("b", model="m2"),
        make.request("c", model="m1", state=RequestState.FAILED),
    ]
    markdown = to_markdown.render(aggregate([make.session(requests, models=models)]))
    tables = [block.splitlines() for block in markdown.split("\n\n") if block.startswith("|")]
    assert len(tables) == 3 and name in markdown
    for lines in some(tables):
        assert len({cell_len(line) for line in lines}) == 1


def test_settings_are_said_once_when_all_rows_share_them_and_in_each_row_when_not() -> None:
    shared = to_markdown.render(rich())
    assert "Settings of all: max 512 tokens, temperature 0, stop '\\\\n', system \"Be brief.\"." in shared
    assert "settings" not in table(shared, "## Measured")[0]
    plans = [
        Plan(key, Mode.MEASURE, ("m1",), ("p1",), parameters=Parameters(temperature=temperature, seed=seed))
        for key, temperature, seed in (("a", None, 3), ("b", 0.5, None))
    ]
    requests = [make.request("r1", plan="a"), make.request("r2", plan="b")]
    mixed = table(to_markdown.render(aggregate([make.session(requests, plans=plans)])), "## Measured")
    assert [row["settings"] for row in mixed] == ["max 512 tokens, seed 3", "max 512 tokens, temperature 0.5"]


def test_markdown_explains_what_it_does_not_say() -> None:
    measured, raced = to_markdown.render(rich()).split("## Raced")
    assert "Too few to say: an interval of the median needs 6 runs, a p95 20." in measured
    assert "Race numbers are contended" in raced
    assert "Race numbers are contended" not in measured
    assert "estimated, not counted" in measured
    assert "estimated, not counted" not in raced


def test_markdown_tells_what_went_wrong_and_who_scored() -> None:
    shown = to_markdown.render(rich())
    (wrong,) = table(shown, "### What went wrong")
    assert wrong == {
        "#": "2", "model": "beta", "done": "3", "failed": "1", "empty": "0", "cut": "0", "stopped": "0", "skipped": "0",
        "failures, %": "25", "unfinished": "0",
    }  # fmt: skip
    assert [tuple(row.values()) for row in table(shown, "### Scores")] == [
        ("1", "alpha (alpha-generic-cpu:1)", "overall", "4.50", "1-5", "2"),
        ("2", "beta", "style", "2.00", "1-5", "1"),
    ]
    assert table(shown, "## Files left out") == [{"file": "broken.toml", "reason": "the file is cut"}]


def test_markdown_leaves_out_what_is_not_there() -> None:
    shown = to_markdown.render(aggregate([make.session([make.request()])]))
    for absent in ("Raced", "went wrong", "Scores", "left out", "contended", "estimated"):
        assert absent not in shown


def test_the_memory_of_gpus_is_in_each_format_that_has_that_of_the_process() -> None:
    requests = [make.request("r1"), make.request("r2")]
    requests[0].fold(Memory("r1", 1, 1_234_000_000, 4_000_000_000, gpu=5_678_000_000))
    known, unknown = aggregate([make.session(requests)]), aggregate([make.session(requests[1:])])
    for form in some([form for form in FORMATS if "1234" in form.render(known)]):
        assert "5678" in form.render(known), form.name
    assert "GPU memory, MB" in to_markdown.render(known) and "GPU" not in to_markdown.render(unknown)
    (cells,) = csv.DictReader(io.StringIO(to_csv.render(known)))
    assert (cells["memory_mb"], cells["gpu_memory_mb"]) == ("1234.0", "5678.0")
    (cells,) = csv.DictReader(io.StringIO(to_csv.render(unknown)))
    assert cells["gpu_memory_mb"] == ""


def test_an_empty_report_is_a_sentence_headings_and_an_empty_list() -> None:
    empty = aggregate([])
    assert "There is nothing to report on." in to_markdown.render(empty)
    assert len(list(csv.reader(io.StringIO(to_csv.render(empty))))) == 1
    assert json.loads(to_json.render(empty))["rows"] == []


def test_notes_are_shown_everywhere() -> None:
    session = make.session([make.request("r1"), make.request("r2", contended=True)])
    report = aggregate([session, session])
    shown = to_markdown.render(report)
    assert "more than once" in shown
    assert "1 of 2 runs contended" in shown
    assert "1 of 2 runs contended" in to_csv.render(report)
    assert "more than once" in json.loads(to_json.render(report))["notes"][0]


def rows_of_csv(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv.render(report), newline="")))


def test_csv_has_the_same_headings_for_every_report() -> None:
    bare = to_csv.render(aggregate([])).strip().split(",")
    assert bare == list(rows_of_csv(aggregate([make.session([make.request()])]))[0])
    assert {"ttft_ms_median", "end_ms_p95", "decode_tps_n", "failure_rate", "model", "size_mb"} <= set(bare)
    with_scores = list(rows_of_csv(rich())[0])
    assert with_scores[: len(bare)] == bare
    assert with_scores[len(bare) :] == [
        *("score_overall_mean", "score_overall_n", "score_style_mean", "score_style_n"),
        *("score_overall_blind_n", "score_style_blind_n"),
    ]


def test_csv_cells_are_numbers_or_empty() -> None:
    alpha, beta, raced, _ = rows_of_csv(rich())
    assert (alpha["mode"], alpha["alias"], alpha["runs"], alpha["warmups"]) == ("measure", "alpha", "20", "1")
    assert (alpha["ttft_ms_n"], alpha["ttft_ms_median"], alpha["ttft_ms_p95"]) == ("20", "109.5", "118.05")
    assert (alpha["temperature"], alpha["top_p"], alpha["stop"], alpha["system"]) == ("0.0", "", "'\\n'", "Be brief.")
    assert (alpha["score_overall_mean"], alpha["score_overall_n"], alpha["score_style_mean"]) == ("4.5", "2", "")
    assert (beta["failed"], beta["failure_rate"], beta["ttft_ms_median"], beta["size_mb"]) == (
        "1",
        "0.25",
        "300.25",
        "",
    )
    assert (beta["ttft_ms_p95"], beta["ttft_ms_median_low"], beta["decode_tps_estimated"]) == ("", "", "true")
    assert (raced["mode"], raced["contended"], raced["decode_tps_median"], raced["decode_tps_n"]) == (
        "race",
        "true",
        "",
        "0",
    )


def test_score_columns_are_in_alphabetical_order_whatever_the_order_of_the_scores() -> None:
    given = [make.score("r1", criterion=name) for name in ("Zest", "accuracy", "Style", "overall", "brevity")]
    wide = make.score("r1", 8, rater="bob", criterion="overall", scale=10)
    for scores in ([*given, wide], [wide, *given[::-1]]):
        report = aggregate([make.session([make.request("r1")], scores=scores)])
        headings = [heading for heading in rows_of_csv(report)[0] if heading.startswith("score_")]
        names = ["accuracy", "brevity", "overall", "overall_of_10", "Style", "Zest"]
        assert headings == [f"score_{name}_{part}" for name in names for part in ("mean", "n")] + [
            f"score_{name}_blind_n" for name in names
        ]
        assert [mean.criterion for mean in report.rows[0].scores] == [
            "accuracy", "brevity", "overall", "overall", "Style", "Zest",
        ]  # fmt: skip


def test_a_scale_of_its_own_is_in_the_heading() -> None:
    session = make.session([make.request("r1")], scores=[make.score("r1", 8, scale=10)])
    assert rows_of_csv(aggregate([session]))[0]["score_overall_of_10_mean"] == "8.0"


def test_json_tells_the_same_facts_as_csv() -> None:
    report = rich()
    for told, row in some(zip(json.loads(to_json.render(report))["rows"], rows_of_csv(report), strict=True)):
        for metric in ("ttft_ms", "end_ms", "decode_tps"):
            for name, value in some(told[metric].items()):
                cell = row[f"{metric}_{name}"]
                assert cell == ("" if value is None else str(value).lower()), (metric, name)
        for name in ("alias", "model", "host", "mode", "runs", "done", "failed", "failures", "warmups", "prompts"):
            assert row[name] == str(told[name])
        assert row["failure_rate"] == str(told["failure_rate"])
        assert row["temperature"] == str(
            "" if told["parameters"]["temperature"] is None else told["parameters"]["temperature"]
        )


def test_json_says_what_it_could_not_say_and_why() -> None:
    told = json.loads(to_json.render(rich()))
    assert (told["interval_of_median"]["from_n"], told["p95_from_n"]) == (6, 20)
    assert told["skipped"] == [{"file": "broken.toml", "reason": "the file is cut"}]
    assert told["rows"][1]["ttft_ms"]["p95"] is None
    assert told["rows"][0]["scores"] == [
        {"criterion": "overall", "mean": 4.5, "n": 2, "scale": 5, "blind": 0, "blind_mean": None}
    ]
    assert (told["rows"][0]["facets"], told["rows"][0]["votes_given"]) == ([], {"n": 0, "blind": 0})


@pytest.mark.parametrize("render", WRITERS)
@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_control_or_hidden_character_gets_through(render: Any, text: str) -> None:
    shown = render(outside(text))
    assert not set(shown) & set("\x00\x07\x1b\r\t\x9b\u202e\u200b\ud83d")
    shown.encode("utf-8")


def tokens(markdown: str) -> list[Token]:
    found: list[Token] = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown):
        found += [token, *(token.children or ())]
    return found


def names_read_back(markdown: str) -> list[str]:
    """The text of every table cell, as a Markdown reader shows it."""
    parsed = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    inside = [parsed[at + 1] for at, token in enumerate(parsed) if token.type == "td_open"]
    return ["".join(child.content for child in token.children or ()) for token in inside]


def assert_markdown_holds(text: str) -> None:
    shown = to_markdown.render(outside(text))
    plain = tokens(to_markdown.render(outside("plain")))
    found = tokens(shown)
    kinds = {token.type for token in found}
    assert kinds <= {token.type for token in plain} | {"text_special", "softbreak"}, kinds
    for kind in ("td_open", "tr_open", "table_open", "heading_open", "bullet_list_open"):
        assert sum(token.type == kind for token in found) == sum(token.type == kind for token in plain), kind
    name = clean_line(text)
    # A reader may trim blanks at the edges of a cell.
    assert (name.strip() or "-") in [cell.strip() for cell in names_read_back(shown)]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_markdown_cells_hold_whatever_comes(text: str) -> None:
    assert_markdown_holds(text)


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from("ab |\\`*_~[]()<>&!#-=:\n\"'") | st.characters(), max_size=12))
def test_markdown_cells_hold_anything(text: str) -> None:
    assert_markdown_holds(text)


FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_csv_cell_from_outside_is_a_formula(text: str) -> None:
    report = outside(text)
    rows = rows_of_csv(report)
    assert len(rows) == len(report.rows) == 2
    for row in some(rows):
        assert None not in row
        for heading, cell in some(row.items()):
            assert not heading.lstrip().startswith(FORMULA)
            assert not cell.lstrip().startswith(FORMULA)
        line = clean_line(text)
        assert row["alias"] == (f"'{line}" if line.lstrip().startswith(FORMULA) else line)


def test_json_numbers_are_finite_and_rounded_to_the_clock() -> None:
    session = make.session([make.request(first_ms=100.123456, gap_ms=30)])
    text = to_json.render(aggregate([session]))
    assert '"median": 100.1235' in text
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert math.isfinite(json.loads(text)["rows"][0]["decode_tps"]["median"])


def compared(text: str = "plain") -> Report:
    """A report in which two models are compared, and everything from outside is `text`."""
    models = [
        make.target("m1", text, id=text, host=text, device="a"),
        make.target("m2", text, id=text, host=text, device="b"),
    ]
    requests = [
        make.request(f"{key}{n}", model=key, prompt=f"p{n}", gap_ms=30) for key in ("m1", "m2") for n in range(2)
    ]
    requests += [make.request("x", model="m1", plan="k"), make.request("f", model="m2", state=RequestState.FAILED)]
    prompts = [Prompt(f"{text} {n}", text, key=f"p{n}") for n in range(2)]
    plans = [Plan("k", Mode.MEASURE, ("m1",), ("p1",), parameters=Parameters(stop=(text,)))]
    scores = [make.score(f"{key}{n}", 3 + n, rater=text, criterion=text) for key in ("m1", "m2") for n in range(2)]
    return aggregate([make.session(requests, models=models, plans=plans, prompts=prompts, scores=scores)])


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_is_compared_holds_whatever_comes_in_markdown(text: str) -> None:
    shown, plain = to_markdown.render(compared(text)), to_markdown.render(compared())
    assert_no_other_markup(tokens(shown), tokens(plain))


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from("ab |\\`*_~[]()<>&!#-=+.0:1\n\"'") | st.characters(), max_size=12))
def test_what_is_compared_holds_anything_in_markdown(text: str) -> None:
    assert_no_other_markup(tokens(to_markdown.render(compared(text))), tokens(to_markdown.render(compared())))


def assert_no_other_markup(found: list[Token], plain: list[Token]) -> None:
    ignored = {"text", "text_special", "softbreak", "inline"}
    assert {token.type for token in found} - ignored <= {token.type for token in plain} - ignored
    for kind in ("heading_open", "bullet_list_open", "list_item_open", "paragraph_open", "table_open"):
        assert sum(token.type == kind for token in found) == sum(token.type == kind for token in plain), kind


@pytest.mark.parametrize("render", WRITERS)
@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_control_or_hidden_character_gets_through_what_is_compared(render: Any, text: str) -> None:
    shown = render(compared(text))
    assert not set(shown) & set("\x00\x07\x1b\r\t\x9b\u202e\u200b\ud83d")
    shown.encode("utf-8")


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_cell_of_the_comparisons_is_a_formula(text: str) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv.render_comparisons(compared(text)))))
    assert len(rows) == 5  # A criterion, three metrics, and one that cannot be compared.
    for row in some(rows):
        for heading, cell in some(row.items()):
            assert not cell.lstrip().startswith(FORMULA) or heading in ("effect", "low", "high")


def test_all_formats_say_the_same_of_two_models() -> None:
    report = rich()
    told = json.loads(to_json.render(report))
    lines = list(csv.DictReader(io.StringIO(to_csv.render_comparisons(report))))
    shown = " ".join(to_markdown.render(report).replace("\\", "").split())
    assert len(told["comparisons"]) == len(lines) - len(told["not_comparable"]) > 0
    for comparison, line in zip(told["comparisons"], some(lines), strict=False):
        assert comparison["sentence"] == line["sentence"]
        assert " ".join(comparison["sentence"].split()) in shown
        assert line["outcome"] == comparison["outcome"] and line["n"] == str(comparison["n"])
        for name in ("effect", "low", "high", "p"):
            assert line[name] == ("" if comparison[name] is None else repr(comparison[name]))
        assert line["a_alias"] == comparison["a"]["alias"] and line["b_model"] == comparison["b"]["model"]


def test_names_in_json_are_those_of_the_host_and_sentences_are_clean() -> None:
    (one, *_) = json.loads(to_json.render(compared("\x1b[31mred")))["comparisons"]
    assert one["a"]["alias"] == "\x1b[31mred"
    assert "\x1b" not in one["sentence"] and "␛[31mred" in one["sentence"]


def test_a_p95_of_too_few_values_is_a_dash_with_the_largest_of_them() -> None:
    requests = [make.request(f"a{n}", model="m1", first_ms=100 + n, round=n) for n in range(20)]
    requests += [make.request(f"b{n}", model="m2", first_ms=300 + n, round=n) for n in range(19)]
    first, second = table(to_markdown.render(aggregate([make.session(requests)])), "## Measured")
    assert (first["first text p95, ms"], second["first text p95, ms"]) == ("118", "- (max 318)")


def test_a_name_beyond_all_measure_is_cut_in_tables() -> None:
    long = "x" * 10_000
    report = aggregate([
        make.session(
            [make.request("r1"), make.request("r2", state=RequestState.FAILED)],
            models=[make.target("m1", long, id=long, licence=long, device=long)],
            scores=[make.score("r1", criterion=long)],
            host={"kind": long},
        )
    ])  # fmt: skip
    text = to_markdown.render(report)
    assert max(map(len, text.splitlines())) < 1000
    assert f"{'x' * 63}…" in text
