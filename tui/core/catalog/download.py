"""A model's way into a host's cache, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tui.core.catalog.download_speed import Sample
from tui.core.errors import CompareError


class Stage(StrEnum):
    """Where a download is."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    """Stalled; it is tried again after a while."""
    STOPPING = "stopping"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Download:
    """One model's way into the cache, as it stood at one moment."""

    key: str
    size: float | None = None
    stage: Stage = Stage.QUEUED
    samples: tuple[Sample, ...] = ()
    attempt: int = 0
    """Counted from 1; 0 before the first."""
    error: CompareError | None = None
    """Why it failed."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.stage in (Stage.DONE, Stage.FAILED, Stage.CANCELLED)
