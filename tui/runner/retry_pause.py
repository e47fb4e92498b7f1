"""The pauses before a request that failed is made once more: as long as the host asks for, else ever longer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from tui.core.requests.events import Failed
from tui.core.requests.request import Request

FIRST_S = 0.5
"""The pause after the first failure, in seconds; twice as long after each more."""
LONGEST_S = 30.0
LONGEST_ASKED_S = 120.0
"""The longest pause when the host says how long it wants to be left alone."""


@dataclass(frozen=True, slots=True)
class RetryPause:
    """Some models are asked once more, and not before `seconds` have gone by."""

    models: tuple[str, ...]
    """Their targets' keys."""
    seconds: float
    asked: bool
    """Whether the host asks for it."""


class RetryPauses:
    """One pause at a time, in which nothing is asked: so it is part of nobody's time."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """`clock` is steady, in nanoseconds."""
        self._clock = clock
        self._asked: dict[str, int] = {}
        self._until = 0
        self._by_host = False
        """Whether the host asks for the pause."""
        self._begun: list[RetryPause] = []

    def heed(self, failed: Failed) -> None:
        """Note what the host says of how long it wants to be left alone."""
        if failed.retry_after_s is not None:
            self._asked[failed.request] = failed.retry_after_s

    def begin(self, failed: Sequence[tuple[Request, int]]) -> None:
        """Pause because of these requests, of which there is one at least, each with how often its request has failed.

        What is left of a pause before is not cut short.
        """
        pauses = [self._after(request, times) for request, times in failed]
        longest = max(pauses, key=lambda pause: pause.seconds)
        models = tuple(dict.fromkeys(model for pause in pauses for model in pause.models))
        if (left := self.left_s) > longest.seconds:
            self._begun.append(RetryPause(models, ceil(left), self._by_host))
            return
        self._until, self._by_host = self._clock() + round(longest.seconds * 1e9), longest.asked
        self._begun.append(RetryPause(models, longest.seconds, longest.asked))

    def end(self) -> None:
        """Nobody waits for the pause any more."""
        self._until = 0

    def forget(self) -> None:
        """Begin again, for another run."""
        self.end()
        self._asked.clear()

    @property
    def left_s(self) -> float:
        """Seconds until the pause is over; 0 when there is none."""
        return max((self._until - self._clock()) / 1e9, 0.0)

    def begun(self) -> Sequence[RetryPause]:
        """The pauses that have begun since the last call."""
        begun, self._begun = self._begun, []
        return begun

    def _after(self, request: Request, times: int) -> RetryPause:
        asked = self._asked.pop(request.spec.id, None)
        if asked is not None:
            return RetryPause((request.spec.model,), min(float(asked), LONGEST_ASKED_S), asked=True)
        return RetryPause((request.spec.model,), min(FIRST_S * 2.0 ** min(times - 1, 10), LONGEST_S), asked=False)
