"""Of a damaged session everything that can be read comes into a new file, and the damaged one stays as it is."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import sessions as make
from tests.support.some import some
from tests.unit.storage.entries import header, run_entries, stream
from tui.core.errors import BadInputError, CompareError
from tui.core.requests.request import RequestState
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.rating import Note
from tui.core.sessions.salvage import LOST_PROMPT
from tui.core.sessions.session import SCHEMA, Session, SessionState
from tui.core.sessions.session_dict import session_from_dict, session_to_dict
from tui.storage import session_parts
from tui.storage.file_lock import SessionLock, lock_path
from tui.storage.journal import Journal, journal_path
from tui.storage.session_files import load, load_whole, save
from tui.storage.session_repair import Repaired, repair, salvage

pytestmark = pytest.mark.strange_sessions
TOP = Path(__file__).parents[3]
EVERYTHING = TOP / "tests/data/schema_2/everything.toml"
EXAMPLE = TOP / "tests/data/recorded/20261127T093106Z-f41c.toml"


def mended(folder: Path, data: bytes, name: str = "s") -> Repaired:
    path = folder / f"{name}.toml"
    path.write_bytes(data)
    found = repair(path, folder / "state")
    assert path.read_bytes() == data, "the damaged file is as it was"
    if found.path is not None:
        assert load_whole(found.path).requests.keys() == found.session.requests.keys()
        found.path.unlink()
    return found


def left_of(data: bytes) -> Session | None:
    """The session of damaged bytes; None where nothing is left. Without a file, which takes long on some systems."""
    try:
        found, _ = salvage(data, "s", make.WHEN)
    except ValueError as error:
        assert str(error)
        return None
    return found


def nothing_is_made_up(found: Session, good: Session) -> None:
    """Each answer is one of the session's, or the beginning of it and marked; each score is one of the session's."""
    for run, request in some(found.requests.items()):
        whole = good.requests[run].answer
        assert request.answer == whole or (whole.startswith(request.answer) and request.state is not RequestState.DONE)
    assert {(one.run, one.rater, one.value) for one in found.scores} <= {(s.run, s.rater, s.value) for s in good.scores}


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_a_file_cut_at_any_line_keeps_what_is_before_it(every: int) -> None:
    good, lines = load(EVERYTHING), EVERYTHING.read_bytes().split(b"\n")
    most = 0
    for count in some(range(1, len(lines), every)):
        found = left_of(b"\n".join(lines[:count]) + b"\n")
        if found is None:
            assert not most, count
            continue
        nothing_is_made_up(found, good)
        assert len(found.requests) >= most, count
        most = len(found.requests)
    assert most == len(good.requests)


def test_an_answer_that_is_cut_keeps_its_text_and_says_so(tmp_path: Path) -> None:
    text = EXAMPLE.read_bytes()
    at = text.index(b"Add some questions")
    found = mended(tmp_path, text[:at])
    (request,) = found.session.requests.values()
    assert request.answer.endswith("stand in the passages?\n\n") and request.state is RequestState.CUT
    assert request.fault is not None and "was damaged" in request.fault.message
    assert found.session.state is SessionState.FINISHED and len(found.session.prompts) == 3
    assert [loss.said().partition(":")[2] for loss in found.lost] == [
        " the text of `answer` is damaged, and may lack a part",
    ]


@pytest.mark.parametrize("flips", [40, pytest.param(250, marks=pytest.mark.slow)])
def test_a_flipped_bit_costs_no_more_than_what_it_is_in(flips: int) -> None:
    good, data, random = load(EVERYTHING), EVERYTHING.read_bytes(), Random(7)
    scores = in_effect(good).scores
    for _ in some(range(flips)):
        flipped = bytearray(data)
        place = random.randrange(len(data))
        flipped[place] ^= 1 << random.randrange(8)
        found = left_of(bytes(flipped))
        assert found is not None, place
        assert len(found.requests) == len(good.requests), place
        assert len(found.scores) >= len(good.scores) - 1, place
        assert len(in_effect(found).scores) >= len(scores) - 2, place


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: b"\xef\xbb\xbf" + data, id="BOM"),
        pytest.param(lambda data: data.decode().encode("utf-16"), id="UTF-16"),
        pytest.param(lambda data: data.replace(b"\n", b"\r\n"), id="CRLF"),
    ],
)  # fmt: skip
def test_what_an_editor_makes_of_a_file_needs_no_repair_or_survives_it(change: object, tmp_path: Path) -> None:
    data = change(EXAMPLE.read_bytes())  # type: ignore[operator]
    assert mended(tmp_path, data).path is None
    found = mended(tmp_path, data[: len(data) - len(data) % 2 - 40])
    good = load(EXAMPLE)
    assert {run: one.answer.replace("\r\n", "\n") for run, one in found.session.requests.items()} == {
        run: one.answer for run, one in good.requests.items()
    }
    assert len(found.session.scores) == len(good.scores)


def test_a_file_that_can_be_read_is_left_alone(tmp_path: Path) -> None:
    found = mended(tmp_path, EXAMPLE.read_bytes())
    assert found.path is None and not found.lost
    assert [file.name for file in tmp_path.iterdir()] == ["s.toml"]


def test_what_is_lost_is_said_with_its_line(tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8")
    lines = text.replace('user = "Why do people', 'usr = "Why do people').replace("scores = 9", "scores = 10")
    lines = lines.replace('alias = "demo-small"', "alias = demo").replace("value = 1\nscale = 5\nposition = 1\n", "", 1)
    found = mended(tmp_path, lines.encode())
    said = [loss.said() for loss in found.lost]
    number = {word: 1 + lines[: lines.index(word)].count("\n") for word in ('[[prompt]]\nkey = "p3"', "alias = demo")}
    assert f"line {number['[[prompt]]' + chr(10) + 'key = ' + chr(34) + 'p3' + chr(34)]}: [[prompt]] cannot be used: " \
        "`user` is missing" in said  # fmt: skip
    assert f"line {number['alias = demo']}: `alias` cannot be read" in said
    assert "prompt p3 is lost: another stands in its place, and says so" in said
    assert "model m1 is lost: another stands in its place, and says so" in said
    assert "9 of 10 scores are left" in said
    assert found.session.prompts["p3"].user == LOST_PROMPT
    assert found.session.models["m1"].card.alias == "(lost) m1"
    assert len(found.session.requests) == 9


def test_a_score_whose_value_is_lost_does_not_take_one_back(tmp_path: Path) -> None:
    made = make.session([make.request("r1")], scores=[make.score("r1", 4), make.score("r1", 2)])
    (path,) = save(made, tmp_path / "made.toml")
    text = path.read_bytes()
    at = text.rindex(b"value = 2")
    for wrong, left in some(((b"value 5 2", [4]), (b"vblue = 2", [4, 2]), (b"value = ", [4]), (b"value = 9", [4]))):
        damaged = text[:at] + wrong + text[at + 9 :].replace(b"[end]", b"[end")
        assert [one.value for one in mended(tmp_path, damaged).session.scores] == left
    assert [one.value for one in mended(tmp_path, text[:at]).session.scores] == [4]


def test_a_lost_header_costs_nothing_where_the_keys_tell_what_it_was(tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8")
    for wrong in some(("[[rnu]]", "[[run]", "[run", "run", "")):
        found = mended(tmp_path, text.replace('[[run]]\nid = "r5"', f'{wrong}\nid = "r5"').encode())
        assert {run: one.answer for run, one in found.session.requests.items()} == {
            run: one.answer for run, one in load(EXAMPLE).requests.items()
        }, wrong
        assert found.session.requests["r5"].metrics.ttft_ms == load(EXAMPLE).requests["r5"].metrics.ttft_ms
        assert len(found.session.scores) == 9


@pytest.mark.parametrize(
    "wrong",
    ["schema = 0", "schema = []", "[[end]]", "[tool", "[[tool]]", "host = 1", "[run.state]", "tags = 3", "id = 3"],
)
def test_what_has_the_wrong_kind_of_value_costs_only_itself(wrong: str) -> None:
    text = EXAMPLE.read_text("utf-8")
    key = wrong.strip("[]").partition(" ")[0]
    lines = text.split("\n")
    place = next(
        (
            number
            for number, line in enumerate(lines)
            if line in (f"[{key}]", f"{key} = 2") or line.startswith(f"{key} = ")
        ),
        12,
    )
    lines[place] = wrong
    found = left_of("\n".join(lines).encode())
    assert found is not None
    assert {run: one.answer for run, one in found.requests.items()} == {
        run: one.answer for run, one in load(EXAMPLE).requests.items()
    }
    assert len(found.scores) == 9


def test_a_part_of_a_lost_answer_is_not_given_to_another(tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8")
    begin, end = text.index('[[run]]\nid = "r5"'), text.index("[run.usage]", text.index('id = "r5"'))
    found = mended(tmp_path, (text[:begin] + text[end:]).encode())
    assert "r5" not in found.session.requests and len(found.session.requests) == 8
    good = load(EXAMPLE)
    for run, request in some(found.session.requests.items()):
        assert (request.metrics.ttft_ms, request.usage) == (
            good.requests[run].metrics.ttft_ms,
            good.requests[run].usage,
        )
    assert any("[run.usage] belongs to nothing that is left" in loss.what for loss in found.lost)


def test_an_answer_without_a_name_gets_one() -> None:
    for wrong in some(('id = ""', "id = 3", "id = ")):
        found = left_of(EXAMPLE.read_text("utf-8").replace('[[run]]\nid = "r5"', f"[[run]]\n{wrong}").encode())
        assert found is not None and len(found.requests) == 9 and "lost" in found.requests, wrong


def test_two_answers_of_one_name_are_both_kept(tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8").replace('[[run]]\nid = "r5"', '[[run]]\nid = "r4"')
    found = mended(tmp_path, text.encode())
    assert len(found.session.requests) == 9
    assert [loss.what for loss in found.lost] == ["a second run r4 is called r5"]


def test_a_text_that_looks_like_a_score_is_none(tmp_path: Path) -> None:
    forged = '[[score]]\nrun = "r1"\nrater = "eve"\nvalue = 5\nat = 2026-11-22 11:03:11+00:00'
    made = make.session([make.request("r1", answer=(f"Write\n{forged}\nand more",)), make.request("r2")])
    (path,) = save(made, tmp_path / "forged.toml")
    found = mended(tmp_path, path.read_bytes().replace(b"[end]\n", b"[end\n"))
    assert found.session.scores == [] and found.session.requests["r1"].answer.endswith("and more")


def test_what_the_journal_has_comes_too_and_an_open_session_is_left_alone(tmp_path: Path) -> None:
    session = make.session([], session_id="s")
    (path,) = save(session, tmp_path / "s.toml")
    path.write_bytes(path.read_bytes() + EXAMPLE.read_bytes()[-400:-60])
    journal = Journal(journal_path(tmp_path, "s"))
    journal.append(*header(make.session([make.request("r9")], session_id="s")),
                   *run_entries("r9", stream("r9", ["late", " words"], ended=True)))  # fmt: skip
    journal.close()
    lock = SessionLock(lock_path(tmp_path, "s"))
    assert lock.acquire()
    with pytest.raises(BadInputError) as refused:
        repair(path, tmp_path)
    lock.release()
    assert "Another program has it open" in refused.value.sentence()
    found = repair(path, tmp_path)
    assert found.path is not None and found.session.requests["r9"].answer == "late words"
    assert journal_path(tmp_path, "s").exists(), "nothing beside the damaged file is changed"


def test_a_session_of_several_files_becomes_one_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make.session([make.request(f"r{number}", answer=("x" * 400,)) for number in range(6)],
                        notes=[Note("r5", "ann", "last", make.WHEN)])  # fmt: skip
    with monkeypatch.context() as small:
        small.setattr(session_parts, "PART_BYTES", 4_000)
        paths = save(made, tmp_path / "s.toml")
    assert len(paths) > 1
    paths[1].write_bytes(paths[1].read_bytes().replace(b'mode = "measure"\nmodel', b"mode = measure\nmodel", 1))
    found = repair(paths[0], tmp_path / "state")
    assert found.path == tmp_path / "s-repaired.toml"
    assert load_whole(found.path).requests.keys() == made.requests.keys()
    assert [loss.said() for loss in found.lost if "s-2.toml" in loss.what]
    assert repair(paths[0], tmp_path / "state").path == tmp_path / "s-repaired2.toml", "nothing is replaced"


def test_an_empty_file_a_newer_one_and_none_say_why_not(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_bytes(b"")
    (tmp_path / "newer.toml").write_bytes(EXAMPLE.read_bytes().replace(b"schema = 2", b"schema = 3")[:-20])
    said = {
        "empty": "There is no answer, score or note left in it",
        "newer": f"It has schema {SCHEMA + 1}, and this version writes schema {SCHEMA}",
        "none": "No such file or directory" if sys.platform != "win32" else "cannot",
    }
    for name, reason in some(said.items()):
        with pytest.raises(CompareError) as refused:
            repair(tmp_path / f"{name}.toml", tmp_path / "state")
        assert reason in refused.value.sentence()


HOSTILE = {
    "deep": "a = " + "[" * 50_000, "dots": "a" + ".a" * 50_000 + " = 1", "number": "a = " + "9" * 50_000,
    "zeros": "\0" * 50_000, "quotes": 'a = "' + '"' * 50_000, "escapes": 'a = """' + "\\" * 50_000,
    "heads": "[[run]]\n" * 5_000,
    "open texts": '[[run]]\nanswer = """\n' * 2_000, "brackets": "[\n" * 5_000, "no lines": "x" * 50_000,
}  # fmt: skip


@pytest.mark.parametrize("more", HOSTILE)
def test_nothing_takes_for_ever_or_costs_the_rest(more: str) -> None:
    found, good = left_of(EXAMPLE.read_bytes() + b"\n" + HOSTILE[more].encode()), load(EXAMPLE)
    assert found is not None
    kept = {run: one.answer for run, one in found.requests.items()}
    assert {run: one.answer for run, one in good.requests.items()}.items() <= kept.items()
    assert in_effect(found).scores == in_effect(good).scores


@settings(max_examples=40)
@given(noise=st.binary(max_size=300), place=st.integers(0, 300))
def test_any_bytes_become_a_session_or_a_sentence(noise: bytes, place: int) -> None:
    data = EXAMPLE.read_bytes()[: 3000 + place]
    for damaged in (noise, data[:place] + noise + data[place:], data + noise):
        found = left_of(damaged)
        assert found is None or session_from_dict(session_to_dict(found)).requests.keys() == found.requests.keys()
