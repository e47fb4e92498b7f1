"""Any server that speaks OpenAI's API: it is asked what it has, and left as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from tui.core.catalog.model_card import ModelCard
from tui.core.errors import NoHostError, prose
from tui.core.sessions.session_model import Endpoint
from tui.hosts.base import BareHost, HostInfo, Offers, able
from tui.hosts.http import Reply, fetch, root_of
from tui.hosts.json_fields import MAX_ROWS, count, table, text
from tui.hosts.openai.servers import OLLAMA, ServerProgram, completed, known_program, model_state
from tui.net.addresses import check_base_url, is_loopback
from tui.net.client import checked_key
from tui.net.error_body import error_message
from tui.net.failures import HTTPS_HINT, is_plain, proxy_refused
from tui.net.proxies import proxy_for
from tui.net.secrets import remember_secret, where_keys_go

ASK_S = 10.0
QUICK_S = 2.0
"""Longest wait for what is only nice to know, in seconds."""
HINT = "Is the server running, and is this its address?"
NO_MANAGEMENT = "OpenAI's API has no request for it; the server sees to its models by itself"
_WANTS_HTTPS = re.compile(r"plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server", re.IGNORECASE)
"""What gateways and servers say to a request without encryption at a port that wants it."""
_CONTEXT_KEYS = ("max_model_len", "context_length", "context_window", "max_context_length", "n_ctx")


@dataclass(frozen=True, slots=True)
class _Identified:
    """Which program the server is, and its version, as far as it says so."""

    program: ServerProgram | None = None
    version: str | None = None


class OpenAIHost(BareHost):
    """A server at an address. Its model list may be broken where its chat works: then the catalogue is empty."""

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        key_name: str = "FOUNDRY_COMPARE_API_KEY",
        timeout: float = ASK_S,
    ) -> None:
        """`base_url` gets `/v1` when it has no path. The key goes to this address only, and is kept nowhere.

        `key_name` is the environment variable that the key comes from, or would; empty where none is meant for this
        host. `timeout` is in seconds. Raises BadInputError for an address or a key that cannot be used.
        """
        checked = check_base_url(base_url)
        parts = urlsplit(checked)
        self._base_url = checked if parts.path else f"{checked}/v1"
        self._place = parts.netloc
        self._api_key = checked_key(api_key, key_name)
        remember_secret(self._api_key)
        self._key_name = key_name
        self._timeout = timeout
        self._listless = False
        """Whether its list did not come when it was asked for last: then it is not waited for as long again."""
        self._found: _Identified | None = None
        self._asking = Lock()
        self.abilities = able(why_not=NO_MANAGEMENT)

    def connect(self) -> HostInfo:
        """See whether the server answers at all. Raises NoHostError when it does not, or wants another key.

        What answers without a list of models may still chat: `unlisted` says why that is not known.
        """
        reply = self._ask_models()
        found, unlisted = self._identified(_rows(reply)), self._unlisted(reply)
        unnamed = "OpenAI-compatible server" if not unlisted else "Server"
        name = found.program.name if found.program else unnamed
        return HostInfo(
            kind="openai",
            title=f"{name} {found.version} at {self._place}" if found.version else f"{name} at {self._place}",
            version=found.version,
            endpoint=self._base_url,
            local=is_loopback(self._base_url),
            unlisted=unlisted,
        )

    def catalogue(self) -> tuple[ModelCard, ...]:
        """The models that the server lists; none when it answers with an error or with nonsense. Raises NoHostError."""
        rows = _rows(self._ask_models())
        cards = _cards(rows)
        program = self._identified(rows).program
        if program is None or not program.facts_path or not cards:
            return cards
        facts = program.facts(self._ask_quickly(program.facts_path))
        return tuple(completed(card, facts) for card in cards)

    def offers(self) -> Offers:
        """Nothing more, and why the list of what is here may be missing. Raises NoHostError."""
        return Offers(stale=self._unlisted(self._ask_models()))

    def endpoint(self, model_id: str) -> Endpoint:
        """Where the model answers. Any name will do: the server may know more than it lists."""
        return Endpoint(self._base_url, model_id, self._api_key, self._key_name)

    def _ask_models(self) -> Reply:
        timeout = min(QUICK_S, self._timeout) if self._listless else self._timeout
        try:
            reply = fetch(self._base_url, "models", timeout=timeout, hint=HINT, api_key=self._api_key)
        except NoHostError as error:
            # Where something else of it answers, its chat may work all the same.
            if not self._answers():
                raise
            self._listless = True
            return Reply(0, text=prose(error.title, error.detail))
        self._listless = False
        self._refuse(reply)
        return reply

    def _refuse(self, reply: Reply) -> None:
        """Raises NoHostError for an answer behind which no chat can be: it comes from something in between."""
        where = self._base_url
        if reply.status == 401 and reply.sign_in:
            raise NoHostError(
                f"{where} wants a user and a password ({reply.sign_in}), which this program never sends",
                reply.words(),
                "Something stands before the server, such as a gateway: give the address of the server itself",
            )
        if reply.status == 401:
            key = "an API key" if self._api_key is None else "another API key"
            raise NoHostError(f"{where} wants {key}", reply.words(), self._key_hint())
        if reply.status == 407:
            raise proxy_refused(where, "407")
        if reply.location is not None:
            raise NoHostError(
                f"{where} points to another address, which is not followed",
                f"It points to {reply.location}",
                "Give the address of the server itself",
            )
        if reply.status == 400 and is_plain(where) and _WANTS_HTTPS.search(f"{reply.words()} {reply.text}"):
            raise NoHostError(f"{where} takes encrypted connections only", reply.words(), HTTPS_HINT)

    def _unlisted(self, reply: Reply) -> str:
        """Why an answer is no list of models, as sentences; empty for one that is."""
        if reply.ok and _is_list(reply.body):
            return ""
        proxy = proxy_for(self._base_url)
        hint = "Is this the address of its API? Most end in /v1"
        if reply.status == 0:
            hint = "It may be busy or stuck"
        elif reply.status == 403:
            hint = f"It may refuse the key in the environment variable {self._key_name}"
            if self._api_key is None:
                hint = f"It may want an API key: {where_keys_go(self._key_name)}"
        elif reply.status >= 500 and reply.status != 501:
            hint = "Look at the server's own log" if proxy is None else f"It may be the proxy {proxy.url} that says so"
        if reply.status == 0:
            why = reply.words()
        elif reply.ok and not reply.text.strip() and error_message(reply.body) is None:
            why = "Its answer is no list of models"
        else:
            why = reply.refusal()
        return prose("The server does not say which models it has", why, hint)

    def _key_hint(self) -> str:
        hint = where_keys_go(self._key_name)
        return hint[0].upper() + hint[1:]

    def _answers(self) -> bool:
        """Whether anything of HTTP comes from the server's root."""
        try:
            fetch(root_of(self._base_url), "", timeout=min(QUICK_S, self._timeout), hint=HINT, api_key=self._api_key)
        except NoHostError:
            return False
        return True

    def _ask_quickly(self, path: str) -> Any:
        """What the server says below its root; None when it does not, for nothing depends on it."""
        timeout = min(QUICK_S, self._timeout)
        try:
            reply = fetch(root_of(self._base_url), path, timeout=timeout, hint=HINT, api_key=self._api_key)
        except NoHostError:
            return None
        return reply.body if reply.ok else None

    def _identified(self, rows: list[Any]) -> _Identified:
        """Which program it is, asked once: by its list of models, or else whether it is the one whose list is bare."""
        with self._asking:
            if self._found is None:
                listed = known_program(rows)
                program = listed or OLLAMA
                version = program.version(self._ask_quickly(program.version_path)) if program.version_path else None
                self._found = _Identified(listed or (program if version else None), version)
            return self._found


