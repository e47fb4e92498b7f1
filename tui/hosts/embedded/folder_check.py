"""What a folder must hold so that ONNX Runtime GenAI can serve the model in it, and what it says of the model.

The folders are only ever read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tui.core.dict_reader import Table, get
from tui.core.errors import BadInputError, reason_of
from tui.core.text.formatting import data_size
from tui.files import read_json, read_regular
from tui.hosts.embedded.model_files import CONFIG, size_of

WANTED = "It takes a folder as ONNX Runtime GenAI's model builder writes it"
TEMPLATE = "chat_template.jinja"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")
TOKENIZER_CONFIG = "tokenizer_config.json"
MAX_CONFIG = 4_000_000
_CARDS = ("README.md", "model_card.md")
_LICENCES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE")
_LICENCE_LINE = re.compile(r"(?m)^licen[sc]e: *[\"']?([A-Za-z0-9][\w.+-]*)")
_KNOWN_LICENCES = {
    "apache-2.0": "Apache License Version 2.0",
    "mit": "Permission is hereby granted, free of charge",
    "cc-by-4.0": "Attribution 4.0 International",
}
"""By what is found near the beginning of their texts."""
_LICENCE_HEAD, _MAX_LICENCE = 400, 60
_PROVIDERS = {
    "cuda": ("GPU", "CUDAExecutionProvider"),
    "dml": ("GPU", "DmlExecutionProvider"),
    "nvtensorrtrtx": ("GPU", "NvTensorRTRTXExecutionProvider"),
    "openvino": (None, "OpenVINOExecutionProvider"),
    "qnn": ("NPU", "QNNExecutionProvider"),
    "vitisai": ("NPU", "VitisAIExecutionProvider"),
    "webgpu": ("GPU", "WebGpuExecutionProvider"),
}
_EXTERNAL = re.compile(rb"\x0a\x08location\x12([\x01-\x7f])", re.DOTALL)
"""How a graph (ONNX, protocol buffers) begins to say in which file weights stand: the length of its name follows."""
_EXTENT = re.compile(rb"\x06(offset|length)\x12([\x01-\x13])")
"""How it says where in that file a tensor begins, and how many bytes it has: the length of the number follows."""
_MAX_GRAPH = 64 << 20
"""Bytes of a graph that are searched for that name: one that is larger has its weights in it."""
_CAREFUL = 0.5
"""The highest temperature at which a small model is not said to ramble."""
RESERVED = 2048
"""The tokens of an answer for which the runtime keeps room where a request names no limit."""


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """What a model's own files say of it."""

    size_bytes: int
    context: int | None
    device: str | None
    ep: str | None
    licence: str | None = None


def check_folder(folder: Path, *, weights: bool = False) -> FolderFacts:
    """What is known of the model in this folder; with `weights` it is also looked up whether those are there, for which
    the graph is read. Raises BadInputError, which names everything that is missing."""
    if not folder.is_dir():
        raise BadInputError(f"There is no folder {folder}", hint=WANTED)
    if not (folder / CONFIG).is_file():
        raise BadInputError(f"{folder} holds no model", f"{CONFIG} is missing", what_it_is(folder))
    try:
        model = _model_table(folder / CONFIG)
        missing = list(dict(_lacking(folder, model, weights=weights)).values())
        if missing:
            raise BadInputError(f"The model in {folder} is not complete", f"Missing: {', '.join(missing)}", WANTED)
        device, ep = _provider(model)
        context = get(model, "context_length", int, None)
        return FolderFacts(size_of(folder), context, device, ep, _licence(folder))
    except (OSError, ValueError) as error:
        raise BadInputError(f"The model in {folder} cannot be read", reason_of(error), WANTED) from error


@dataclass(frozen=True, slots=True)
class FolderPart:
    """One thing that a model's folder has, or lacks."""

    name: str
    needed: bool
    """Whether the model cannot be served without it."""
    found: str = ""
    """What there is of it; empty where there is nothing."""
    missing: str = ""
    """What to do, or what comes of it, where there is nothing."""


