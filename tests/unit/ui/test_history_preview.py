"""What is said of one session beside the list of them."""

from __future__ import annotations

from pathlib import Path

from tests.support.sessions import request, score, session
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.sessions.summary import summary_of
from tui.storage.index.rows import SessionRow
from tui.ui.history.preview import about


def test_what_is_undecided_is_said_to_be_of_so_many_and_of_which_answers() -> None:
    rounds = [request(f"r{place}", model=f"m{1 + place % 2}", round=1 + place // 2) for place in range(4)]
    plan = Plan("measure", Mode.MEASURE, ("m1", "m2"), ("p1",))
    for asked, said in (
        (rounds, "answers: 4 · 1 of 2 undecided by ann (of rounds and reruns the newest)"),
        (rounds[2:], "answers: 2 · 1 of 2 undecided by ann"),
    ):
        row = SessionRow(Path("kept.toml"), 1, 1, summary_of(session(asked, plans=[plan], scores=[score("r3")])))
        assert said in about(row, "ann", None, None).plain.splitlines()
