"""Whether the longer answer, or the one that stood first, is preferred."""

from __future__ import annotations

import pytest

from tests.support.sessions import WHEN, request, score, session
from tui.core.scoring.rating import Vote, VoteChoice
from tui.core.sessions.entry_dict import complete_entries
from tui.core.sessions.session import Session
from tui.report.rating_checks import rating_checks, said_of_check
from tui.report.render import aggregated

LONG, SHORT = ("a", " much", " longer", " answer"), ("short",)


def voted(choices: list[bool]) -> Session:
    """Two models, of which the first writes long answers; for each prompt whether it was preferred. It stands first on
    every other prompt."""
    requests, votes = [], []
    for number, long_won in enumerate(choices):
        requests += [
            request(f"l{number}", model="m1", prompt=f"p{number}", answer=LONG),
            request(f"s{number}", model="m2", prompt=f"p{number}", answer=SHORT),
        ]
        places = (1, 2) if number % 2 else (2, 1)
        winner = f"l{number}" if long_won else f"s{number}"
        votes.append(
            Vote((f"l{number}", f"s{number}"), "ann", VoteChoice.WINNER, WHEN, winner=winner, positions=places)
        )
    made = session(requests)
    made.votes = votes
    complete_entries(made)
    return made


def test_the_share_of_votes_for_the_longer_answer_is_of_prompts_and_has_an_interval() -> None:
    (found,) = rating_checks(aggregated([voted([True, True, True, False])]).rows)
    assert (found.what, found.raters, found.longer.n, found.longer.share) == ("votes", "people", 4, 0.75)
    assert found.longer.low is not None and found.longer.low < 0.5
    assert (found.first.n, found.first.share) == (4, 0.25)
    assert said_of_check(found).startswith(
        "Of decided votes (people) 75 % (30 to 95) went to the longer answer on 4 prompts,"
    )


def test_scores_count_where_one_answer_alone_has_the_highest() -> None:
    whole = voted([True, True, True])
    whole.votes = []
    whole.scores = [score("l0", 5), score("s0", 3), score("l1", 5), score("s1", 5), score("l2", 4), score("s2", 2)]
    complete_entries(whole)
    (found,) = rating_checks(aggregated([whole]).rows)
    assert (found.what, found.longer.n, found.longer.share) == ("scores", 1, 1.0)
    assert found.first.n == 0


@pytest.mark.parametrize("choice", [VoteChoice.BOTH_GOOD, VoteChoice.BOTH_BAD])
def test_what_nobody_won_says_nothing(choice: VoteChoice) -> None:
    whole = voted([True])
    whole.votes = [Vote(("l0", "s0"), "ann", choice, WHEN)]
    complete_entries(whole)
    assert rating_checks(aggregated([whole]).rows) == []
