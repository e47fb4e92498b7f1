"""The sessions that come with the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import finish, start
from tests.support.some import some
from tui.core.plans.plan import Mode
from tui.core.requests.request import RequestState
from tui.storage.session_files import collect, load

FOLDER = Path(__file__).parents[3] / "sessions" / "examples"
FILES, _ = collect([FOLDER])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_is_whole_and_every_answer_came_to_its_end(path: Path) -> None:
    session = load(path)
    assert session.requests and all(request.state is RequestState.DONE for request in some(session.requests.values()))
    assert {target.card.alias for target in session.models.values()} == {"demo-small", "demo-medium", "demo-large"}
    assert f"`{path.name}`" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_they_hold_both_modes_scores_and_notes() -> None:
    sessions = [load(path) for path in FILES]
    assert {request.spec.mode for session in sessions for request in session.requests.values()} == {
        Mode.RACE,
        Mode.MEASURE,
    }
    assert sum(bool(session.scores) for session in sessions) >= 3
    assert any(session.notes for session in sessions)


def test_the_report_has_something_to_say_of_them(tmp_path: Path) -> None:
    done = finish(start("report", str(FOLDER), cwd=tmp_path))
    assert done.code == 0
    assert "## Measured" in done.out and "## Raced" in done.out and "### Scores" in done.out
