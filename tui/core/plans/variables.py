"""Variables of prompts: `{topic}` in a text stands for a value that somebody gives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from tui.core.plans.prompt import Prompt

_VARIABLE = re.compile(r"(?<!\{)\{([^\W\d][\w-]{0,39})\}(?!\})")
"""Code and JSON have braces too: only a name alone within one pair of them is a variable."""


def variables_in(prompts: Iterable[Prompt]) -> list[str]:
    """The names of the variables in these prompts, in the order in which they come."""
    return list(dict.fromkeys(name for one in prompts for text in _texts(one) for name in _VARIABLE.findall(text)))


def filled(prompt: Prompt, values: Mapping[str, str]) -> Prompt:
    """The prompt with values in place of its variables. One without a value stays as it stands, and so do values that
    look like variables."""
    if not values:
        return prompt

    def fill(text: str) -> str:
        return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)

    return replace(
        prompt,
        user=fill(prompt.user),
        system=None if prompt.system is None else fill(prompt.system),
        facets=tuple(map(fill, prompt.facets)),
        expected=fill(prompt.expected),
    )


def _texts(prompt: Prompt) -> tuple[str, ...]:
    return (prompt.user, prompt.system or "", *prompt.facets, prompt.expected)
