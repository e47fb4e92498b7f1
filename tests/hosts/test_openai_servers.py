"""OpenAI-compatible servers say which program they are, and some say more of their models, each in its own way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.odd_servers import PathServer
from tui.core.catalog.model_card import ModelState
from tui.hosts.openai.host import OpenAIHost


def listed(owner: str | None, *names: str, **facts: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "owned_by": owner, **facts} for name in names]}


VLLM = {"/v1/models": listed("vllm", "org/m", max_model_len=4096), "/version": {"version": "0.11.2"}}
OLLAMA = {
    "/v1/models": listed("library", "llama3.2:3b", "tiny:latest"),
    "/api/version": {"version": "0.12.3"},
    "/api/tags": {
        "models": [
            {
                "name": "llama3.2:3b",
                "size": 2_019_393_189,
                "details": {"parameter_size": "3.2B", "quantization_level": "Q4_K_M"},
            },
            {"name": "tiny:latest", "size": "big", "details": {"parameter_size": "some", "quantization_level": 4}},
            {"name": "not-listed", "size": 1},
            {"details": None},
            "nonsense",
        ]
    },
}
LM_STUDIO = {
    "/v1/models": listed("organization_owner", "qwen2.5-0.5b", "nomic-embed"),
    "/api/v0/models": {
        "data": [
            {"id": "qwen2.5-0.5b", "type": "llm", "publisher": "lmstudio-community", "quantization": "Q8_0",
             "state": "loaded", "max_context_length": 32768, "loaded_context_length": 4096},
            {"id": "nomic-embed", "type": "embeddings", "publisher": "nomic-ai", "quantization": "Q4_0",
             "state": "not-loaded", "max_context_length": 2048},
        ]
    },
}  # fmt: skip
LLAMA_CPP = {
    "/v1/models": listed("llamacpp", "m.gguf", meta={"n_ctx_train": 32768, "n_params": 7_000_000_000, "size": 4e9}),
    "/props": {"build_info": "b6000-abcdef", "default_generation_settings": {"n_ctx": 2048}},
}
KOBOLD = {"/v1/models": listed("koboldcpp", "koboldcpp/m"), "/api/extra/version": {"version": "1.99"}}
BARE = {"/v1/models": listed(None, "m"), "/api/version": {"version": "0.12.3"}}


@pytest.mark.parametrize(
    ("answers", "name", "version"),
    [
        (VLLM, "vLLM 0.11.2", "0.11.2"),
        (OLLAMA, "Ollama 0.12.3", "0.12.3"),
        (BARE, "Ollama 0.12.3", "0.12.3"),
        (LM_STUDIO, "LM Studio", None),
        (LLAMA_CPP, "llama.cpp b6000-abcdef", "b6000-abcdef"),
        (KOBOLD, "KoboldCpp 1.99", "1.99"),
        ({"/v1/models": listed("vllm", "m")}, "vLLM", None),
        ({"/v1/models": listed("vllm", "m"), "/version": {"version": "x" * 100}}, "vLLM", None),
        ({"/v1/models": listed("vllm", "m"), "/version": ["1"]}, "vLLM", None),
        ({"/v1/models": listed("somebody", "m")}, "OpenAI-compatible server", None),
        ({}, "Server", None),
    ],
)
def test_a_server_is_named_by_what_it_says_of_itself(answers: dict[str, Any], name: str, version: str | None) -> None:
    with PathServer(answers) as server:
        host = OpenAIHost(server.url)
        info = host.connect()
        assert host.connect() == info
    assert (info.title, info.version) == (f"{name} at {server.url.removeprefix('http://')}", version)
    extra = [path for path in server.asked if path != "/v1/models"]
    assert len(extra) <= 1, "one quick question more, and only once"


def test_ollama_tells_size_and_quantization() -> None:
    with PathServer(OLLAMA) as server:
        full, odd = OpenAIHost(server.url).catalogue()
    assert (full.size_bytes, full.variant, full.parameters) == (2_019_393_189, "Q4_K_M", 3_200_000_000)
    assert full.state is ModelState.CACHED
    assert (odd.id, odd.size_bytes, odd.variant, odd.parameters, odd.publisher) == (
        "tiny:latest",
        None,
        None,
        None,
        None,
    )


def test_lm_studio_tells_what_is_loaded_and_for_how_much_context() -> None:
    with PathServer(LM_STUDIO) as server:
        chat, embedding = OpenAIHost(server.url).catalogue()
    assert (chat.publisher, chat.variant, chat.context) == ("lmstudio-community", "Q8_0", 4096)
    assert (chat.state, chat.task) == (ModelState.LOADED, None)
    assert (embedding.context, embedding.state, embedding.task) == (2048, ModelState.CACHED, "embeddings")


def test_llama_cpp_tells_what_a_slot_holds_and_not_what_was_trained() -> None:
    with PathServer(LLAMA_CPP) as server:
        (card,) = OpenAIHost(server.url).catalogue()
        assert (card.context, card.parameters, card.size_bytes) == (2048, 7_000_000_000, None)
    with PathServer({"/v1/models": LLAMA_CPP["/v1/models"]}) as server:
        (card,) = OpenAIHost(server.url).catalogue()
        assert card.context == 32768


def test_a_model_is_listed_under_each_of_its_names() -> None:
    rows = [{"id": "a", "aliases": ["a", "b", 3, ""], "n_ctx": 64}, {"id": "b"}, {"aliases": ["c"]}]
    with PathServer({"/v1/models": {"data": rows}}) as server:
        cards = OpenAIHost(server.url).catalogue()
    assert [(card.id, card.alias, card.context) for card in cards] == [("a", "a", 64), ("b", "b", 64)]


@pytest.mark.parametrize("facts", [None, [], {"models": {}}, {"models": "all"}, {"data": 3}])
def test_facts_that_make_no_sense_leave_the_list_as_it_is(facts: Any) -> None:
    with PathServer(OLLAMA | {"/api/tags": facts}) as server:
        cards = OpenAIHost(server.url).catalogue()
    assert [(card.id, card.size_bytes) for card in cards] == [("llama3.2:3b", None), ("tiny:latest", None)]
