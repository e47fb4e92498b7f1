"""Files of figures that another program measured: read, kept beside the sessions, and found there again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tui.core.dict_reader import EntryError
from tui.core.errors import BadInputError, CompareError, reason_of
from tui.core.references import Reference, kept_reference, reference_from, reference_of_table, reference_to_dict
from tui.files import is_there, read_json, text_of_file
from tui.storage.atomic_file import write_atomic
from tui.storage.prompt_files import right_line

MAX_BYTES = 4 << 20
SUFFIX = ".reference.json"
"""How the names of kept files end."""
_TABLE = (".md", ".markdown")
_HINT = (
    'Right would be JSON like [{"alias": "phi-4-mini", "latency_avg": 1.82, "rounds": 3}], or the table of a '
    "benchmark_report.md"
)


def read_reference(path: Path) -> Reference:
    """The figures of a file of another program, or of one that this program kept. Raises BadInputError, which names
    the file, the entry and the key, and a line that would be right."""
    title = f"{path} cannot be read as a report of the workshop"
    try:
        if path.suffix.casefold() in _TABLE:
            return reference_of_table(path.name, text_of_file(path, MAX_BYTES))
        data = read_json(path, MAX_BYTES)
        return kept_reference(data) if path.name.endswith(SUFFIX) else reference_from(path.name, data)
    except OSError as error:
        raise BadInputError(title, reason_of(error)) from error
    except EntryError as error:
        table = path.suffix.casefold() in _TABLE
        right = f"a cell like {error.right}" if table else right_line(error, path)
        raise BadInputError(title, str(error), f"Right would be {right}") from error
    except ValueError as error:
        raise BadInputError(title, f"{error}"[:1].upper() + f"{error}"[1:], _HINT) from error


def keep_reference(reference: Reference, folder: Path) -> Path:
    """Keep it in the folder of the sessions, where reports find it; a file of the same name and content is kept once.
    Raises StoreError."""
    stem, number = reference.name, 1
    data = (json.dumps(reference_to_dict(reference), indent=2) + "\n").encode("ascii")
    while is_there(path := folder / (f"{stem}{SUFFIX}" if number == 1 else f"{stem}-{number}{SUFFIX}")):
        try:
            if read_reference(path).rows == reference.rows:
                return path
        except BadInputError:
            pass  # Something else has this name, and stays.
        number += 1

    def check(written: bytes) -> None:
        if kept_reference(json.loads(written)).rows != reference.rows:
            raise ValueError("other rows")

    write_atomic(path, data, check)
    return path


def references_in(
    places: Sequence[Path], skipped: Callable[[Path, CompareError], object] | None = None
) -> Iterator[Reference]:
    """What was kept in these folders, and these files that are called like it. `skipped` is given what cannot be read,
    and why."""
    for place in places:
        try:
            files = sorted(place.glob(f"*{SUFFIX}")) if place.is_dir() else [place] * place.name.endswith(SUFFIX)
        except OSError:
            continue  # Whoever reads the sessions of this folder says so.
        for file in files:
            try:
                yield read_reference(file)
            except BadInputError as error:
                if skipped is not None:
                    skipped(file, error)
