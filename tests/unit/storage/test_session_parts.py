"""However much a session holds, all of it is saved, and each of its files can be read."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.sessions import MS, SENT, fold, request, score, session, spec
from tests.support.some import some
from tests.unit.storage.entries import folded, header, run_entries, score_entry, stream, until
from tui.core.blind.orders import is_unrevealed
from tui.core.errors import BadInputError, StoreError
from tui.core.plans.prompt import Prompt
from tui.core.requests import answer_limits as limits
from tui.core.requests import events as ev
from tui.core.requests.answer_limits import MAX_BYTES, MAX_CHARS, TOO_LONG, AnswerLimit, stored_bytes
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rating import Note
from tui.core.sessions import timing_dict as session_timing
from tui.core.sessions.entry_dict import complete_entries
from tui.core.sessions.presentation import PaneOrder, Reveal
from tui.core.sessions.session import Session, SessionState
from tui.core.sessions.session_dict import session_to_dict
from tui.core.sessions.summary import HIDDEN, summary_of
from tui.core.sessions.timing_dict import MAX_CHUNKS
from tui.report.aggregate import aggregate
from tui.storage import session_files as sessions
from tui.storage import session_parts as parts
from tui.storage.journal import SUFFIX, Journal
from tui.storage.session_files import SaveCache, collect, load, load_whole, save
from tui.storage.session_recovery import recover
from tui.storage.session_writer import TomlSessionWriter
from tui.storage.toml_writer import emit

TEN_BYTES = "\U000e0041"
"""A character that is written as ten."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in which some three runs find room."""
    monkeypatch.setattr(parts, "PART_BYTES", 2_000)


