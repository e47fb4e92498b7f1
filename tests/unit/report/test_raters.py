"""How far raters agree, in a report."""

from __future__ import annotations

import json

from tests.support import sessions as make
from tui.core.scoring.rating import Rater, RaterKind, Score
from tui.core.sessions.session import Session
from tui.report.aggregate import aggregate
from tui.report.formats import json as to_json
from tui.report.formats import markdown as to_markdown
from tui.report.judges import said_of_judge
from tui.report.raters import said_of_agreement


def rated(n: int, *, session_id: str = "s", judge: bool = False, **raters: int) -> Session:
    """A session of `n` prompts; each of these raters gives the prompt's own score, 1 to 4, and so much more."""
    requests = [make.request(f"r{i}", prompt=f"p{i}") for i in range(n)]
    scores: list[Score] = [
        make.score(f"r{i}", i % 4 + 1 + more, rater=rater) for rater, more in raters.items() for i in range(n)
    ]
    session = make.session(requests, session_id=session_id, scores=scores)
    if judge:
        session.raters["gpt"] = Rater("gpt", RaterKind.JUDGE)
    return session


def test_two_people_who_scored_the_same_answers_are_compared() -> None:
    (one,) = aggregate([rated(12, ann=0, ben=1)]).agreements
    found = one.agreement
    assert found.alpha is not None and found.low is not None and found.high is not None
    assert said_of_agreement(one).split("; ") == [
        "overall: 2 raters, 12 answers to 12 prompts in common",
        "same score 0 %, at most 1 apart 100 %, most frequent score 25 %",
        f"alpha {found.alpha:.2f} ({found.low:.2f} to {found.high:.2f})",
        "mean difference from the others: ann -1.00, ben +1.00",
    ]


def test_fewer_than_ten_prompts_have_counts_and_no_coefficient() -> None:
    (one,) = aggregate([rated(4, ann=0, ben=0)]).agreements
    sentence = said_of_agreement(one)
    assert "same score 100 %" in sentence and "no alpha: the raters share fewer than 10 prompts" in sentence


def test_one_rater_alone_agrees_with_nobody() -> None:
    report = aggregate([rated(12, ann=0)])
    assert report.agreements == []
    assert "## Raters" not in to_markdown.render(report)
    assert json.loads(to_json.render(report))["agreement"] == []


def test_of_a_judge_that_nobody_shares_answers_with_it_is_said_that_it_is_unproven() -> None:
    (judge,) = aggregate([rated(40, judge=True, gpt=0)]).judges
    assert said_of_judge(judge) == (
        "gpt, a model: how its verdicts were got is not known; "
        "unproven: people have scored 0 answers of those it did, and it takes 30"
    )


def test_a_judge_is_compared_with_people_and_unproven_below_thirty() -> None:
    people, judged = aggregate([rated(12, judge=True, ann=0, ben=0, gpt=1)]).agreements
    assert (people.judge, judged.judge) == ("", "gpt")
    assert people.agreement.alpha == 1
    assert said_of_agreement(judged).startswith(
        "overall: gpt and people, 12 answers to 12 prompts in common; same score 0 %"
    )
    assert said_of_agreement(judged).endswith("unproven below 30 answers in common")
    *_, proven = aggregate([rated(30, judge=True, ann=0, gpt=1)]).agreements
    assert proven.agreement.proven and "unproven" not in said_of_agreement(proven)


def test_reports_have_it_and_the_order_of_files_changes_nothing() -> None:
    sessions = [rated(6, session_id=name, ann=0, ben=more) for name, more in (("s1", 0), ("s2", 1))]
    report = aggregate(sessions)
    assert report.agreements == aggregate(sessions[::-1]).agreements
    shown = " ".join(to_markdown.render(report).split())
    assert "## Raters - overall: 2 raters, 12 answers to 6 prompts in common;" in shown
    (told,) = json.loads(to_json.render(report))["agreement"]
    assert (told["criterion"], told["answers"], told["prompts"], told["exact"]) == ("overall", 12, 6, 0.5)
    assert (told["alpha"], told["no_alpha"]) == (None, "the raters share fewer than 10 prompts")
    assert told["severity"] == [{"rater": "ann", "difference": -0.5}, {"rater": "ben", "difference": 0.5}]


def test_names_of_raters_are_cleaned() -> None:
    requests = [make.request("r0")]
    scores = [make.score("r0", 3, rater=name) for name in ("an\x1b[2Jn", "[b]ben|")]
    shown = to_markdown.render(aggregate([make.session(requests, scores=scores)]))
    assert "\x1b" not in shown and "\\[b\\]ben\\|" in shown
