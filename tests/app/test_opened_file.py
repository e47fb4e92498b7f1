"""A session file that is opened: read and scored on the screen, with neither host nor engine."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from tests.support.recorded import bundled_themes
from tests.support.screens import Play, playing
from tests.support.sessions import request, score, session
from tests.support.some import some
from tui.app.app import CompareApp
from tui.app.opened import OpenedFile
from tui.core.errors import BadInputError
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.questions import questions_of, run_of
from tui.core.scoring.in_effect import in_effect
from tui.core.sessions.session import SCHEMA, Session
from tui.runner.kept_session import KeptSession, open_kept_session
from tui.storage.file_lock import SessionLock, lock_path
from tui.storage.journal import journal_path
from tui.storage.session_files import load, save

if TYPE_CHECKING:
    from tui.runner import Runner

EXAMPLES = sorted((Path(__file__).parents[2] / "tests" / "data" / "recorded").glob("*.toml"))
NAME = "20261122T110301Z-7f3a"


def five_questions() -> Session:
    """A measured plan of five prompts put to three models."""
    models, prompts = ("m1", "m2", "m3"), tuple(f"p{number}" for number in range(1, 6))
    requests = [
        request(f"{prompt}{model}", model=model, prompt=prompt, answer=(f"Answer to {prompt}", f" of {model}."))
        for prompt in prompts
        for model in models
    ]
    return session(requests, session_id=NAME, plans=[Plan("measure", Mode.MEASURE, models, prompts)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The session of five questions, in a folder of its own."""
    path = tmp_path / "kept" / f"{NAME}.toml"
    save(five_questions(), path)
    return path


@asynccontextmanager
async def opened(path: Path, rater: str | None = "ann", size: tuple[int, int] = (80, 24)) -> AsyncIterator[Play]:
    """The screen with this file, which is let go at the end."""
    kept = open_kept_session(path, rater)
    shown = OpenedFile(path.name, kept.view, kept.ratings, kept.close, kept.notices)
    app = CompareApp(lambda: shown, themes=bundled_themes(), theme="dark")
    try:
        # There is no runner, and nothing that a test of an opened file may ask of one.
        async with playing(app, cast("Runner", None), size) as play:
            await play.until(lambda: bool(play.page) and all(play.panes[one - 1].data is not None for one in play.page))
            yield play
    finally:
        assert kept.close()


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
async def test_each_example_is_read_question_by_question(path: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(path, tmp_path))
    kept = load(copy)
    questions = questions_of(kept.requests.values())
    async with opened(copy, size=(160, 45)) as play:
        await play.sees(copy.name, "opened: read and score, nothing is asked")
        await play.press("right")
        for question in some(list(reversed(questions))):
            plan = kept.plans[question.plan]
            run = run_of(plan, kept.requests.values(), question)
            assert play.prompt.text == kept.prompts[question.prompt].user
            assert len(play.panes) == len(plan.models)
            for number, key in enumerate(some(list(plan.models)), 1):
                shown = run.shown_request(key)
                assert shown is not None and shown.answer.split()[0].strip("*#") in play.pane(number)
            await play.press("{")
    assert copy.read_bytes() == path.read_bytes(), "what is only read stays as it was"


async def test_five_questions_to_three_models_are_scored_and_kept_in_the_file(file: Path) -> None:
    async with opened(file) as play:
        await play.sees("question 5 of 5 · 3 unscored")
        assert play.here == 1 and "Answer to p5 of m1." in play.pane(1)
        await play.read("3{{4\x1b[C5")
        await play.sees("question 3 of 5 · 1 unscored")
        await play.press("n")
        await play.type("clear", "enter")
        await play.press("{", "1", "u")
    found = load(file)
    scores = {run: one.value for (run, _, _), one in in_effect(found).scores.items()}
    assert scores == {"p5m1": 3, "p3m1": 4, "p3m2": 5}
    assert [(note.run, note.text, note.rater) for note in found.notes] == [("p3m2", "clear", "ann")]
    assert found.requests.keys() == five_questions().requests.keys()
    assert [path.name for path in file.parent.iterdir()] == [file.name], "neither lock nor journal is left"


async def test_where_nothing_can_be_asked_nothing_is_and_no_host_is_shown(file: Path) -> None:
    before = file.read_bytes()
    async with opened(file) as play:
        await play.press("r", "R", "x", "X", "e", "f1", "h")
        assert play.app.current_mode == "compare" and play.prompt.disabled
        assert len(play.app.screen_stack) == 1
        assert play.notices == ["No host is looked for before something is asked."] * 2, "F1 and h say why"
        await play.press("comma")
        assert play.app.current_mode == "report", "the models of a host that there is not are passed over"
        await play.press("f2", "question_mark")
        await play.sees("Keys", "Score the focused answer")
        await play.type("f1")
        await play.sees("not now: no host is looked for", "▸ F1")
    assert file.read_bytes() == before


