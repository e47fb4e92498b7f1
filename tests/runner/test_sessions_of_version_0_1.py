"""Sessions and journals that version 0.1 wrote open, are recovered, resume and are reported on as they were then."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.loopback_server import LoopbackServer
from tests.support.some import some
from tui.api import HostMoved, SessionResumed, Update, load_sessions, report, resume
from tui.core.metrics import registry
from tui.core.metrics.registry import Place
from tui.core.plans.plan_run import newest, remaining
from tui.core.requests.request import BROKEN_OFF, Request, RequestState
from tui.core.sessions.session import SessionState
from tui.storage.session_files import load, save
from tui.storage.session_recovery import recover

DATA = Path(__file__).parents[1] / "data" / "version_0_1"
FOLDERS = sorted(folder.name for folder in DATA.iterdir() if folder.is_dir())
JOURNALS = sorted(file.parent.name for file in DATA.glob("*/*.journal.jsonl"))
FORMATS_THEN = sorted({file.suffix.removeprefix(".") for file in DATA.glob("*/expected/report.*")})
"""The formats of a report that there were."""
FILES = sorted(str(file.relative_to(DATA)) for file in DATA.glob("*/*.toml"))


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of one of the folders, without what is expected of it."""
    copy = tmp_path / "kept"
    shutil.copytree(DATA / request.param, copy, ignore=shutil.ignore_patterns("expected"))
    return copy


def the_file(folder: Path) -> Path:
    (file,) = folder.glob("*.toml")
    return file


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def as_schema_1(file: Path) -> dict[str, Any]:
    """The tables of a file of today without what schema 2 adds to those of version 0.1."""
    tables = tomllib.loads(text_of(file))
    assert tables.pop("schema") == 2
    rated = [row for kind in ("score", "note") for row in tables.get(kind, [])]
    raters = tables.pop("rater", [])
    assert raters == [{"id": rater, "kind": "person"} for rater in dict.fromkeys(row["rater"] for row in rated)]
    numbers = [row.pop("entry") for row in rated]
    assert sorted(numbers) == list(range(1, len(rated) + 1))
    return {"schema": 1, **tables}


def test_there_are_files_and_journals_to_look_at() -> None:
    assert len(FILES) >= 4 and len(JOURNALS) >= 2
    assert all('"lane":' in text_of(journal) for journal in some(list(DATA.glob("*/*.journal.jsonl"))))


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_loaded_and_saved_says_the_same_and_more(name: str, tmp_path: Path) -> None:
    save(load(DATA / name), tmp_path / "again.toml")
    assert as_schema_1(tmp_path / "again.toml") == tomllib.loads(text_of(DATA / name))
    save(load(tmp_path / "again.toml"), tmp_path / "once_more.toml")
    assert text_of(tmp_path / "once_more.toml") == text_of(tmp_path / "again.toml")


@pytest.mark.parametrize("folder", JOURNALS, indirect=True)
def test_a_journal_becomes_the_file_that_it_became_then(folder: Path, tmp_path: Path) -> None:
    (journal,) = folder.glob("*.journal.jsonl")
    (found,) = recover(folder, tmp_path / "state")
    assert found.problem is None
    expected = next(DATA.glob(f"*/{journal.name}")).parent / "expected" / "recovered.toml"
    assert as_schema_1(found.path) == tomllib.loads(text_of(expected))
    assert list(folder.iterdir()) == [found.path]


