"""Where people differ about the same answers, and who decides together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import sessions as make
from tui.core.scoring.disagreement import shared_answers, who_decides
from tui.core.scoring.rating import Rater, RaterKind, Score, Undo
from tui.core.sessions.session import Session


def rated(*scores: Score, **raters: RaterKind) -> Session:
    made = make.session([make.request(run) for run in dict.fromkeys(score.run for score in scores)], scores=scores)
    made.raters |= {name: Rater(name, kind) for name, kind in raters.items()}
    return made


def test_those_furthest_apart_come_first_and_scales_are_not_mixed() -> None:
    session = rated(
        make.score("r1", 4), make.score("r1", 4, rater="ben"),
        make.score("r2", 5), make.score("r2", 1, rater="ben"),
        make.score("r3", 1, scale=2), make.score("r3", 2, scale=2, rater="ben"),
        make.score("r4", 5), make.score("r4", 3, rater="ben"), make.score("r4", 1, rater="cem"),
        make.score("r5", 5), make.score("r5", 5, rater="ben", scale=9),
        make.score("r6", 5), make.score("r6", 1, rater="ben", criterion="style"),
    )  # fmt: skip
    found = shared_answers(session, session.raters)
    # All of the scale apart, three times; of three people some are nearer to each other than that.
    assert [(one.run, one.apart) for one in found] == [("r2", 4), ("r3", 1), ("r4", 4), ("r1", 0)]
    assert found[2].scores == (("ann", 5), ("ben", 3), ("cem", 1))
    assert [one.run for one in shared_answers(session, session.raters, among=["ann", "cem"])] == ["r4"]


def test_judges_are_no_people_and_what_counts_is_compared() -> None:
    scores = (
        make.score("r1", 1),
        make.score("r1", 5),
        make.score("r1", 5, rater="ben"),
        make.score("r1", 1, rater="ai"),
    )
    session = rated(*scores, ai=RaterKind.JUDGE)
    (one,) = shared_answers(session, session.raters)
    assert one.scores == (("ann", 5), ("ben", 5))
    session.undos.append(Undo(2, "ann", make.WHEN, 9))
    (one,) = shared_answers(session, session.raters)
    assert one.scores == (("ann", 1), ("ben", 5))


def test_what_was_decided_stands_beside_the_scores_it_decides() -> None:
    session = rated(make.score("r1", 1), make.score("r1", 5, rater="ben"), make.score("r1", 4, rater="both"))
    session.raters["both"] = who_decides(
        session.raters | {"both": Rater("both", RaterKind.ADJUDICATED)}, ["ann", "ben"], "both"
    )
    (one,) = shared_answers(session, session.raters)
    assert one.scores == (("ann", 1), ("ben", 5))
    assert one.decided is not None and one.decided.value == 4
    assert session.raters["both"].settles == ("ann", "ben")
    assert who_decides(session.raters, ["cem", "ann"], "both").settles == ("ann", "ben", "cem")


@pytest.mark.parametrize("name", ["ann", "ai", " ", ""])
def test_nobody_decides_under_another_s_name(name: str) -> None:
    raters = {"ann": Rater("ann"), "ai": Rater("ai", RaterKind.JUDGE)}
    with pytest.raises(ValueError, match=r"a rater already|no name"):
        who_decides(raters, ["ann", "ben"], name)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 4), st.integers(1, 5)), max_size=30))
def test_each_pair_of_scores_on_one_answer_is_listed_once(given_scores: list[tuple[str, int, int]]) -> None:
    latest = {(rater, run): value for rater, run, value in given_scores}
    session = rated(*(make.score(f"r{run}", value, rater=rater) for rater, run, value in given_scores))
    found = shared_answers(session, session.raters)
    assert sorted((one.run, one.scores) for one in found) == sorted(
        (f"r{run}", tuple(sorted((rater, value) for (rater, of), value in latest.items() if of == run)))
        for run in {run for _, run in latest}
        if len([1 for _, of in latest if of == run]) > 1
    )
    orders = [one.disagreement for one in found]
    assert orders == sorted(orders, reverse=True)
