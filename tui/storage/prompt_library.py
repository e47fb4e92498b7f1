"""What a person asks with, kept between sittings: earlier prompts, sets of prompts, values of variables."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tui.core.errors import BadInputError, StoreError
from tui.core.plans.prompt import Prompt, PromptSet
from tui.files import is_there, read_json
from tui.storage.atomic_file import write_atomic
from tui.storage.prompt_files import TEXT, read_prompts, write_prompts
from tui.storage.prompt_history import earlier_prompts, remember_prompt

ENDINGS = (".json", ".toml", TEXT)
"""How names of files of prompts end."""
MOST_OFFERED = 200
"""How many files and folders are offered at most."""
_SEPARATORS = {"/", os.sep}
_RECENT = 20
_MOST_VALUES = 200
_LONGEST_VALUE = 4_000
_MAX_BYTES = 2 << 20
_FILE = "prompt-sets.json"


class PromptLibrary:
    """Reads and writes, so call it in a thread; any will do. Without a folder nothing is kept."""

    def __init__(self, state: Path | None = None, own: Path | None = None) -> None:
        """`state` is where what may be lost is kept, `own` the folder where a person's sets are written if they name no
        other."""
        self._state = state
        self._own = own

    # Prompts

    def earlier(self) -> list[str]:
        """What was asked in earlier sittings, the oldest first."""
        return earlier_prompts(self._state) if self._state is not None else []

    def remember(self, prompt: str) -> None:
        """Have a prompt offered in later sittings."""
        if self._state is not None:
            remember_prompt(self._state, prompt)

    # Sets

    def path_of(self, typed: str) -> Path:
        """The path that somebody typed."""
        try:
            return Path(typed.strip()).expanduser()
        except RuntimeError:
            return Path(typed.strip())  # No home directory is known: the tilde is then taken as a name.

    def open(self, path: Path) -> PromptSet:
        """The prompts of a file, which is offered first the next time. Raises BadInputError."""
        found = read_prompts(path)
        self._opened(path)
        return found

    def save(self, path: Path, prompts: Sequence[Prompt], *, replace: bool = False) -> Path:
        """Write prompts as a set; returns its path. A mere name is that of a file in the person's own folder. Raises
        FileExistsError when there is such a file that is not to be replaced, BadInputError when its name is no set's,
        and StoreError."""
        if not path.suffix:
            path = path.with_suffix(".toml")
        if path.suffix.casefold() not in (".json", ".toml"):
            raise BadInputError(f"A set is not written as {path.name}", "Its name should end in .toml or .json")
        if self._own is not None and path.parent == Path():
            path = self._own / path
        if is_there(path) and not replace:
            raise FileExistsError(str(path))
        write_prompts(path, prompts)
        self._opened(path)
        return path

    def recent(self) -> list[Path]:
        """The sets that were opened, the last one first, and those of the person's own folder; as far as they are
        there."""
        paths = [Path(one) for one in self._kept("recent", list) if isinstance(one, str)]
        if self._own is not None:
            paths += [Path(one) for one in self.completions(f"{self._own}{os.sep}") if _is_set(one)]
        return [path for path in dict.fromkeys(paths) if is_there(path)][:MOST_OFFERED]

    def completions(self, typed: str) -> list[str]:
        """How a path that begins like this can go on: files of prompts, then folders with a separator at their end.
        Hidden ones where the name begins with a dot."""
        end = max(typed.rfind(sign) for sign in _SEPARATORS) + 1
        folder, begun = ("~/", "") if typed == "~" else (typed[:end], typed[end:])
        files, folders = [], []
        try:
            for entry in os.scandir(Path(folder or ".").expanduser()):
                name, hidden = entry.name, entry.name.startswith(".")
                if not name.casefold().startswith(begun.casefold()) or (hidden and not begun.startswith(".")):
                    continue
                if entry.is_dir():
                    folders.append(f"{folder}{name}{os.sep}")
                elif _is_set(name):
                    files.append(f"{folder}{name}")
        except (OSError, ValueError, RuntimeError):
            return []
        return [*sorted(files, key=str.casefold), *sorted(folders, key=str.casefold)][:MOST_OFFERED]

    # Variables

    def values(self) -> dict[str, str]:
        """What variables were given last, by their names."""
        kept = self._kept("variables", dict)
        return {name: value for name, value in kept.items() if isinstance(value, str)}

    def remember_values(self, values: Mapping[str, str]) -> None:
        """Offer these values the next time. Those that cannot be kept are only not offered."""
        kept = {name: value for name, value in values.items() if len(value) <= _LONGEST_VALUE}
        every = {name: value for name, value in self.values().items() if name not in kept} | kept
        self._keep("variables", dict(list(every.items())[-_MOST_VALUES:]))

    def _opened(self, path: Path) -> None:
        here = str(path.absolute())
        others = [one for one in self._kept("recent", list) if one != here]
        self._keep("recent", [here, *others][:_RECENT])

    def _kept(self, key: str, kind: type) -> Any:
        table = self._table()
        return table[key] if isinstance(table.get(key), kind) else kind()

    def _table(self) -> dict[str, Any]:
        if self._state is None:
            return {}
        try:
            table = read_json(self._state / _FILE, _MAX_BYTES)
        except (OSError, ValueError):
            return {}
        return table if isinstance(table, dict) else {}

    def _keep(self, key: str, value: Any) -> None:
        if self._state is None:
            return
        table = self._table() | {key: value}

        def check(written: bytes) -> None:
            if json.loads(written) != table:
                raise ValueError("another table")

        try:
            write_atomic(self._state / _FILE, json.dumps(table).encode(), check)
        except StoreError:
            return  # It is only not offered the next time.


def _is_set(name: str) -> bool:
    return name.casefold().endswith(ENDINGS)
