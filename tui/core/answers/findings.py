"""All that the text of one answer shows, found at once when the answer has ended."""

from __future__ import annotations

from dataclasses import dataclass

from tui.core.answers.looping import Loop, find_loop
from tui.core.answers.refusals import is_refusal
from tui.core.answers.self_naming import own_names
from tui.core.answers.template_tokens import leaked_tokens
from tui.core.catalog.model_families import names_of
from tui.core.requests.question import Question


@dataclass(frozen=True, slots=True)
class Findings:
    """What an answer's text shows. The work is bounded: some ten milliseconds for an answer of 2,000 words."""

    loop: Loop | None = None
    leaked: tuple[str, ...] = ()
    """Marks of a chat template."""
    refused: bool = False
    """Whether it begins by declining."""
    named: tuple[tuple[int, int], ...] | None = None
    """Where the model names itself, as ranges of the answer's characters; None where the model is not known."""


def findings_of(answer: str, question: Question | None, *, ended_by_itself: bool) -> Findings:
    """What an answer shows; `ended_by_itself` says whether the model came to its end."""
    asked = "" if question is None else question.asked
    return Findings(
        loop=find_loop(answer, asked, ended_by_itself=ended_by_itself),
        leaked=leaked_tokens(answer, asked),
        refused=is_refusal(answer),
        named=None if question is None else own_names(answer, names_of(question.card), asked),
    )
