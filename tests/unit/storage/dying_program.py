"""A program to be killed: it has one answer in its file and one in full flow, and then it just stands there."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.support.sessions import WHEN, score, session
from tests.unit.storage.entries import Entry, folded, header, note_entry, run_entries, score_entry, stream
from tui.core.scoring.rating import Note
from tui.core.sessions.session import Session, SessionState
from tui.storage.session_writer import TomlSessionWriter

DONE = stream("r1", ["All ", "of ", "it."], ended=True)
CUT = stream("r2", ["Half of", " a \ud83d", "\ude00 thought"], ended=False)
EARLY, LATE = score("r1", 4), score("r1", 2, rater="bob")
NOTE = Note("r2", "ann", "so far\r\nso good", WHEN)


def snapshot() -> Session:
    """What is in the file when the program dies."""
    made = session([folded("r1", DONE)], scores=[EARLY])
    made.state = SessionState.RUNNING
    return made


def before() -> list[Entry]:
    """What is recorded before the file is written."""
    whole = session([folded("r1", DONE), folded("r2", CUT, model="m2")])
    whole.state = SessionState.RUNNING
    return [*header(whole), *run_entries("r1", DONE), score_entry(EARLY)]


def after() -> list[Entry]:
    """What is recorded after it; the last run has not begun."""
    return [*run_entries("r2", CUT, model="m2"), score_entry(LATE), run_entries("r3", [])[0], note_entry(NOTE)]


if __name__ == "__main__":
    writer = TomlSessionWriter(Path(sys.argv[1]), snapshot().id, Path(sys.argv[2]))
    for entry in before():
        writer.record(entry)
    if "file" in sys.argv[3:]:
        writer.save(snapshot())
    for entry in after():
        writer.record(entry)
    time.sleep(60)
