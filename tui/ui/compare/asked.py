"""What a run is going to ask, as the parts of the screen make it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tui.core.plans.plan import PlanOptions
from tui.core.plans.prompt import Prompt


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions, and how they are put to the chosen models; or, of a follow-up, to those whose requests it `follows`,
    by their ids."""

    prompts: Sequence[Prompt]
    options: PlanOptions
    follows: Collection[str] = ()
