"""Models as the service of Foundry Local 0.3 to 0.8 lists them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from tui.core.clean import join_surrogates
from tui.core.model_card import ModelCard, ModelState

MAX_ROWS = 5000
MAX_NAME = 512
MAX_MB = 1e9
MAX_TEXT = 20_000
"""Characters of a licence that are kept."""

_VARIANT = re.compile(r"(?i)-(?P<kind>generic|cuda|trtrtx|openvino|qnn|vitis)-(?P<device>cpu|gpu|npu)$")
_PROVIDERS = {
    "generic-cpu": "CPUExecutionProvider",
    "generic-gpu": "WebGpuExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "trtrtx": "NvTensorRTRTXExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "qnn": "QNNExecutionProvider",
    "vitis": "VitisAIExecutionProvider",
}

_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the service's catalogue: what is shown of it, and what a download has to repeat."""

    card: ModelCard
    uri: str
    publisher: str = ""
    provider: str = ""
    template: Any = None

    def request(self) -> dict[str, Any]:
        """The body of a download request."""
        # Its catalogue calls the provider AzureFoundry; for a download it wants the name of the local one.
        provider = "AzureFoundryLocal" if self.provider in ("", "AzureFoundry") else self.provider
        model = {
            "Name": self.card.id,
            "Uri": self.uri,
            "Publisher": self.publisher,
            "ProviderType": provider,
            "PromptTemplate": self.template,
        }
        return {"model": model, "token": None, "IgnorePipeReport": True}


def lowered(value: Any) -> dict[str, Any]:
    """An object with its keys in lower case: the service spells them like `modelDirPath` or like `ModelDirPath`."""
    return {key.lower(): item for key, item in value.items()} if isinstance(value, dict) else {}


def read_ids(body: Any) -> tuple[str, ...] | None:
    """The ids in a list from outside, each once; None when it is no list."""
    if not isinstance(body, list):
        return None
    names = (_text(item) for item in body[:MAX_ROWS])
    return tuple(dict.fromkeys(name for name in names if name is not None))


def read_rows(body: Any) -> tuple[Row, ...] | None:
    """The catalogue in an answer from outside, a bare list or one under `models`; None when there is none."""
    listed = body if isinstance(body, list) else lowered(body).get("models")
    if not isinstance(listed, list):
        return None
    rows: dict[str, Row] = {}
    for item in listed[:MAX_ROWS]:
        row = _row(lowered(item))
        if row is not None:
            rows.setdefault(row.card.id.lower(), row)
    return tuple(rows.values())


class ByModel(Generic[_Thing]):
    """Something for each of many model ids. An id without a version, as older services give, means any version."""

    def __init__(self, things: Iterable[tuple[str, _Thing]]) -> None:
        self._versions: dict[str, dict[str, _Thing]] = {}
        for model_id, thing in things:
            name, version = _split(model_id)
            self._versions.setdefault(name, {}).setdefault(version, thing)

    def find(self, model_id: str) -> _Thing | None:
        """What belongs to the model that this id means; the newest version's where that is left open."""
        name, version = _split(model_id)
        versions = self._versions.get(name, {})
        return versions.get(version) or (versions.get("") if version else self.newest(name))

    def newest(self, model_id: str) -> _Thing | None:
        """What belongs to the newest version of the model, whichever version the id names."""
        versions = self._versions.get(_split(model_id)[0], {})
        return versions[max(versions, key=lambda version: int(version or 0))] if versions else None


def card_of(model_id: str, rows: ByModel[Row], state: ModelState) -> ModelCard:
    """What is known of a model that is here: from its row, else from another version's, else from its id alone."""
    row = rows.find(model_id)
    if row is not None:
        return replace(row.card, id=model_id, state=state)
    other = rows.newest(model_id)
    if other is not None:
        return replace(other.card, id=model_id, state=state, size_mb=None)
    return replace(_from_id(model_id), state=state)


def _split(model_id: str) -> tuple[str, str]:
    """Name and version, for comparing."""
    name, colon, version = model_id.lower().rpartition(":")
    return (name, version) if colon and version.isdecimal() else (model_id.lower(), "")


def _from_id(model_id: str) -> ModelCard:
    """What an id says: the catalogue's ids end with the variant, `-cuda-gpu` or `-generic-cpu`, and a version."""
    name, _, version = model_id.rpartition(":")
    found = _VARIANT.search(name if version.isdecimal() else model_id)
    if found is None:
        return ModelCard(model_id, alias=model_id)
    variant = found.group().strip("-").lower()
    provider = _PROVIDERS.get(variant) or _PROVIDERS.get(found["kind"].lower())
    return ModelCard(model_id, alias=model_id, variant=variant, device=found["device"].upper(), ep=provider)


def _row(item: dict[str, Any]) -> Row | None:
    name = _text(item.get("name"))
    if name is None:
        return None
    known = _from_id(name)
    runtime = lowered(item.get("runtime"))
    tools = item.get("supportstoolcalling")
    publisher = _text(item.get("publisher"))
    card = replace(
        known,
        alias=_text(item.get("alias")) or name,
        device=_text(runtime.get("devicetype")) or known.device,
        ep=_text(runtime.get("executionprovider")) or known.ep,
        size_mb=_size(item.get("filesizemb")),
        licence=_text(item.get("license")),
        licence_text=_text(item.get("licensedescription"), MAX_TEXT),
        task=_text(item.get("task")),
        publisher=publisher,
        tools=tools if isinstance(tools, bool) else None,
        state=ModelState.CATALOG,
    )
    uri, provider = _text(item.get("uri"), MAX_TEXT) or "", _text(item.get("providertype")) or ""
    return Row(card, uri, publisher or "", provider, item.get("prompttemplate"))


def _size(value: Any) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < MAX_MB
    return float(value) if known else None


def _text(value: Any, longest: int = MAX_NAME) -> str | None:
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        return None
    return join_surrogates(value)
