"""What is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.core.scoring.rubric import Rubric


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question, word for word."""

    user: str
    system: str | None = None
    facets: tuple[str, ...] = ()
    """What a good answer speaks of."""
    tags: tuple[str, ...] = ()
    key: str = ""
    """Names it within its session: p1, p2, …; empty outside of one."""
    id: str = ""
    """What its file calls it; empty for nothing."""
    expected: str = ""
    """An answer that would be right; empty where none is known."""
    answer_schema: str = ""
    """The JSON Schema of its answer, where the host takes one; empty for any text. Questions to a judge have one, and
    no file holds those."""

    def messages(self, system: str | None = None, marker: str = "") -> list[dict[str, str]]:
        """The chat messages to send: `system` in place of the prompt's own if given, `marker` ahead of everything."""
        first = self.system if system is None else system
        messages = [{"role": "system", "content": first}] if first else []
        messages.append({"role": "user", "content": self.user})
        if marker:
            messages[0] = messages[0] | {"content": f"[{marker}] {messages[0]['content']}"}
        return messages


@dataclass(frozen=True, slots=True)
class PromptSet:
    """The prompts of one file, without keys."""

    prompts: tuple[Prompt, ...]
    rubric: Rubric | None = None
    """What their answers are to be scored for; None when the file does not say."""
    variables: tuple[tuple[str, str], ...] = ()
    """Names of variables, each with the value that the file has for it; see `tui.core.plans.variables`."""
