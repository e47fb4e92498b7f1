"""What is scored blind is named by no command until it is revealed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import sessions as make
from tests.support.program import Done
from tests.support.some import some
from tui.cli.main import cli
from tui.core.blind.orders import is_blind, is_unrevealed
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.scoring.rating import Rater, RaterKind
from tui.core.sessions.entry_dict import complete_entries
from tui.core.sessions.presentation import PaneOrder
from tui.report.formats.registry import FORMATS
from tui.storage.session_files import load, save

NAMES = ("sigma", "beta", "gamma", "ACME", "secret")
NOBODY = "http://127.0.0.1:9"
Program = Callable[..., Done]


@pytest.fixture
def program(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """The program in this process, as ann, in a folder with a session that she asked blind and has scored."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOUNDRY_COMPARE_RATER", "ann")
    models = [make.target(key, name, id=f"{name}-id", host="ACME") for key, name in (("m1", "sigma"), ("m2", "beta"))]
    plan = Plan("plan1", Mode.RACE, ("m1", "m2"), ("p1", "p2"))
    asked = [
        make.request(f"r{place}", model=model, plan="plan1", prompt=prompt, mode=Mode.RACE)
        for place, (prompt, model) in enumerate(((p, m) for p in ("p1", "p2") for m in ("m1", "m2")), 1)
        if place < 4
    ]
    made = make.session(
        asked, session_id="blind", models=models, plans=[plan], host={"kind": "openai", "title": "secret"},
        scores=[make.score("r1", blind=True), make.score("r2", 2, blind=True)],
    )  # fmt: skip
    for name in ("sigma", "gamma"):  # One of the judged judged, and one that is none of them.
        judge = f"judge {name}"
        made.raters[judge] = Rater(judge, RaterKind.JUDGE, f"{name}-id", alias=name)
        made.scores += [make.score(run, 3, rater=judge, blind=True) for run in ("r1", "r2")]
    made.orders += [PaneOrder("plan1", prompt, ("m2", "m1"), make.WHEN, 7, blind=True) for prompt in ("p1", "p2")]
    complete_entries(made)
    assert is_unrevealed(made)
    save(made, tmp_path / "blind.toml")

    def run(*args: str, code: int = 0) -> Done:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(args, "foundry-compare")
        done = Done(int(ended.value.code or 0), *capfd.readouterr())
        assert done.code == code, done.err
        return done

    return run


def test_no_command_names_its_models_until_they_are_revealed(program: Program, tmp_path: Path) -> None:
    other = make.session([make.request("r1")], session_id="open")
    save(other, tmp_path / "open.toml")
    for command, code in some((
        *((("report", "blind.toml", "--format", form.name), 2) for form in FORMATS),
        *((("report", "blind.toml", "open.toml", "--format", form.name), 0) for form in FORMATS),
        (("report", "open.toml", "--baseline", "blind.toml"), 9),
        (("report", "blind.toml", "--require", "licence = MIT", "--fail-if", "ttft_ms > 1"), 9),
        (("run", "--resume", "blind.toml", "--json"), 2),
        (("bench", "--resume", "blind.toml"), 2),
        (("replay", "blind.toml", "--plain"), 2),
        (("sessions", "show", "blind.toml"), 0),
        (("sessions", "list", "--json", "."), 0),
        (("sessions", "search", "--no-index", "question", "."), 0),
        (("sessions", "search", "--no-index", "--json", "question", "."), 0),
        (("sessions", "check", "."), 0),
        (("sessions", "agreement", "blind.toml", "--json"), 0),
        (("sessions", "agreement", "blind.toml"), 0),
        (("sessions", "agreement", "blind.toml", "--rater", "nobody"), 2),
        (("sessions", "scores", "blind.toml", "--template", "sheet.csv"), 0),
        (("doctor", "--host", NOBODY, "--bundle", "b.txt", "--with", "blind.toml", "--texts", "--yes"), 0),
    )):  # fmt: skip
        done = program(*command, code=code)
        said = done.out + done.err + "".join(one.read_text("utf-8-sig") for one in tmp_path.glob("[sb]*.[ct][sx][vt]"))
        for name in some(NAMES):
            assert name not in said, (command, said)
        if command[0] in ("report", "run", "bench", "replay"):
            assert "scored blind" in said and "V reveals" in said, (command, said)