def _rows(reply: Reply) -> list[Any]:
    """The rows of a list from outside; none of an answer that is no list."""
    return _listed(reply.body)[:MAX_ROWS] if reply.ok and _is_list(reply.body) else []


def _listed(body: Any) -> Any:
    return body.get("data", body.get("models")) if isinstance(body, dict) else body


def _is_list(body: Any) -> bool:
    return isinstance(_listed(body), list)


def _cards(rows: list[Any]) -> tuple[ModelCard, ...]:
    """The models of these rows, in their order, each once."""
    program = known_program(rows)
    cards: dict[str, ModelCard] = {}
    for row in rows:
        for name in _names(row):
            cards.setdefault(name, _card(name, row if isinstance(row, dict) else {}, program))
    return tuple(cards.values())


def _names(row: Any) -> list[str]:
    """What a row's model may be called: its id, and other names that it answers to."""
    if not isinstance(row, dict):
        row = {"id": row}
    others = row.get("aliases")
    names = [text(name) for name in (row.get("id"), *(others if isinstance(others, list) else ()))]
    return [name for name in names if name is not None] if names[0] is not None else []


def _card(name: str, row: dict[str, Any], program: ServerProgram | None) -> ModelCard:
    meta, status = table(row.get("meta")), table(row.get("status"))
    owner = text(row.get("owned_by"))
    contexts = (*(row.get(key) for key in _CONTEXT_KEYS), meta.get("n_ctx"), meta.get("n_ctx_train"))
    return ModelCard(
        name,
        alias=name,
        context=next(filter(None, map(count, contexts)), None),
        publisher=None if program is not None and owner == program.owner else owner,
        size_bytes=count(meta.get("size")),
        parameters=count(meta.get("n_params")),
        state=model_state(status.get("value")),
    )
