"""Session files of every schema there was: they are read, brought to today's, and reported on as before."""

from __future__ import annotations

import copy
import itertools
import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.everything import everything
from tests.support.session_schema import as_json, can_check, faults
from tests.support.sessions import request, score, session
from tests.support.some import some
from tests.unit.storage.entries import header
from tui.api import BadInputError, load_sessions, report, resume
from tui.core.scoring.in_effect import in_effect
from tui.core.sessions.entry_dict import to_journal
from tui.core.sessions.schema import file_schema
from tui.core.sessions.session import SCHEMA
from tui.core.sessions.session_dict import session_from_dict, session_to_dict
from tui.core.sessions.upgrades import STEPS, schema_1, upgraded
from tui.report.formats.registry import FORMATS
from tui.storage import session_parts
from tui.storage.journal import SUFFIX, Journal
from tui.storage.session_files import load, save
from tui.storage.session_recovery import recover

TOP = Path(__file__).parents[3]
DATA = TOP / "tests/data"
OLD, EXAMPLES = DATA / "schema_1", TOP / "tests/data/recorded"
WHOLE = DATA / "schema_2/everything.toml"
NAMES = sorted(file.name for file in OLD.glob("*.toml"))


def test_there_is_a_step_for_every_older_schema() -> None:
    assert sorted(STEPS) == list(range(1, SCHEMA))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_what_its_file_of_schema_1_becomes(name: str, tmp_path: Path) -> None:
    save(load(OLD / name), tmp_path / name)
    assert (tmp_path / name).read_text(encoding="utf-8") == (EXAMPLES / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("form", [form.name for form in FORMATS])
def test_the_examples_report_as_they_did(form: str) -> None:
    assert report(load_sessions([EXAMPLES]), form) == report(load_sessions([OLD]), form)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_file_of_schema_1_is_lost_or_changed(name: str) -> None:
    before = tomllib.loads((OLD / name).read_text(encoding="utf-8"))
    after = tomllib.loads((EXAMPLES / name).read_text(encoding="utf-8"))
    assert {**after, "schema": 1, "rater": None} == {**with_numbers_of(after, before), "schema": 1, "rater": None}
    numbers = {row["entry"]: row["at"] for kind in ("score", "note") for row in after.get(kind, [])}
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert [numbers[number] for number in sorted(numbers)] == sorted(numbers.values())


def with_numbers_of(after: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The older tables, their scores and notes with the numbers of the newer ones."""
    kinds = {
        kind: [row | {"entry": new["entry"]} for row, new in zip(before[kind], after[kind], strict=True)]
        for kind in ("score", "note")
        if kind in before
    }
    return before | kinds


def test_keys_of_schema_1_that_were_somebody_elses_are_put_aside() -> None:
    kept = session_to_dict(session([request("r1")], scores=[score("r1")]))
    tables = {key: value for key, value in kept.items() if value and key != "rater"}
    tables |= {"schema": 1, "title": 7, "mood": "x"}
    raised = upgraded(tables)
    assert (raised["schema"], raised[schema_1.ASIDE], raised["mood"]) == (2, {"title": 7}, "x")
    assert "title" not in raised and tables["schema"] == 1
    found = session_from_dict(tables)
    assert (found.title, found.extra) == ("", {"mood": "x", schema_1.ASIDE: {"title": 7}})


def test_a_file_of_schema_2_stays_as_it_is() -> None:
    tables = session_to_dict(everything())
    assert upgraded(tables) == tables


def test_everything_that_there_is_has_this_form(tmp_path: Path) -> None:
    """The file is kept: a later version has to read it."""
    (made,) = save(everything(), tmp_path / "everything.toml")
    assert made.read_text(encoding="utf-8") == WHOLE.read_text(encoding="utf-8")
    save(load(WHOLE), tmp_path / "again.toml")
    assert (tmp_path / "again.toml").read_bytes() == WHOLE.read_bytes()


def test_what_is_undone_there_does_not_count() -> None:
    scores = in_effect(load(WHOLE)).scores
    assert {(run, rater): one.value for (run, rater, _), one in scores.items()} == {
        ("r1", "ann"): 4, ("r3", "ann"): 3, ("r3", "phi"): 5,
    }  # fmt: skip


def keys(schema: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Every key of the schema, at every level."""
    for name, value in schema.get("properties", {}).items():
        yield prefix + name
        yield from keys(value, f"{prefix}{name}.")
        yield from keys(value.get("items", {}), f"{prefix}{name}.")


def used(tables: Any, prefix: str = "") -> Iterator[str]:
    """Every key of the tables, likewise."""
    for name, value in tables.items():
        yield prefix + name
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield from used(inner, f"{prefix}{name}.")


def test_every_key_of_the_format_occurs_there() -> None:
    there = set(used(tomllib.loads(WHOLE.read_text(encoding="utf-8"))))
    assert set(keys(file_schema())) - there == set()


def from_later(text: str) -> str:
    """The text of a session file with a key more in each of its tables, of each kind of value in turn."""
    values = itertools.cycle(["3.5", '"x"', "[[1, 2], []]", "{a = {b = [{c = 1}]}}", "2026-11-22 11:03:01+00:00"])
    lines = []
    for line in text.splitlines():
        lines.append(line)
        if line.startswith("["):
            lines.append(f"from_later = {next(values)}")
    return 'from_later = "x"\n' + "\n".join(lines) + "\n"


@pytest.mark.strange_sessions
def test_keys_of_a_later_version_stay_in_every_table_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(from_later(WHOLE.read_text(encoding="utf-8")), encoding="utf-8")
    before = tomllib.loads(path.read_text(encoding="utf-8"))
    assert len(path.read_text(encoding="utf-8").split("from_later")) > 50
    save(load(path), tmp_path / "b.toml")
    assert tomllib.loads((tmp_path / "b.toml").read_text(encoding="utf-8")) == before
    changed = load(path)
    changed.scores.append(score("r1"))
    save(changed, tmp_path / "c.toml")
    after = tomllib.loads((tmp_path / "c.toml").read_text(encoding="utf-8"))
    assert after["score"][:-1] == before["score"] and after["end"] == before["end"] | {"scores": 6}


@pytest.mark.strange_sessions
def test_keys_of_a_later_version_stay_in_the_parts_of_a_large_session_and_in_what_is_recovered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_parts, "PART_BYTES", 2_500)
    made = session([request(f"r{number}") for number in range(9)], scores=[score(f"r{number}") for number in range(9)])
    paths = save(made, tmp_path / f"{made.id}.toml")
    assert len(paths) > 2
    for path in paths:
        path.write_text(from_later(path.read_text(encoding="utf-8")), encoding="utf-8")
    journal = Journal(tmp_path / f"{made.id}{SUFFIX}")
    journal.append(*header(made), to_journal(score("r1", 2, entry=10)))
    journal.close()
    (result,) = recover(tmp_path)
    assert (result.scores, result.problem) == (1, None)
    for path in some(paths):
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        rows = [row for name in ("run", "score", "plan") for row in tables[name] if row.get("entry") != 10]
        assert all("from_later" in row for row in some(rows))
        assert all("from_later" in row["usage"] for row in some(tables["run"]))


@pytest.mark.strange_sessions
def test_a_session_of_a_newer_schema_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(WHOLE.read_text(encoding="utf-8").replace("schema = 2", "schema = 3", 1), encoding="utf-8")
    lines = [line for line in path.read_text(encoding="utf-8").splitlines(True) if not line.startswith("part_of")]
    path.write_text("".join(lines), encoding="utf-8")
    with pytest.raises(BadInputError) as refused:
        resume(path)
    assert refused.value.sentence() == (
        "s.toml can be read, but not gone on with. It has schema 3, and this version writes schema 2: some of it could "
        "be lost. Update this program."
    )
    assert "alpha" in str(report(load_sessions([path])))


@pytest.mark.skipif(not can_check(), reason="jsonschema is not installed")
@pytest.mark.parametrize("file", [WHOLE, *sorted(EXAMPLES.glob("*.toml"))], ids=lambda file: file.name)
def test_the_files_that_are_kept_are_as_the_schema_says(file: Path) -> None:
    assert faults(tomllib.loads(file.read_text(encoding="utf-8"))) == []


def test_the_published_schema_is_that_of_the_code() -> None:
    published = json.loads((TOP / "docs/session.schema.json").read_text(encoding="utf-8"))
    assert published == as_json(file_schema())
    assert all(published["properties"][key]["description"] for key in some(published["properties"]))


Change = Callable[[dict[str, Any]], Any]
CONTRADICTIONS: dict[str, tuple[Change, str]] = {
    "a vote on one answer": (lambda d: d["vote"][0].update(runs=["r1"], positions=[]), "a vote should name two runs"),
    "a vote on one answer twice": (lambda d: d["vote"][0].update(runs=["r1", "r1"]), "a vote should name two runs"),
    "a winner that was not compared": (lambda d: d["vote"][0].update(winner="r9"), "a vote has a winner among its"),
    "a winner of a draw": (lambda d: d["vote"][0].update(choice="both-good"), "a vote has a winner among its runs"),
    "a vote for a winner without one": (lambda d: d["vote"][0].pop("winner"), "a vote has a winner among its runs"),
    "a choice there is not": (lambda d: d["vote"][0].update(choice="neither"), "neither"),
    "a pane too few": (lambda d: d["vote"][0].update(positions=[1]), "`positions` should be a whole number for each"),
    "a pane that is text": (lambda d: d["vote"][0].update(positions=[1, "2"]), "`positions` should be a whole"),
    "a decision that took less than no time": (lambda d: d["score"][0].update(took_ms=-1), "`took_ms` should not be"),
    "names out of order": (lambda d: d["mask"][0].update(ranges=[[5, 9], [1, 3]]), "`ranges` should be in order"),
    "a name that is empty": (lambda d: d["mask"][0].update(ranges=[[5, 5]]), "`ranges` should be in order"),
    "names in each other": (lambda d: d["mask"][0].update(ranges=[[1, 5], [4, 9]]), "`ranges` should be in order"),
    "half a range": (lambda d: d["mask"][0].update(ranges=[[1]]), "`ranges` should be a list of pairs"),
    "a note on two things": (lambda d: d["note"][0].update(model="m1"), "a note is on a run or on a model, not both"),
    "a number beyond all counting": (
        lambda d: d["score"][0].update(entry=(1 << 63) - 1),
        r"\[\[score\]\] 1: `entry` should be the number of an entry",
    ),
    "an undo of nothing": (lambda d: d["undo"][0].pop("takes_back"), r"\[\[undo\]\] 1: `takes_back` is missing"),
    "a redo of 0": (lambda d: d["redo"][0].update(brings_back=0), "`brings_back` should be the number of an entry"),
    "two entries of one number": (lambda d: d["reveal"][0].update(entry=1), "two entries have the number 1"),
    "a number below 1": (lambda d: d["reveal"][0].update(entry=-1), "`entry` should be the number of an entry"),
    "a tick that is text": (lambda d: d["facet"][0].update(ticked="yes"), "`ticked` should be true or false"),
    "a rubric for nothing": (lambda d: d["rubric"][0].update(criterion=[]), "a rubric should have a criterion"),
    "a scale of 0": (lambda d: d["rubric"][0]["criterion"][0].update(scale=0), "a scale of 0"),
    "two rubrics of one hash": (lambda d: d["rubric"].append(d["rubric"][0]), "occurs twice"),
    "a kind of rater there is not": (lambda d: d["rater"][0].update(kind="cat"), "cat"),
    "two raters of one name": (lambda d: d["rater"].append(d["rater"][0]), "`ann` occurs twice"),
    "a condition without a name": (lambda d: d["resumption"][0]["changed"][0].pop("name"), "`name` is missing"),
    "an undo too few": (lambda d: d["undo"].pop(), "undos: 2 promised, 1 found"),
    "a vote too many": (lambda d: d["end"].pop("votes"), "votes: 0 promised, 1 found"),
    "tags that are one text": (lambda d: d.update(tags="cpu"), "`tags` should be a list"),
    "a title that is a number": (lambda d: d.update(title=3), "`title` should be text"),
}


@pytest.mark.parametrize(("change", "says"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_contradiction_is_refused_with_a_sentence(change: Change, says: str) -> None:
    tables = copy.deepcopy(session_to_dict(everything()))
    session_from_dict(copy.deepcopy(tables))
    change(tables)
    with pytest.raises(ValueError, match=says):
        session_from_dict(tables)
