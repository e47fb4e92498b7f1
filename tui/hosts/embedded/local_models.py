"""Models that the user registered: folders of ONNX Runtime GenAI that lie where the user put them.

Each registration is a small file of its own, so that two programs at once cannot lose each other's; they belong to no
bundle, and outlive it. The folders themselves are only ever read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path

from tui import private_files
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.dict_reader import get
from tui.core.errors import BadInputError, StoreError, reason_of
from tui.hosts.embedded.folder_check import check_folder, load_table
from tui.hosts.embedded.model_files import ModelFiles, Origin

MAX_NAME = 60
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def registered(store: Path) -> tuple[ModelFiles, ...]:
    """Every model that was registered, by name. One whose folder is gone stays, and says so."""
    try:
        files = sorted(store.glob("*.json"))
    except OSError:
        return ()
    return tuple(model for file in files if (model := _read(file)) is not None)


def register(store: Path, folder: Path, taken: Collection[str]) -> str:
    """Remember a folder, and return its model's id: once for one folder, however often it is asked.

    `taken` are the names and aliases of other models. Raises BadInputError, or StoreError when it cannot be kept.
    """
    try:
        folder = folder.expanduser().resolve()
        str(folder).encode("utf-8")
    except (OSError, RuntimeError, UnicodeError) as error:
        raise BadInputError(
            f"The path {folder} cannot be used", reason_of(error), "Move or rename the folder"
        ) from error
    check_folder(folder, weights=True)
    others = registered(store)
    for known in others:
        if known.folder == folder:
            return known.card.id
    wanted = _UNSAFE.sub("-", folder.name)[:MAX_NAME].strip("-._") or "model"
    avoid = {name.casefold() for name in (*taken, *(known.card.alias for known in others))}
    number = 1
    try:
        private_files.make_folder(store)
        while True:
            name = wanted if number == 1 else f"{wanted}-{number}"
            if name.casefold() not in avoid and _keep(store / f"own-{name}.json", folder):
                return f"{name}:1"
            number += 1
    except OSError as error:
        raise StoreError(
            f"{folder} could not be registered", reason_of(error), f"It is to be noted in {store}"
        ) from error


def unregister(store: Path, model: ModelFiles) -> None:
    """Forget a registration. Raises StoreError when it cannot be deleted."""
    try:
        (store / f"own-{model.card.alias}.json").unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"{model.card.id} could not be removed", reason_of(error), f"Delete it from {store}"
        ) from error


def _keep(file: Path, folder: Path) -> bool:
    """Write a registration unless there is one of this name."""
    try:
        with private_files.create(file) as out:
            out.write(json.dumps({"folder": str(folder)}).encode("utf-8"))
    except FileExistsError:
        return False
    return True


def _read(file: Path) -> ModelFiles | None:
    name = file.stem.removeprefix("own-")
    try:
        folder = Path(get(load_table(file), "folder", str))
    except (OSError, ValueError):
        return None  # half written by a program that died over it
    bare = ModelCard(f"{name}:1", alias=name, task="chat-completion")
    try:
        facts = check_folder(folder)
    except BadInputError as error:
        return ModelFiles(
            ModelCard(bare.id, bare.alias, summary=error.sentence(), task=bare.task), folder, Origin.REGISTERED
        )
    card = ModelCard(
        id=bare.id,
        alias=bare.alias,
        device=facts.device,
        ep=facts.ep,
        size_bytes=facts.size_bytes,
        context=facts.context,
        licence=facts.licence,
        task=bare.task,
        state=ModelState.CACHED,
        summary=f"Registered from {folder}",
    )
    return ModelFiles(card, folder, Origin.REGISTERED)
