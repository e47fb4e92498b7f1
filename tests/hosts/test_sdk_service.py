"""Somebody else's SDK web service: the real one of version 2, and what is known of version 1."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.hosts.conftest import why_no_runtime
from tests.hosts.models_server import as_json, free_port, serving
from tests.support.catalogue_server import CatalogueServer, catalogue_of, row
from tests.support.some import some
from tui.core.catalog.model_card import ModelCard, ModelState, find_model
from tui.core.errors import ModelFailedError, NoHostError, NoModelError
from tui.hosts.base import Ability
from tui.hosts.embedded.bundle import bundle_root
from tui.hosts.embedded.host import EmbeddedHost
from tui.hosts.foundry.sdk_web import SdkWebHost

needs_runtime = pytest.mark.skipif(bool(why_no_runtime()), reason=why_no_runtime() or "never")
ROWS = [row("Tiny-instruct-generic-cpu", "tinya", version=2), row("Absent-generic-cpu", "absent")]
TINY = "Tiny-instruct-generic-cpu:2"


@pytest.fixture(scope="module")
def catalogue() -> Iterator[CatalogueServer]:
    with catalogue_of(ROWS, bundle_root() / "demo-small") as server:
        yield server


@pytest.fixture(scope="module")
def root(catalogue: CatalogueServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real service, with the demo models registered, one public model downloaded, and another not."""
    data = tmp_path_factory.mktemp("stranger")
    key = sha256(str(bundle_root()).encode()).hexdigest()[:16]
    folder = data / "embedded" / key / "cache" / "models" / "Somebody" / TINY.replace(":", "-")
    shutil.copytree(bundle_root() / "demo-small", folder)
    (folder / "inference_model.json").write_text(json.dumps({"Name": TINY, "PromptTemplate": None}))
    host = EmbeddedHost(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOUNDRY_COMPARE_CATALOGUE", catalogue.address)
        info = host.connect()
    assert info.endpoint is not None
    yield info.endpoint.removesuffix("/catalogs/local/v1")
    host.close()


@pytest.fixture
def stranger(root: str) -> SdkWebHost:
    return SdkWebHost(root)


@contextmanager
def forwarded(root: str) -> Iterator[str]:
    """The same service behind another port, as a tunnel makes it."""
    there = ("127.0.0.1", int(root.rpartition(":")[2]))
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def refresh_loop(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of the two hung up

    def serve() -> None:
        while True:
            near, _ = listener.accept()
            with near:
                if over.is_set():
                    return
                with socket.create_connection(there) as far:
                    back = threading.Thread(target=refresh_loop, args=(far, near))
                    back.start()
                    refresh_loop(near, far)
                    back.join()

    thread = threading.Thread(target=serve)
    thread.start()
    port = listener.getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        over.set()
        with socket.create_connection(("127.0.0.1", port)):
            pass
        thread.join()
        listener.close()


def card(host: SdkWebHost, model: str) -> ModelCard:
    found = find_model(host.catalogue(), model)
    assert found is not None
    return found


def answers(host: SdkWebHost, model: str) -> bool:
    endpoint = host.endpoint(model)
    body = {"model": endpoint.model, "messages": [{"role": "user", "content": "What is RAG?"}], "max_tokens": 4}
    reply = httpx2.post(f"{endpoint.base_url}/chat/completions", json=body, trust_env=False, timeout=30.0)
    return reply.status_code == 200 and bool(reply.json()["choices"][0]["message"]["content"])


@needs_runtime
def test_it_says_what_it_is(stranger: SdkWebHost, root: str) -> None:
    info = stranger.connect()
    status = httpx2.get(f"{root}/status", trust_env=False).json()
    assert info.title == f"Foundry Local SDK 2, web service at {root.removeprefix('http://')}"
    assert (info.kind, info.endpoint, info.local, info.ours) == ("sdk", root, True, False)
    assert info.pid == status["pid"]
    assert SdkWebHost(f"{root}/v1/").connect() == info


@needs_runtime
def test_registered_and_public_models_are_listed_with_what_is_known(stranger: SdkWebHost) -> None:
    cards = stranger.catalogue()
    assert [known.alias for known in cards[:3]] == ["demo-small", "demo-medium", "demo-large"]
    assert {known.state for known in cards[:3]} == {ModelState.CACHED}
    tiny, absent = card(stranger, TINY), card(stranger, "absent")
    assert (tiny.alias, tiny.state, tiny.device, tiny.publisher) == ("tinya", ModelState.CACHED, "CPU", "Somebody")
    assert (absent.id, absent.state, absent.size_bytes) == ("Absent-generic-cpu:1", ModelState.CATALOG, 12_000_000)


@needs_runtime
def test_registered_models_are_loaded_and_answer_under_their_own_address(stranger: SdkWebHost, root: str) -> None:
    stranger.load("demo-small")
    assert card(stranger, "demo-small").state is ModelState.LOADED
    assert stranger.endpoint("demo-small").base_url == f"{root}/catalogs/local/v1"
    assert answers(stranger, "demo-small")
    stranger.unload("demo-small")
    assert card(stranger, "demo-small").state is ModelState.CACHED


@needs_runtime
def test_a_public_model_is_loaded_by_its_alias_and_answers_by_its_id(stranger: SdkWebHost, root: str) -> None:
    stranger.load(TINY)
    assert card(stranger, "tinya").state is ModelState.LOADED
    endpoint = stranger.endpoint("tinya")
    assert (endpoint.base_url, endpoint.model) == (f"{root}/v1", TINY)
    assert answers(stranger, "tinya")
    stranger.unload("tinya")
    assert card(stranger, TINY).state is ModelState.CACHED


@needs_runtime
def test_a_model_that_is_not_downloaded_says_so(stranger: SdkWebHost) -> None:
    with pytest.raises(ModelFailedError) as caught:
        stranger.load("absent")
    assert caught.value.title == "Absent-generic-cpu:1 could not be loaded"
    assert "must be downloaded before loading" in caught.value.detail


@needs_runtime
def test_a_load_that_fails_names_what_else_is_loaded(stranger: SdkWebHost, root: str) -> None:
    cache = Path(httpx2.get(f"{root}/status", trust_env=False).json()["modelCachePath"])
    model = cache / "Somebody" / TINY.replace(":", "-") / "model.onnx"
    whole = model.read_bytes()
    stranger.load("demo-small")
    model.write_bytes(whole[:100])
    try:
        with pytest.raises(ModelFailedError) as caught:
            stranger.load(TINY)
    finally:
        model.write_bytes(whole)
        stranger.unload("demo-small")
    assert caught.value.title == f"{TINY} could not be loaded" and caught.value.detail
    assert caught.value.hint == "If memory is short, unload what else is loaded (demo-small:1) and try again"


@needs_runtime
def test_behind_a_tunnel_nothing_of_this_machine_is_mixed_in(root: str) -> None:
    with forwarded(root) as far:
        host = SdkWebHost(far)
        assert host.connect().pid is None
        tiny = card(host, TINY)
        assert (tiny.state, tiny.size_bytes, tiny.variant) == (ModelState.UNKNOWN, None, "generic-cpu")
        host.load("demo-small")
        assert answers(host, "demo-small")
        host.unload("demo-small")
        with pytest.raises(ModelFailedError) as caught:
            host.load(TINY)
        assert "alias of a public model" in caught.value.hint


@needs_runtime
def test_a_model_that_it_does_not_have_is_refused_by_its_name(stranger: SdkWebHost, root: str) -> None:
    for step in (stranger.load, stranger.unload, stranger.endpoint):
        with pytest.raises(NoModelError) as caught:
            step("../demo-small")
        assert caught.value.title == f"{root} has no model called ../demo-small"


def test_what_it_cannot_do_has_a_reason() -> None:
    host = SdkWebHost("http://127.0.0.1:9")
    assert host.abilities[Ability.LOAD] == host.abilities[Ability.UNLOAD] == ""
    with pytest.raises(ModelFailedError) as caught:
        host.remove("a:1")
    assert host.abilities[Ability.REMOVE] in caught.value.sentence()


class FirstVersion(ThreadingHTTPServer):
    """A service of version 1, as its clients know it: no status, and models are loaded by their id."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), FirstVersionHandler)
        self.loaded: list[str] = []
        self.asked: list[str] = []


class FirstVersionHandler(BaseHTTPRequestHandler):
    server: FirstVersion
    models = ("Phi-4-mini-instruct-generic-cpu:5", "b:1")

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        step, _, model = self.path.removeprefix("/models/").partition("/")
        if self.path == "/models/loaded":
            self._say(self.server.loaded)
        elif self.path == "/v1/models":
            self._say({"object": "list", "data": [{"id": name} for name in self.models]})
        elif step in ("load", "unload") and model in self.models:
            self.server.loaded = [name for name in self.server.loaded if name != model]
            self.server.loaded += [model] if step == "load" else []
            self._say({})
        else:
            self._say({"error": {"message": "unknown"}}, 404)

    def _say(self, value: Any, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        pass


@pytest.fixture
def first() -> Iterator[FirstVersion]:
    server = FirstVersion()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_version_1_is_told_by_what_it_answers_and_loads_by_id(first: FirstVersion) -> None:
    root = f"http://127.0.0.1:{first.server_port}"
    host = SdkWebHost(root)
    info = host.connect()
    assert (info.title, info.pid) == (f"Foundry Local SDK 1, web service at 127.0.0.1:{first.server_port}", None)
    assert [known.state for known in host.catalogue()] == [ModelState.UNKNOWN] * 2
    host.load("Phi-4-mini-instruct-generic-cpu")
    assert [known.state for known in host.catalogue()] == [ModelState.LOADED, ModelState.UNKNOWN]
    assert host.endpoint("b").base_url == f"{root}/v1"
    loads = [path for path in first.asked if path.startswith("/models/load/")]
    assert loads == [
        "/models/load/Phi-4-mini-instruct-generic-cpu",
        "/models/load/Phi-4-mini-instruct",
        "/models/load/Phi-4-mini-instruct-generic-cpu:5",
    ]
    del first.asked[:]
    host.load("b")
    host.unload("b")
    assert [path for path in first.asked if "load/" in path] == ["/models/load/b:1", "/models/unload/b:1"]


def test_something_else_is_not_taken_for_one() -> None:
    with serving(as_json({"data": [{"id": "a:1"}]})) as server:
        with pytest.raises(NoHostError) as caught:
            SdkWebHost(server.url).connect()
        assert "This is no web service of the Foundry Local SDK" in caught.value.sentence()


def test_nobody_there_is_a_sentence() -> None:
    root = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(NoHostError) as caught:
        SdkWebHost(root).connect()
    assert f"Nobody answers at {root}" in caught.value.sentence()
    assert "Does the program that opened it still run" in caught.value.hint


def test_a_list_that_is_none_is_a_sentence() -> None:
    with serving(as_json(["a:1"])) as server:
        with pytest.raises(NoHostError) as caught:
            SdkWebHost(server.url).catalogue()
        assert caught.value.title == f"{server.url} lists no models"


def test_hostile_rows_are_left_out_or_bounded() -> None:
    rows = [{"id": 7}, {"id": "x" * 1000}, {}, "y", {"id": "good:1"}, {"id": "good:1"}]
    with serving(as_json({"data": rows, "endpoints": [], "pid": True, "modelCachePath": "\\\\far\\share"})) as server:
        host = SdkWebHost(server.url)
        assert host.connect().pid is None
        assert [known.id for known in host.catalogue()] == ["good:1"]


@pytest.mark.parametrize("name", ["a/../../shutdown", "a b:1", "a\nb", "a?b=c", "%2e%2e:1"])
def test_a_name_that_would_change_the_address_is_not_put_into_it(name: str) -> None:
    with serving(as_json({"data": [{"id": name}]})) as server:
        host = SdkWebHost(server.url)
        with pytest.raises(ModelFailedError, match="could not be loaded"):
            host.load(name)
        assert not any("load/" in request for request in some(server.requests))