def parts_of(folder: Path) -> tuple[FolderPart, ...]:
    """All that a folder should hold, and what it lacks, in the order in which it is looked for.

    Raises BadInputError when there is no folder, or a file in it cannot be read.
    """
    if not folder.is_dir():
        raise BadInputError(f"There is no folder {folder}", hint=WANTED)
    if not (folder / CONFIG).is_file():
        return (FolderPart(CONFIG, True, missing=what_it_is(folder)),)
    try:
        config = load_table(folder / CONFIG)
        model = _model_table(folder / CONFIG)
        lacking = dict(_lacking(folder, model, weights=True))
        needed = [FolderPart(CONFIG, True, f"a model of the type {model.get('type', '-')}")]
        for name, about in _NEEDED.items():
            missing = lacking.get(name, "")
            needed.append(
                FolderPart(name, True, "" if missing else about(folder, model), missing and f"missing: {missing}")
            )
        return (*needed, *_advisable(folder, config, model))
    except (OSError, ValueError) as error:
        raise BadInputError(f"The model in {folder} cannot be read", reason_of(error), WANTED) from error


def what_it_is(folder: Path) -> str:
    """What a folder without a configuration of the runtime seems to be, and how it becomes one: a sentence."""
    inner = next((path.parent for path in sorted(folder.glob(f"*/{CONFIG}"))), None)
    if inner is not None:
        return f"Perhaps {inner} is meant"
    if (folder / "config.json").is_file() and any(folder.glob("*.safetensors")):
        return (
            "This is a model as Hugging Face has it. Convert it: python -m onnxruntime_genai.models.builder "
            f"-i {_quoted(folder)} -o {_quoted(Path(f'{folder.name}-onnx'))} -p int4 -e cpu -c cache"
        )
    if any(folder.glob("*.gguf")):
        return "This is a model for llama.cpp: serve it there, and name its address with --host"
    return WANTED


def _quoted(path: Path) -> str:
    """A path as it is typed in any shell."""
    return f'"{path}"' if " " in str(path) else str(path)


def _model_table(config: Path) -> Table:
    table: Table = get(load_table(config), "model", dict)
    return table


def load_table(file: Path) -> Table:
    """The table in a JSON file. Raises OSError or ValueError."""
    data = read_json(file, MAX_CONFIG)
    if not isinstance(data, dict):
        raise ValueError(f"{file.name} holds no table")
    return data


_MODEL, _WEIGHTS, _TOKENIZER, _TEMPLATE = "graph", "weights", "tokenizer", "chat template"


def _lacking(folder: Path, model: Table, *, weights: bool) -> Iterator[tuple[str, str]]:
    """What the runtime will look for and not find, by the name of the part."""
    filename = _graph(model)
    if filename is None:
        if not any(folder.glob("*.onnx")):
            yield _MODEL, "a model file (*.onnx)"
    elif not (folder / filename).is_file():
        yield _MODEL, f"its model file {filename}"
    elif weights:
        data = _external(folder / filename)
        if data is not None and not (folder / data.name).is_file():
            yield _WEIGHTS, f"the weights of {filename}, which are in a file {data.name}"
        elif data is not None and (size := (folder / data.name).stat().st_size) < data.size:
            yield _WEIGHTS, f"the end of {data.name}, of which {data_size(size)} of {data_size(data.size)} are here"
    if not any((folder / name).is_file() for name in TOKENIZERS):
        yield _TOKENIZER, "a tokenizer (tokenizer.json)"
    elif not (folder / TOKENIZER_CONFIG).is_file():
        yield _TOKENIZER, f"what there is to know of the tokenizer ({TOKENIZER_CONFIG})"
    if not (folder / TEMPLATE).is_file() and not _has_template(folder / TOKENIZER_CONFIG):
        yield _TEMPLATE, "a chat template (chat_template.jinja, or in tokenizer_config.json)"


def _graph(model: Table) -> str | None:
    name: str | None = get(get(model, "decoder", dict, {}), "filename", str, None)
    return name


class _External(NamedTuple):
    """The file that a graph's weights stand in."""

    name: str
    size: int
    """How many bytes it must have at least, as far as the graph says where each tensor is."""


def _external(graph: Path) -> _External | None:
    """The file that a graph's weights stand in; None where they are in the graph itself, as far as can be seen."""
    if graph.stat().st_size > _MAX_GRAPH:
        return None
    data = read_regular(graph, _MAX_GRAPH)
    found = _EXTERNAL.search(data)
    if found is None:
        return None
    name = data[found.end() : found.end() + found[1][0]].decode("utf-8", "replace")
    # A path that leads elsewhere is not looked up.
    return _External(name, _size_needed(data)) if Path(name).name == name else None


