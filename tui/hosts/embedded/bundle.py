"""The demo models that come with the program: what they are and where their files lie."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.dict_reader import Table, each, get
from tui.core.errors import NoHostError, reason_of
from tui.files import read_regular, read_toml
from tui.hosts.embedded.model_files import CONFIG, ModelFiles, Origin, size_of
from tui.hosts.embedded.smollm2.model import HERE as SMOLLM2
from tui.hosts.embedded.smollm2.model import card_text

MAX_BYTES = 1 << 20


def bundle_root() -> Path:
    """The folder of the bundled models, in an installed package as in a checkout."""
    return Path(str(files("tui.demo_models"))).resolve()


def read_bundle(root: Path) -> tuple[ModelFiles, ...]:
    """Every model that `catalog.toml` in `root` names. Raises NoHostError when it cannot be read."""
    try:
        table = read_toml(root / "catalog.toml", MAX_BYTES)
        models = each(table, "model", lambda row: _model(root, row))
        if not models:
            raise ValueError(f"{root} names no model")
    except (OSError, ValueError) as error:
        raise NoHostError(
            "The bundled demo models cannot be read",
            reason_of(error),
            "Install the program again, or name another host.",
        ) from error
    return tuple(models)


def model_card_text(card: ModelCard) -> str | None:
    """The model card (Markdown) of a bundled model, or of SmolLM2; None for any other model."""
    if (card.id, card.publisher) == (SMOLLM2.id, SMOLLM2.publisher):
        return card_text()
    if not card.toy:
        return None
    for model in read_bundle(bundle_root()):
        if model.card.id == card.id:
            path = model.folder / "model_card.md"
            return read_regular(path, MAX_BYTES).decode("utf-8") if path.is_file() else None
    return None


def _model(root: Path, row: Table) -> ModelFiles:
    folder = root / get(row, "folder", str)
    if not (folder / CONFIG).is_file():
        raise ValueError(f"{folder} holds no model")
    card = ModelCard(
        id=get(row, "id", str),
        alias=get(row, "alias", str),
        device="CPU",
        ep="CPUExecutionProvider",
        size_bytes=size_of(folder),
        context=get(row, "context", int, None),
        licence=get(row, "licence", str, None),
        task=get(row, "task", str, None),
        state=ModelState.CACHED,
        publisher=get(row, "publisher", str, None),
        parameters=get(row, "parameters", int, None),
        summary=get(row, "summary", str, None),
        toy=get(row, "toy", bool, True),
    )
    return ModelFiles(card, folder, Origin.BUNDLED)
