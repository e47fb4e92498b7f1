"""Tables of session files of older schemas become those of today's, one step after another; one file for each step."""

from __future__ import annotations

from collections.abc import Callable

from tui.core.dict_reader import Table, get
from tui.core.sessions.upgrades import schema_1

STEPS: dict[int, Callable[[Table], Table]] = {1: schema_1.upgraded}
"""What makes the next schema of each older one."""


def upgraded(data: Table) -> Table:
    """The tables of a file as the newest schema has them; `data` stays as it is. Raises ValueError when it has no
    schema there ever was. One of a newer schema is not changed."""
    schema = get(data, "schema", int)
    if schema < min(STEPS):
        raise ValueError(f"it has schema {schema}; the first one was {min(STEPS)}")
    while (step := STEPS.get(data["schema"])) is not None:
        data = step(data)
    return data
