"""What sessions add up to: the report, and what may be said of models, of sessions however a script has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, overload

from tui.api.comparison import Comparison
from tui.core.errors import BadInputError
from tui.core.sessions.session import Session
from tui.report.render import aggregated, rendered

if TYPE_CHECKING:
    from tui.report.model_verdicts import Verdicts
    from tui.report.report import Report

Held = Session | Comparison
"""What holds a session."""


@overload
def report(sessions: Held | Iterable[Held], *, skipped: Sequence[tuple[str, str]] = ()) -> Report: ...
@overload
def report(sessions: Held | Iterable[Held], format: str, *, skipped: Sequence[tuple[str, str]] = ()) -> str: ...
def report(
    sessions: Held | Iterable[Held],
    format: str | None = None,  # noqa: A002 - the command line's own name for it
    *,
    skipped: Sequence[tuple[str, str]] = (),
) -> Report | str:
    """The report on these sessions: as a value, which prints as the text for a terminal and has `to_pandas()`; or, with
    `format`, as text in one of the formats of `foundry-compare report --format`.

    `skipped` are files that the report says it is without, each with the reason; read after the last session. Raises
    BadInputError when there is no session, something else is given for one, or there is no such format.
    """
    every = _sessions(sessions)
    return aggregated(every, skipped=skipped) if format is None else rendered(every, format, skipped=skipped)


def verdict(sessions: Held | Iterable[Held], *models: str) -> Verdicts:
    """What may be said of all models of these sessions, or of those that are named: of one, what compares it with the
    others; of two or more, what compares these. A name is an alias, an id, or what the report calls the model.

    It is what the report on the same sessions says, p included. Raises BadInputError for a model that is not there,
    when there is no session, and when something else is given for one.
    """
    from tui.report.model_verdicts import verdicts_on

    return verdicts_on(_sessions(sessions), models)


def _sessions(given: object) -> Iterator[Session]:
    every: object = [given] if isinstance(given, Session | Comparison) else given
    if not isinstance(every, Iterable) or isinstance(every, str | bytes):
        raise _no_session(every)
    for one in every:
        if isinstance(one, Comparison):
            yield one.session
        elif isinstance(one, Session):
            yield one
        else:
            raise _no_session(one)


def _no_session(found: object) -> BadInputError:
    hint = "load_sessions() reads the sessions of files and folders"
    return BadInputError("`sessions` should be sessions", f"There is a {type(found).__name__} among them", hint)
