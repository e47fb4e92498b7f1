"""Who looks: whose scores are meant by "yours", and from whom it may be hidden which model gave which answer."""

from __future__ import annotations

import os

from tui.files import read_toml
from tui.storage import paths
from tui.storage.rater_name import rater_name


def own_rater() -> str:
    """Whose scores are meant by "yours". What is wrong with the configuration says `config check`."""
    given = os.environ.get("FOUNDRY_COMPARE_RATER")
    if not given:
        try:
            file = paths.config_file(paths.config_dir())
            given = read_toml(file, paths.MAX_CONFIG_BYTES).get("rater")
        except (OSError, ValueError):
            given = None
    return rater_name(given if isinstance(given, str) else None)
