"""Session files: read as untrusted input, written so that they read back the same."""

from __future__ import annotations

import os
import re
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.sessions import WHEN, request, score, session, target
from tests.support.some import some
from tests.support.system_words import NO_SUCH_FILE
from tests.unit.storage.entries import folded, stream
from tui.core.errors import BadInputError, StoreError
from tui.core.plans.prompt import Prompt
from tui.core.requests import events as ev
from tui.core.requests.memory_use import MemoryUse
from tui.core.requests.request import RequestState
from tui.core.scoring.rating import Note
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import session_to_dict
from tui.core.text.clean import join_surrogates
from tui.storage import session_files as sessions
from tui.storage.session_files import ReadSessions, SaveCache, collect, load, new_session_id, save

SMALL = '''\
schema = 2
id = "20261122T110301Z-7f3a"
created = 2026-11-22 11:03:01+00:00
state = "finished"

[tool]
version = "0.1.0"

[host]
kind = "openai"

[[rater]]
id = "ann"
kind = "person"

[[plan]]
key = "measure"
mode = "measure"
rounds = 1
warmup = 0
seed = 0
models = [
    "m1",
]
prompts = [
    "p1",
]

[plan.params]
max_tokens = 512

[plan.timeouts]
connect_s = 10.0
first_byte_s = 180.0
first_text_s = 300.0
idle_s = 60.0

[[model]]
key = "m1"
alias = "alpha"
id = "alpha-generic-cpu:1"
host = "openai"

[[prompt]]
key = "p1"
user = """
Why?
In one line."""

[[run]]
id = "r1"
plan = "measure"
mode = "measure"
model = "m1"
prompt = "p1"
round = 1
launch = 1
warmup = false
contended = false
state = "done"
finish_reason = "stop"
started = 2026-11-22 11:03:01+00:00
answer = """
Because:
it is."""
reasoning = "Hm. "

[run.usage]
source = "server"
prompt_tokens = 12
completion_tokens = 3

[run.timing]
unit_us = 100
connect = 0
queue = 50
headers = 10
end = 1300
kinds = "r1 a2"
deltas = "1000 100 100"
reads = "1 1 1"

[[run]]
id = "r2"
plan = "measure"
mode = "measure"
model = "m1"
prompt = "p1"
round = 2
launch = 1
warmup = false
contended = false
state = "failed"
started = 2026-11-22 11:03:01+00:00
answer = "Bec"

[run.usage]
source = "none"

[run.timing]
unit_us = 100
connect = 0
queue = 50
headers = 10
end = 1100
kinds = "a1"
deltas = "1000"
reads = "1"

[run.error]
kind = "stream"
type = "ReadError"
message = "The stream broke."
hint = "Press r to run it again."

[[score]]
run = "r1"
rater = "ann"
criterion = "overall"
value = 4
scale = 5
blind = false
at = 2026-11-22 11:03:01+00:00
entry = 1

[[note]]
run = "r1"
rater = "ann"
text = "exe.\\u202Egpj"
at = 2026-11-22 11:03:01+00:00
entry = 2

[end]
runs = 2
scores = 1
notes = 1
'''


def small() -> Session:
    made = session(
        [
            request("r1", thinking=["Hm. "], answer=["Because:\n", "it is."]),
            request("r2", state=RequestState.FAILED, answer=["Bec"], usage=False, round=2),
        ],
        models=[target("m1", "alpha")],
        prompts=[Prompt("Why?\nIn one line.", key="p1")],
        scores=[score("r1")],
        notes=[Note("r1", "ann", "exe.\u202egpj", WHEN)],
        host={"kind": "openai"},
    )
    made.tool = {"version": "0.1.0"}
    return made


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def reason(path: Path) -> str:
    with pytest.raises(BadInputError) as caught:
        load(path)
    assert caught.value.title == f"{path} cannot be read as a session"
    assert caught.value.hint
    return caught.value.detail


def test_a_small_session_is_laid_out_like_this(tmp_path: Path) -> None:
    save(small(), tmp_path / "a.toml")
    assert (tmp_path / "a.toml").read_text(encoding="utf-8") == SMALL


