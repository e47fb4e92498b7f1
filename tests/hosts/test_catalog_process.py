"""The public catalogue and its downloads, with the real SDK led to a server of the test's own; and without any."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx2
import pytest

from tests.hosts.conftest import why_no_runtime
from tests.hosts.models_server import free_port
from tests.support.catalogue_server import CatalogueServer, catalogue_of, row
from tests.support.some import some
from tui.core.catalog.model_card import ModelCard, ModelState, find_model
from tui.core.errors import BadInputError, ModelFailedError, NoHostError, NoModelError
from tui.hosts.embedded.bundle import bundle_root
from tui.hosts.embedded.host import EmbeddedHost
from tui.hosts.embedded.protocol import RuntimeAnswer, decode, decode_command
from tui.hosts.embedded.smollm2.model import OFFER as SMOLLM2

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_no_runtime()), reason=why_no_runtime() or "never")]
# The list's address is configured everywhere; only here does the SDK follow the environment for the rest as well.
DOWNLOADS = pytest.mark.skipif(
    sys.platform != "linux", reason="no embedded runtime that goes through a proxy: not Linux"
)

PATIENCE_S = 30.0
ROWS = [
    row("Tiny-instruct-generic-cpu", "tiny", version=2),
    row("Tiny-instruct-cuda-gpu", "tiny", device="gpu", ep="CUDAExecutionProvider"),
    row("Other-generic-cpu", "other"),
]
TINY = "Tiny-instruct-generic-cpu:2"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CatalogueServer]:
    with catalogue_of(ROWS, bundle_root() / "demo-small") as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield running


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No catalogue anywhere."""
    monkeypatch.setenv("FOUNDRY_COMPARE_CATALOGUE", f"http://127.0.0.1:{free_port()}/asset-gallery/v1.0/models")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[EmbeddedHost]:
    made = EmbeddedHost(tmp_path, demo_only=False)
    yield made
    made.close()


def state_of(host: EmbeddedHost, model: str) -> ModelState | None:
    card = find_model(host.catalogue(), model)
    return card.state if card is not None else None


def answers(host: EmbeddedHost, model: str) -> bool:
    endpoint = host.endpoint(model)
    body = {"model": endpoint.model, "messages": [{"role": "user", "content": "What is RAG?"}], "max_tokens": 4}
    reply = httpx2.post(f"{endpoint.base_url}/chat/completions", json=body, trust_env=False, timeout=30.0)
    return reply.status_code == 200 and bool(reply.json()["choices"][0]["message"]["content"])


def put_in_cache(data_dir: Path, name: str, version: int) -> Path:
    """A model as a finished download leaves it."""
    folder = data_dir / "embedded" / "models" / "Somebody" / f"{name}-{version}"
    shutil.copytree(bundle_root() / "demo-small", folder)
    (folder / "inference_model.json").write_text(json.dumps({"Name": f"{name}:{version}", "PromptTemplate": None}))
    return folder


def test_the_catalogue_is_offered_by_variant_beside_what_is_here(host: EmbeddedHost, server: CatalogueServer) -> None:
    offers = host.offers()
    assert offers.stale == ""
    here = host.catalogue()
    assert offers.cards[: len(here)] == here
    assert {card.id for card in offers.cards[len(here) :]} == {
        SMOLLM2.id, TINY, "Tiny-instruct-cuda-gpu:1", "Other-generic-cpu:1",
    }  # fmt: skip
    tiny = find_model(offers.cards, TINY)
    assert tiny == ModelCard(
        id=TINY,
        alias="tiny",
        variant="generic-cpu",
        device="CPU",
        ep="CPUExecutionProvider",
        size_bytes=12_000_000,
        context=32768,
        licence="MIT",
        task="chat-completion",
        state=ModelState.CATALOG,
        publisher="Somebody",
        summary="Tiny",
        tools=True,
        licence_text="Do as you like.",
    )
    cuda = find_model(offers.cards, "Tiny-instruct-cuda-gpu")
    assert cuda is not None and (cuda.alias, cuda.device, cuda.ep) == ("tiny", "GPU", "CUDAExecutionProvider")


def test_nobody_is_asked_about_what_is_here(host: EmbeddedHost, server: CatalogueServer) -> None:
    model = host.catalogue()[0].id
    host.load(model)
    assert answers(host, model)
    host.unload(model)
    assert "list" not in server.asked


