"""What the index holds of one file, and how that is found out: by reading the file whole, once."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.core.errors import BadInputError
from tui.core.sessions.summary import FoundText, summary_of, summary_to_row, texts_of


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """What was found in a file: a session, or why it is none."""

    summary: str
    """The session's summary as JSON; empty when it cannot be read."""
    reason: str
    """Why it cannot be read, as a sentence without its full stop; empty when it can."""
    texts: bytes
    """Its texts, packed."""
    requests: tuple[tuple[str, str, str, str], ...] = ()
    """Of each request: id, title of the model, mode and state."""
    scores: tuple[tuple[str, str, str, int, int], ...] = ()
    """Of each score that counts: id of the request, rater, criterion, value and scale."""
    passing: bool = False
    """Whether what is wrong is not in the file: it could not be opened, and perhaps can be later."""


def read_entry(path: Path) -> IndexEntry:
    """Read a session's file. Never raises: what is wrong with it is the entry's `reason`."""
    from tui.core.scoring.in_effect import in_effect
    from tui.storage.session_files import load

    try:
        session = load(path)
        summary = summary_of(session)
        texts = list(texts_of(session))
    except BadInputError as error:
        return IndexEntry("", error.detail or error.title, b"", passing=isinstance(error.__cause__, OSError))
    models = {key: "" if summary.concealed else model.name for key, model in session.models.items()}
    requests = tuple(
        (run, models[request.spec.model], request.spec.mode.value, request.state.value)
        for run, request in session.requests.items()
    )
    scores = tuple(
        (one.run, one.rater, one.criterion, one.value or 0, one.scale) for one in in_effect(session).scores.values()
    )
    return IndexEntry(json.dumps(summary_to_row(summary)), "", packed(texts), requests, scores)


def packed(texts: list[FoundText]) -> bytes:
    """Texts in as little room as is had quickly."""
    return zlib.compress(json.dumps(texts).encode("ascii"), 1)


def unpacked(data: bytes) -> list[FoundText]:
    """The texts that were packed."""
    rows: list[Any] = json.loads(zlib.decompress(data)) if data else []
    return [FoundText(*row) for row in rows]
