"""In which order answers are shown, and from whom it is hidden whose they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.sessions import WHEN, request, score, session
from tests.support.some import some
from tui.core.blind.orders import (
    blind_orders,
    has_seen,
    hidden_questions,
    is_blind,
    is_unrevealed,
    latest_order,
    models_in_order,
    second_look_orders,
    shuffled,
)
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.questions import PlanQuestion
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.rating import FacetTick, Redo, Undo, Vote, VoteChoice
from tui.core.sessions.entry_dict import add_entry
from tui.core.sessions.presentation import PaneOrder, Reveal
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import session_from_dict, session_to_dict

MODELS = ("m1", "m2", "m3")
FIRST, SECOND = PlanQuestion("a", "p1"), PlanQuestion("a", "p2")
seeds = st.integers(0, (1 << 48) - 1)


def reviewed(*, blind: bool = True) -> Session:
    """Two questions put to three models, blind or not."""
    plan = Plan("a", Mode.RACE, MODELS, ("p1", "p2"))
    requests = [
        request(f"r{3 * prompt + model}", plan="a", mode=Mode.RACE, model=f"m{model}", prompt=f"p{prompt + 1}")
        for prompt in range(2)
        for model in (1, 2, 3)
    ]
    made = session(requests, plans=[plan])
    for order in blind_orders(made, plan, 7, WHEN, "ann") if blind else ():
        add_entry(made, order)
    return made


@given(seeds, st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8, unique=True))
def test_an_order_has_every_model_once_and_comes_again_with_its_seed(seed: int, models: list[str]) -> None:
    made = shuffled(models, seed, FIRST)
    assert sorted(made) == sorted(models)
    assert made == shuffled(list(reversed(models)), seed, FIRST), "how they were chosen does not matter"


def test_an_order_is_the_same_in_every_version_of_the_program() -> None:
    # As `printf '99\nplan1\np1\nm1' | sha256sum` and its like sort them.
    assert shuffled(MODELS, 99, PlanQuestion("plan1", "p1")) == ("m3", "m2", "m1")
    assert shuffled(MODELS, 99, PlanQuestion("plan1", "p2")) == ("m1", "m3", "m2")


@pytest.mark.parametrize("models", [MODELS, ("m1", "m2", "m3", "m4")])
def test_each_order_is_as_likely_as_any_other(models: tuple[str, ...]) -> None:
    # One seed for many prompts, as in a session, and many seeds for one prompt.
    draws = 6000
    by_prompt = Counter(shuffled(models, 12345, PlanQuestion("plan1", f"p{n}")) for n in range(draws))
    by_seed = Counter(shuffled(models, n, FIRST) for n in range(draws))
    orders = list(permutations(models))
    for counts in (by_prompt, by_seed):
        expected = draws / len(orders)
        chi_square = sum((counts[order] - expected) ** 2 / expected for order in orders)
        # The 99.9 % quantile of chi-square with 5 and 23 degrees of freedom: the draws are fixed, so it holds or not.
        assert chi_square < {6: 20.5, 24: 49.7}[len(orders)]


def test_prompts_of_one_plan_have_orders_of_their_own() -> None:
    plan = Plan("a", Mode.RACE, ("m1", "m2", "m3", "m4"), tuple(f"p{n}" for n in range(1, 21)))
    orders = blind_orders(session([]), plan, 5, WHEN, "ann")
    assert [order.prompt for order in orders] == list(plan.prompts)
    assert len({order.models for order in orders}) > 10
    for order in some(orders):
        assert order.blind and order.seed == 5
        assert order.models == shuffled(plan.models, 5, PlanQuestion(order.plan, order.prompt))


def test_a_follow_up_keeps_the_places_of_what_it_follows() -> None:
    made = reviewed()
    follow = Plan("b", Mode.RACE, MODELS, ("p3",), follows=(("m1", "r1"), ("m2", "r2"), ("m3", "r3")))
    (order,) = blind_orders(made, follow, 1234, WHEN, "ann")
    first = latest_order(made, FIRST)
    assert first is not None and (order.models, order.seed) == (first.models, first.seed)
    add_entry(made, Reveal("ann", WHEN))
    assert blind_orders(made, follow, 1234, WHEN, "ann") == [], "its places would tell, for these have been seen"
    assert blind_orders(reviewed(blind=False), follow, 1234, WHEN, "ann") == []


def test_what_was_asked_blind_is_hidden_until_it_is_revealed() -> None:
    made = reviewed()
    assert hidden_questions(made, "ann") == {FIRST, SECOND} and is_unrevealed(made)
    assert is_blind(made, ["r1"], "ann") and is_blind(made, ["r1", "r2"], "ann")
    add_entry(made, Reveal("ann", WHEN))
    assert not hidden_questions(made, "ann") and not is_blind(made, ["r1"], "ann") and not is_unrevealed(made)
    assert hidden_questions(made, "bob") == {FIRST, SECOND}, "bob has not looked"


def test_a_reveal_covers_what_there_was() -> None:
    made = reviewed()
    add_entry(made, Reveal("ann", WHEN))
    later = Plan("b", Mode.RACE, MODELS, ("p3",))
    made.plans["b"] = later
    for order in blind_orders(made, later, 8, WHEN, "ann"):
        add_entry(made, order)
    assert hidden_questions(made, "ann") == {PlanQuestion("b", "p3")} and is_unrevealed(made)


def test_a_reveal_can_be_of_one_question() -> None:
    made = reviewed()
    add_entry(made, Reveal("ann", WHEN, "a", "p1"))
    assert hidden_questions(made, "ann") == {SECOND}
    assert (is_blind(made, ["r1"], "ann"), is_blind(made, ["r4"], "ann")) == (False, True)


@pytest.mark.parametrize(
    "said",
    [
        score("r1"),
        Vote(("r1", "r2"), "ann", VoteChoice.BOTH_GOOD, WHEN),
        FacetTick("r2", "a fact", "ann", True, WHEN),
    ],
    ids=["score", "vote", "facet"],
)
def test_who_rated_with_open_eyes_has_seen_the_names(said: object) -> None:
    made = reviewed()
    add_entry(made, said)  # type: ignore[arg-type]
    assert hidden_questions(made, "ann") == {SECOND}
    assert hidden_questions(made, "bob") == {FIRST, SECOND}


def test_what_was_rated_blind_says_nothing_of_that() -> None:
    made = reviewed()
    add_entry(made, score("r1", blind=True))
    assert hidden_questions(made, "ann") == {FIRST, SECOND}


def test_a_second_rater_has_an_order_of_their_own() -> None:
    made = reviewed(blind=False)
    assert not hidden_questions(made, "bob")
    for order in second_look_orders(made, "bob", 31, WHEN):
        add_entry(made, order)
    assert hidden_questions(made, "bob") == {FIRST, SECOND} and is_blind(made, ["r5"], "bob")
    assert not hidden_questions(made, "ann"), "who asked has seen the names"
    plan = made.plans["a"]
    assert models_in_order(made, plan, FIRST, "bob") == shuffled(MODELS, 31, FIRST)
    assert models_in_order(made, plan, FIRST, "ann") == MODELS
    assert not is_unrevealed(made), "it is no secret: it was asked openly"
    assert second_look_orders(made, "bob", 32, WHEN) == [], "once is enough"


def test_nobody_is_shown_blind_what_they_have_seen() -> None:
    made = reviewed(blind=False)
    add_entry(made, score("r1", rater="bob"))
    assert [order.prompt for order in second_look_orders(made, "bob", 3, WHEN)] == ["p2"]
    add_entry(made, Reveal("bob", WHEN + timedelta(hours=1)))
    assert second_look_orders(made, "bob", 3, WHEN) == []


def test_the_latest_order_counts() -> None:
    made = reviewed()
    add_entry(made, PaneOrder("a", "p1", ("m3", "m2", "m1"), WHEN))
    assert hidden_questions(made, "ann") == {SECOND}
    assert models_in_order(made, made.plans["a"], FIRST, "ann") == ("m3", "m2", "m1")


def test_an_order_of_other_models_is_none() -> None:
    made = reviewed()
    add_entry(made, PaneOrder("a", "p1", ("m3", "m9"), WHEN))
    assert models_in_order(made, made.plans["a"], FIRST, "ann") == MODELS


@given(st.lists(st.sampled_from(["score", "open score", "reveal", "order", "other reveal"]), max_size=8), seeds)
def test_a_file_tells_the_same(steps: list[str], seed: int) -> None:
    """What is hidden is worked out from the entries alone, so that it is the same after the program was killed."""
    made = reviewed()
    for step in steps:
        match step:
            case "score":
                add_entry(made, score("r1", blind=is_blind(made, ["r1"], "ann")))
            case "open score":
                add_entry(made, score("r4"))
            case "reveal" | "other reveal":
                add_entry(made, Reveal("ann" if step == "reveal" else "bob", WHEN))
            case _:
                add_entry(made, replace(blind_orders(made, made.plans["a"], seed, WHEN, "ann")[0], rater="ann"))
    again = session_from_dict(session_to_dict(made))
    for rater in ("ann", "bob"):
        assert hidden_questions(again, rater) == hidden_questions(made, rater)
        assert [has_seen(again, one, rater) for one in (FIRST, SECOND)] == [
            has_seen(made, one, rater) for one in (FIRST, SECOND)
        ]
    assert is_unrevealed(again) == is_unrevealed(made)


def test_a_blind_score_that_is_gone_back_to_after_the_reveal_is_not_blind() -> None:
    made = reviewed()

    def counts() -> dict[str, tuple[int | None, bool]]:
        return {run: (one.value, one.blind) for (run, _, _), one in in_effect(made).scores.items()}

    for value in (3, 5):
        add_entry(made, score("r1", value, blind=True))
    for value in (2, 4):
        last = add_entry(made, score("r2", value, blind=True))
    add_entry(made, Undo(last.entry, "ann", WHEN))
    assert counts() == {"r1": (5, True), "r2": (2, True)}, "before the reveal"
    add_entry(made, Reveal("ann", WHEN))
    assert counts() == {"r1": (5, True), "r2": (2, True)}, "a reveal alone changes nothing that was said"
    add_entry(made, Redo(last.entry, "ann", WHEN))
    add_entry(made, Undo(last.entry - 2, "ann", WHEN))
    assert counts() == {"r1": (3, False), "r2": (4, False)}


def test_an_undo_within_a_later_blind_question_takes_nothing_from_it() -> None:
    made = reviewed()
    add_entry(made, Reveal("ann", WHEN))
    first, second = (add_entry(made, score("r1", value, blind=True)) for value in (3, 5))
    add_entry(made, Undo(second.entry, "ann", WHEN))
    assert [(one.value, one.blind) for one in in_effect(made).scores.values()] == [(3, True)] and first
