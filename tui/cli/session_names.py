"""How sessions are named after commands: by a path, or by what a list calls them."""

from __future__ import annotations

import os
from pathlib import Path

from tui.core.errors import BadInputError
from tui.storage import paths


def named_session(file: Path) -> Path:
    """The file that is meant: a path, or the name or id of a session in the folder that this program keeps.

    Raises BadInputError when there is none.
    """
    inside = paths.sessions_dir() / file
    for path in (file, inside, inside.with_name(f"{inside.name}.toml")):
        if os.path.lexists(path):
            return path
    raise BadInputError(
        f"There is no session {file}", hint="`foundry-compare sessions list` names those that there are."
    )