@pytest.fixture
def as_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports have the metrics and flags of that version, so that a new one needs no new files here."""
    rows = [
        row for file in some(list(DATA.glob("*/expected/report.json"))) for row in json.loads(text_of(file))["rows"]
    ]
    then = {key for row in rows for key in row}
    others = ~Place.REPORT
    metrics = [one if one.name in then else replace(one, shown_in=one.shown_in & others) for one in registry.METRICS]
    flags = [one if one.name in then else replace(one, shown_in=one.shown_in & others) for one in registry.FLAGS]
    monkeypatch.setattr(registry, "METRICS", tuple(metrics))
    monkeypatch.setattr(registry, "FLAGS", tuple(flags))


THRESHOLDS = {"interval_of_median", "outliers"}
"""From how many values and which distance on something is said: these may change."""


def of_then(now: Any, then: Any) -> Any:
    """A value without the keys that it did not have."""
    match now, then:
        case dict(), dict():
            return {key: of_then(value, then[key]) for key, value in now.items() if key in then}
        case list(), list() if len(now) == len(then):
            return [of_then(*both) for both in zip(now, then, strict=True)]
        case _:
            return now


def json_then(printed: str, expected: str) -> str:
    """A report as JSON without the keys that version 0.1 did not have, and without thresholds."""
    kept = of_then(json.loads(printed), json.loads(expected))
    return json.dumps({key: value for key, value in kept.items() if key not in THRESHOLDS}, indent=2) + "\n"


def csv_then(printed: str, expected: str) -> str:
    """A report as CSV without the columns that version 0.1 did not have."""
    then = next(csv.reader(io.StringIO(expected)))
    headings, *lines = csv.reader(io.StringIO(printed))
    kept = [column for column, heading in enumerate(headings) if heading in then]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([line[column] for column in kept] for line in (headings, *lines))
    return out.getvalue()


ADDED_PARTS = ("### Compared on the same prompts", "## Length and position", "## What was left out, and why")
ADDED_ITEMS = ("First what was counted", "- runs of good: not comparable", "- Scores were given with the names")


def markdown_then(printed: str, _: str) -> str:
    """A report as Markdown without what it says of models compared with each other, and without thresholds."""
    kept, added = [], False
    for block in printed.rstrip("\n").split("\n\n"):
        if block.startswith("#"):
            added = block in ADDED_PARTS
        if not added and not block.startswith(ADDED_ITEMS):
            kept.append(re.sub(r"interval of the median needs \d+ runs", "interval of the median", block))
    return "\n\n".join(kept) + "\n"


WITHOUT_ADDITIONS: dict[str, Callable[[str, str], str]] = {"csv": csv_then, "json": json_then, "md": markdown_then}


@pytest.mark.usefixtures("as_then")
@pytest.mark.parametrize("form", FORMATS_THEN)
@pytest.mark.parametrize("name", FOLDERS)
def test_every_report_is_what_it_was(name: str, form: str) -> None:
    expected = DATA / name / "expected"
    recovered = expected / "recovered.toml"
    files = [recovered] if recovered.exists() else sorted((DATA / name).glob("*.toml"))
    printed = report(load_sessions(files), form).rstrip("\n") + "\n"
    then, printed_then = WITHOUT_ADDITIONS[form], text_of(expected / f"report.{form}")
    assert then(printed, printed_then) == then(printed_then, printed_then)


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["interrupted", "killed", "killed_before_a_file"], indirect=True)
def test_a_plan_that_was_broken_off_goes_on_in_its_file(folder: Path, server: LoopbackServer, tmp_path: Path) -> None:
    journal = next(folder.glob("*.journal.jsonl"), None)
    if not list(folder.glob("*.toml")):
        assert recover(folder, tmp_path / "state")[0].problem is None
    file = the_file(folder)
    before = load(file) if journal is None else None
    updates: list[Update] = []
    done = resume(file, host=server.url, progress=updates.append)
    assert done.kept and done.path == file
    (moved,) = [update for update in updates if isinstance(update, HostMoved)]
    assert moved.now == server.url
    (resumed,) = [update for update in updates if isinstance(update, SessionResumed)]
    assert (resumed.path, resumed.run) == (file, done.run)
    session = load(file)
    assert session.state is SessionState.FINISHED
    plan = done.run.plan
    assert not remaining(plan, session.requests.values())
    states = {request.state for request in newest(done.requests)}
    assert states == {RequestState.DONE}
    assert {session.model_of(request).card.key for request in done.results} == {"good", "burst", "late_text"}
    assert any(map(was_broken_off, session.requests.values()))
    (resumption,) = session.resumptions
    changed = {one.name: (one.before, one.after) for one in resumption.changed}
    assert resumption.plan == plan.key and changed["host.endpoint"] == (moved.before, moved.now)
    assert session.host["endpoint"] == moved.before, "what is of the session's beginning stays"
    hosts = {one.spec.host for one in session.requests.values() if one.started and one.started >= resumption.at}
    assert hosts == {changed["host.title"][1]}
    assert {one.spec.host for one in session.requests.values()} == {"", *hosts}
    if before is not None:
        kept = {key: request.answer for key, request in before.requests.items() if request.state is RequestState.DONE}
        assert {key: session.requests[key].answer for key in some(kept)} == kept
    assert not list(folder.glob("*.journal.jsonl"))


def was_broken_off(request: Request) -> bool:
    """Whether the request ended with the program: it stays in the file beside the one that takes its place."""
    return request.state is RequestState.STOPPED or (request.fault is not None and request.fault.kind == BROKEN_OFF)
