"""What the page of agreement shows."""

from __future__ import annotations

from pathlib import Path

from tests.support.sessions import request, score, session, target
from tests.support.some import some
from tui.ui.history.agreement import agreement_of


def test_who_scores_blind_sees_nothing_of_answers_that_this_person_has_not_scored() -> None:
    given = {("ann", "r1"): 1, ("cy", "r1"): 5, ("ann", "r2"): 5, ("cy", "r2"): 2, ("bea", "r2"): 3, ("bea", "r3"): 4}
    made = session(
        [request(f"r{number}", answer=("I am phi-4.",)) for number in (1, 2, 3)],
        models=[target("m1", "phi-4", id="phi-4")],
        scores=[score(run, value, rater=rater, entry=at) for at, ((rater, run), value) in enumerate(given.items(), 1)],
    )
    everything, in_the_middle = (agreement_of(Path("s.toml"), made, ["said"], only) for only in ("", "bea"))
    assert [one.shared.run for one in everything.differing] == ["r1", "r2"] and everything.shared == 2
    assert [one.shared.run for one in in_the_middle.differing] == ["r2"] and in_the_middle.shared == 1
    assert all("phi" not in one.answer for one in some(everything.differing)), "an answer may name its model"
    assert everything.sentences == ("said",)