def many(count: int) -> Session:
    """A session of so many runs, every other one rated, with a prompt of its own for each third."""
    requests = [request(f"r{number}", answer=[f"answer {number}"], prompt=f"p{number // 3}") for number in range(count)]
    made = session(requests, scores=[score(f"r{number}") for number in range(0, count, 2)])
    made.prompts = {f"p{number}": Prompt(f"Question {number}?", key=f"p{number}") for number in range(count // 3 + 1)}
    made.notes = [Note("r1", "ann", "Good.", made.created), Note("gone", "ann", "Whose?", made.created)]
    complete_entries(made)
    return made


def long_request(run: str, chunks: int, text: str, state: RequestState = RequestState.DONE) -> Request:
    """A request of so many chunks, whatever its text, 0.1 ms apart."""
    made = fold(Request(spec(run)), ev.Sent(run, SENT), ev.Headers(run, SENT + 1))
    made.timestamps.at = array("q", range(SENT + MS, SENT + MS + chunks * 100_000, 100_000))
    made.timestamps.reads = array("I", range(chunks))
    made.timestamps.kinds = bytearray(b"a" * chunks)
    made.restore_text(text, "")
    return fold(made, ev.Ended(run, made.timestamps.at[-1] + MS, "stop"))


def test_what_is_too_large_for_one_file_goes_on_in_others(small: None, tmp_path: Path) -> None:
    whole, path = many(10), tmp_path / "s.toml"
    paths = save(whole, path)
    assert len(paths) > 2
    assert paths == [path, *(tmp_path / f"s-{number}.toml" for number in range(2, len(paths) + 1))]
    assert session_to_dict(load_whole(path)) == session_to_dict(whole)
    found = [load(file) for file in paths]
    assert [run for part in found for run in part.requests] == list(whole.requests)
    assert [part.id for part in found[:2]] == [whole.id, f"{whole.id}-2"]
    assert [part.extra for part in found[:2]] == [{}, {"part_of": whole.id}]
    for part in some(found):
        assert {one.run for one in part.scores} <= part.requests.keys()
        assert part.prompts.keys() >= {one.spec.prompt for one in part.requests.values()}
    assert len(found[0].prompts) < len(whole.prompts)
    assert aggregate([load(file) for file in collect([tmp_path])[0]]).rows == aggregate([whole]).rows


def test_only_the_files_that_a_change_concerns_are_written(
    small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    real = Path.replace

    def counted(self: Path, target: Path) -> Path:
        written.append(target.name)
        return real(self, target)

    whole, path, cache = many(10), tmp_path / "s.toml", SaveCache()
    last = save(whole, path, cache)[-1]
    monkeypatch.setattr(Path, "replace", counted)
    save(whole, path, cache)
    assert written == []
    whole.scores.append(score("r9", 1))
    save(whole, path, cache)
    assert written == [last.name]
    last.unlink()
    save(whole, path, cache)
    assert written == [last.name, last.name]
    assert session_to_dict(load_whole(path)) == session_to_dict(whole)


def test_a_file_that_only_has_such_a_name_is_no_part(tmp_path: Path) -> None:
    other = many(1)
    save(many(2), tmp_path / "s.toml")
    save(other, tmp_path / "s-2.toml")
    assert list(load_whole(tmp_path / "s.toml").requests) == ["r0", "r1"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX links")
@pytest.mark.parametrize("leads_to", ["s-2.toml", "away.toml"], ids=["in a circle", "nowhere"])
def test_a_further_part_that_cannot_be_read_is_named_and_not_left_out(
    leads_to: str, small: None, tmp_path: Path
) -> None:
    path, part = tmp_path / "s.toml", tmp_path / "s-2.toml"
    save(many(10), path)
    part.unlink()
    part.symlink_to(tmp_path / leads_to)
    with pytest.raises(BadInputError, match=r"s-2.toml cannot be read as a session"):
        load_whole(path)


@pytest.mark.parametrize("other", [session([request("r1")], session_id="other"), None], ids=["a session", "no session"])
def test_a_session_does_not_go_on_in_the_file_of_another(other: Session | None, small: None, tmp_path: Path) -> None:
    taken = tmp_path / "s-2.toml"
    if other is None:
        taken.write_text("mine")
    else:
        save(other, taken)
    before, cache = taken.read_bytes(), SaveCache()
    for _ in range(2):
        with pytest.raises(StoreError, match="cannot go on in a further file") as refused:
            save(many(10), tmp_path / "s.toml", cache)
        assert f"{taken} is" in refused.value.detail
        assert taken.read_bytes() == before
    taken.unlink()
    save(many(10), tmp_path / "s.toml", cache)
    assert session_to_dict(load_whole(tmp_path / "s.toml")) == session_to_dict(many(10))


@pytest.mark.parametrize("fresh", [True, False], ids=["another program", "the same program"])
def test_files_that_a_session_does_not_need_any_more_are_removed(
    fresh: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, path, cache = many(10), tmp_path / "s.toml", SaveCache()
    with monkeypatch.context() as patch:
        patch.setattr(parts, "PART_BYTES", 2_000)
        assert len(save(whole, path, cache)) > 2
    assert save(whole, path, None if fresh else cache) == [path]
    assert list(tmp_path.iterdir()) == [path]
    assert session_to_dict(load(path)) == session_to_dict(whole)


def test_each_part_knows_from_whom_models_are_hidden(small: None, tmp_path: Path) -> None:
    """Lists, searches and reports read each file alone."""
    whole, path = many(10), tmp_path / "s.toml"
    whole.scores.clear()
    whole.orders = [
        PaneOrder(plan, prompt, ("m1",), whole.created, seed=7, blind=True)
        for plan, prompt in dict.fromkeys((one.spec.plan, one.spec.prompt) for one in whole.requests.values())
    ]
    complete_entries(whole)
    paths = save(whole, path)
    assert len(paths) > 2
    for part in some(paths):
        assert is_unrevealed(load(part)) and summary_of(load(part)).models == (HIDDEN,), part
    assert session_to_dict(load_whole(path)) == session_to_dict(whole)
    whole.reveals.append(Reveal("ann", whole.created))
    complete_entries(whole)
    for part in some(save(whole, path)):
        assert not is_unrevealed(load(part)), part
    assert session_to_dict(load_whole(path)) == session_to_dict(whole)


def test_a_file_with_runs_that_a_session_does_not_have_is_left(tmp_path: Path, small: None) -> None:
    path = tmp_path / "s.toml"
    paths = save(many(10), path)
    assert len(paths) > 2
    save(many(3), path)
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_runs_that_are_in_two_files_after_a_kill_are_counted_once(
    small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, path, cache = many(10), tmp_path / "s.toml", SaveCache()
    late = {run: one for run, one in whole.requests.items() if run not in ("r0", "r1")}
    save(replace(whole, requests=late, scores=[one for one in whole.scores if one.run in late]), path, cache)
    real, written = sessions.write_atomic, list[Path]()

    def killed(file: Path, data: bytes, check: Callable[[bytes], None]) -> None:
        if file == path:
            raise KeyboardInterrupt
        written.append(file)
        real(file, data, check)

    monkeypatch.setattr(sessions, "write_atomic", killed)
    with pytest.raises(KeyboardInterrupt):
        save(whole, path, cache)
    assert written
    found = [load(file) for file in collect([tmp_path])[0]]
    held = [run for part in found for run in part.requests]
    assert len(held) > len(set(held)), "some run is in two files"
    (row,) = aggregate(found).rows
    assert row.outcomes.runs == len(set(held))
    assert sum(score.n for score in row.scores) == len([one for one in whole.scores if one.run in held])


def test_a_session_of_several_files_is_completed_from_its_journal(small: None, tmp_path: Path) -> None:
    streams = {f"r{number}": stream(f"r{number}", ["All ", "of it."], ended=True) for number in range(12)}
    whole = session([folded(run, events) for run, events in streams.items()], scores=[score("r1"), score("r11")])
    writer = TomlSessionWriter(tmp_path, whole.id, tmp_path / "state")
    for entry in [*header(whole), *(entry for run, events in streams.items() for entry in run_entries(run, events))]:
        writer.record(entry)
    early = session([whole.requests[f"r{number}"] for number in range(9)])
    writer.save(early)
    until(lambda: writer.path.exists() and load_whole(writer.path).requests.keys() == early.requests.keys())
    for one in whole.scores:
        writer.record(score_entry(one))
    assert not writer.close(None)
    assert [problem.title for problem in writer.problems()] == [f"The session has outgrown {writer.path.name}"]
    (result,) = recover(tmp_path)
    assert (result.answers, result.scores, result.problem) == (3, 2, None)
    found = load_whole(writer.path)
    assert found.state is SessionState.INTERRUPTED
    found.state = whole.state
    assert session_to_dict(found) == session_to_dict(whole)


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousandth of what an answer may be."""
    monkeypatch.setattr(limits, "MAX_CHUNKS", MAX_CHUNKS // 1000)
    monkeypatch.setattr(session_timing, "MAX_CHUNKS", MAX_CHUNKS // 1000)
    monkeypatch.setattr(limits, "MAX_CHARS", MAX_CHARS // 1000)
    monkeypatch.setattr(limits, "MAX_BYTES", MAX_BYTES // 1000)


@pytest.mark.parametrize(
    ("chunks", "text"),
    [(MAX_CHUNKS // 1000 + 1, "x"), (3, TEN_BYTES * 4_000), (3, "x" * 8_001), (3, '"\\' * 8_000)],
    ids=["chunks", "ten bytes a character", "characters", "quotes"],
)
def test_an_answer_longer_than_can_be_kept_is_cut_and_says_so(
    little: None, chunks: int, text: str, tmp_path: Path
) -> None:
    made = long_request("r1", chunks, text)
    save(session([made, request("r2")]), tmp_path / "a.toml")
    found = load(tmp_path / "a.toml").requests["r1"]
    assert (found.state, found.fault and found.fault.message) == (RequestState.CUT, TOO_LONG)
    assert text.startswith(found.answer) and found.answer
    assert (made.state, made.fault) == (RequestState.DONE, None), "the request itself is as it came"


@pytest.mark.parametrize("state", [RequestState.FAILED, RequestState.STOPPED])
def test_how_a_request_ended_is_not_changed_because_its_answer_was_too_long(
    state: RequestState, little: None, tmp_path: Path
) -> None:
    made = request("r1", state=state, answer=["x" * 8_001])
    save(session([made]), tmp_path / "a.toml")
    found = load(tmp_path / "a.toml").requests["r1"]
    assert (found.state, found.answer) == (state, "x" * 8_000)
    assert found.fault is not None and found.fault.message == (made.fault.message if made.fault else TOO_LONG)


@pytest.mark.slow
def test_several_of_the_longest_answers_are_kept_whole(tmp_path: Path) -> None:
    text = TEN_BYTES * (MAX_BYTES // 10)
    whole = session([long_request(f"r{number}", 3, text) for number in range(2)])
    paths = save(whole, tmp_path / "a.toml")
    assert len(paths) == 2
    found = load_whole(tmp_path / "a.toml")
    assert [one.answer == text and one.state is RequestState.DONE for one in found.requests.values()] == [True] * 2


def test_a_journal_with_an_answer_that_is_too_long_is_taken_in_once_and_for_all(little: None, tmp_path: Path) -> None:
    words = [TEN_BYTES * 400] * 8
    events = stream("r1", words, ended=True)
    journal = Journal(tmp_path / f"{session([]).id}{SUFFIX}")
    for entry in [*header(session([folded("r1", events)])), *run_entries("r1", events), score_entry(score("r1"))]:
        journal.append(entry)
    journal.close()
    (result,) = recover(tmp_path)
    assert (result.answers, result.scores, result.problem) == (1, 1, None)
    found = load(result.path).requests["r1"]
    assert (found.state, stored_bytes(found.answer) <= MAX_BYTES // 1000) == (RequestState.CUT, True)
    assert recover(tmp_path) == []


@pytest.mark.parametrize(
    "text", ["plain", 'a "b" \\ c', "two\nlines\r\n\t", "语言", TEN_BYTES, "\x00\x9b\u202e", "\ud83d"]
)
def test_what_a_text_takes_in_the_file_is_never_thought_too_little(text: str) -> None:
    written = emit({"a": text * 50}).encode()
    assert len(written) <= stored_bytes(text * 50) + len('a = """\n"""\n')


def test_room_is_given_to_the_last_character_and_to_no_more() -> None:
    room = AnswerLimit(1)
    assert room.take("x" * (MAX_CHARS - 2)) and not room.full
    assert room.take("yz and more") == "yz"
    assert room.full
    assert room.take("x") == ""
    few = AnswerLimit(2 / MAX_CHUNKS)
    assert [few.take("x"), few.take("y"), few.take("z")] == ["x", "y", ""]
    assert few.full
    bytes_left = AnswerLimit(10 / MAX_BYTES * 3.5)
    assert bytes_left.take(TEN_BYTES * 9) == TEN_BYTES * 3