def test_how_far_judges_agree_and_how_much_they_scored_is_told_without_their_names(program: Program) -> None:
    said = program("sessions", "agreement", "blind.toml").out
    assert "overall: judge 1 and people, 2 answers" in said and "overall: judge 2 and people, 2 answers" in said
    shown = program("sessions", "show", "blind.toml").out
    assert "scored     ann 2 of 3, judge 2 of 3" in shown
    program("sessions", "reveal", "blind.toml")
    said = program("sessions", "agreement", "blind.toml").out
    assert "overall: judge sigma and people, 2 answers" in said and "judge gamma and people" in said
    assert "judge sigma and people" in program("report", "blind.toml").out


def test_how_many_are_scored_is_said_to_be_of_the_newest_where_there_are_older_ones(
    program: Program, tmp_path: Path
) -> None:
    rounds = [make.request(f"r{number}", round=number) for number in (1, 2)]
    save(make.session(rounds, session_id="rounds", scores=[make.score("r2")]), tmp_path / "rounds.toml")
    assert "ann 1 of 1 (of rounds and reruns the newest)" in program("sessions", "show", "rounds.toml").out


def test_who_reveals_is_written_down_and_scores_no_more_blind(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "blind.toml"
    program("sessions", "reveal", "blind.toml", "--rater", "bob")
    assert [(one.rater, one.entry > 4) for one in load(file).reveals] == [("bob", True)]
    assert "sigma" not in program("report", "blind.toml", code=2).err  # bob's reveal tells ann nothing.
    assert "ann may know the models" in program("sessions", "reveal", "blind.toml").out
    assert "All scores were given blind" in program("report", "blind.toml").out
    assert "sigma" in program("report", "blind.toml").out
    kept, written = load(file), file.read_bytes()
    assert not is_blind(kept, ["r1"], "ann") and all(score.blind for score in some(kept.scores))
    assert "nothing is hidden from ann" in program("sessions", "reveal", "blind.toml").err
    assert file.read_bytes() == written


def test_who_is_no_rater_of_it_learns_to_whom_it_was_revealed_and_how_to_ask_as_they_do(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("sessions", "reveal", "blind.toml")
    monkeypatch.setenv("FOUNDRY_COMPARE_RATER", "root")
    asks = (("report", "blind.toml"), ("sessions", "show", "blind.toml"), ("run", "--resume", "blind.toml", "--json"))
    for command in some(asks):
        done = program(*command, code=0 if command[0] == "sessions" else 2)
        said = " ".join((done.out + done.err).split())
        assert "hidden from root" in said and "They were revealed to ann: `--rater ann` asks as ann." in said
        assert not any(name in said for name in NAMES), said
    assert "beta" in program("report", "blind.toml", "--rater", "ann").out
    assert "beta" in program("sessions", "show", "blind.toml", "--rater", "ann").out

    listed = program("sessions", "list", ".")
    assert "3 of 3" in listed.out and "Counted for root, who scored none of it; ann did" in " ".join(listed.err.split())
    of_ann = program("sessions", "list", "--rater", "ann", ".")
    assert "1 of 3" in of_ann.out and "Counted for" not in of_ann.err
    assert '"undecided": 1' in program("sessions", "list", "--json", "--rater", "ann", ".").out

    given = make.score("r3", rater="root", blind=True)
    save(replace(load(tmp_path / "blind.toml"), scores=[given]), tmp_path / "blind.toml")
    assert "revealed to" not in program("report", "blind.toml", code=2).err, "a review that goes on is not gone around"
