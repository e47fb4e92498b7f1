"""Whether a model fails more often than it did, prompt by prompt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.core.requests.request import RequestState
from tui.report.reported_request import ReportedRequest
from tui.report.statistics.distributions import ALPHA
from tui.report.statistics.shares import fisher_p


@dataclass(frozen=True, slots=True)
class Failures:
    """How many answers failed, of how many, on each side; the same of prompts, of which a half or more failed."""

    now: int = 0
    of: int = 0
    before: int = 0
    of_before: int = 0
    prompts: int = 0
    of_prompts: int = 0
    prompts_before: int = 0
    of_prompts_before: int = 0

    @property
    def worse(self) -> bool:
        """Whether it is clear: every answer fails, though most prompts did not, or chance seldom makes as much."""
        if not self.now or not self.of_before:
            return False
        if self.now == self.of:
            return 2 * self.prompts_before < self.of_prompts_before
        return fisher_p(self.prompts, self.of_prompts, self.prompts_before, self.of_prompts_before) <= ALPHA

    @property
    def in_words(self) -> str:
        """Without the model's name and a stop."""
        before = "none" if not self.before else str(self.before)
        answers = "the one answer" if self.of == 1 else f"{self.now} of {self.of} answers"
        return f"{answers} failed, and {before} of {self.of_before} in the baseline"


def compared_failures(mine: Sequence[ReportedRequest], theirs: Sequence[ReportedRequest]) -> Failures:
    """The failures of the runs of a row, and of those of the baseline on the same prompts."""
    now, before = _by_prompt(mine), _by_prompt(theirs)
    return Failures(
        *_counts(now, of_prompts=False), *_counts(before, of_prompts=False), *_counts(now), *_counts(before)
    )


def _by_prompt(runs: Iterable[ReportedRequest]) -> list[list[bool]]:
    found: dict[str, list[bool]] = {}
    for run in runs:
        # That somebody stopped it says nothing of the model; a skipped one follows a failure.
        if run.state.final and run.state is not RequestState.STOPPED:
            found.setdefault(run.prompt, []).append(run.state is not RequestState.DONE)
    return list(found.values())


def _counts(prompts: Sequence[Sequence[bool]], *, of_prompts: bool = True) -> tuple[int, int]:
    if of_prompts:
        return sum(2 * sum(failed) >= len(failed) for failed in prompts), len(prompts)
    return sum(map(sum, prompts)), sum(map(len, prompts))
