"""Thinking between tags in the answer's text is told from the answer, however the text is cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.some import any_number_of
from tui.core.requests.events import Delta, Kind, ThinkingFound
from tui.engine.thinking_tags import ThinkingTags, UnopenedThinking

MIXES = st.lists(
    st.sampled_from(
        (
            *("<think>", "</think>", "<", "</", "thi", "nk>", "Hm.", " ", "\n", "Yes", ">", "[THINK]", "[/THINK]"),
            *("<|channel|>", "analysis", "final", "<|message|>", "<|end|>", "<|start|>", "assistant", "|", "<|"),
        )
    ),
    max_size=12,
).map("".join)


def read(pieces: list[str], kind: Kind = Kind.ANSWER) -> list[Delta]:
    """What becomes of these pieces, the n-th of which came at instant and in read n."""
    tags = ThinkingTags()
    given = [Delta("r1", number, number, kind, piece) for number, piece in enumerate(pieces) if piece]
    return [out for delta in given for out in tags.take(delta)] + list(tags.rest())


def sorted_out(deltas: list[Delta]) -> tuple[str, str]:
    return (
        "".join(delta.text for delta in deltas if delta.kind is Kind.REASONING),
        "".join(delta.text for delta in deltas if delta.kind is Kind.ANSWER),
    )


@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("<think>Hm.</think>Yes.", "Hm.", "Yes."),
        ("\n <think>\nHm. \n</think>\n\nYes. \n", "Hm. \n", "Yes. \n"),
        ("<think>\n\n</think>\n\nYes.", "", "Yes."),
        ("<think>Hm", "Hm", ""),
        ("<think>a < b </thin", "a < b </thin", ""),
        ("<think>a</think>b</think>c<think>d", "a", "b</think>c<think>d"),
        ("Use <think>this</think>.", "", "Use <think>this</think>."),
        ("</think>Yes.", "", "</think>Yes."),
        ("<thinking>Hm.", "Hm.", ""),
        ("<thinker>Hm.", "", "<thinker>Hm."),
        ("[THINK]Hm.[/THINK]Yes.", "Hm.", "Yes."),
        ("[THIN] ice", "", "[THIN] ice"),
        ("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes.", "Hm.", "Yes."),
        ("<|channel|>analysis<|message|>a <| b<|", "a <| b<|", ""),
        ("<|channel|>" + "x" * 500, "", "<|channel|>" + "x" * 500),
        ("<thi", "", "<thi"),
        (" \n", "", " \n"),
        ("  Yes. ", "", "  Yes. "),
    ],
)
def test_only_what_stands_between_tags_at_the_beginning_is_thinking(text: str, thought: str, answer: str) -> None:
    assert sorted_out(read([text])) == sorted_out(read(list(text))) == (thought, answer)


@settings(max_examples=150, deadline=None)
@given(MIXES, st.lists(st.integers(0, 60), max_size=10))
@example("<|start|><|end|><|message|>", [19])
@example("<|start|><|end|>Hm.<|message|>Yes", list(range(60)))
@example("<|start|><|end|><|end|>Yes", list(range(60)))
def test_where_the_text_is_cut_changes_nothing(text: str, cuts: list[int]) -> None:
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[start:end] for start, end in pairwise(edges)]
    assert sorted_out(read(pieces)) == sorted_out(read([text]))


@settings(max_examples=100, deadline=None)
@given(MIXES)
def test_every_character_keeps_the_instant_at_which_it_came(text: str) -> None:
    deltas = read(list(text))
    assert [delta.at for delta in deltas] == sorted(delta.at for delta in deltas)
    assert all(delta.text == text[delta.at] and delta.read == delta.at for delta in any_number_of(deltas))


def test_text_of_another_kind_passes_and_lets_go_of_what_waited() -> None:
    tags = ThinkingTags()
    assert list(tags.take(Delta("r1", 1, 1, Kind.ANSWER, "\n"))) == []
    tool = Delta("r1", 2, 2, Kind.TOOL, "<think>")
    assert list(tags.take(tool)) == [Delta("r1", 1, 1, Kind.ANSWER, "\n"), tool]


def test_white_space_without_end_is_not_held_back_for_ever() -> None:
    assert len(read([" " * 50] * 6)) == 6
    tags = ThinkingTags()
    assert [bool(list(tags.take(Delta("r1", n, n, Kind.ANSWER, " " * 50)))) for n in range(6)][-1]


def found_in(*pieces: str) -> ThinkingFound | None:
    """What a closing tag in an answer of these pieces tells of, when nothing opened it."""
    unopened = UnopenedThinking()
    for piece in pieces:
        unopened.take(Delta("r1", 1, 1, Kind.ANSWER, piece))
    return unopened.found("r1")


CLOSED = ("\n</think>\n", "Yes.")
SPOKEN_OF = ("a</think>, ", "'</think>'", "``` </think> ```", "a </think>\tb", "\n``` \n</think>\n```\n", "</think>`")


@pytest.mark.parametrize("spoken", SPOKEN_OF)
def test_a_tag_that_is_spoken_of_hides_none_that_closes_and_of_very_many_none_is_looked_for(spoken: str) -> None:
    assert found_in(spoken) is None
    before = [f"x{spoken}"] * 999
    count = len("".join(before))
    assert found_in(*before, *CLOSED) == ThinkingFound("r1", 999 + 1, count + 1, count + len(CLOSED[0]))
    assert found_in(*[f"x{spoken}"] * 1000, *CLOSED) is None