def _size_needed(graph: bytes) -> int:
    most = offset = 0
    for found in _EXTENT.finditer(graph):
        digits = graph[found.end() : found.end() + found[2][0]]
        if not digits.isdigit():
            continue
        if found[1] == b"offset":
            offset = int(digits)
        else:
            most, offset = max(most, offset + int(digits)), 0
    return most


def _about_graph(folder: Path, model: Table) -> str:
    name = _graph(model) or next((path.name for path in sorted(folder.glob("*.onnx"))), "")
    return f"{name}, {data_size((folder / name).stat().st_size)}" if name and (folder / name).is_file() else name


def _about_weights(folder: Path, model: Table) -> str:
    name = _graph(model)
    data = _external(folder / name) if name is not None and (folder / name).is_file() else None
    return "in the graph" if data is None else f"{data.name}, {data_size((folder / data.name).stat().st_size)}"


_NEEDED: dict[str, Callable[[Path, Table], str]] = {
    _MODEL: _about_graph,
    _WEIGHTS: _about_weights,
    _TOKENIZER: lambda folder, model: next(name for name in TOKENIZERS if (folder / name).is_file()),
    _TEMPLATE: lambda folder, model: TEMPLATE if (folder / TEMPLATE).is_file() else "in tokenizer_config.json",
}
"""What cannot be missing, and what there is to say of it where it is there."""


def _advisable(folder: Path, config: Table, model: Table) -> Iterator[FolderPart]:
    """What the model is served without, and better with."""
    search = get(config, "search", dict, {})
    length, context = (table.get(key) for table, key in ((search, "max_length"), (model, "context_length")))
    fits = isinstance(length, int) and length > RESERVED
    room = f"{length} tokens for prompt and answer, of a context of {context}"
    small = f"search.max_length in {CONFIG} is {length}: it should be more than {RESERVED}, as answers reserve so many"
    yield FolderPart("room for answers", False, room if fits else "", "" if fits else small)
    temperature = search.get("temperature", 1.0)
    careful = isinstance(temperature, int | float) and temperature <= _CAREFUL
    draws = search.get("do_sample") is True and search.get("top_k") != 1
    shown = ", ".join(f"{key} {search[key]}" for key in ("temperature", "top_k", "top_p") if key in search)
    wild = f"{shown}, wherever a request names none: small models ramble so; set top_k to 1, or temperature to 0.2"
    told = (shown if draws else "the likeliest token") if careful or not draws else ""
    yield FolderPart("sampling", False, told, "" if told else wild)
    licence = _licence(folder)
    none = "None is named: add its LICENSE, or a README.md whose head names it"
    yield FolderPart("licence", False, licence or "", "" if licence else none)


def _has_template(config: Path) -> bool:
    return config.is_file() and bool(load_table(config).get("chat_template"))


def _licence(folder: Path) -> str | None:
    """What the folder says of its licence: the head of its model card, as Hugging Face has it, or a licence's own text.

    None where it says nothing that is understood.
    """
    for name in _CARDS:
        head = _text(folder / name).removeprefix("---").partition("\n---")
        if head[1] and (named := _LICENCE_LINE.search(head[0])):
            return named[1][:_MAX_LICENCE]
    for name in _LICENCES:
        words = " ".join(_text(folder / name).split())[:_LICENCE_HEAD]
        for known, sign in _KNOWN_LICENCES.items():
            if sign in words:
                return known
    return None


def _text(file: Path) -> str:
    try:
        return read_regular(file, MAX_CONFIG).decode("utf-8", "replace").replace("\r\n", "\n")
    except (OSError, ValueError):
        return ""  # a model without a word on its licence is a model all the same


def _provider(model: Table) -> tuple[str | None, str | None]:
    """The device and the execution provider that the model's own configuration chooses."""
    options: Any = get(get(model, "decoder", dict, {}), "session_options", dict, {}).get("provider_options")
    chosen = [name for entry in options or () if isinstance(entry, dict) for name in entry]
    if not chosen:
        return "CPU", "CPUExecutionProvider"
    return _PROVIDERS.get(str(chosen[0]).lower(), (None, str(chosen[0])))
