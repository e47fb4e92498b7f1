"""Model ids as Foundry Local spells them: a name, often with a variant at its end, and a version."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, TypeVar

from tui.core.catalog.model_card import ModelCard, ModelState

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


def card_from_id(model_id: str, state: ModelState) -> ModelCard:
    """What an id says: the catalogue's ids end with the variant, `-cuda-gpu` or `-generic-cpu`, and a version."""
    name, _, version = model_id.rpartition(":")
    found = _VARIANT.search(name if version.isdecimal() else model_id)
    if found is None:
        return ModelCard(model_id, alias=model_id, state=state)
    variant = found.group().strip("-").lower()
    provider = _PROVIDERS.get(variant) or _PROVIDERS.get(found["kind"].lower())
    return ModelCard(
        model_id, alias=model_id, variant=variant, device=found["device"].upper(), ep=provider, state=state
    )


def _split(model_id: str) -> tuple[str, str]:
    """Name and version, for comparing."""
    name, colon, version = model_id.lower().rpartition(":")
    return (name, version) if colon and version.isdecimal() else (model_id.lower(), "")