@DOWNLOADS
def test_a_model_is_downloaded_used_kept_and_removed(
    host: EmbeddedHost, server: CatalogueServer, tmp_path: Path
) -> None:
    host.offers()
    told: list[float] = []
    with pytest.raises(NoModelError, match="tiny is not downloaded"):
        host.load("tiny")
    assert host.download(TINY, told.append, Event())
    assert told == sorted(told) and told[0] == 0 and told[-1] == 100 and len(told) > 3
    card = find_model(host.catalogue(), "tiny")
    assert card is not None
    assert (card.id, card.state, card.licence, card.context) == (TINY, ModelState.CACHED, "MIT", 32768)
    assert host.endpoint("tiny").base_url == host.connect().endpoint
    host.load("tiny")
    assert state_of(host, TINY) is ModelState.LOADED
    assert answers(host, TINY)

    del server.asked[:]
    assert host.download("tiny", told.append, Event())
    assert server.asked == []
    (offered,) = (card for card in host.offers().cards if card.id == TINY)
    assert offered.state is ModelState.LOADED

    host.remove("tiny")
    assert state_of(host, TINY) is None
    assert not list((tmp_path / "embedded").glob("**/model.onnx"))
    assert not list((tmp_path / "embedded").glob("removed-*"))
    assert find_model(host.offers().cards, TINY) is not None


