"""What the exit code of a command says."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from tui.core import signals
from tui.core.errors import BadInputError, CompareError, ModelFailedError, NoHostError, NoModelError


class ExitCode(IntEnum):
    """0 is good; the rest name the first thing that is not."""

    GOOD = 0
    NOT_KEPT = signals.NOT_KEPT
    """The work was done and could not be written to disk."""
    USAGE = 2
    NO_HOST = 3
    NO_MODEL = 4
    MODEL_FAILED = 5
    EMPTY = 6
    SLOW = 7
    HUNG_UP = 129
    INTERRUPTED = 130
    OUTPUT_CLOSED = 141
    TERMINATED = 143


MEANINGS = {
    ExitCode.GOOD: "all good",
    ExitCode.NOT_KEPT: "the work was done and could not be kept on disk, or the program broke",
    ExitCode.USAGE: "the command makes no sense as written",
    ExitCode.NO_HOST: "no host answers",
    ExitCode.NO_MODEL: "the host does not have the model",
    ExitCode.MODEL_FAILED: "a model failed, or its answer was cut",
    ExitCode.EMPTY: "a model answered without any text",
    ExitCode.SLOW: "slower than the limit (`smoke --slow-ms`)",
    ExitCode.HUNG_UP: "the terminal or the line is gone (SIGHUP); what arrived is kept",
    ExitCode.INTERRUPTED: "interrupted (Ctrl+C, SIGINT); what arrived is kept",
    ExitCode.OUTPUT_CLOSED: "nobody reads the output any more, as with `| head -1`; what arrived is kept",
    ExitCode.TERMINATED: "told to end (SIGTERM; on Windows a closed console); what arrived is kept",
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


def of_signal(number: int) -> ExitCode:
    """The exit code of a command that this signal ended. Those that only Windows has ask a program to end as well."""
    known = {code.value for code in ExitCode}
    code = signals.code_of(number)
    return ExitCode(code) if code in known else ExitCode.TERMINATED


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The most basic of several troubles: the lowest code that is not good."""
    return min(filter(int, codes), default=ExitCode.GOOD)
