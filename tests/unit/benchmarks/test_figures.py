"""What the benchmark makes of its measurements, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import table
from benchmarks.expected import expected
from benchmarks.figures import Figure, Results, figures
from benchmarks.page import write_blocks
from benchmarks.parts.accuracy import Judged
from benchmarks.parts.asking import Asked
from benchmarks.parts.first_paint import Paints
from benchmarks.parts.history import Histories
from benchmarks.parts.report_data import Queried
from benchmarks.parts.scoring import Decided
from benchmarks.parts.slow_rates import SlowRate
from benchmarks.parts.soak import Soaked
from benchmarks.parts.streaming import Streamed
from benchmarks.shape import Shape
from benchmarks.talk import Talk, talk_from_dict
from benchmarks.tree import Memory
from tests.support.some import some

MS = 1_000_000
NAMES = {"ours": "ours", "bare": "bare", "static": "static", "markdown": "markdown"}


def streamed(cpu_s: float = 1.0, written: int = 0, error: float = 1.0, key: float = 10.0) -> Streamed:
    return Streamed("x", 1000, cpu_s, written, 4.0, [error] * 10, [key] * 5, complete_ms=250.0)


def test_each_figure_is_one_value_over_another() -> None:
    found = Results(
        plain={
            "ours": streamed(2.0, 1_000, 0.5), "bare": streamed(4.0, 0, 2.0),
            "static": streamed(9.0, 50_000, 9.0), "markdown": streamed(20.0, 9_000, 9.0),
        },
        typed={"ours": streamed(key=20, error=1), "static": streamed(key=80)},
        slow=streamed(error=1.1, key=700),
        eight=streamed(),
        paints=Paints([300, 200, 400], [200, 100, 300]),
        soaked=Soaked([(10_000, Memory(50, 100)), (20_000, Memory(60, 110))]),
        slow_rates=[
            SlowRate(4, 15, ours=[streamed(1.0), streamed(9.0), streamed(1.4)], bare=[streamed(1.0)] * 3),
            SlowRate(3, 8, ours=[streamed(3.0)], bare=[streamed(1.0)]),
        ],
        asked=Asked(enter_ms=[6, 8, 40], rerun_ms=[9, 12, 11]),
        decided=Decided([20, 20, 40]),
        decided_slow=Decided([1200]),
        histories=Histories(
            10_000, load=20, first=24.1, version=[0.1, 0.1, 0.2], listed=[0.3, 0.5, 0.3], as_json=[0.35],
            searched=[0.2, 0.2, 0.6],
            peak_bytes=70_000_000, index_bytes=160_000_000,
            shown_ms=[300, 500, 400], found_ms=[200], load_alone=50, first_report=60, reported=[1.4],
            report_peak_bytes=250_000_000, reported_ms=[2000],
        ),
        queried=[Queried("one", 2.0, 90_000_000, 4), Queried("other", 4.0, 160_000_000, 12)],
    )  # fmt: skip
    rows = figures(found, **NAMES)
    assert [row.value for row in rows] == pytest.approx(
        [
            0.25,
            1.1,
            0.5,
            0.1,
            0.02,
            0.25,
            1.5,
            0.25,
            1.1,
            0.7,
            1.4,
            3,
            11,
            38,
            1200,
            1.2,
            0.2,
            0.25,
            0.1,
            160,
            400,
            200,
            1.2,
            1.4,
            250,
            2000,
            4,
            160,
        ]
    )
    assert [row.verdict for row in rows] == [
        "aim", "aim", "aim", "aim", "aim", "aim", "must", "must", "aim", "must", "must", "missed", "must",
        "must", "missed", "must", "must", "must", "aim", "missed", "aim", "aim", "must", "must",
        "must", "must", "must", "must",
    ]  # fmt: skip
    assert found.faults() == []


def test_what_was_not_measured_is_a_dash() -> None:
    rows = figures(Results(), **NAMES)
    assert all(row.value is None and row.verdict == "" for row in some(rows))
    assert table.figures_table(rows).splitlines()[2].split(" | ")[1] == "-"


@pytest.mark.parametrize(("value", "verdict"), [(0.25, "aim"), (0.3, "must"), (1.0, "must"), (1.01, "missed")])
def test_the_verdict(value: float, verdict: str) -> None:
    assert Figure("", value, must=1.0, aim=0.25).verdict == verdict


def test_runs_of_one_design_are_pooled() -> None:
    one, other = streamed(1.0, 100), streamed(3.0, 300, error=5)
    other.complete_ms = 400
    one.add(other)
    assert (one.tokens, one.cpu_s, one.written, one.seconds, one.complete_ms) == (2000, 4.0, 400, 8.0, 400)
    assert sorted(set(one.errors_ms)) == [1.0, 5]


def test_an_error_is_a_median_and_a_dash_against_a_number_is_told() -> None:
    judged = Judged("x", [({"ttft_ms": 10.5, "e2e_tps": 99.0}, {"ttft_ms": 10.0, "e2e_tps": 100.0})])
    assert (judged.error("ttft_ms"), judged.error("e2e_tps")) == (0.5, pytest.approx(-1))
    assert not judged.disagrees("ttft_ms")
    judged.pairs.append(({"ttft_ms": None}, {"ttft_ms": 10.0}))
    assert judged.disagrees("ttft_ms")


def test_what_the_send_log_says_should_be_reported() -> None:
    """Thinks in one write of two chunks, then answers in two single ones; usage 100 ms after the last."""
    talk = Talk(
        Shape(len=6, hidden=2).id,
        received=1_000 * MS,
        at=[at * MS for at in (1_100, 1_100, 1_300, 1_400)],
        kinds="rraa",
        writes=[1, 1, 2, 3],
        chunks=4,
        tokens=6,
        answer_chars=20,
        finished=1_500 * MS,
    )
    assert talk_from_dict(talk.to_dict()) == talk
    fields = expected(talk)
    assert fields == {
        "ttft_ms": 100, "ttfo_ms": 300, "think_ms": 200, "last_ms": 400, "end_ms": 500,
        "answer_chars_per_s": 200, "e2e_tps": 20, "tokens_per_chunk": 1.5, "prefill_tps": 200,
        "tpot_ms": None, "decode_tps": None,
        "icl_p50_ms": 150, "icl_p95_ms": 195, "icl_max_ms": 200,
    }  # fmt: skip
    talk.writes, talk.at[0] = [0, 1, 2, 3], 1_050 * MS
    assert expected(talk)["tpot_ms"] == 70
    talk.model = Shape(len=6, nousage=1).id
    assert {expected(talk)[name] for name in ("tpot_ms", "decode_tps", "e2e_tps", "prefill_tps")} == {None}


def test_a_page_gets_its_blocks_and_keeps_the_rest(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "a\n<!-- benchmark: one -->\nold\n<!-- end -->\nb\n<!-- benchmark: two -->\n<!-- end -->\n", "utf-8"
    )
    write_blocks(page, {"one": "new", "two": "more"})
    assert page.read_text("utf-8") == (
        "a\n<!-- benchmark: one -->\nnew\n<!-- end -->\nb\n<!-- benchmark: two -->\nmore\n<!-- end -->\n"
    )
    with pytest.raises(ValueError, match="no place for `three`"):
        write_blocks(page, {"three": ""})


def test_numbers_are_as_long_as_they_are_good() -> None:
    assert [table.number(value) for value in (None, 0.0123, 1.234, 99.96, 123.4, 12_345.6)] == [
        "-", "0.0123", "1.23", "100", "123", "12,346",
    ]  # fmt: skip
    assert table.table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |"
