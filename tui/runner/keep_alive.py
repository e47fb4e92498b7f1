"""When the models in use are to be asked something, so that their host does not unload them."""

from __future__ import annotations

from collections.abc import Callable, Iterable


class KeepAlive:
    """Names models that are due for a light prompt. Never while requests are at work: that would change their times."""

    def __init__(self, minutes: float, clock: Callable[[], float]) -> None:
        """`minutes` between two prompts to a model; `clock` counts seconds."""
        self.minutes = minutes
        self.prompts = 0
        """How many were answered."""
        self._clock = clock
        self._quiet_since = clock()
        self._given_up: set[str] = set()

    def due(self, models: Iterable[str], *, busy: bool) -> list[str]:
        """The models to prompt now. The time begins again with each call that names some, and after each run."""
        if busy:
            self._quiet_since = self._clock()
        if self._clock() - self._quiet_since < 60 * self.minutes:
            return []
        self._quiet_since = self._clock()
        return [model for model in models if model not in self._given_up]

    def answered(self, model: str, *, failed: bool) -> None:
        """Count an answer. A model that failed is left alone from then on."""
        if failed:
            self._given_up.add(model)
        else:
            self.prompts += 1
