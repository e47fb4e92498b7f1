"""Who rates, where nobody says so: asked of the system in one place."""

from __future__ import annotations

import getpass

from tui.core.scoring.rating import MAX_RATER
from tui.core.text.clean import join_surrogates


def rater_name(given: str | None = None) -> str:
    """Whose scores these are: the name given, else the user's login name."""
    try:
        return join_surrogates((given or "").strip() or getpass.getuser())[:MAX_RATER]
    except (OSError, KeyError, ImportError):
        return "me"
