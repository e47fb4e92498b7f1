"""What docs/sessions.md shows a session read with works as it stands, and says what this program says."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support import sessions as make
from tests.support.some import some
from tui.cli.main import cli
from tui.core.scoring.in_effect import in_effect
from tui.storage.session_files import load, save

TOP = Path(__file__).parents[3]
PAGE = (TOP / "docs/sessions.md").read_text(encoding="utf-8")
EXAMPLES = sorted(TOP.glob("tests/data/recorded/*.toml"))
WITH_UNDO = TOP / "tests/data/schema_2/everything.toml"

Means = dict[tuple[str, str, int], tuple[float, int]]
"""The mean score, and of how many, by model, criterion and highest score."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Sessions to read: the examples, one with an undo, and one with two criteria, of which one has two scales."""
    given = (("overall", 5, 4), ("accuracy", 5, 5), ("accuracy", 5, 4), ("style", 3, 1), ("style", 9, 8))
    scores = [
        make.score("r1", value, criterion=criterion, scale=scale, rater=f"rater{number}")
        for number, (criterion, scale, value) in enumerate(given)
    ]
    session = make.session([make.request("r1")], session_id="20261123T080000Z-0001", scores=scores)
    (made,) = save(session, tmp_path_factory.mktemp("made") / "unlike.toml")
    assert expected([made]) == {
        ("model-m1", "overall", 5): (4, 1), ("model-m1", "accuracy", 5): (4.5, 2), ("model-m1", "style", 3): (1, 1),
        ("model-m1", "style", 9): (8, 1),
    }  # fmt: skip
    return [*some(EXAMPLES), WITH_UNDO, made]


def example(name: str) -> str:
    """The code block behind a mark."""
    found = re.search(rf"<!-- example: {name} -->\n```\w*\n(.*?)```", PAGE, re.DOTALL)
    assert found, name
    return found[1]


def expected(files: list[Path]) -> Means:
    """The same by this program's own reading."""
    given: dict[tuple[str, str, int], list[int]] = {}
    for file in files:
        session = load(file)
        for score in in_effect(session).scores.values():
            alias = session.model_of(session.requests[score.run]).card.alias
            if score.value is not None:
                given.setdefault((alias, score.criterion, score.scale), []).append(score.value)
    return {key: (round(sum(values) / len(values), 2), len(values)) for key, values in given.items()}


def means(lines: list[str]) -> Means:
    return {
        (alias, criterion, int(scale)): (float(mean), int(count))
        for alias, criterion, scale, mean, count in map(str.split, lines)
    }


def run(*command: str, cwd: Path | None = None, stdin: bytes | None = None) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, check=True, timeout=60, cwd=cwd)
    return done.stdout.decode("utf-8")


def test_there_are_scores_and_something_undone_to_read() -> None:
    assert len(expected(EXAMPLES)) >= 3 and "[[undo]]" in WITH_UNDO.read_text(encoding="utf-8")
    assert expected([WITH_UNDO]) == {
        ("alpha", "accuracy", 5): (4.0, 1), ("beta", "accuracy", 5): (4.0, 2),
    }  # fmt: skip


def test_python(files: list[Path]) -> None:
    printed = run(sys.executable, "-c", example("python"), *map(str, files))
    assert means(printed.splitlines()) == expected(files)


def as_json(files: list[Path], folder: Path) -> list[Path]:
    """The sessions as JSON, made with the command of the page."""
    script = re.search(r"python3 -c '(.*?)' <SESSION.toml >session.json", example("json"))
    assert script
    made = []
    for file in some(files):
        made.append(folder / f"{file.stem}.json")
        made[-1].write_text(run(sys.executable, "-c", script[1], stdin=file.read_bytes()), encoding="utf-8")
        assert json.loads(made[-1].read_text(encoding="utf-8"))["schema"] == 2
    return made


def fill_in(sheet: Path, scores: Iterable[int]) -> None:
    """Give the answers of a sheet these scores, as a spreadsheet would."""
    rows = list(csv.DictReader(io.StringIO(sheet.read_text(encoding="utf-8-sig"), newline="")))
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(row | {"score": f"{score},0"} for row, score in zip(rows, scores, strict=False))


def test_several_people_score_one_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ana", "ben"):
        shutil.copy(EXAMPLES[0], f"{name}.toml")
    shown = {}
    for line in some(example("several").splitlines()):
        words = shlex.split(line, comments=True)[1:]
        with pytest.raises(SystemExit) as ended:
            cli.main(words, "foundry-compare")
        out, err = capsys.readouterr()
        assert not ended.value.code, err
        shown[words[1]] = out
        if "--template" in words:
            fill_in(
                Path(words[words.index("--template") + 1]),
                (2, 4, 5, 5, 3, 4, 1, 4, 5) if "--blind" in words else [3] * 9,
            )
    assert example("agreement") == shown["agreement"].partition("\n\n")[2]
    merged = load(tmp_path / "all.toml")
    assert {score.rater for score in merged.scores} == {"ana", "ben", "together"}
    assert merged.raters["together"].settles == ("ana", "ben")
    assert expected([tmp_path / "ana.toml"]) == expected([EXAMPLES[0]])


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_jq(files: list[Path], tmp_path: Path) -> None:
    script = re.search(r"jq -r '(.*?)' session.json", example("jq"), re.DOTALL)
    assert script
    for file, made in zip(some(files), as_json(files, tmp_path), strict=True):
        assert means(run("jq", "-r", script[1], str(made)).splitlines()) == expected([file])


@pytest.mark.skipif(find_spec("duckdb") is None, reason="duckdb is not installed")
def test_duckdb(files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    as_json(files, tmp_path)
    monkeypatch.chdir(tmp_path)
    rows = duckdb.sql(example("duckdb")).fetchall()
    assert {(alias, *kind): (mean, count) for alias, *kind, mean, count in rows} == expected(files)


def test_the_commands_print_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(TOP / "tests/data/recorded", tmp_path / "sessions")
    monkeypatch.chdir(tmp_path)
    for name, value in {"SESSIONS": "sessions", "RATER": "ana"}.items():
        monkeypatch.setenv(f"FOUNDRY_COMPARE_{name}", value)
    monkeypatch.setenv("COLUMNS", "80")
    shown = example("sessions")
    printed = []
    for line in some(line for line in shown.splitlines() if line.startswith("$ ")):
        program, *words = shlex.split(line[2:])
        with pytest.raises(SystemExit):
            cli.main(words, program)
        said = capsys.readouterr()
        printed.append(f"{line}\n{said.out}{said.err}".replace(os.sep, "/"))
    assert "\n".join(printed) == shown
