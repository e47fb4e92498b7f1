"""What the service of Foundry Local 0.3 to 0.8 says: the models of its catalogue, and the lines of a download."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tui.core.catalog.model_card import ModelCard, ModelState
from tui.hosts.foundry.model_ids import ByModel, card_from_id
from tui.hosts.json_fields import MAX_ROWS, size_in_mb, text
from tui.net.failures import MAX_WORDS

MAX_TEXT = 20_000
"""Characters of a licence that are kept."""
MAX_VERDICT = 100_000

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s?%")
_SHARE = re.compile(r"""\(\s*["'].*["']\s*,\s*(\d(?:\.\d+)?(?:[eE]-?\d+)?)\s*\)$""")


@dataclass(frozen=True, slots=True)
class ServiceRow:
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


def read_rows(body: Any) -> tuple[ServiceRow, ...] | None:
    """The catalogue in an answer from outside, a bare list or one under `models`; None when there is none."""
    listed = body if isinstance(body, list) else lowered(body).get("models")
    if not isinstance(listed, list):
        return None
    rows: dict[str, ServiceRow] = {}
    for item in listed[:MAX_ROWS]:
        row = _row(lowered(item))
        if row is not None:
            rows.setdefault(row.card.id.lower(), row)
    return tuple(rows.values())


def card_of(model_id: str, rows: ByModel[ServiceRow], state: ModelState) -> ModelCard:
    """What is known of a model that is here: from its row, else from another version's, else from its id alone."""
    row = rows.find(model_id)
    if row is not None:
        return replace(row.card, id=model_id, state=state)
    other = rows.newest(model_id)
    if other is not None:
        return replace(other.card, id=model_id, state=state, size_bytes=None)
    return card_from_id(model_id, state)


def _row(item: dict[str, Any]) -> ServiceRow | None:
    name = text(item.get("name"))
    if name is None:
        return None
    known = card_from_id(name, ModelState.CATALOG)
    runtime = lowered(item.get("runtime"))
    tools = item.get("supportstoolcalling")
    publisher = text(item.get("publisher"))
    card = replace(
        known,
        alias=text(item.get("alias")) or name,
        device=text(runtime.get("devicetype")) or known.device,
        ep=text(runtime.get("executionprovider")) or known.ep,
        size_bytes=size_in_mb(item.get("filesizemb")),
        licence=text(item.get("license")),
        licence_text=text(item.get("licensedescription"), MAX_TEXT),
        task=text(item.get("task")),
        publisher=publisher,
        tools=tools if isinstance(tools, bool) else None,
    )
    uri, provider = text(item.get("uri"), MAX_TEXT) or "", text(item.get("providertype")) or ""
    return ServiceRow(card, uri, publisher or "", provider, item.get("prompttemplate"))


class DownloadTalk:
    """Listens to a download's lines: percentages in one of two spellings, then a verdict in JSON.

    `Total 45.67% Downloading model.onnx.data` is what services send, `("model.onnx.data", 0.4567)` is what their manual
    says. A line such as `[DONE]` or `All Completed` may come before the verdict, and says nothing.
    """

    def __init__(self, progress: Callable[[float], None]) -> None:
        """`progress` is called with each new percentage."""
        self._progress = progress
        self._percent: float | None = None
        self._verdict = ""

    def hear(self, line: str) -> None:
        """The next line of the answer."""
        line = line.strip().removeprefix("data:").lstrip()
        if self._verdict or line.startswith("{"):
            self._verdict = (self._verdict + line)[:MAX_VERDICT]
            return
        percent = _percent(line)
        if percent is not None and percent != self._percent:
            self._percent = percent
            self._progress(percent)

    def succeeded(self) -> bool | None:
        """What the service says became of it; None when it did not say."""
        success = self._result().get("success")
        return success if isinstance(success, bool) else None

    def words(self) -> str:
        """The service's reason for a failure; empty when it gave none."""
        reason = self._result().get("errormessage")
        return reason.strip()[:MAX_WORDS] if isinstance(reason, str) else ""

    def _result(self) -> dict[str, object]:
        # Whatever follows the object is let go.
        try:
            return lowered(json.JSONDecoder().raw_decode(self._verdict)[0])
        except (ValueError, RecursionError):
            return {}


def _percent(line: str) -> float | None:
    found = _PERCENT.search(line)
    if found is not None:
        return min(float(found[1]), 100.0)
    share = _SHARE.match(line)
    return min(float(share[1]), 1.0) * 100 if share is not None else None
