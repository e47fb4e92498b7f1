"""A set of prompts that is gone through on the screen: where one stands in it, and what of it is still to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tui.core.plans.prompt import Prompt, PromptSet
from tui.core.plans.variables import filled, variables_in
from tui.core.requests.request import Request, RequestState


@dataclass(frozen=True, slots=True)
class OpenedSet:
    """The prompts of a file, and which of them is next."""

    name: str
    prompts: tuple[Prompt, ...]
    """With the values of variables in their places."""
    place: int = 0
    """Of the one that is next, from 0."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What variables were given."""

    @property
    def current(self) -> Prompt:
        """The one that is next."""
        return self.prompts[self.place]

    def at(self, place: int) -> OpenedSet:
        """The same at another place."""
        return replace(self, place=place)

    def left(self, asked: Sequence[Prompt]) -> list[Prompt]:
        """Those that are not among what was asked, in their order."""
        return [one for one in self.prompts if not any(is_same(one, other) for other in asked)]


def opened(name: str, found: PromptSet, values: Mapping[str, str]) -> OpenedSet:
    """A set at its beginning; a variable without a value, or with an empty one, stays as it stands."""
    given = {key: value for key, value in values.items() if value}
    return OpenedSet(name, tuple(filled(prompt, given) for prompt in found.prompts), values=given)


def variables_of(found: PromptSet) -> list[str]:
    """The variables of a set that are to be asked for: those that its file has no value for come first."""
    names, own = variables_in(found.prompts), dict(found.variables)
    return sorted(names, key=lambda name: name in own)


def is_same(prompt: Prompt, asked: Prompt) -> bool:
    """Whether a prompt of a set is what was asked: one without a system prompt may have been given one."""
    system = asked.system if prompt.system is None else prompt.system
    return replace(prompt, key="", system=system) == replace(asked, key="")


def asked_prompts(prompts: Mapping[str, Prompt], requests: Mapping[str, Request]) -> list[Prompt]:
    """Of a session's prompts those that were put to a model, or still are: not those whose requests were all stopped or
    skipped before they were sent, and not what only warmed up."""
    never = (RequestState.STOPPED, RequestState.SKIPPED)
    asked = {
        one.spec.prompt
        for one in requests.values()
        if not one.spec.warmup and not (one.state in never and one.timestamps.sent is None)
    }
    return [prompt for key, prompt in prompts.items() if key in asked]
