"""Any server at an address in the registry of host kinds: what is recognised as nothing else speaks OpenAI's API."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tui.core.host_spec import HostSpec
from tui.hosts.base import Host
from tui.hosts.host_kind import Answers, AtAddress, HostKind, OpenAt, Scheme, Server, Surroundings
from tui.net.addresses import check_base_url, public_url, typed_url

MODELS = "/v1/models"


def rows_of(body: Any) -> list[Any] | None:
    """The rows of a list of models, bare or under `data` or `models`; None when it is none."""
    if isinstance(body, dict):
        body = body.get("data", body.get("models"))
    return body if isinstance(body, list) else None


def _lists_models(answers: Answers) -> bool:
    return rows_of(answers.get(MODELS)) is not None


def _open_at(server: Server, around: Surroundings) -> Host:
    from tui.hosts.openai.host import OpenAIHost

    return OpenAIHost(server.address, server.api_key, key_name=server.key_name)


def _open(spec: HostSpec, around: Surroundings, open_at: OpenAt) -> Host:
    return open_at(check_base_url(spec.value), spec)


ADDRESS = Scheme(
    "url",
    "http://127.0.0.1:8000/v1",
    lambda text: text.casefold().startswith(("http://", "https://")),
    _open,
    value=typed_url,
    place=lambda spec: public_url(spec.value),
    short_name=lambda address: urlsplit(address).netloc,
    configured_as="the address of a server",
    settings=("api_key_env", "kind"),
)
OPENAI = HostKind(
    "openai",
    "Any OpenAI-compatible server",
    "at an address, when nothing else is recognised there",
    frozenset(),
    "sees to its models by itself",
    no_version="the server does not say",
    scheme=ADDRESS,
    at_address=AtAddress((MODELS,), _lists_models, _open_at),
)
