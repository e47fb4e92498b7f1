"""What the answers of `run` are scored for: where it is read, which of several counts, and that it is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.loopback_server import LoopbackServer
from tests.support.program import call
from tests.support.some import some
from tui.core.requests.request import RequestState
from tui.core.scoring.rubric import DEFAULT_RUBRIC, Criterion, Rubric
from tui.core.sessions.session import Session
from tui.storage.session_files import load, save

At = tuple[str, str]
TONE = Rubric((Criterion("tone", "Tone", "5: kind", weight=2.0, scale=7), Criterion("style")))


@pytest.fixture(autouse=True)
def nothing_asked_before(server: LoopbackServer) -> None:
    server.talks.clear()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "tone.toml").write_text(
        '[[criteria]]\nid = "tone"\nname = "Tone"\ndescription = "5: kind"\nweight = 2\nscale = 7\n'
        '[[criteria]]\nid = "style"\n',
        "utf-8",
    )
    for name in ("accuracy", "brevity"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"prompts": [f"{name}?"], "criteria": [name]}), "utf-8")
        (tmp_path / f"only-{name}.json").write_text(json.dumps([name]), "utf-8")
    return tmp_path


def the_session(sessions: Path) -> Session:
    (file,) = sessions.glob("*.toml")
    return load(file)


def test_a_rubric_of_a_file_is_kept_with_the_session_and_named_by_its_plan(at: At, files: Path, sessions: Path) -> None:
    done = call("run", *at, "-m", "burst", "-p", "hi", "--rubric", "tone.toml", cwd=files)
    assert done.code == 0, done.err
    session = the_session(sessions)
    (plan,) = session.plans.values()
    assert session.rubric == TONE and plan.rubric == TONE.hash and session.rubrics == {TONE.hash: TONE}


def test_without_one_there_is_one_overall_score_and_the_file_says_nothing_of_it(
    at: At, files: Path, sessions: Path
) -> None:
    assert call("run", *at, "-m", "burst", "-p", "hi", cwd=files).code == 0
    session = the_session(sessions)
    assert session.rubric == DEFAULT_RUBRIC and not session.rubrics
    assert not any(plan.rubric for plan in some(session.plans.values()))


def test_the_flag_counts_before_the_prompts_before_the_variable_before_the_configuration(
    at: At, files: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_folders / "config").mkdir()
    (own_folders / "config" / "of-file.json").write_text('["of-file"]', "utf-8")
    config = own_folders / "config" / "config.toml"
    brought, variable = ("--prompts", "accuracy.json"), {"FOUNDRY_COMPARE_RUBRIC": "only-brevity.json"}
    flag = ("--rubric", "tone.toml")
    none: dict[str, str] = {}
    for number, (text, args, environ, expected) in enumerate([
        ('rubric = "of-file.json"', ("-p", "hi"), none, ("of-file",)),
        ('rubric = "of-file.json"', ("-p", "hi"), variable, ("brevity",)),
        ('rubric = "of-file.json"', brought, variable, ("accuracy",)),
        ('rubric = "of-file.json"', (*brought, *flag), variable, ("tone", "style")),
        ("", ("-p", "hi"), none, ("overall",)),
    ]):  # fmt: skip
        config.write_text(text, "utf-8")
        folder = own_folders / f"kept-{number}"
        done = call("run", *at, "-m", "burst", *args, "--sessions", str(folder), cwd=files, environ=environ)
        assert done.code == 0, done.err
        assert the_session(folder).rubric.ids == expected


def test_prompts_with_unlike_criteria_need_the_flag(
    at: At, files: Path, server: LoopbackServer, sessions: Path
) -> None:
    both = ("--prompts", "accuracy.json", "--prompts", "brevity.json")
    done = call("run", *at, "-m", "burst", *both, cwd=files)
    assert done.code == 2 and not server.talks
    assert "accuracy.json and brevity.json bring unlike criteria" in done.err and "Say with --rubric which" in done.err
    done = call("run", *at, "-m", "burst", *both, "--rubric", "only-brevity.json", cwd=files)
    assert done.code == 0 and the_session(sessions).rubric.ids == ("brevity",)
    same = ("--prompts", "accuracy.json", "--prompts", "accuracy.json", "--no-save")
    assert call("run", *at, "-m", "burst", *same, cwd=files).code == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[criteria]]\nid = "a"\nwieght = 2', "Criterion 1 (`a`): `wieght` is not a key of a criterion that is known; "
         "did you mean `weight`? Right would be weight = 2."),
        ("criteria = []", "There should be a list of criteria. Write TOML like criteria ="),
        ("criteria = [", "It is not TOML"),
    ],
)  # fmt: skip
def test_a_wrong_rubric_is_named_before_anything_is_asked(
    at: At, files: Path, server: LoopbackServer, text: str, says: str
) -> None:
    (files / "wrong.toml").write_text(text, "utf-8")
    done = call("run", *at, "-m", "burst", "-p", "hi", "--rubric", "wrong.toml", cwd=files)
    assert done.code == 2 and not server.talks
    assert "wrong.toml cannot be read as a list of criteria" in done.err and says in done.err


def test_a_session_that_is_gone_on_with_keeps_its_rubric(at: At, files: Path, sessions: Path) -> None:
    plan = ("--mode", "measure", "--warmup", "0", "--rounds", "2")
    assert call("run", *at, "-m", "burst", "-p", "hi", "--rubric", "tone.toml", *plan, cwd=files).code == 0
    session = the_session(sessions)
    (file,) = sessions.glob("*.toml")
    session.requests["r2"].state = RequestState.QUEUED
    save(session, file)
    done = call("run", *at, "--resume", str(file), "--rubric", "tone.toml", cwd=files)
    assert done.code == 2 and "--resume goes without --rubric" in done.err
    done = call("run", *at, "--resume", str(file), cwd=files, environ={"FOUNDRY_COMPARE_RUBRIC": "only-brevity.json"})
    assert done.code == 0, done.err
    assert the_session(sessions).rubric == TONE
