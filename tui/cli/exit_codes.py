"""What the exit code of a command says."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

from tui import signals
from tui.core.errors import BadInputError, CompareError, ModelFailedError, NoHostError, NoModelError

if TYPE_CHECKING:
    from tui.core.requests.request import Request


class ExitCode(IntEnum):
    """0 is good; the rest name the first thing that is not."""

    meaning: str
    error: type[CompareError] | None

    def __new__(cls, code: int, meaning: str = "", error: type[CompareError] | None = None) -> ExitCode:
        """`error` is the class of failures that end a command with this code."""
        member = int.__new__(cls, code)
        member._value_, member.meaning, member.error = code, meaning, error
        return member

    GOOD = 0, "all good"
    NOT_KEPT = signals.NOT_KEPT, "the work was done and could not be kept on disk, or the program broke"
    USAGE = 2, "the command makes no sense as written", BadInputError
    NO_HOST = 3, "no host answers", NoHostError
    NO_MODEL = 4, "the host does not have the model", NoModelError
    MODEL_FAILED = 5, "a model failed, or its answer was cut", ModelFailedError
    EMPTY = 6, "a model answered without any text"
    SLOW = 7, "slower than the limit (`smoke --slow-ms`)"
    HUNG_UP = 129, "the terminal or the line is gone (SIGHUP); what arrived is kept"
    INTERRUPTED = 130, "interrupted (Ctrl+C, SIGINT); what arrived is kept"
    OUTPUT_CLOSED = 141, "nobody reads the output any more, as with `| head -1`; what arrived is kept"
    TERMINATED = 143, "told to end (SIGTERM; on Windows a closed console); what arrived is kept"


MEANINGS = {code: code.meaning for code in ExitCode}


def of_error(error: CompareError) -> ExitCode:
    """The exit code for a failure that ended a command."""
    return next((code for code in ExitCode if code.error is type(error)), ExitCode.NOT_KEPT)


def of_request(request: Request, slow_ms: float | None = None) -> ExitCode:
    """The exit code one finished request deserves. `slow_ms` bounds its whole latency, in milliseconds."""
    from tui.core.requests.request import RequestState

    if request.state is RequestState.EMPTY:
        return ExitCode.EMPTY
    if request.state is not RequestState.DONE:
        return ExitCode.MODEL_FAILED
    end = request.metrics.end_ms
    return ExitCode.SLOW if slow_ms is not None and end is not None and end > slow_ms else ExitCode.GOOD


def of_signal(number: int) -> ExitCode:
    """The exit code of a command that this signal ended. Those that only Windows has ask a program to end as well."""
    known = {code.value for code in ExitCode}
    code = signals.code_of(number)
    return ExitCode(code) if code in known else ExitCode.TERMINATED


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The most basic of several troubles: the lowest code that is not good."""
    return min(filter(int, codes), default=ExitCode.GOOD)
