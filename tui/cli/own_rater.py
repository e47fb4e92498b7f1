"""Who looks: whose scores are meant by "yours", and from whom it may be hidden which model gave which answer."""

from __future__ import annotations

import os
from collections.abc import Iterable

import click

from tui.core.scoring.rating import JUDGE
from tui.core.text.clean import clean_line
from tui.files import read_toml
from tui.storage import paths
from tui.storage.rater_name import rater_name

_NAMED = 5
"""Of how many people a sentence says the names."""
_ASKS = "foundry-compare.rater"


def _asks(context: click.Context, parameter: click.Parameter, name: str | None) -> None:
    context.meta[_ASKS] = name


asks_as_option = click.option(
    "--rater", metavar="NAME", envvar="FOUNDRY_COMPARE_RATER", expose_value=False, callback=_asks,
    help="Who asks: whose scores are yours, from whom models may be hidden. Without it your login name.",
)  # fmt: skip
"""Of commands that read what was scored; `own_rater()` is then who was named."""


def said_of_others(rater: str, scored: Iterable[str]) -> str:
    """That this rater scored nothing of what these people scored, and how to ask as one of them, as a sentence; empty
    where the rater is one of them, or nobody scored anything."""
    people = sorted({one for one in scored if one != JUDGE and not one.startswith(f"{JUDGE} ")})
    if not people or rater in people:
        return ""
    names = ", ".join(clean_line(one, 40) for one in people[:_NAMED]) + ", …" * (len(people) > _NAMED)
    return f"Counted for {clean_line(rater, 40)}, who scored none of it; {names} did: `--rater NAME` counts for them."


def own_rater() -> str:
    """Whose scores are meant by "yours". What is wrong with the configuration says `config check`."""
    context = click.get_current_context(silent=True)
    given = context.meta.get(_ASKS) if context is not None else None
    given = given or os.environ.get("FOUNDRY_COMPARE_RATER")
    if not given:
        try:
            file = paths.config_file(paths.config_dir())
            given = read_toml(file, paths.MAX_CONFIG_BYTES).get("rater")
        except (OSError, ValueError):
            given = None
    return rater_name(given if isinstance(given, str) else None)
