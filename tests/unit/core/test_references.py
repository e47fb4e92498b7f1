"""Figures of the workshop's files are taken under their own names, and whatever is wrong with a file is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support import sessions as make
from tests.support.some import some
from tui.core.errors import BadInputError
from tui.core.references import (
    MAX_ROWS,
    Reference,
    ReferenceRow,
    kept_reference,
    reference_from,
    reference_of_table,
    reference_to_dict,
)
from tui.report.aggregate import aggregate
from tui.report.formats.workshop import render_json, render_markdown
from tui.report.references import reference_tables
from tui.storage.reference_files import keep_reference, read_reference, references_in

WORKSHOP = Path(__file__).parents[2] / "data" / "workshop"


def test_the_json_and_the_table_of_the_benchmark_say_the_same() -> None:
    of_json, of_table = (read_reference(WORKSHOP / f"benchmark_report.{kind}") for kind in ("json", "md"))
    assert [row.alias for row in of_table.rows] == [row.alias for row in of_json.rows] == ["phi-4-mini", "qwen2.5-0.5b"]
    for one, other in some(zip(of_table.rows, of_json.rows, strict=True)):
        assert one.figures == pytest.approx(other.figures, abs=0.01)
    (table,) = reference_tables([of_json])
    assert table.headings == (
        "model", "avg latency, s", "p95 latency, s", "total tokens/s", "rounds", "first token, s",
    )  # fmt: skip
    assert table.rows[1] == ("qwen2.5-0.5b", "0.9", "1.1", "-", "3", "-")
    assert table.notes[0].startswith("Its tokens/s are all tokens, those of the prompt included")
    assert table.notes[1].startswith("Its p95 is interpolated")


def test_a_comparison_has_latency_and_tokens_or_why_there_are_none() -> None:
    found = read_reference(WORKSHOP / "comparison.json")
    assert found.rows == (
        ReferenceRow("phi-4-mini", {"latency_sec": 2.3, "tokens": 140},
                     sample="RAG finds passages and gives them to the model."),
        ReferenceRow("qwen2.5-7b", error="Model is not in the catalog"),
    )  # fmt: skip
    (table,) = reference_tables([found])
    assert table.rows[1] == ("qwen2.5-7b", "-", "-") and table.notes == ("qwen2.5-7b: Model is not in the catalog",)


def test_a_rate_of_this_programs_own_report_is_not_taken_for_one_of_all_tokens() -> None:
    report = aggregate([make.session([make.request("r1")], models=[make.target("m1", "phi")])])
    written = reference_from("w.json", json.loads(render_json(report)))
    for found in (written, reference_of_table("w.md", render_markdown(report))):
        (table,) = reference_tables([found])
        assert "decode tokens/s" in table.headings and not table.notes


@pytest.mark.parametrize(
    ("name", "text", "says", "line"),
    [
        ("r.json", '[{"alias": "a", "latency_avrg": 1}]', "Entry 1 (`a`): `latency_avrg` is not known; did you mean "
         "`latency_avg`?", '"latency_avg": 1.82'),
        ("r.json", '[{"alias": "a", "latency_avg": "1 s"}]', "Entry 1 (`a`): `latency_avg` should be a number",
         '"latency_avg": 1.82'),
        ("r.json", '[{"alias": "a", "latency_avg": -1}]', "should be 0 or more", '"latency_avg": 1.82'),
        ("r.json", '[{"alias": "a", "rounds": 1.5}]', "`rounds` should be a whole number", '"rounds": 3'),
        ("r.json", '[{"latency_avg": 1}]', "Entry 1: `alias` is missing", '"alias": "phi-4-mini"'),
        ("r.json", '[{"alias": "a", "model_id": "x", "rounds": 3}]', "is not known; did you mean `model`?",
         '"model": "phi-4-mini"'),
        ("r.json", '[{"alais": "a", "rounds": 3}]', "is not known; did you mean `alias`?", '"alias": "phi-4-mini"'),
        ("r.json", '[{"alias": "a"}]', "it has no figure that is known", '"latency_avg": 1.82'),
        ("r.json", '["a"]', "Entry 1: it should be an object", '"alias": "phi-4-mini"'),
        ("r.json", "{}", "It should hold a list of objects", None),
        ("r.json", '[{"alias": "a", "latency_avg": NaN}]', "a number with an end", '"latency_avg": 1.82'),
        ("r.json", json.dumps([{"alias": "a", "tokens": 1}] * (MAX_ROWS + 1)), "1000 are the most", None),
        ("r.md", "# Nothing\n", "It should hold a table whose first column is `Model`", None),
        ("r.md", "|Model|Avg Latancy (s)|\n|-|-|\n|a|1|\n", "did you mean `Avg Latency (s)`?", "a cell like 1.82"),
        ("r.md", "|Model|Rounds|\n|-|-|\n|a|many|\n", "Row 1 (`a`): `Rounds` should be a whole",
         "a cell like 3"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_entry_and_key(name: str, text: str, says: str, line: str | None, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(BadInputError) as caught:
        read_reference(tmp_path / name)
    assert caught.value.title == f"{tmp_path / name} cannot be read as a report of the workshop"
    assert says in caught.value.detail
    assert line is None or caught.value.hint == f"Right would be {line}"


def test_what_is_kept_is_found_beside_the_sessions_and_kept_once(tmp_path: Path) -> None:
    one = read_reference(WORKSHOP / "benchmark_report.json")
    path = keep_reference(one, tmp_path)
    assert keep_reference(one, tmp_path) == path
    other = Reference(one.name, one.rows[:1])
    assert keep_reference(other, tmp_path) != path
    (tmp_path / "torn.reference.json").write_text("{", "utf-8")
    skipped: list[Path] = []
    found = list(references_in([tmp_path, path], lambda file, _: skipped.append(file)))
    assert [len(reference.rows) for reference in found] == [1, 2, 2]
    assert [file.name for file in skipped] == ["torn.reference.json"]


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
KEYS = st.sampled_from(["alias", "latency_avg", "rounds", "error", "sample", "tokens", "other"])


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=4) | VALUES, max_size=3) | VALUES)
@example([{"alias": "a", "rounds": None}])
def test_whatever_a_file_holds_it_is_refused_with_a_sentence_or_kept_as_it_is(data: Any) -> None:
    try:
        found = reference_from("any.json", data)
    except ValueError as error:
        assert str(error)
        return
    again = kept_reference(json.loads(json.dumps(reference_to_dict(found))))
    assert again.rows == found.rows


@given(st.text(max_size=60).map(lambda text: f"|Model|Rounds|\n|---|---|\n|{text}"))
def test_whatever_stands_in_a_table(text: str) -> None:
    from tui.core.references import reference_of_table

    try:
        assert reference_of_table("any.md", text).rows
    except ValueError as error:
        assert str(error)
