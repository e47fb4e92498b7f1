"""Any server that speaks OpenAI's API: it is asked what it has, and left as it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tui.core.clean import join_surrogates
from tui.core.errors import BadInputError, NoHostError
from tui.core.model_card import ModelCard
from tui.core.target import Endpoint
from tui.hosts.fetch import Reply, fetch
from tui.hosts.host import BareHost, HostInfo, able
from tui.net.client import check_base_url, is_loopback

ASK_S = 10.0
NO_MANAGEMENT = "OpenAI's API has no request for it; the server sees to its models by itself"
MAX_MODELS = 5000
MAX_NAME = 512
_CONTEXT_KEYS = ("max_model_len", "context_length", "context_window", "max_context_length", "n_ctx")


class OpenAIHost(BareHost):
    """A server at an address. Its model list may be broken where its chat works: then the catalogue is empty."""

    def __init__(self, base_url: str, api_key: str | None = None, *, timeout: float = ASK_S) -> None:
        """`base_url` gets `/v1` when it has no path. The key goes to this address only, and is kept nowhere.

        `timeout` is in seconds. Raises BadInputError for an address or a key that cannot be used.
        """
        checked = check_base_url(base_url)
        parts = urlsplit(checked)
        self._base_url = checked if parts.path else f"{checked}/v1"
        self._place = parts.netloc
        self._api_key = _check_key(api_key)
        self._timeout = timeout
        self.abilities = able(why_not=NO_MANAGEMENT)

    def connect(self) -> HostInfo:
        """See whether the server answers at all. Raises NoHostError when it does not, or wants another key."""
        self._ask_models()
        return HostInfo(
            kind="openai",
            title=f"OpenAI-compatible server at {self._place}",
            endpoint=self._base_url,
            local=is_loopback(self._base_url),
        )

    def catalogue(self) -> tuple[ModelCard, ...]:
        """The models that the server lists; none when it answers with an error or with nonsense. Raises NoHostError."""
        reply = self._ask_models()
        return _cards(reply.body) if reply.ok else ()

    def endpoint(self, model_id: str) -> Endpoint:
        """Where the model answers. Any name will do: the server may know more than it lists."""
        return Endpoint(self._base_url, model_id, self._api_key)

    def _ask_models(self) -> Reply:
        hint = "Is the server running, and is this its address?"
        reply = fetch(self._base_url, "models", timeout=self._timeout, hint=hint, api_key=self._api_key)
        if reply.status == 401:
            key = "an API key" if self._api_key is None else "another API key"
            raise NoHostError(
                f"{self._base_url} wants {key}", reply.words(), "Put it into the environment: FOUNDRY_COMPARE_API_KEY"
            )
        if reply.location is not None:
            raise NoHostError(
                f"{self._base_url} points to another address, which is not followed",
                f"It points to {reply.location}",
                "Give the address of the server itself",
            )
        return reply


def _check_key(key: str | None) -> str | None:
    key = (key or "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise BadInputError("The API key holds characters that no server accepts", hint="Look at how it was copied")
    return key or None


def _cards(body: Any) -> tuple[ModelCard, ...]:
    """The models in a list from outside, in its order, each once."""
    if isinstance(body, dict):
        body = body.get("data", body.get("models"))
    rows = body[:MAX_MODELS] if isinstance(body, list) else []
    cards: dict[str, ModelCard] = {}
    for row in rows:
        card = _card(row)
        if card is not None:
            cards.setdefault(card.id, card)
    return tuple(cards.values())


def _card(row: Any) -> ModelCard | None:
    row = row if isinstance(row, dict) else {"id": row}
    name = _text(row.get("id"))
    if name is None:
        return None
    context = next((row[key] for key in _CONTEXT_KEYS if type(row.get(key)) is int and row[key] > 0), None)
    return ModelCard(name, alias=name, context=context, publisher=_text(row.get("owned_by")))


def _text(value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_NAME:
        return None
    return join_surrogates(value)
