"""What a bug report gets: everything that helps, and nothing that anybody wrote, unless it is asked for."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import sessions as make
from tests.support.program import Done
from tests.support.some import some
from tui.cli.main import cli
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import RequestState
from tui.core.scoring.rating import FacetTick, Note
from tui.core.scoring.rubric import Criterion, Rubric
from tui.core.sessions.entry_dict import complete_entries
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import session_from_dict, session_to_dict
from tui.core.sessions.session_model import Overrides
from tui.core.sessions.without_texts import without_texts
from tui.storage.session_files import load, save

TOP = Path(__file__).parents[3]
EVERYTHING = TOP / "tests/data/schema_2/everything.toml"
NOBODY = "http://127.0.0.1:9"
SAID = "Geheimnis"
"""Stands in every text that somebody wrote."""

Program = Callable[..., Done]


def private() -> Session:
    """A session with a text of somebody's everywhere there can be one."""
    rubric = Rubric((Criterion("accuracy", f"{SAID} name", f"{SAID} description"),))
    failed = make.request("r2", state=RequestState.FAILED, model="m1")
    assert failed.fault is not None
    failed.fault = replace(failed.fault, message=f"{SAID} message", hint=f"{SAID} hint")
    made = make.session(
        [make.request("r1", answer=(f"{SAID} answer",), thinking=(f"{SAID} thought",)), failed],
        prompts=[Prompt(f"{SAID} user", f"{SAID} system", (f"{SAID} facet",), (f"{SAID} tag",), "p1")],
        scores=[make.score("r1", rater=f"{SAID} rater", criterion="accuracy")],
        notes=[Note("r1", f"{SAID} rater", f"{SAID} note", make.WHEN)],
        rubric=rubric,
    )
    made.title, made.tags = f"{SAID} title", (f"{SAID} tag",)
    made.facets.append(FacetTick("r1", f"{SAID} facet", f"{SAID} other", True, make.WHEN))
    ((key, plan),) = made.plans.items()
    made.plans[key] = replace(plan, parameters=replace(plan.parameters, stop=(f"{SAID} stop",)))
    made.models["m1"] = replace(made.models["m1"], own=Overrides(system=f"{SAID} own", stop=(f"{SAID} own stop",)))
    made.extra["foreign"] = f"{SAID} key"
    made.unknown["run", "r1"] = {"foreign": f"{SAID} key"}
    complete_entries(made)
    return made


def test_a_session_without_texts_has_every_number_and_no_word() -> None:
    made = private()
    bare = without_texts(made)
    assert SAID not in repr(session_to_dict(bare)) and SAID in repr(session_to_dict(made))
    for run, request in some(made.requests.items()):
        assert bare.requests[run].metrics.ttft_ms == request.metrics.ttft_ms
        assert (bare.requests[run].state, bare.requests[run].usage) == (request.state, request.usage)
    assert bare.requests["r1"].answer == f"({len(made.requests['r1'].answer)} characters)"
    assert [score.value for score in bare.scores] == [4] and set(bare.raters) == {"rater1", "rater2"}


@pytest.mark.parametrize(
    "file", [EVERYTHING, *sorted(TOP.glob("tests/data/recorded/*.toml"))], ids=lambda file: file.stem
)
def test_what_is_left_is_a_session_that_reads_back(file: Path) -> None:
    bare = without_texts(load(file))
    assert session_from_dict(session_to_dict(bare)).requests.keys() == load(file).requests.keys()


@pytest.fixture
def program(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.chdir(tmp_path)

    def run(*args: str, code: int = 0) -> Done:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(["doctor", "--host", NOBODY, *args], "foundry-compare")
        done = Done(int(ended.value.code or 0), *capfd.readouterr())
        assert done.code == code, done.err
        return done

    return run


@pytest.mark.strange_sessions
def test_it_is_shown_before_it_is_written_and_holds_no_word_of_anybody_s(
    program: Program, own_folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "hunter2-hunter2")
    monkeypatch.setenv("BENCH_PROMPT", f"{SAID} prompt hunter2-hunter2")
    monkeypatch.setenv("HOME", str(own_folders))
    monkeypatch.setenv("USERPROFILE", str(own_folders))
    (own_folders / "config").mkdir()
    (own_folders / "config" / "config.toml").write_text(
        f'rater = "{SAID}"\ntheme = "light"\nplan.rounds = 3\n{SAID} = 1\n[hosts.box]\nurl = "http://127.0.0.1:9/v1"\n',
        "utf-8",
    )
    sessions = own_folders / "sessions"
    save(private(), sessions / "good.toml")
    sessions.joinpath("bad.toml").write_text(f'schema = 2\nid = "{SAID}\n', "utf-8")
    done = program("--bundle", "report.txt", "--with", "good", "--yes")
    written = (tmp_path / "report.txt").read_text("utf-8")
    assert done.out == written and done.err.splitlines()[-1] == "Written to report.txt"
    assert SAID not in written and "hunter2" not in written and str(own_folders) not in written
    for expected in some((
        "== Doctor ==", "foundry-compare    ", "theme = light", "plan.rounds = 3", "rater = (9 characters)",
        "BENCH_PROMPT", "2 files", "1 of the newest 2 cannot be read", "bad.toml: ", "== Session good.toml ==",
        "(16 characters)", "~",
    )):  # fmt: skip
        assert expected in written, expected
    tomllib.loads(written.partition("== Session good.toml ==\n")[2])
    program("--bundle", "report.txt", "--yes", code=2)  # It is there.
    asked = program("--bundle", "report.txt", "--with", "good", "--texts", "--yes", "--force").out
    assert f"{SAID} answer" in asked and "hunter2" not in asked


def test_nothing_is_written_unless_somebody_says_yes(program: Program, tmp_path: Path) -> None:
    done = program("--bundle", "report.txt", code=2)
    assert "report.txt was not written. There is nobody to ask. --yes writes it without a question." in done.err
    assert "== Doctor ==" in done.out and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--json", "--bundle", "x.txt"), "--json and --bundle exclude each other."),
        (("--texts",), "--with, --texts, --yes and --force are for --bundle alone."),
        (("--bundle", "x.txt", "--yes", "--with", "nowhere"), "There is no session nowhere."),
        (("--bundle", "x.txt", "--yes", "--with", "damaged.toml"), "cannot be read as a session."),
    ],
)
def test_what_makes_no_sense_is_said(args: tuple[str, ...], said: str, program: Program, tmp_path: Path) -> None:
    shutil.copy(__file__, tmp_path / "damaged.toml")
    assert said in program(*args, code=2).err
    assert not (tmp_path / "x.txt").exists()
