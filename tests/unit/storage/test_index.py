"""The index of sessions: what it knows is what the files hold, whatever happens to it or to them."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.sessions import WHEN, request, score, session, target
from tests.support.some import some
from tests.unit.storage.entries import folded, header, run_entries, score_entry, stream
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.requests.request import RequestState
from tui.core.scoring.score_pass import score_items
from tui.core.sessions.entry_dict import complete_entries
from tui.core.sessions.presentation import PaneOrder, Reveal
from tui.core.sessions.session import PART_OF, SCHEMA, Session, SessionState
from tui.core.sessions.summary import FoundText, summary_of
from tui.core.text.words import composed, wanted
from tui.storage.index import cache_database, database, readers
from tui.storage.index.catch_up import Hit, catch_up, listing, search
from tui.storage.index.database import Read, SessionIndex
from tui.storage.index.entries import IndexEntry, packed
from tui.storage.index.readers import read_files
from tui.storage.index.rows import Listing
from tui.storage.index.scan import FileKey, key_of, scan, stamp_at
from tui.storage.journal import Journal, journal_path
from tui.storage.session_files import load_sessions, save


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture(params=["file", "memory"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SessionIndex]:
    with SessionIndex(tmp_path / "cache" / "sessions.index" if request.param == "file" else None) as opened:
        yield opened


def listed(index: SessionIndex, *places: Path) -> Listing:
    """What is in these places, after the index has caught up."""
    found = scan(places)
    for _ in catch_up(index, found):
        pass
    return listing(index, found)


def found(index: SessionIndex, folder: Path, words: str) -> list[Hit]:
    """What a search finds, after the index has caught up."""
    at = scan([folder])
    for _ in catch_up(index, at):
        pass
    return list(search(index, at, words))


def number(n: int, *answer: str) -> Session:
    """A session with a name of its own."""
    return session([request("r1", answer=answer or ("hello",))], session_id=f"20261122T1103{n:02}Z-7f3a")


def test_a_row_says_what_the_session_holds(index: SessionIndex, folder: Path) -> None:
    kept = session(
        [request("r0", round=0, warmup=True), request("r1"), request("r2", model="m2"), request("r3", prompt="p2")],
        models=[target("m1", "phi", device="CPU"), target("m2", "qwen", device="CPU")],
        plans=[Plan("measure", Mode.MEASURE, ("m1", "m2"), ("p1", "p2"))],
        scores=[score("r1"), score("r2", rater="bob")],
    )
    kept.title, kept.tags = "Tuesday", ("workshop",)
    save(kept, folder / "one.toml")
    (row,) = listed(index, folder).sessions
    summary = row.summary
    assert (row.path, row.size) == (folder / "one.toml", (folder / "one.toml").stat().st_size)
    assert (summary.name, summary.tags, summary.prompt) == ("Tuesday", ("workshop",), "Question p1?")
    assert summary.models == ("phi · CPU", "qwen · CPU")
    assert (summary.modes, summary.states, summary.raters) == (("measure",), {"done": 3}, ("ann", "bob"))
    assert (summary.undecided("ann"), summary.undecided("bob"), summary.undecided("nobody")) == (2, 2, 3)


@pytest.mark.strange_sessions
def test_a_damaged_file_is_listed_with_its_reason_and_left_as_it_is(index: SessionIndex, folder: Path) -> None:
    save(number(1), folder / "good.toml")
    (folder / "bad.toml").write_bytes(b"schema = 2\n[[run")
    for _ in range(2):
        found = listed(index, folder)
        assert [row.path.name for row in found.sessions] == ["good.toml"]
        assert [file.path.name for file in found.damaged] == ["bad.toml"]
        assert found.damaged[0].reason.startswith("It is not TOML: ")
    assert (folder / "bad.toml").read_bytes() == b"schema = 2\n[[run"


def test_words_are_found_with_the_text_around_them(index: SessionIndex, folder: Path) -> None:
    save(number(1, "Nothing of interest."), folder / "one.toml")
    save(number(2, "Retrieval ", "augmented generation looks things up."), folder / "two.toml")
    (hit,) = found(index, folder, "augment RETRIEVAL")
    assert hit.row.path.name == "two.toml"
    place = hit.places[0]
    assert (place.where, place.run, place.extract.found) == ("answer", "r1", "Retrieval")
    assert str(place.extract) == "Retrieval augmented generation looks things up."
    assert found(index, folder, "retrieval nothing") == []
    assert found(index, folder, "") == []


def test_what_changes_or_goes_changes_or_goes_in_the_index(index: SessionIndex, folder: Path) -> None:
    save(number(1, "apples"), folder / "one.toml")
    save(number(2, "apples"), folder / "two.toml")
    assert [hit.row.path.name for hit in found(index, folder, "apples")] == ["two.toml", "one.toml"]
    save(number(2, "some pears"), folder / "two.toml")
    assert [hit.row.path.name for hit in found(index, folder, "apples")] == ["one.toml"]
    assert [hit.row.path.name for hit in found(index, folder, "pears")] == ["two.toml"]
    (folder / "one.toml").unlink()
    assert found(index, folder, "apples") == []
    assert len(listed(index, folder).sessions) == 1


def test_a_clock_that_jumps_hides_nothing(index: SessionIndex, folder: Path) -> None:
    """A file is read again when its time is another one, later or earlier; sessions of the future are listed."""
    made = number(1, "apples")
    file = folder / "1.toml"
    save(replace(made, created=made.created + timedelta(days=20_000)), file)
    os.utime(file, ns=(0, 4_000_000_000 * 10**9))
    save(number(2), folder / "2.toml")
    assert [row.path.name for row in listed(index, folder).sessions] == ["1.toml", "2.toml"]
    save(replace(number(1, "pears!"), created=made.created - timedelta(days=20_000)), file)
    os.utime(file, ns=(0, 10**9))
    assert [row.path.name for row in listed(index, folder).sessions] == ["2.toml", "1.toml"]
    assert found(index, folder, "pears") and not found(index, folder, "apples")


@pytest.mark.parametrize("how", ["in place", "another"])
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX tells when a file was changed")
def test_other_content_of_the_same_size_and_time_is_read(how: str, index: SessionIndex, folder: Path) -> None:
    """As copies that keep times, unpacked archives and restored backups put it there."""
    file = folder / "1.toml"
    save(number(1, "apples"), file)
    save(number(1, "quince"), folder / "other")
    for one in (file, folder / "other"):
        os.utime(one, ns=(0, 10**18))
    before = file.stat()
    assert len(found(index, folder, "apples")) == 1
    text = (folder / "other").read_bytes()
    while file.stat().st_ctime_ns == before.st_ctime_ns:  # Its clock may tick slowly.
        if how == "another":
            shutil.copy2(folder / "other", folder / "copy")
            (folder / "copy").replace(file)
        else:
            file.write_bytes(text)
            os.utime(file, ns=(0, 10**18))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert (len(found(index, folder, "quince")), found(index, folder, "apples")) == (1, [])


def test_a_folder_that_was_copied_with_its_times_is_read_once(index: SessionIndex, folder: Path) -> None:
    for n in range(3):
        save(number(n), folder / f"{n}.toml")
    listed(index, folder)
    copied = folder.with_name("copied")
    shutil.copytree(folder, copied)
    shutil.rmtree(folder)
    shutil.copytree(copied, folder)  # Restored.
    # A stamp of Windows has nothing that a copy does not have, too.
    again = 0 if sys.platform == "win32" else 1
    assert [len(list(catch_up(index, scan([folder])))) for _ in range(2)] == [again, 0]


def test_a_session_that_another_stood_in_for_while_the_index_read_is_read_again(
    index: SessionIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.storage.index.catch_up.BATCH", 1)
    for n, word in enumerate(["apples", "apples"]):
        save(number(n, word), folder / f"{n}.toml")
    save(number(0, "quince"), folder / "other")
    steps = catch_up(index, scan([folder]), processes=0)
    next(steps)
    (folder / "0.toml").rename(folder / "aside")
    (folder / "other").rename(folder / "0.toml")
    next(steps)
    steps.close()
    (folder / "aside").replace(folder / "0.toml")
    assert (len(found(index, folder, "apples")), found(index, folder, "quince")) == (2, [])


def test_of_a_file_that_changes_while_it_is_read_nobody_knows_what_was_read(folder: Path) -> None:
    def changed_by(path: Path) -> str:
        text = path.read_text()
        path.write_text(text + "more")
        return text

    folder.mkdir()
    (folder / "a").write_text("a")
    (folder / "b").write_text("b")
    reading = readers.Reading("", changed_by, lambda text: {"text": text}, lambda said: str(said["text"]))
    assert list(readers.found_in([folder / "a"], reading, 0)) == [(0, None, "a")]
    reading = replace(reading, read=Path.read_text)
    assert list(readers.found_in([folder / "b"], reading, 0)) == [(0, stamp_at(folder / "b"), "b")]


@pytest.mark.parametrize("year", [2400, 1700])
def test_a_time_beyond_what_sqlite_can_store_hides_nothing(year: int, index: SessionIndex, folder: Path) -> None:
    save(number(1, "apples"), folder / "1.toml")
    time = (year - 1970) * 365 * 86_400
    os.utime(folder / "1.toml", ns=(0, time * 10**9))
    assert len(found(index, folder, "apples")) == 1
    assert list(catch_up(index, scan([folder]))) == []


def test_the_index_knows_which_schema_it_has_read() -> None:
    assert database.SCHEMA_READ == SCHEMA


def test_an_index_that_is_opened_again_reads_nothing(tmp_path: Path, folder: Path) -> None:
    for n in range(3):
        save(number(n), folder / f"{n}.toml")
    path = tmp_path / "cache" / "sessions.index"
    with SessionIndex(path) as index:
        before = listed(index, folder)
    with SessionIndex(path) as index:
        assert list(catch_up(index, scan([folder]))) == []
        assert listing(index, scan([folder])) == before
    for row in some(before.sessions):
        assert row.summary.answers == 1


def test_what_has_been_read_is_listed_while_the_rest_is_read(
    index: SessionIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.storage.index.catch_up.BATCH", 2)
    for n in range(5):
        save(number(n, "apples"), folder / f"{n}.toml")
    at, seen = scan([folder]), []
    for progress in some(catch_up(index, at)):
        rows = listing(index, at)
        seen.append((progress.read, progress.total, len(rows.sessions), rows.unread))
        assert len(list(search(index, at, "apples"))) == progress.read
    assert seen == [(2, 5, 2, 3), (4, 5, 4, 1), (5, 5, 5, 0)]
    assert listing(index, at).sessions[0].path.name == "4.toml"


def test_whoever_stops_goes_on_later_where_it_was(
    index: SessionIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.storage.index.catch_up.BATCH", 2)
    for n in range(5):
        save(number(n), folder / f"{n}.toml")
    steps = catch_up(index, scan([folder]))
    next(steps)
    steps.close()
    assert [progress.total for progress in catch_up(index, scan([folder]))] == [3, 3]


def test_what_only_the_journal_of_a_program_that_died_has_is_listed(index: SessionIndex, folder: Path) -> None:
    """As it is shown, reported and opened."""
    events = stream("r1", ["All ", "of ", "it."], ended=True)
    kept = session([folded("r1", events)])
    before = replace(kept, requests={}, state=SessionState.RUNNING)
    save(before, folder / f"{kept.id}.toml")
    journal = Journal(journal_path(folder, kept.id))
    journal.append(*header(before), *run_entries("r1", events), score_entry(score("r1")))
    journal.close()
    (row,) = listed(index, folder).sessions
    assert (row.summary.state, row.summary.answers, row.summary.undecided("ann")) == ("interrupted", 1, 0)
    assert row.journal and row.summary == summary_of(next(load_sessions(folder)))


def test_a_session_that_is_only_in_a_journal_is_noticed(folder: Path) -> None:
    save(number(1), folder / "1.toml")
    assert not scan([folder]).only_journals
    journal_path(folder, "1").write_text("")
    (key,) = scan([folder]).journals
    assert (key.name, scan([folder]).only_journals) == ("1.toml", False)
    journal_path(folder, "2").write_text("")
    assert scan([folder]).only_journals


def test_a_search_without_fts5_finds_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        "Retrieval looks things up",
        "यह हिन्दी है",
        "これは日本語です",
        "من می\u200cخواهم بروم",
        "a left-to-right mark",
        "café",
    ]
    for n, text in enumerate(texts):
        save(number(n, text), folder / f"{n}.toml")
    words = [
        "retriev",
        "हिन्दी",
        "日本",
        "می\u200cخواهم",
        "خواهم",
        "left-to-right",
        "left right",
        "to-left",
        "cafe",
        "CAFÉ",
        "eft",
    ]
    with SessionIndex(None) as index:
        assert index.full_text
        quick = {one: [hit.row.path.name for hit in found(index, folder, one)] for one in words}
    without = replace(database._SCHEMA, optional="CREATE VIRTUAL TABLE words USING no_such_module(text)")
    monkeypatch.setattr(database, "_SCHEMA", without)
    with SessionIndex(None) as index:
        assert not index.full_text
        assert {one: [hit.row.path.name for hit in found(index, folder, one)] for one in words} == quick
    assert quick == {
        "retriev": ["0.toml"], "हिन्दी": ["1.toml"], "日本": ["2.toml"], "می\u200cخواهم": ["3.toml"], "خواهم": [],
        "left-to-right": ["4.toml"], "left right": ["4.toml"], "to-left": [], "cafe": [], "CAFÉ": ["5.toml"], "eft": [],
    }  # fmt: skip


_LETTERS = "aBé1_日本ก\u093f\u0939\u200d\u0301 .-'\"*\n"


@given(st.text(_LETTERS, max_size=12), st.text(_LETTERS, min_size=1, max_size=5))
@settings(max_examples=100)
def test_the_word_list_and_the_texts_agree_on_what_a_word_is(text: str, words: str) -> None:
    key, sought = FileKey("folder", "name"), wanted(words)
    with SessionIndex(None) as index:
        index.put({key: Read((1, 1, 1), IndexEntry("[]", "", packed([FoundText("answer", "r1", text)])))})
        listed_as = key in index.matching(sought)
    assert listed_as == (bool(sought) and all(one.find(composed(text)) for one in some(sought)))


def test_the_parts_of_a_session_are_one_row(index: SessionIndex, folder: Path) -> None:
    save(session([request("r1", answer=("apples",))], scores=[score("r1")]), folder / "one.toml")
    part = session([request("r2", answer=("pears",)), request("r3", prompt="p2")], session_id="20261122T110301Z-7f3a-2")
    part.extra[PART_OF] = "20261122T110301Z-7f3a"
    save(part, folder / "one-2.toml")
    (row,) = listed(index, folder).sessions
    assert (row.path, row.parts) == (folder / "one.toml", (folder / "one-2.toml",))
    assert row.size == sum(file.stat().st_size for file in folder.iterdir())
    assert (row.summary.states, row.summary.undecided("ann")) == ({"done": 3}, 2)
    (hit,) = found(index, folder, "pears")
    assert (hit.row, hit.places[0].run) == (row, "r2")


def test_of_answers_that_were_asked_again_the_newest_is_to_be_scored(index: SessionIndex, folder: Path) -> None:
    """As in the panes, and so in a score pass."""
    rounds = [request(f"r{number}", round=number) for number in (1, 2, 3)]
    kept = session(rounds, scores=[score("r1")])
    save(kept, folder / "one.toml")
    (row,) = listed(index, folder).sessions
    assert (row.summary.answers, row.summary.undecided("ann")) == (len(score_items(kept)), 1) == (1, 1)
    save(replace(kept, scores=[score("r3")]), folder / "one.toml")
    assert listed(index, folder).sessions[0].summary.undecided("ann") == 0


def test_in_a_blind_review_nothing_tells_of_models_or_answers(index: SessionIndex, folder: Path) -> None:
    kept = session([request("r1", answer=("I am phi, at your service",))], models=[target("m1", "phi")])
    kept.orders.append(PaneOrder("measure", "p1", ("m1",), WHEN, seed=7, blind=True))
    complete_entries(kept)
    save(kept, folder / "one.toml")
    (row,) = listed(index, folder).sessions
    assert (row.summary.concealed, row.summary.models, row.summary.states) == (True, ("hidden",), {})
    assert row.summary.undecided("ann") == 1
    assert found(index, folder, "phi") == found(index, folder, "service") == []
    assert [hit.row for hit in found(index, folder, "question")] == [row]
    kept.reveals.append(Reveal("ann", WHEN))
    complete_entries(kept)
    save(kept, folder / "one.toml")
    assert [place.where for hit in found(index, folder, "phi") for place in hit.places] == ["model", "answer"]


def test_what_is_still_to_ask_is_counted_over_all_parts(index: SessionIndex, folder: Path) -> None:
    plan = Plan("measure", Mode.MEASURE, ("m1",), ("p1",), rounds=4)
    stopped = request("r2", round=2, state=RequestState.STOPPED)
    save(session([request("r1"), stopped], plans=[plan]), folder / "one.toml")
    assert [row.summary.left for row in listed(index, folder).sessions] == [3]
    part = session([request("r3", round=3)], plans=[plan], session_id="20261122T110301Z-7f3a-2")
    part.extra[PART_OF] = "20261122T110301Z-7f3a"
    save(part, folder / "one-2.toml")
    assert [row.summary.left for row in listed(index, folder).sessions] == [2]


def test_what_is_forgotten_for_good_is_in_no_byte_of_the_index(tmp_path: Path, folder: Path) -> None:
    for n in range(20):
        save(number(n, "xyzzyplugh" if n == 7 else "of no interest"), folder / f"{n}.toml")
    path = tmp_path / "cache" / "sessions.index"
    with SessionIndex(path) as index:
        assert len(found(index, folder, "xyzzy")) == 1
        assert b"xyzzyplugh" in path.read_bytes()
        index.drop([key_of(folder / "7.toml")], for_good=True)
    assert b"xyzzyplugh" not in path.read_bytes()
    assert b"7.toml" not in path.read_bytes().replace(b"17.toml", b"")


def test_a_file_that_could_not_be_opened_is_tried_again(index: SessionIndex, folder: Path) -> None:
    file = folder / "later.toml"
    (damaged,) = listed(index, file).damaged
    assert (damaged.path, damaged.size) == (file, None)
    save(number(1), file)
    found = listed(index, file)
    assert ([row.path for row in found.sessions], found.damaged) == ([file], ())


@pytest.mark.parametrize("damage", ["nothing", "text", "cut", "other tables", "another version", "folder"])
def test_a_damaged_index_is_made_once_more(damage: str, tmp_path: Path, folder: Path) -> None:
    for n in range(3):
        save(number(n, "apples"), folder / f"{n}.toml")
    path = tmp_path / "cache" / "sessions.index"
    with SessionIndex(path) as index:
        before = listed(index, folder)
    if damage == "nothing":
        path.write_bytes(b"")
    elif damage == "text":
        path.write_bytes(b"this is no database" * 500)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        base = sqlite3.connect(path)
        base.execute("DROP TABLE texts" if damage == "other tables" else "PRAGMA user_version = 999")
        base.close()
    with SessionIndex(path) as index:
        assert listed(index, folder) == before
        assert len(found(index, folder, "apples")) == 3
        assert bool(index.in_memory_because) == (damage == "folder")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes")
@pytest.mark.parametrize("name", ["sessions.index", "sessions.index-journal", "sessions.index-wal", "link"])
def test_a_pipe_in_place_of_the_index_is_waited_for_by_nobody(name: str, tmp_path: Path, folder: Path) -> None:
    save(number(1, "apples"), folder / "1.toml")
    cache = tmp_path / "cache"
    cache.mkdir()
    if name == "link":
        (cache / "sessions.index").symlink_to(tmp_path / "pipe")
    os.mkfifo(tmp_path / "pipe" if name == "link" else cache / name)
    with SessionIndex(cache / "sessions.index") as index:
        assert len(found(index, folder, "apples")) == 1
        assert index.in_memory_because.endswith("cannot be used: It is a pipe, not a file")


_VALUES = [
    ("file", "summary", "CAST(summary AS BLOB)"),
    ("file", "summary", "replace(summary, '1', '2')"),
    ("file", "reason", "x'00'"),
    ("file", "size", "size + 1"),
    ("file", "size", "'many'"),
    ("file", "mtime_ns", "'old'"),
    ("file", "id", "id + 100"),
    ("file", "name", "CAST(name AS TEXT)"),
    ("file", "name", "id"),
    ("file", "name", "name || '1'"),
    ("file", "folder", "''"),
    ("texts", "packed", "x'00'"),
    ("texts", "packed", "'text'"),
    ("texts", "packed", "(SELECT packed FROM texts ORDER BY file DESC LIMIT 1)"),
    ("texts", "file", "file + 100"),
    ("words_data", "block", "zeroblob(20)"),
    ("words_idx", "term", "x'7a'"),
]
"""Of each table a column, and what takes the place of its values."""


@pytest.mark.parametrize(("table", "column", "value"), _VALUES)
def test_a_damaged_value_of_whatever_type_is_read_again(
    table: str, column: str, value: str, tmp_path: Path, folder: Path
) -> None:
    for n in range(3):
        save(number(n, "apples", f" and {n} pears"), folder / f"{n}.toml")
    path = tmp_path / "cache" / "sessions.index"
    with SessionIndex(path) as index:
        before = listed(index, folder), found(index, folder, "apples")
        assert len(before[1]) == 3
    base = sqlite3.connect(path)
    with base:
        assert base.execute(f"UPDATE {table} SET {column} = {value}").rowcount > 0
    base.close()
    with SessionIndex(path) as index:
        assert found(index, folder, "apples") == before[1]
        for _ in range(3):
            if not (seen := listed(index, folder)).outdated:
                break
        assert (seen, found(index, folder, "apples")) == before
        assert index.in_memory_because == ""


def test_words_that_a_program_without_fts5_did_not_write_are_not_missed(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cache" / "sessions.index"
    save(number(1, "apples"), folder / "1.toml")
    with SessionIndex(path) as index:
        assert len(found(index, folder, "apples")) == 1
    save(number(2, "apples"), folder / "2.toml")
    with monkeypatch.context() as patch, SessionIndex(path) as index:
        patch.setattr(database, "_has_words", lambda base: False)
        assert len(found(index, folder, "apples")) == 2
    with SessionIndex(path) as index:
        assert len(found(index, folder, "apples")) == 2


def test_two_programs_share_an_index(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "cache" / "sessions.index"
    with SessionIndex(path) as one, SessionIndex(path) as two:
        save(number(1, "apples"), folder / "1.toml")
        assert len(found(one, folder, "apples")) == 1
        assert list(catch_up(two, scan([folder]))) == []
        save(number(2, "apples"), folder / "2.toml")
        assert len(found(two, folder, "apples")) == 2
        assert len(found(one, folder, "apples")) == 2
        assert (one.in_memory_because, two.in_memory_because) == ("", "")


def test_an_index_that_another_program_holds_is_left_to_it(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_database, "_WAIT_S", 0.0)
    path = tmp_path / "cache" / "sessions.index"
    save(number(1), folder / "1.toml")
    with SessionIndex(path) as index:
        before = listed(index, folder)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        save(number(2), folder / "2.toml")
        after = listed(index, folder)
        other.execute("ROLLBACK")
        other.close()
        assert after.sessions[1:] == before.sessions
        assert "locked" in index.in_memory_because
    with SessionIndex(path) as index:
        assert listed(index, folder) == after


def test_an_index_that_cannot_be_written_is_read(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(number(1), folder / "1.toml")
    path = tmp_path / "cache" / "sessions.index"
    with SessionIndex(path) as index:
        before = listed(index, folder)

    def refused(name: str, flags: int) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), name)

    monkeypatch.setattr(cache_database.private_files, "opener", refused)
    with SessionIndex(path) as index:
        assert "cannot be used" in index.in_memory_because
        assert list(catch_up(index, scan([folder]))) == []
        assert listing(index, scan([folder])) == before


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_the_index_is_its_owners_alone(tmp_path: Path, folder: Path) -> None:
    save(number(1), folder / "1.toml")
    path = tmp_path / "cache" / "foundry-compare" / "sessions.index"
    path.parent.mkdir(parents=True)
    path.touch(0o644)
    with SessionIndex(path) as index:
        listed(index, folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.strange_sessions
@pytest.mark.slow
def test_processes_read_what_this_one_would(tmp_path: Path, folder: Path) -> None:
    for n in range(30):
        save(number(n, "apples"), folder / f"{n:02}.toml")
    (folder / "bad.toml").write_text("schema = 2\n[[run")
    paths = sorted(folder.iterdir())
    assert sorted(read_files(paths, processes=2)) == sorted(read_files(paths, processes=0))


@pytest.mark.slow
def test_what_a_process_leaves_when_it_dies_is_read_all_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(30):
        save(number(n), folder / f"{n:02}.toml")
    monkeypatch.setattr(readers, "python_module", lambda name: [sys.executable, "-c", "raise SystemExit(3)"])
    assert len(list(read_files(sorted(folder.iterdir()), processes=2))) == 30
