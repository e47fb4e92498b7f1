"""What the exit code of a command says."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from tui.core.errors import BadInputError, CompareError, ModelFailedError, NoHostError, NoModelError


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


MEANINGS = {
    ExitCode.GOOD: "all good",
    ExitCode.NOT_KEPT: "the work was done and could not be kept on disk, or the program broke",
    ExitCode.USAGE: "the command makes no sense as written",
    ExitCode.NO_HOST: "no host answers",
    ExitCode.NO_MODEL: "the host does not have the model",
    ExitCode.MODEL_FAILED: "a model failed, or its answer was cut",
    ExitCode.EMPTY: "a model answered without any text",
    ExitCode.SLOW: "slower than the limit (`smoke --slow-ms`)",
    ExitCode.INTERRUPTED: "interrupted; what arrived is kept",
}

_BY_ERROR: dict[type[CompareError], ExitCode] = {
    BadInputError: ExitCode.USAGE,
    NoHostError: ExitCode.NO_HOST,
    NoModelError: ExitCode.NO_MODEL,
    ModelFailedError: ExitCode.MODEL_FAILED,
}


def of_error(error: CompareError) -> ExitCode:
    """The exit code for a failure that ended a command."""
    return _BY_ERROR.get(type(error), ExitCode.NOT_KEPT)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The most basic of several troubles: the lowest code that is not good."""
    return min(filter(int, codes), default=ExitCode.GOOD)
