"""The names of what a request spends its time on."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """The parts of a request's time, in order."""

    QUEUE = "queue"
    LOAD = "load"
    PREFILL = "prefill"
    THINK = "think"
    ANSWER = "answer"
