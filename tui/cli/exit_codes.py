"""What the exit code of a command says: one table, read by every command, its help, the documents and the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeVar

from tui import signals
from tui.core.errors import BadInputError, CompareError, ModelFailedError, NoHostError, NoModelError

if TYPE_CHECKING:
    from tui.core.requests.request import Request


class ExitCode(IntEnum):
    """0 is good; the rest name the most basic thing that is not."""

    brief: str
    """What the help of a command calls it."""
    meaning: str
    error: type[CompareError] | None
    """The class of failures that end a command with this code."""

    def __new__(
        cls, code: int, brief: str = "", meaning: str = "", error: type[CompareError] | None = None
    ) -> ExitCode:
        """A line of the table."""
        member = int.__new__(cls, code)
        member._value_, member.brief, member.meaning, member.error = code, brief, meaning, error
        return member

    GOOD = 0, "good", "all good"
    NOT_KEPT = (
        signals.NOT_KEPT, "not kept, or damaged",
        "the work was done and could not be kept on disk or written out, a check found something damaged or wrong, "
        "or the program broke",
    )  # fmt: skip
    DAMAGED = NOT_KEPT
    """What a check (`config check`) ends with when it found something."""
    USAGE = 2, "usage", "the command makes no sense as written", BadInputError
    NO_HOST = 3, "no host", "no host answers", NoHostError
    NO_MODEL = 4, "no such model", "the host does not have the model", NoModelError
    MODEL_FAILED = 5, "a model failed", "a model failed, or its answer broke off", ModelFailedError
    EMPTY = 6, "an empty answer", "a model answered without any text"
    SLOW = 7, "too slow", "slower than the limit (`smoke --slow-ms`)"
    FOUND = (
        8,
        "a condition holds, or a regression",
        "a `--fail-if` holds, there is a regression against `--baseline`, or an answer is another than in `--same-as`",
    )
    NOT_JUDGED = (
        9, "not judged",
        "what `--fail-if` or `--baseline` asks for cannot be judged: there are no rows, too few values, or unlike "
        "conditions",
    )  # fmt: skip
    HUNG_UP = 129, "hung up", "the terminal or the line is gone (SIGHUP); what arrived is kept"
    INTERRUPTED = (
        signals.INTERRUPTED, "interrupted",
        "interrupted (Ctrl+C, SIGINT; on Windows also Ctrl+Break or a closed console); what arrived is kept",
    )  # fmt: skip
    TERMINATED = 143, "terminated", "asked to end (SIGTERM); what arrived is kept"


FROM_OUTSIDE = 128
"""Codes above this say which signal ended the command."""
OF_EVERY_COMMAND = (
    ExitCode.GOOD, ExitCode.NOT_KEPT, ExitCode.USAGE, ExitCode.HUNG_UP, ExitCode.INTERRUPTED, ExitCode.TERMINATED,
)  # fmt: skip
"""The codes that any command may end with."""

Function = TypeVar("Function", bound=Callable[..., Any])


def ends_with(*codes: ExitCode) -> Callable[[Function], Function]:
    """Say which codes a command may end with, besides those of every command: in its help and in the documents."""

    def decorate(command: Function) -> Function:
        briefs = sorted({code for code in (*OF_EVERY_COMMAND, *codes) if code < FROM_OUTSIDE})
        said = "; ".join(f"{code:d} {code.brief}" for code in briefs)
        command.__doc__ = f"{(command.__doc__ or '').rstrip()}\n\n    Exit codes: {said}.\n    "
        vars(command)["exit_codes"] = codes
        return command

    return decorate


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
    """The exit code of a command that this signal ended."""
    return ExitCode(signals.code_of(number))


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The most basic of several troubles: the lowest code that is not good.

    A signal is none of them: the command did not come to its end, and says so, unless something is not kept.
    """
    return min(filter(int, codes), default=ExitCode.GOOD)
