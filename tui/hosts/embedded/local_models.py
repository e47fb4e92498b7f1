"""Models that the user registered: folders of ONNX Runtime GenAI that lie where the user put them.

Each registration is a small file of its own, so that two programs at once cannot lose each other's; they belong to no
bundle, and outlive it. The folders themselves are only ever read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui import private_files
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.dict_reader import Table, get
from tui.core.errors import BadInputError, StoreError, reason_of
from tui.files import read_json
from tui.hosts.embedded.model_files import CONFIG, ModelFiles, Origin, size_of

WANTED = "It takes a folder as ONNX Runtime GenAI's model builder writes it"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")
MAX_NAME = 60
MAX_CONFIG = 4_000_000
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_PROVIDERS = {
    "cuda": ("GPU", "CUDAExecutionProvider"),
    "dml": ("GPU", "DmlExecutionProvider"),
    "nvtensorrtrtx": ("GPU", "NvTensorRTRTXExecutionProvider"),
    "openvino": (None, "OpenVINOExecutionProvider"),
    "qnn": ("NPU", "QNNExecutionProvider"),
    "vitisai": ("NPU", "VitisAIExecutionProvider"),
    "webgpu": ("GPU", "WebGpuExecutionProvider"),
}


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """What a model's own files say of it."""

    size_bytes: int
    context: int | None
    device: str | None
    ep: str | None


def check_folder(folder: Path) -> FolderFacts:
    """What is known of the model in this folder. Raises BadInputError, which names everything that is missing."""
    if not folder.is_dir():
        raise BadInputError(f"There is no folder {folder}", hint=WANTED)
    if not (folder / CONFIG).is_file():
        inner = next((path.parent for path in sorted(folder.glob(f"*/{CONFIG}"))), None)
        hint = f"Perhaps {inner} is meant" if inner is not None else WANTED
        raise BadInputError(f"{folder} holds no model", f"{CONFIG} is missing", hint)
    try:
        model = _model_table(folder / CONFIG)
        missing = [*_missing(folder, model)]
        if missing:
            raise BadInputError(f"The model in {folder} is not complete", f"Missing: {', '.join(missing)}", WANTED)
        device, ep = _provider(model)
        context = get(model, "context_length", int, None)
        return FolderFacts(size_of(folder), context, device, ep)
    except (OSError, ValueError) as error:
        raise BadInputError(f"The model in {folder} cannot be read", reason_of(error), WANTED) from error


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
    check_folder(folder)
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
        folder = Path(get(_load(file), "folder", str))
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
        task=bare.task,
        state=ModelState.CACHED,
        summary=f"Registered from {folder}",
    )
    return ModelFiles(card, folder, Origin.REGISTERED)


def _load(file: Path) -> Table:
    data = read_json(file, MAX_CONFIG)
    if not isinstance(data, dict):
        raise ValueError(f"{file.name} holds no table")
    return data


def _model_table(config: Path) -> Table:
    table: Table = get(_load(config), "model", dict)
    return table


def _missing(folder: Path, model: Table) -> list[str]:
    """What the runtime will look for and not find."""
    missing = []
    filename = get(get(model, "decoder", dict, {}), "filename", str, None)
    if filename is None:
        if not any(folder.glob("*.onnx")):
            missing.append("a model file (*.onnx)")
    elif not (folder / filename).is_file():
        missing.append(f"its model file {filename}")
    if not any((folder / name).is_file() for name in TOKENIZERS):
        missing.append("a tokenizer (tokenizer.json)")
    if not (folder / "chat_template.jinja").is_file() and not _has_template(folder / "tokenizer_config.json"):
        missing.append("a chat template (chat_template.jinja, or in tokenizer_config.json)")
    return missing


def _has_template(config: Path) -> bool:
    return config.is_file() and bool(_load(config).get("chat_template"))


def _provider(model: Table) -> tuple[str | None, str | None]:
    """The device and the execution provider that the model's own configuration chooses."""
    options: Any = get(get(model, "decoder", dict, {}), "session_options", dict, {}).get("provider_options")
    chosen = [name for entry in options or () if isinstance(entry, dict) for name in entry]
    if not chosen:
        return "CPU", "CPUExecutionProvider"
    return _PROVIDERS.get(str(chosen[0]).lower(), (None, str(chosen[0])))