@DOWNLOADS
def test_a_downloaded_model_is_used_without_any_catalogue(
    host: EmbeddedHost, server: CatalogueServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert host.download("other", lambda _: None, Event())
    host.close()
    for name in server.environment():
        monkeypatch.delenv(name)
    monkeypatch.setenv("FOUNDRY_COMPARE_CATALOGUE", f"http://127.0.0.1:{free_port()}/asset-gallery/v1.0/models")
    again = EmbeddedHost(tmp_path, demo_only=False)
    try:
        card = find_model(again.catalogue(), "other")
        assert card is not None and card.licence == "MIT"
        again.load("other")
        assert answers(again, "other")
    finally:
        again.close()


@DOWNLOADS
def test_a_download_is_called_off_in_its_middle_and_done_later(host: EmbeddedHost, server: CatalogueServer) -> None:
    server.hold = True
    cancelled = Event()
    with ThreadPoolExecutor(1) as pool:
        downloading = pool.submit(host.download, TINY, lambda _: None, cancelled)
        assert server.held.wait(PATIENCE_S)
        assert state_of(host, TINY) is None  # half a model is none
        assert not downloading.done()
        cancelled.set()
        assert downloading.result(PATIENCE_S) is False
    assert not server.go_on.is_set()
    assert state_of(host, TINY) is None
    server.hold = False
    assert host.download(TINY, lambda _: None, Event())
    host.load(TINY)
    assert answers(host, TINY)


@DOWNLOADS
def test_closing_ends_a_download(host: EmbeddedHost, server: CatalogueServer) -> None:
    server.hold = True
    with ThreadPoolExecutor(1) as pool:
        downloading = pool.submit(host.download, TINY, lambda _: None, Event())
        assert server.held.wait(PATIENCE_S)
        host.close()
        assert downloading.result(PATIENCE_S) is False


def test_a_model_that_the_catalogue_does_not_have_is_refused_by_its_name(
    host: EmbeddedHost, server: CatalogueServer
) -> None:
    for name in ("no-such-model", "no-such-model:7"):
        with pytest.raises(NoModelError) as caught:
            host.download(name, lambda _: None, Event())
        assert f"The catalogue has no model called {name}." in caught.value.sentence()


def test_a_catalogue_that_refuses_is_stale_and_what_it_offered_is_remembered(
    host: EmbeddedHost, server: CatalogueServer, tmp_path: Path
) -> None:
    server.broken = True
    offers = host.offers()
    assert offers.cards == (*host.catalogue(), SMOLLM2)
    assert offers.stale == "The public catalogue cannot be reached: HTTP 403."
    server.broken = False
    known = host.offers()
    assert known.stale == "" and len(known.cards) > len(offers.cards)
    server.broken = True
    # As after a restart, and without what the SDK itself remembers.
    (tmp_path / "embedded" / "models" / "foundry.modelinfo.json").unlink()
    offers = EmbeddedHost(tmp_path, demo_only=False).offers()
    assert {card.id for card in offers.cards} == {card.id for card in known.cards}
    assert offers.stale == "The public catalogue cannot be reached: HTTP 403."


def test_offline_nothing_else_waits_for_the_catalogue_and_a_download_says_so(host: EmbeddedHost, nobody: None) -> None:
    host.connect()
    with ThreadPoolExecutor(2) as pool:
        asking = pool.submit(host.offers)
        downloading = pool.submit(host.download, "phi-4-mini", lambda _: None, Event())
        model = host.catalogue()[0].id
        host.load(model)
        assert answers(host, model)
        assert not asking.done()
        offers = asking.result(PATIENCE_S)
        with pytest.raises(ModelFailedError) as caught:
            downloading.result(PATIENCE_S)
    assert "phi-4-mini could not be downloaded" in caught.value.title
    assert "The public catalogue cannot be reached: " in caught.value.detail
    assert offers.stale.startswith("The public catalogue cannot be reached: ")
    assert {card.id for card in offers.cards} == {SMOLLM2.id, *(card.id for card in host.catalogue())}


def test_a_platform_without_the_runtime_offers_nothing_and_says_so(
    host: EmbeddedHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "foundry_local_sdk.py").write_text("raise ImportError('no wheel for this platform')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for step in (host.offers, lambda: host.download("phi-4-mini", lambda _: None, Event())):
        with pytest.raises(NoHostError, match="not available on this platform"):
            step()


def test_models_in_the_cache_are_here_when_they_are_complete(host: EmbeddedHost, tmp_path: Path) -> None:
    whole = put_in_cache(tmp_path, "Whole-generic-cpu", 3)
    half = put_in_cache(tmp_path, "Half-generic-cpu", 1)
    (half / "download.tmp").touch()
    (put_in_cache(tmp_path, "Unmarked", 1) / "inference_model.json").unlink()
    (put_in_cache(tmp_path, "Spoiled", 1) / "inference_model.json").write_text("{")
    inner = put_in_cache(tmp_path, "Inner-generic-cpu", 4) / "v4"
    inner.mkdir()
    for file in [path for path in inner.parent.iterdir() if path.is_file()]:
        file.rename(inner / file.name)
    found = {card.id: card for card in host.catalogue() if not card.toy}
    assert set(found) == {"Whole-generic-cpu:3", "Inner-generic-cpu:4"}
    card = found["Whole-generic-cpu:3"]
    assert (card.state, card.device, card.licence) == (ModelState.CACHED, None, None)
    for model in some(found):
        host.load(model)
        assert answers(host, model)
        host.remove(model)
    assert not whole.exists() and not inner.parent.exists()
    assert half.exists()


def test_variants_of_one_alias_are_loaded_one_by_one(host: EmbeddedHost, tmp_path: Path) -> None:
    put_in_cache(tmp_path, "Twin-generic-cpu", 1)
    put_in_cache(tmp_path, "Twin-generic-npu", 1)
    host.load("Twin-generic-npu:1")
    assert state_of(host, "Twin-generic-cpu:1") is ModelState.CACHED
    assert state_of(host, "Twin-generic-npu:1") is ModelState.LOADED
    host.load("Twin-generic-cpu:1")
    host.unload("Twin-generic-npu:1")
    assert state_of(host, "Twin-generic-cpu:1") is ModelState.LOADED
    assert state_of(host, "Twin-generic-npu:1") is ModelState.CACHED


@pytest.mark.parametrize(
    "line",
    [b"", b"[]", b"{", b"{}", b'{"number": 1}', b'{"number": "1", "why": ""}', b'{"card": {"id": "x"}}',
     b'{"percent": "7"}', b'{"done": 1, "more": 2}', b'{"root": "http://10.0.0.1:5000", "version": "2", "pid": 1}',
     b'{"root": "file:///etc", "version": "2", "pid": 1}'],
)  # fmt: skip
def test_a_line_that_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises((ValueError, BadInputError)):
        decode(line)
    with pytest.raises(ValueError):
        decode_command(line)


def test_an_answer_says_what_went_wrong_or_nothing() -> None:
    assert decode(b'{"number": 3, "why": ""}') == RuntimeAnswer(3)
    assert decode(b'{"number": 3, "why": "no"}') == RuntimeAnswer(3, "no")
