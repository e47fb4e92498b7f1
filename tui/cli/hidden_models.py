"""Sessions whose models are hidden from whoever asks: what is printed and written of them would name the models."""

from __future__ import annotations

from pathlib import Path

from tui.cli.own_rater import own_rater
from tui.core.blind.orders import why_not_named
from tui.core.errors import BadInputError
from tui.core.sessions.session import Session
from tui.files import is_there


def why_hidden(session: Session) -> BadInputError | None:
    """Why the models of a session are not named to whoever asks; None where they are."""
    return why_not_named(session, own_rater())


def check_not_hidden(path: Path) -> None:
    """Raises BadInputError where the models of this session are hidden from whoever asks, or it is no session."""
    from tui.runner.kept_session import load_kept  # what runs comparisons is not needed to report on them

    if is_there(path) and (error := why_hidden(load_kept(path))) is not None:
        raise error
