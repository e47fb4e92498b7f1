"""How the next questions are asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tui.core.plans.mode import Mode

if TYPE_CHECKING:
    from tui.core.plans.opened_set import OpenedSet
    from tui.core.plans.plan import PlanOptions


@dataclass(slots=True)
class NextRun:
    """Stays as it is when another session is shown. Changed by the screen and its parts."""

    mode: Mode = Mode.RACE
    alone: bool = False
    """Whether one model at a time is loaded, where it is measured."""
    blind: bool = False
    """Whether it is hidden which model answers."""
    options: PlanOptions | None = None
    """How it goes, but for its mode; None for the usual."""
    system: str = ""
    """The system prompt of what has none of its own; empty for none."""
    opened_set: OpenedSet | None = None
    """The set of prompts that is gone through, if one is."""

    def use_options(self, options: PlanOptions) -> None:
        """It goes like this, in the mode that these have."""
        self.options, self.mode = options, options.mode

    def plan_options(self) -> PlanOptions:
        """All of it as a plan has it."""
        from tui.core.plans.plan import PlanOptions

        options = self.options or PlanOptions()
        alone = self.mode is Mode.MEASURE and (self.alone or options.alone)
        return replace(options, mode=self.mode, alone=alone, blind=self.blind)
