"""The folder of downloaded models, shared by all installs, and what the catalogue said of them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from tui import private_files
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.dict_reader import each, get
from tui.core.errors import ModelFailedError, reason_of
from tui.files import read_json
from tui.hosts.embedded.model_files import CONFIG, ModelFiles, Origin, size_of
from tui.hosts.embedded.protocol import read_card, write_card

MARK = "inference_model.json"
"""Written by the SDK as the last step of a download, with the model's id in it."""
UNFINISHED = "download.tmp"
DEPTH = 4
MAX_MARK = 1_000_000
MAX_KNOWN = 16_000_000


def downloaded(cache: Path, known: Iterable[ModelCard]) -> tuple[ModelFiles, ...]:
    """Every complete model in the cache, by id. The facts come from `known` cards, else from its files."""
    cards = {card.id.casefold(): card for card in known}
    found: dict[str, ModelFiles] = {}
    for folder in _folders(cache, DEPTH):
        model_id = _id_of(folder)
        if model_id is not None and model_id not in found:
            card = cards.get(model_id.casefold()) or ModelCard(model_id, alias=model_id.rpartition(":")[0])
            card = replace(card, id=model_id, state=ModelState.CACHED)
            if card.size_bytes is None:
                card = replace(card, size_bytes=_size(folder))
            found[model_id] = ModelFiles(card, folder, Origin.DOWNLOADED)
    return tuple(found[name] for name in sorted(found, key=str.casefold))


def delete(cache: Path, model: ModelFiles) -> None:
    """Delete a downloaded model's files. Raises ModelFailedError; what could not be deleted is not listed either."""
    whole = model.card.id.replace(":", "-")
    folder = next((path for path in (model.folder, *model.folder.parents) if path.name == whole), model.folder)
    if cache not in folder.parents:
        raise ModelFailedError(f"{model.card.id} is not in the cache", f"It lies in {folder}", "Delete it by hand")
    grave: Path | None = None
    try:
        # Moved away first, in one step: half a model must never be taken for a whole one.
        grave = Path(mkdtemp(prefix="removed-", dir=cache.parent))
        folder.rename(grave / folder.name)
        shutil.rmtree(grave)
    except OSError as error:
        if grave is not None and not any(grave.iterdir()):
            grave.rmdir()
        raise ModelFailedError(
            f"{model.card.id} could not be removed",
            reason_of(error),
            "Another program may be using it. Try again later",
        ) from error


def read_known(file: Path) -> tuple[ModelCard, ...]:
    """What the catalogue offered when it last answered; nothing when that was never, or cannot be read."""
    try:
        data = read_json(file, MAX_KNOWN)
        return tuple(each(data, "cards", read_card)) if isinstance(data, dict) else ()
    except (OSError, ValueError):
        return ()  # it is only ever a copy


def write_known(file: Path, cards: Iterable[ModelCard]) -> None:
    """Keep what the catalogue offers, for when it cannot be reached. A copy: a failure to write it is no failure."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        private_files.make_folder(file.parent)
        draft.unlink(missing_ok=True)
        with private_files.create(draft) as out:
            out.write(json.dumps({"cards": [write_card(card) for card in cards]}).encode("utf-8"))
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)


def _folders(root: Path, depth: int) -> Iterable[Path]:
    try:
        inside = sorted(path for path in root.iterdir() if path.is_dir())
    except OSError:
        return
    for folder in inside:
        if (folder / UNFINISHED).exists():
            continue
        if (folder / CONFIG).is_file():
            yield folder
        elif depth > 1:
            yield from _folders(folder, depth - 1)


def _id_of(folder: Path) -> str | None:
    try:
        data = read_json(folder / MARK, MAX_MARK)
        name: str | None = get(data, "Name", str, None) if isinstance(data, dict) else None
    except (OSError, ValueError):
        return None
    if not name:
        return None
    return name if ":" in name else f"{name}:0"


def _size(folder: Path) -> int | None:
    try:
        return size_of(folder)
    except OSError:
        return None
