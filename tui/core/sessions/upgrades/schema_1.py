"""Schema 1 to 2, which adds keys, and changes none.

Entries without numbers and raters without tables of their own are completed where they are read, because a journal of
schema 1 has them too. What nobody can know of an older session stays unknown: the host of each request, how long
decisions took, in which order panes were shown.
"""

from __future__ import annotations

from tui.core.dict_reader import Table

ADDED = (
    "title", "tags", "rubric", "rater", "vote", "facet", "undo", "redo", "order", "mask", "reveal", "resumption",
)  # fmt: skip
"""The top-level keys that schema 2 added."""
ASIDE = "schema_1"
"""Where top-level keys of a file of schema 1 go that have the name of an added one: they were somebody else's."""


def upgraded(data: Table) -> Table:
    """The tables of a file of schema 1 as schema 2 has them."""
    foreign = {key: data[key] for key in ADDED if key in data}
    rest = {key: value for key, value in data.items() if key not in foreign}
    return {**rest, "schema": 2, **({ASIDE: foreign} if foreign else {})}
