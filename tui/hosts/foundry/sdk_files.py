"""What the disk knows of an SDK web service that runs on this machine, where the service itself tells only ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tui.core.catalog.model_card import ModelCard, ModelState, from_megabytes
from tui.core.dict_reader import Table, get, number
from tui.files import read_json
from tui.hosts.embedded.cache import downloaded
from tui.hosts.foundry.daemon_file import listens
from tui.hosts.foundry.model_ids import card_from_id

INDEX = "foundry.modelinfo.json"
"""Where the SDK keeps its catalogue, beside the models it downloaded."""
MAX_INDEX = 16_000_000


@dataclass(frozen=True, slots=True)
class LocalService:
    """A service on this machine: its process, and its catalogue's models by id, CACHED where their files are there."""

    pid: int | None = None
    cards: Mapping[str, ModelCard] = field(default_factory=dict)
    folder: Path | None = None
    """Where its models are."""


def read_local_service(root: str, status: Any) -> LocalService:
    """What there is about the service at `root` that gave this status. Nothing, unless it is seen to run here.

    The answer may have come through a tunnel, from a machine whose processes and paths mean nothing here.
    """
    pid = status.get("pid") if isinstance(status, dict) else None
    if type(pid) is not int or pid <= 0 or not listens(pid, root):
        return LocalService()
    path = status.get("modelCachePath")
    if not isinstance(path, str) or not Path(path).is_absolute():
        return LocalService(pid)
    known = _read_index(Path(path) / INDEX)
    here = downloaded(Path(path), known)
    cards = {card.id: card for card in known} | {model.card.id: model.card for model in here}
    return LocalService(pid, cards, Path(path))


def _read_index(file: Path) -> tuple[ModelCard, ...]:
    try:
        data = read_json(file, MAX_INDEX)
        rows = data.get("models") if isinstance(data, dict) else None
    except (OSError, ValueError):
        return ()  # it is the SDK's own file, and being written by somebody else
    cards = (_card(row) for row in rows or () if isinstance(row, dict)) if isinstance(rows, list) else ()
    return tuple(card for card in cards if card is not None)


def _card(row: Table) -> ModelCard | None:
    try:
        name = get(row, "id", str)
        runtime = get(row, "runtime", dict, {})
        known = card_from_id(name, ModelState.CATALOG)
        return replace(
            known,
            alias=get(row, "alias", str),
            device=get(runtime, "deviceType", str, None) or known.device,
            ep=get(runtime, "executionProvider", str, None) or known.ep,
            size_bytes=from_megabytes(number(row, "fileSizeMb")),
            licence=get(row, "license", str, None),
            task=get(row, "task", str, None),
            publisher=get(row, "publisher", str, None),
            tools=get(row, "supportsToolCalling", bool, None),
        )
    except ValueError:
        return None