def test_what_was_saved_is_loaded_again(tmp_path: Path) -> None:
    save(small(), tmp_path / "a.toml")
    loaded = load(tmp_path / "a.toml")
    assert session_to_dict(loaded) == session_to_dict(small())
    save(loaded, tmp_path / "b.toml")
    assert (tmp_path / "b.toml").read_text(encoding="utf-8") == SMALL


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(st.characters(), min_size=1, max_size=20), min_size=1, max_size=5), st.text(st.characters()))
def test_any_answer_prompt_and_note_come_back(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    asked = session(
        [request("r1", answer=words), request("r2", thinking=words, answer=())],
        prompts=[Prompt(text, text, key="p1")],
        notes=[Note("r1", text, text, WHEN)],
    )
    save(asked, path)
    loaded, whole = load(path), join_surrogates(text)
    assert loaded.requests["r1"].answer == join_surrogates("".join(words))
    assert loaded.requests["r2"].reasoning == join_surrogates("".join(words))
    assert loaded.prompts["p1"] == Prompt(whole, whole, key="p1")
    assert loaded.notes == [Note("r1", whole, whole, WHEN)]
    assert loaded.requests["r1"].metrics == asked.requests["r1"].metrics


def test_one_more_score_changes_its_own_lines_and_one_count(tmp_path: Path) -> None:
    one, two = small(), small()
    two.scores.append(score("r2", None))
    save(one, tmp_path / "1.toml")
    save(two, tmp_path / "2.toml")
    before, after = ((tmp_path / name).read_text(encoding="utf-8") for name in ("1.toml", "2.toml"))
    added = '[[score]]\nrun = "r2"\nrater = "ann"\ncriterion = "overall"\nscale = 5\nblind = false\n'
    added += "at = 2026-11-22 11:03:01+00:00\nentry = 3\n\n"
    assert added in after
    assert after.replace(added, "").replace("scores = 2", "scores = 1") == before


@pytest.mark.strange_sessions
def test_tables_of_a_later_version_are_kept(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.toml",
        SMALL.replace("\n[tool]", 'mood = "x"\n\n[tool]').replace("[end]", "[[weather]]\nruns = [\n]\n\n[end]"),
    )
    save(load(path), tmp_path / "b.toml")
    text = (tmp_path / "b.toml").read_text(encoding="utf-8")
    assert 'mood = "x"\n' in text
    assert "[[weather]]\nruns = []\n" in text


def test_a_cache_of_final_runs_changes_nothing_in_the_file(tmp_path: Path) -> None:
    cache = SaveCache()
    growing = session([])
    for number in range(1, 5):
        growing = session([*growing.requests.values(), request(f"r{number}", answer=[f"answer {number}\r\n"])])
        growing.scores.append(score(f"r{number}", number))
        save(growing, tmp_path / "cached.toml", cache)
        save(growing, tmp_path / "plain.toml")
        assert list(cache.texts) == list(growing.requests)
        assert (tmp_path / "cached.toml").read_bytes() == (tmp_path / "plain.toml").read_bytes()
        assert session_to_dict(load(tmp_path / "cached.toml")) == session_to_dict(growing)


def test_a_run_that_may_still_change_is_not_cached(tmp_path: Path) -> None:
    cache = SaveCache()
    running = folded("r1", stream("r1", ["Some"], ended=False))
    save(session([running]), tmp_path / "a.toml", cache)
    assert not cache.texts
    running.fold(ev.Ended("r1", running.timestamps.at[-1], "stop"))
    save(session([running]), tmp_path / "a.toml", cache)
    assert load(tmp_path / "a.toml").requests["r1"].state is RequestState.DONE


def test_what_a_run_learns_while_it_is_written_is_written_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, path, ended = SaveCache(), tmp_path / "a.toml", request("r1")
    save(session([ended]), path, cache)
    seen, folding, go_on = MemoryUse.seen, Event(), Event()

    def held(use: MemoryUse, memory: ev.Memory) -> MemoryUse:
        folding.set()
        assert go_on.wait(10)
        return seen(use, memory)

    monkeypatch.setattr(MemoryUse, "seen", held)
    folder = Thread(target=ended.fold, args=(ev.Memory("r1", 1, 5_000_000, 9),))
    folder.start()
    assert folding.wait(10)
    save(session([ended]), path, cache)
    assert load(path).requests["r1"].memory is None
    go_on.set()
    folder.join()
    save(session([ended]), path, cache)
    assert load(path).requests["r1"].memory == ended.memory is not None


def test_the_old_file_stays_when_the_session_holds_what_toml_cannot(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    save(small(), path)
    broken = small()
    broken.host["odd"] = object()
    with pytest.raises(StoreError, match="could not be saved"):
        save(broken, path)
    assert path.read_text(encoding="utf-8") == SMALL


def test_a_session_that_could_not_be_loaded_again_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    save(small(), path)
    strange = small()
    strange.plans.clear()
    with pytest.raises(StoreError) as caught:
        save(strange, path)
    assert "run r1: its plan, model or prompt is not in the file" in caught.value.detail
    assert path.read_text(encoding="utf-8") == SMALL
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_stays_when_the_disk_gives_back_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.toml"
    save(small(), path)
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: real(path)[:-1])
    with pytest.raises(StoreError) as caught:
        save(session([request()]), path)
    assert "the disk gave back something else" in caught.value.detail
    assert path.read_text(encoding="utf-8") == SMALL


def test_a_session_too_large_to_be_read_back_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.toml"
    save(small(), path)
    monkeypatch.setattr(sessions, "MAX_BYTES", 1 << 20)
    with pytest.raises(StoreError, match="could not be saved"):
        save(session([request(answer=["x" * (1 << 20)])]), path)
    assert path.read_text(encoding="utf-8") == SMALL


def test_a_byte_order_mark_and_carriage_returns_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert session_to_dict(load(path)) == session_to_dict(small())


REFUSED = {
    "empty": ("", "`schema` is missing"),
    "broken": ("schema = ", "It is not TOML: "),
    "a key twice": (SMALL + "x = 1\nx = 2\n", "It is not TOML: "),
    "newer": ("schema = 3", "It has schema 3, and this version knows schema 2: `id` is missing"),
    "older": ("schema = 0", "It has schema 0; the first one was 1"),
    "no id": (SMALL.replace('id = "2026', 'di = "2026'), "`id` is missing"),
    "a score off its scale": (SMALL.replace("value = 4", "value = 6"), "[[score]] 1: a score of 6 on a scale of 5"),
    "a run of no model": (SMALL.replace('model = "m1"', 'model = "m9"'), "Run r1: its plan, model or prompt is not in"),
    "marks at odds": (SMALL.replace('reads = "1 1 1"', 'reads = "1 1"'), "[[run]] 1: `deltas`, `kinds` and `reads` do"),
    "nested": ("a = " + "[" * 50_000, "It is nested too deeply"),
    "a deep key": (".".join(["a"] * 51) + " = 1\n", "A key in line 1 has more than 50 parts"),
    "a deep header": ("\n\n[" + ' . "a"' * 51 + "]", "A key in line 3 has more than 50 parts"),
    "a deep inline key": ("x = {" + ".".join(["'a'"] * 51) + " = 1}", "A key in line 1 has more than 50 parts"),
}


@pytest.mark.strange_sessions
@pytest.mark.parametrize(("text", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_file_is_refused_with_its_reason(text: str, sentence: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", text)
    assert reason(path).startswith(sentence)
    assert path.read_text() == text


def test_what_is_no_text_no_file_or_too_large_is_refused_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"schema = 1\n\xff")
    assert reason(tmp_path / "bytes.toml").startswith("Byte 12 is not UTF-8 text")
    assert reason(tmp_path / "missing.toml") == NO_SUCH_FILE
    assert reason(tmp_path)
    monkeypatch.setattr(sessions, "MAX_BYTES", 1 << 20)
    assert reason(write(tmp_path / "large.toml", "#" * ((1 << 20) + 1))) == "It is larger than 1.0 MB"


@pytest.mark.strange_sessions
@pytest.mark.parametrize(
    "keep", [r"\n\[end\]", r"\nscores = 1", r"\n\[\[note\]\]", r"\n\[\[score\]\]", r"\n\[\[run\]\]"]
)
def test_a_cut_file_is_caught(keep: str, tmp_path: Path) -> None:
    cut = re.search(keep, SMALL)
    assert cut
    assert reason(write(tmp_path / "a.toml", SMALL[: cut.start()])).startswith("The file is cut or was changed by hand")


def test_a_table_taken_out_by_hand_is_caught(tmp_path: Path) -> None:
    start, end = SMALL.index("[[score]]"), SMALL.index("[[note]]")
    path = write(tmp_path / "a.toml", SMALL[:start] + SMALL[end:])
    assert reason(path) == "The file is cut or was changed by hand: scores: 1 promised, 0 found"


@pytest.mark.parametrize(
    "answer",
    [
        ".".join("abcdefghij" * 9),
        "Contents " + "." * 200 + " 7",
        'a "quoted" """ word''' + " a.b" * 60 + "\n" + ".".join(["x"] * 60),
        "it's\n" + ".".join(["y"] * 60) + " = 1\n# " + ".".join(["z"] * 60),
        "ends in quotes " + ".".join(["q"] * 60) + '""',
        "\\" + '"' + ".".join(["b"] * 60) + "\\",
    ],
)  # fmt: skip
def test_dots_in_an_answer_are_no_key(answer: str, tmp_path: Path) -> None:
    for text in (answer, answer + "\n"):
        save(session([request(answer=[text])]), tmp_path / "a.toml")
        assert load(tmp_path / "a.toml").requests["r1"].answer == text


@pytest.mark.strange_sessions
def test_dots_in_strings_written_by_hand_are_no_key(tmp_path: Path) -> None:
    dots = ".".join(["d"] * 60)
    by_hand = f'by = [\'\'\'{dots}\'\'\'\', """"{dots}""""", \'{dots}\', "{dots}\\\\"] # {dots}\n\n[tool]'
    path = write(tmp_path / "a.toml", SMALL.replace("\n[tool]", by_hand, 1))
    assert load(path).extra["by"] == [dots + "'", f'"{dots}""', dots, dots + "\\"]


@pytest.mark.strange_sessions
def test_a_key_of_fifty_parts_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", SMALL.replace("\n[tool]", ".".join(["a"] * 50) + " = 1\n\n[tool]", 1))
    assert "a" in load(path).extra


@pytest.mark.parametrize(
    "piece", ["a.", "a ", '"', "'", '"""', "'''", '\\"""', '"\\"', "\\", ".", '"x\n', "#\n", "a . "]
)
def test_much_of_anything_is_refused_without_delay(piece: str, tmp_path: Path) -> None:
    text = piece * ((1 << 17) // len(piece))
    assert reason(write(tmp_path / "a.toml", text))
    assert reason(write(tmp_path / "a.toml", 'k = """' + text))


def test_an_id_says_when_in_utc_and_nothing_else() -> None:
    now = datetime(2026, 11, 22, 12, 3, 1, tzinfo=timezone(timedelta(hours=1)))
    ids = {new_session_id(now) for _ in range(20)}
    assert all(re.fullmatch("20261122T110301Z-[0-9a-f]{4}", name) for name in some(ids))
    assert len(ids) > 1
    assert new_session_id(now.astimezone(UTC)).startswith("20261122T110301Z-")


def test_collecting_takes_files_as_given_and_the_sessions_of_folders_once(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "dir.toml").mkdir(parents=True)
    for name in ("b.toml", "a.toml", "a.journal.jsonl", "a.lock", "a.toml.77.tmp", "notes.md"):
        (folder / name).write_text("")
    missing = tmp_path / "missing.toml"
    assert collect([missing, folder / "b.toml", folder]) == ([missing, folder / "b.toml", folder / "a.toml"], [])
    again = tmp_path / "folder" / ".." / "folder" / "a.toml"
    assert collect([folder, again]) == ([folder / "a.toml", folder / "b.toml"], [])
    assert collect([]) == ([], [])


@pytest.mark.strange_sessions
@pytest.mark.parametrize("value", ["0", "false", '""', "0.0", "[]", "-1", "1979-05-27"])
def test_a_top_level_value_of_a_later_version_survives_whatever_it_is(value: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", SMALL.replace("\n[tool]", f"mood = {value}\n\n[tool]", 1))
    save(load(path), tmp_path / "b.toml")
    assert f"mood = {value}\n" in (tmp_path / "b.toml").read_text(encoding="utf-8")
    assert load(tmp_path / "b.toml").extra == load(path).extra != {}


def test_a_score_is_blind_only_when_its_file_says_so(tmp_path: Path) -> None:
    for text, blind in (("blind = false\n", False), ("", False), ("blind = true\n", True)):
        path = write(tmp_path / "a.toml", SMALL.replace("blind = false\n", text))
        assert [one.blind for one in load(path).scores] == [blind]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"Bec"', '"Bac"'),
        ("completion_tokens = 3", "completion_tokens = 4"),
        ("value = 4", "value = 3"),
        ("blind = false", "blind = true"),
        ('rater = "ann"', 'rater = "bob"'),
        ("rounds = 1", "rounds = true"),
        ("connect_s = 10.0", "connect_s = 10"),
        ('state = "finished"', 'state = "running"'),
        ("[end]", '[more]\nmood = "x"\n\n[end]'),
    ],
)
def test_the_old_file_stays_when_the_emitter_writes_another_valid_value(
    old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.toml"
    save(session([request()]), path)
    before = path.read_bytes()
    emit, emit_table = sessions.emit, sessions.emit_table
    monkeypatch.setattr(sessions, "emit", lambda tables: emit(tables).replace(old, new))
    monkeypatch.setattr(sessions, "emit_table", lambda name, table: emit_table(name, table).replace(old, new))
    with pytest.raises(StoreError) as caught:
        save(small(), path)
    assert "it parsed to something else" in caught.value.detail
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_could_not_be_saved_is_proven_again_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, path = SaveCache(), tmp_path / "a.toml"
    made = small()
    emit_table = sessions.emit_table
    monkeypatch.setattr(sessions, "emit_table", lambda name, table: emit_table(name, table).replace("Bec", "Bac"))
    for _ in range(2):
        with pytest.raises(StoreError):
            save(made, path, cache)
    monkeypatch.undo()
    save(made, path, cache)
    assert path.read_text(encoding="utf-8") == SMALL


def test_a_number_that_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    made = small()
    made.tool["n"] = 1 << 70  # type: ignore[assignment]
    with pytest.raises(StoreError) as caught:
        save(made, tmp_path / "a.toml")
    assert "more than 64 bits" in caught.value.detail


@pytest.mark.parametrize(
    "time_put_back",
    [
        pytest.param(
            True, marks=pytest.mark.skipif(sys.platform == "win32", reason="POSIX tells when a file was changed")
        ),
        False,
    ],
)
def test_a_session_is_read_once_until_its_file_is_another(time_put_back: bool, tmp_path: Path) -> None:
    file, read = tmp_path / "one.toml", ReadSessions()
    save(session([request("r1")], scores=[score("r1", value=4)]), file)
    os.utime(file, (1e9, 1e9))
    before = read.load(file)
    assert read.load(file) is before
    text, changed = file.read_text("utf-8").replace("value = 4", "value = 1"), file.stat().st_ctime_ns
    while file.stat().st_ctime_ns == changed:  # Its clock may tick slowly.
        file.write_text(text, "utf-8")
        if time_put_back:
            os.utime(file, (1e9, 1e9))
        elif sys.platform == "win32":
            break
    assert [one.value for one in read.load(file).scores] == [1]
