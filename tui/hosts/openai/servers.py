"""Which program an OpenAI-compatible server is, and what it says of its models beyond OpenAI's list of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.text.clean import join_surrogates
from tui.hosts.json_fields import count, table, text

_MAX_VERSION = 60
_STATES = {"loaded": ModelState.LOADED, "not-loaded": ModelState.CACHED, "unloaded": ModelState.CACHED}
_SIZES = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}

ModelFacts = Mapping[str, Mapping[str, Any]]
"""What is known of models, by id; under the empty id, what holds for all of them."""


@dataclass(frozen=True, slots=True)
class ServerProgram:
    """One program: the name that its lists give as every model's owner, and where it says more of them."""

    name: str
    owner: str
    version_path: str
    version_key: str
    """Where its version is, below the root, and under which key."""
    facts_path: str = ""
    facts: Callable[[Any], ModelFacts] = lambda _: {}

    def version(self, body: Any) -> str | None:
        """The version in an answer to `version_path`."""
        version = body.get(self.version_key) if isinstance(body, dict) else None
        return join_surrogates(version) if isinstance(version, str) and 0 < len(version) <= _MAX_VERSION else None


def known_program(rows: list[Any]) -> ServerProgram | None:
    """Whose list of models this is; None when it does not say."""
    owners = {row.get("owned_by") for row in rows if isinstance(row, dict) and isinstance(row.get("owned_by"), str)}
    return next((program for program in PROGRAMS if program.owner in owners), None)


def model_state(value: Any) -> ModelState:
    """What a server's word for a model's state means."""
    return _STATES.get(value, ModelState.UNKNOWN) if isinstance(value, str) else ModelState.UNKNOWN


def completed(card: ModelCard, facts: ModelFacts) -> ModelCard:
    """The card with the facts of its model where they are known."""
    known = {**facts.get("", {}), **facts.get(card.id, {})}
    return replace(card, **{name: value for name, value in known.items() if value is not None})


def _rows(body: Any, key: str) -> list[dict[str, Any]]:
    rows = body.get(key) if isinstance(body, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _llama_cpp(body: Any) -> ModelFacts:
    # What a slot can hold, which is less than what the model was trained for.
    return {"": {"context": count(table(table(body).get("default_generation_settings")).get("n_ctx"))}}


def _lm_studio(body: Any) -> ModelFacts:
    facts: dict[str, dict[str, Any]] = {}
    for row in _rows(body, "data"):
        if (name := text(row.get("id"))) is not None:
            facts[name] = {
                "variant": text(row.get("quantization")),
                "publisher": text(row.get("publisher")),
                "context": count(row.get("loaded_context_length")) or count(row.get("max_context_length")),
                "state": model_state(row.get("state")),
                "task": "embeddings" if row.get("type") == "embeddings" else None,
            }
    return facts


def _ollama(body: Any) -> ModelFacts:
    facts: dict[str, dict[str, Any]] = {}
    for row in _rows(body, "models"):
        if (name := text(row.get("name"))) is not None:
            details = table(row.get("details"))
            facts[name] = {
                "variant": text(details.get("quantization_level")),
                "parameters": _parameters(details.get("parameter_size")),
                "size_bytes": count(row.get("size")),
                "state": ModelState.CACHED,
            }
    return facts


def _parameters(value: Any) -> int | None:
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)([KMBT])", value) if isinstance(value, str) else None
    return round(float(found[1]) * _SIZES[found[2]]) if found else None


OLLAMA = ServerProgram("Ollama", "library", "api/version", "version", "api/tags", _ollama)
PROGRAMS = (
    ServerProgram("llama.cpp", "llamacpp", "props", "build_info", "props", _llama_cpp),
    ServerProgram("vLLM", "vllm", "version", "version"),
    ServerProgram("LM Studio", "organization_owner", "", "", "api/v0/models", _lm_studio),
    ServerProgram("KoboldCpp", "koboldcpp", "api/extra/version", "version"),
    OLLAMA,
)
