"""What the exit code of a command says."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from tui.core.errors import BadInputError, CompareError, ModelFailedError, NoHostError, NoModelError
from tui.core.lane import Lane, LaneState


class ExitCode(IntEnum):
    """0 is good; the rest name the first thing that is not."""

    GOOD = 0
    NOT_KEPT = 1
    """The work was done and could not be written to disk."""
    USAGE = 2
    NO_HOST = 3
    NO_MODEL = 4
    MODEL_FAILED = 5
    EMPTY = 6
    SLOW = 7
    INTERRUPTED = 130


_BY_ERROR = {
    BadInputError: ExitCode.USAGE,
    NoHostError: ExitCode.NO_HOST,
    NoModelError: ExitCode.NO_MODEL,
    ModelFailedError: ExitCode.MODEL_FAILED,
}


def of_error(error: CompareError) -> ExitCode:
    """The exit code for a failure that ended a command."""
    return next((code for kind, code in _BY_ERROR.items() if isinstance(error, kind)), ExitCode.NOT_KEPT)


def of_lane(lane: Lane, slow_ms: float | None = None) -> ExitCode:
    """The exit code one finished lane deserves. `slow_ms` bounds its whole latency."""
    if lane.state is LaneState.EMPTY:
        return ExitCode.EMPTY
    if lane.state is not LaneState.DONE:
        return ExitCode.MODEL_FAILED
    end = lane.timing.end_ms
    return ExitCode.SLOW if slow_ms is not None and end is not None and end > slow_ms else ExitCode.GOOD


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The most basic of several troubles: the lowest code that is not good."""
    return min((code for code in codes if code != ExitCode.GOOD), default=ExitCode.GOOD)
