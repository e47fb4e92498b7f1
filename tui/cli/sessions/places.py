"""Which sessions a command is about, and the index that knows them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from tui.cli.output import say, say_over
from tui.core.errors import BadInputError
from tui.core.text.cell_width import cell_width
from tui.core.text.clean import clean_line
from tui.core.text.line_width import room_in
from tui.files import is_there
from tui.storage import paths
from tui.storage.index.catch_up import Progress, catch_up, listing
from tui.storage.index.database import SessionIndex, index_path
from tui.storage.index.rows import Listing
from tui.storage.index.scan import Scan, scan

MANY = 200
"""Files that take a second to read: from there on it is said how far it has come."""
STEP = 1_000
"""Files between two lines of progress, where lines are all there is."""

_PATIENCE = 3
_BELOW = "    "
"""Before what stands below its row."""

no_index_option = click.option(
    "--no-index", is_flag=True, help="Read every file, and leave the index in the cache folder alone."
)


def named_folders(folders: Sequence[Path], sessions: Path | None) -> list[Path]:
    """The folders that are meant; without any the one that this program keeps. Raises BadInputError when one that is
    named is not there."""
    named = [*folders, *([paths.sessions_dir(sessions)] if sessions is not None else [])]
    for folder in named:
        if not is_there(folder):
            raise BadInputError(f"There is no folder {folder}", hint="Give the folder of your sessions.")
    return named or [paths.sessions_dir()]


@contextmanager
def opened_index(*, no_index: bool = False) -> Iterator[SessionIndex]:
    """The index; with `no_index` one that ends with the command."""
    with SessionIndex(None if no_index else index_path(paths.cache_dir())) as index:
        if index.in_memory_because:
            say(f"foundry-compare: {index.in_memory_because}. Every file is read.")
        yield index


def caught_up(index: SessionIndex, places: Sequence[Path]) -> Scan:
    """What is in these places, after the index has read what it lacked; says how far it has come."""
    found = scan(places)
    for _ in range(_PATIENCE):
        if not say_progress(catch_up(index, found)):
            break
        found = scan(places)  # A file may have changed before it was read.
    return found


def say_progress(steps: Iterable[Progress]) -> bool:
    """Do what has these steps, and say how far it has come where it takes its time. Returns whether it had any."""
    terminal, said, any_done = sys.stderr.isatty(), 0, False
    for progress in steps:
        any_done = True
        if progress.total < MANY:
            continue
        words = f"reading sessions: {progress.read:,} of {progress.total:,}"
        if terminal:
            say_over(words, last=progress.read == progress.total)
        elif progress.read >= said + STEP or progress.read == progress.total:
            said = progress.read
            say(words)
    return any_done


def listed(index: SessionIndex, places: Sequence[Path]) -> Listing:
    """What is in these places, by the index, which has caught up."""
    rows = listing(index, scan(places))
    for _ in range(_PATIENCE if rows.outdated else 0):
        # More than once: damage in the index shows when it is read, and another program may have begun a new one.
        rows = listing(index, caught_up(index, places))
        if not rows.unread:
            break
    return rows


def with_rest(line: str, rest: str, room: int, least: int) -> str:
    """A row and its last cell, which takes what is left of so many cells, and is cut; on a terminal with less room than
    its `least` it stands below."""
    left = room - cell_width(line) - 2
    if left >= least or room_in(sys.stdout) is None:
        return f"{line}  {clean_line(rest, max(left, least))}"
    return f"{line.rstrip()}\n{_BELOW}{clean_line(rest, room - len(_BELOW))}"


def shown_path(path: Path, places: Sequence[Path]) -> str:
    """How a session is called in a list: by its name, where one folder has all."""
    return clean_line(path.name if len(places) == 1 else str(path))
