"""The parts of a request's time."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """In the order in which they come."""

    QUEUE = "queue"
    LOAD = "load"
    PREFILL = "prefill"
    THINK = "think"
    ANSWER = "answer"