async def test_what_was_undone_before_can_be_taken_back_further(file: Path) -> None:
    async with opened(file) as play:
        await play.press("2", "{", "3")
    async with opened(file) as play:
        await play.press("u")
        await play.sees("Question 4: u takes back score 3 on model-m1.")
        await play.press("u", "u", "u")
        await play.sees("Undone on 1 model-m1: score 2 → no score")
    assert not in_effect(load(file)).scores


def only_read(path: Path, why: str, rater: str | None = "ann") -> KeptSession:
    """The session, which can only be read, for that reason."""
    kept = open_kept_session(path, rater)
    assert kept.ratings is None
    assert why in kept.notices[0].sentence()
    return kept


async def test_a_session_that_another_program_has_open_is_only_read(file: Path) -> None:
    lock, before = SessionLock(lock_path(file.parent, file.stem)), file.read_bytes()
    assert lock.acquire()
    try:
        only_read(file, "Another program has it open. Scores can be given when that has ended.")
        async with opened(file) as play:
            await play.sees("question 5 of 5", "only shown: nothing is asked or scored")
            await play.press("4", "n", "u")
            await play.sees("question 5 of 5 · 3 unscored")
            assert len(play.app.screen_stack) == 1
            await play.press("{")
            await play.sees("question 4 of 5 · 3 unscored")
        assert lock.path.exists(), "the lock of another program stays"
    finally:
        lock.release()
    assert file.read_bytes() == before


def test_scores_of_a_program_that_died_are_taken_in_when_the_file_is_opened_again(file: Path, tmp_path: Path) -> None:
    kept = open_kept_session(file, "ann")
    assert kept.ratings is not None
    kept.ratings.score("p2m2", 4)
    journal = journal_path(file.parent, file.stem)
    deadline = time.monotonic() + 60
    while not (journal.exists() and '"score"' in journal.read_text("utf-8")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    # What would be on the disk, had the program died here: without its lock, as that of a dead program counts for none.
    left = tmp_path / "left"
    left.mkdir()
    save(five_questions(), left / file.name)
    shutil.copy(journal, left)
    assert kept.close()
    again = open_kept_session(left / file.name, "ann")
    assert again.ratings is not None and not again.notices
    assert again.view.ratings.score_of("p2m2") == 4
    assert again.close()
    assert [path.name for path in left.iterdir()] == [file.name]


def test_a_session_that_is_open_here_is_not_opened_by_another_program(file: Path) -> None:
    kept = open_kept_session(file, "ann")
    assert kept.ratings is not None
    assert not SessionLock(lock_path(file.parent, file.stem)).acquire()
    assert kept.close()
    assert SessionLock(lock_path(file.parent, file.stem)).acquire()


def test_a_session_of_a_newer_schema_is_only_read(file: Path) -> None:
    newer = file.read_text("utf-8").replace(f"schema = {SCHEMA}", f"schema = {SCHEMA + 1}", 1)
    file.write_text(newer, encoding="utf-8")
    kept = only_read(file, f"It has schema {SCHEMA + 1}")
    assert kept.close() and file.read_text("utf-8") == newer
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_folder_that_cannot_be_written_is_only_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("tui.private_files.create", refused)
    kept = only_read(file, "Permission denied")
    assert len(kept.view.session.requests) == 15


def test_who_looks_sees_their_own_scores_and_hears_of_others(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.toml"
    save(replace(five_questions(), scores=[score("p1m1", 4, rater="bea", entry=1)]), path)
    kept = open_kept_session(path, "ann")
    assert kept.view.ratings.score_of("p1m1") is None
    assert "The file has others' too: bea." in kept.notices[0].sentence()
    assert kept.close()
    again = open_kept_session(path, "bea")
    assert again.view.ratings.score_of("p1m1") == 4 and not again.notices
    assert again.close()


@pytest.mark.parametrize("text", ["", "schema = ", "[[run]]\n"], ids=["empty", "cut off", "no session"])
def test_a_damaged_file_is_a_sentence_and_is_let_go(text: str, file: Path) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match="cannot be read as a session"):
        open_kept_session(file)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read as a session") as caught:
        open_kept_session(tmp_path / "nothing" / "here.toml")
    assert caught.value.hint == "Check the name."
    assert not list(tmp_path.iterdir())
