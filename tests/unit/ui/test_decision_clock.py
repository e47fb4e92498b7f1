"""How long a decision takes."""

from __future__ import annotations

from tui.ui.compare.scoring import DecisionClock


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def test_a_decision_takes_the_time_since_its_answer_was_there_or_since_the_one_before() -> None:
    hand = Hand()
    clock = DecisionClock(hand)
    clock.saw("r1")
    clock.saw("r2")
    hand.s += 4
    assert clock.took_ms(["r1"]) == 4000
    hand.s += 1.5
    assert clock.took_ms(["r2"]) == 1500, "the time of the first decision is not counted twice"
    clock.saw("r3")
    hand.s += 2
    clock.saw("r3")
    assert clock.took_ms(["r1", "r3"]) == 2000, "an answer is there from its first moment on"


def test_of_an_answer_that_nobody_saw_it_is_not_known() -> None:
    hand = Hand()
    clock = DecisionClock(hand)
    clock.saw("r1")
    assert clock.took_ms(["r1", "r2"]) is None and clock.took_ms([]) is None
