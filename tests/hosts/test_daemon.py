"""The daemon of Foundry Local 0.10 and its command line, replayed as they answer, and as they fail."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.hosts.models_server import as_json, free_port, http, serving
from tests.support.replay_daemon import CPU, PHI, SMALL, TRT, ReplayDaemon, daemon_in, refusal
from tests.support.replay_service import HTML, Fault
from tui.core.catalog.model_card import ModelState
from tui.core.errors import BadInputError, CompareError, ModelFailedError, NoHostError, NoModelError
from tui.hosts.base import Ability
from tui.hosts.foundry.daemon import DaemonHost
from tui.hosts.foundry.daemon_file import DaemonFile, listens, local_root, read_daemon_file

PATIENCE_S = 0.4


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[ReplayDaemon]:
    with daemon_in(tmp_path) as running:
        yield running


def host_of(daemon: ReplayDaemon) -> DaemonHost:
    """A host that knows all that there is to know."""
    return DaemonHost(daemon.root, cli=daemon.cli, home=daemon.home)


def states(host: DaemonHost) -> dict[str, ModelState]:
    return {card.id: card.state for card in host.catalogue()}


def test_the_daemon_is_known_by_what_it_wrote_down(daemon: ReplayDaemon) -> None:
    daemon.write_file()
    info = DaemonHost(home=daemon.home).connect()
    assert (info.kind, info.title, info.version) == ("daemon", "Foundry Local 0.10.3", "0.10.3")
    assert (info.endpoint, info.local, info.ours, info.pid) == (f"{daemon.root}/v1", True, False, os.getpid())


def test_without_its_file_the_command_knows_where_it_is(daemon: ReplayDaemon) -> None:
    info = DaemonHost(cli=daemon.cli).connect()
    assert (info.endpoint, info.version, info.pid) == (f"{daemon.root}/v1", "0.10.3+da50cfea8a", None)


def test_an_address_alone_is_enough(daemon: ReplayDaemon) -> None:
    host = DaemonHost(daemon.root)
    info = host.connect()
    assert (info.title, info.version, info.pid) == ("Foundry Local", None, None)
    assert host.endpoint(CPU).base_url == info.endpoint


def test_a_daemon_that_moved_is_found_again_by_its_file(daemon: ReplayDaemon) -> None:
    daemon.write_file()
    host = DaemonHost(daemon.root, home=daemon.home)
    host.connect()
    before = daemon.root
    daemon.stop()
    daemon.start()
    daemon.write_file()
    assert daemon.root != before
    assert host.connect().endpoint == host.endpoint(CPU).base_url == f"{daemon.root}/v1"


def test_a_daemon_that_moved_is_found_again_by_the_command_in_the_middle_of_work(daemon: ReplayDaemon) -> None:
    daemon.write_file()
    host = host_of(daemon)
    host.connect()
    daemon.stop()
    daemon.start()  # its file still names the old port
    host.load(CPU)
    assert states(host)[CPU] is ModelState.LOADED
    assert host.endpoint(CPU).base_url == f"{daemon.root}/v1"
    assert host.connect().pid is None, "the file is about another daemon"


def test_a_file_whose_process_does_not_serve_tells_no_process(daemon: ReplayDaemon) -> None:
    daemon.write_file(pid=os.getppid())
    assert DaemonHost(home=daemon.home).connect().pid is None
    assert listens(os.getpid(), daemon.root)
    assert not listens(2**31 - 1, daemon.root)


def test_a_daemon_that_stopped_is_said_to_have(daemon: ReplayDaemon) -> None:
    host = host_of(daemon)
    host.connect()
    daemon.stop()
    with pytest.raises(NoHostError) as caught:
        host.connect()
    assert caught.value.sentence() == (
        "Foundry Local does not run. Its `foundry` command says so. `foundry server start` starts it."
    )


def test_a_daemon_that_says_it_runs_and_does_not_answer_is_named(daemon: ReplayDaemon) -> None:
    host = host_of(daemon)
    daemon.stop()
    daemon.books.write(root=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(NoHostError, match=r"Nobody answers at http://127\.0\.0\.1:") as caught:
        host.catalogue()
    assert "`foundry server restart`" in caught.value.hint


def test_nobody_at_an_address_is_a_sentence() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(NoHostError) as caught:
        DaemonHost(url).connect()
    assert caught.value.title == f"Nobody answers at {url}"


def test_with_nothing_to_go_by_the_way_out_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoHostError, match="Foundry Local was not found") as caught:
        DaemonHost(home=tmp_path).connect()
    assert caught.value.hint == "`foundry server start` starts it"


@pytest.mark.slow
def test_a_daemon_of_another_machine_is_not_looked_for_on_this_one(
    daemon: ReplayDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    daemon.write_file()
    host = DaemonHost("http://192.0.2.7:5273", cli=daemon.cli, home=daemon.home, timeout=PATIENCE_S)
    with pytest.raises(NoHostError, match=r"192\.0\.2\.7"):
        host.connect()
    assert not daemon.books.asked.exists()


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (http("404 Not Found", b""), "HTTP status 404"),
        (http("200 OK", b"<html>Router</html>", "text/html"), "web page"),
        (as_json({"error": {"message": "who are you?"}}, "401 Unauthorized"), "who are you?"),
        (as_json({"loaded": []}), "HTTP status 200"),
        (
            http("302 Found", b"", "text/plain", "Location: http://192.0.2.7/"),
            "http://192.0.2.7/, which is not followed",
        ),
    ],
    ids=["404", "html", "401", "object", "302"],
)
def test_another_server_is_not_taken_for_the_daemon(answer: bytes, detail: str) -> None:
    with serving(answer) as server, pytest.raises(NoHostError) as caught:
        DaemonHost(server.url).connect()
    assert caught.value.title == f"What answers at {server.url} is not Foundry Local's daemon"
    assert detail in caught.value.detail


@pytest.mark.slow
def test_a_silent_daemon_is_given_up() -> None:
    with serving(b"", hold=True) as server, pytest.raises(NoHostError, match="is silent"):
        DaemonHost(server.url, timeout=PATIENCE_S).connect()


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(BadInputError):
        DaemonHost("localhost:5273")


def test_what_is_here_is_told_without_the_public_catalogue(daemon: ReplayDaemon) -> None:
    host = host_of(daemon)
    host.load(SMALL)
    assert states(host) == {CPU: ModelState.CACHED, SMALL: ModelState.LOADED}
    assert "model list --variants" not in daemon.books.asked.read_text("utf-8")


def test_what_is_offered_completes_what_is_here(daemon: ReplayDaemon) -> None:
    host = host_of(daemon)
    host.load(CPU)
    offers = host.offers()
    assert offers.stale == ""
    assert {card.id: card.state for card in offers.cards} == {
        CPU: ModelState.LOADED,
        SMALL: ModelState.CACHED,
        TRT: ModelState.CATALOG,
        PHI: ModelState.CATALOG,
    }
    here = host.catalogue()[0]
    assert (here.id, here.device, here.ep, here.size_bytes) == (CPU, "CPU", "CPUExecutionProvider", 6_307_000_000)


def test_a_catalogue_that_is_away_leaves_what_is_known(daemon: ReplayDaemon) -> None:
    host = host_of(daemon)
    daemon.books.write(trouble="catalogue")
    first = host.offers()
    assert [card.id for card in first.cards] == [CPU, SMALL]
    assert "No models were returned from the Azure Foundry catalog" in first.stale
    daemon.books.write(trouble="")
    known = host.offers()
    daemon.books.write(trouble="catalogue")
    assert host.offers().cards == known.cards
    daemon.books.write(trouble="", listed={"variants": []})
    assert "lists no models" in host.offers().stale


def test_a_broken_command_does_not_hide_what_the_daemon_lists(daemon: ReplayDaemon) -> None:
    host = host_of(daemon)
    daemon.books.write(trouble="broken", loaded=[CPU])
    assert states(host) == {
        CPU.removesuffix(":4"): ModelState.LOADED,
        SMALL.removesuffix(":4"): ModelState.UNKNOWN,
    }
    assert "failed with code 3" in host.offers().stale


def test_without_the_command_only_rest_is_asked_and_the_rest_says_why(daemon: ReplayDaemon) -> None:
    host = DaemonHost(daemon.root)
    first, second = host.catalogue()
    assert (first.id, first.alias, first.device) == (CPU.removesuffix(":4"), "qwen2.5-coder-7b", "CPU")
    assert (first.publisher, first.state, second.state) == ("Microsoft", ModelState.UNKNOWN, ModelState.UNKNOWN)
    assert "needs the `foundry` command on this machine" in host.offers().stale
    with pytest.raises(ModelFailedError, match=f"{PHI}: this host cannot download it") as caught:
        host.download(PHI, lambda percent: None, threading.Event())
    assert caught.value.detail == "It needs the `foundry` command on this machine"
    assert not daemon.books.asked.exists()


@pytest.mark.slow
def test_the_command_is_asked_for_the_cache_only_when_that_can_have_changed(daemon: ReplayDaemon) -> None:
    host = host_of(daemon)

    def lists() -> int:
        return daemon.books.asked.read_text("utf-8").count("model list --cached")

    before = host.catalogue()
    host.load(CPU)
    host.unload(CPU)
    assert (host.catalogue(), lists()) == (before, 1)
    host.offers()
    assert lists() == 2
    host.download(PHI, lambda percent: None, threading.Event())
    assert (PHI in {card.id for card in host.catalogue()}, lists()) == (True, 3)
    host.remove(PHI)
    assert PHI not in {card.id for card in host.catalogue()}


def test_abilities_follow_the_command(daemon: ReplayDaemon) -> None:
    with_it, without = host_of(daemon).abilities, DaemonHost(daemon.root).abilities
    rest = {Ability.LOAD, Ability.UNLOAD}
    assert {ability for ability in Ability if not with_it[ability]} == rest | {Ability.DOWNLOAD, Ability.REMOVE}
    assert {ability for ability in Ability if not without[ability]} == rest
    with pytest.raises(ModelFailedError, match="this host cannot remove it") as caught:
        DaemonHost(daemon.root).remove(CPU)
    assert caught.value.detail == "It needs the `foundry` command on this machine"


def test_a_loaded_model_that_no_list_has_is_shown_all_the_same(daemon: ReplayDaemon) -> None:
    daemon.books.write(loaded=["own-model:1"])
    assert states(host_of(daemon))["own-model:1"] is ModelState.LOADED
    assert states(DaemonHost(daemon.root))["own-model:1"] is ModelState.LOADED


@pytest.mark.parametrize("body", [{}, {"data": 7}, {"data": [None, 7, {}, {"id": 3}, {"id": " "}]}, [], None])
def test_a_list_from_outside_is_read_as_far_as_it_makes_sense(daemon: ReplayDaemon, body: Any) -> None:
    daemon.faults["/v1/models"] = Fault(200, json.dumps(body).encode(), "application/json")
    assert DaemonHost(daemon.root).catalogue() == ()


def test_a_daemon_that_does_not_say_what_is_loaded_is_a_sentence(daemon: ReplayDaemon) -> None:
    daemon.faults["/models/loaded"] = refusal(500, "The catalog is not ready")
    with pytest.raises(NoHostError, match="does not say which models are loaded") as caught:
        host_of(daemon).catalogue()
    assert caught.value.detail == "The catalog is not ready"
    daemon.faults["/models/loaded"] = HTML
    with pytest.raises(NoHostError, match="does not say which models are loaded"):
        host_of(daemon).catalogue()


def test_out_of_memory_names_what_else_is_loaded(daemon: ReplayDaemon) -> None:
    daemon.books.write(loaded=[SMALL])
    daemon.faults[f"/models/load/{CPU}"] = refusal(500, "Failed to load model: bad allocation")
    with pytest.raises(ModelFailedError) as caught:
        host_of(daemon).load(CPU)
    assert caught.value.sentence() == (
        f"{CPU} could not be loaded. Failed to load model: bad allocation. "
        f"If memory is short, unload what else is loaded ({SMALL}) and try again."
    )


def test_out_of_memory_alone_offers_a_smaller_model(daemon: ReplayDaemon) -> None:
    daemon.faults[f"/models/load/{CPU}"] = Fault(500)
    with pytest.raises(ModelFailedError) as caught:
        host_of(daemon).load(CPU)
    assert caught.value.detail == "It answered with HTTP status 500"
    assert "a smaller model" in caught.value.hint


def test_a_load_that_is_refused_says_why(daemon: ReplayDaemon) -> None:
    daemon.faults[f"/models/load/{CPU}"] = refusal(400, "CUDAExecutionProvider is not registered")
    with pytest.raises(ModelFailedError, match=f"{CPU} could not be loaded") as caught:
        host_of(daemon).load(CPU)
    assert caught.value.detail == "CUDAExecutionProvider is not registered"
    assert caught.value.hint == "Try another variant of it"


def test_a_model_that_is_not_downloaded_is_said_to_be_so(daemon: ReplayDaemon) -> None:
    with pytest.raises(NoModelError) as caught:
        host_of(daemon).load(PHI)
    assert caught.value.title == f"{PHI} is not downloaded"
    assert caught.value.hint == "Download it first"


def test_a_model_that_nobody_lists_is_refused_by_its_name(daemon: ReplayDaemon) -> None:
    for host in (host_of(daemon), DaemonHost(daemon.root)):
        for step in (host.load, host.unload):
            with pytest.raises(NoModelError, match="lists no model no-such-model"):
                step("no-such-model")


def test_a_model_that_is_not_loaded_counts_as_unloaded(daemon: ReplayDaemon) -> None:
    host_of(daemon).unload(CPU)
    assert f"/models/unload/{CPU}" in daemon.asked


def test_a_model_in_use_is_not_unloaded(daemon: ReplayDaemon) -> None:
    daemon.books.write(loaded=[CPU])
    daemon.faults["/models/unload"] = refusal(500, "Cannot unload: 2 session(s) still using it")
    with pytest.raises(ModelFailedError, match=f"{CPU} could not be unloaded") as caught:
        host_of(daemon).unload(CPU)
    assert "2 session(s)" in caught.value.detail
    assert caught.value.hint == "Stop its answers first, or wait until they end"


def test_a_name_cannot_leave_its_place_in_the_path(daemon: ReplayDaemon) -> None:
    host = host_of(daemon)
    for name in ("", ".", ".."):
        with pytest.raises(NoModelError, match="cannot be the name of a model"):
            host.load(name)
    with pytest.raises(CompareError):
        host.load("../../v1/models?x=1#y")
    assert daemon.asked[0] == "/models/load/..%2F..%2Fv1%2Fmodels%3Fx%3D1%23y"


def test_a_download_makes_a_model_loadable(daemon: ReplayDaemon) -> None:
    host = host_of(daemon)
    told: list[float] = []
    assert host.download(PHI, told.append, threading.Event())
    assert told and told[-1] == 100.0
    host.load(PHI)
    assert states(host)[PHI] is ModelState.LOADED


@pytest.mark.parametrize("trouble", ["", "must be meant"])
def test_a_model_is_removed_by_the_command_whatever_that_wants_to_hear(daemon: ReplayDaemon, trouble: str) -> None:
    daemon.books.write(trouble=trouble)
    host = host_of(daemon)
    host.remove(CPU)
    assert [card.id for card in host.catalogue()] == [SMALL]
    with pytest.raises(NoModelError, match=f"{CPU} is not downloaded"):
        host.remove(CPU)
    with pytest.raises(NoModelError, match="is not downloaded"):
        host.remove("--all")


def test_a_removal_that_does_not_happen_is_told_whatever_the_command_says_of_it(daemon: ReplayDaemon) -> None:
    host = host_of(daemon)
    host.load(CPU)
    with pytest.raises(ModelFailedError) as caught:
        host.remove(CPU)
    assert caught.value.sentence() == f"{CPU} could not be removed. It is loaded. Unload it first."
    host.unload(CPU)
    daemon.books.write(trouble="in use")
    with pytest.raises(ModelFailedError) as caught:
        host.remove(CPU)
    assert "it is being used by another process" in caught.value.detail
    assert caught.value.hint == f"In a terminal, `foundry cache rm {CPU}` says more"
    assert CPU in {card.id for card in host.catalogue()}


def test_closing_leaves_the_daemon_alone(daemon: ReplayDaemon) -> None:
    host = host_of(daemon)
    host.load(CPU)
    host.close()
    assert states(host)[CPU] is ModelState.LOADED


def written(home: Path, text: bytes) -> Path:
    (home / ".foundry").mkdir()
    (home / ".foundry" / "daemon.json").write_bytes(text)
    return home


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (b'{"web_urls": ["http://127.0.0.1:1"]}', DaemonFile("http://127.0.0.1:1")),
        (
            b'\xef\xbb\xbf{"web_urls": "http://[::1]:1/", "pid": 7, "daemon_version": "0.11"}',
            DaemonFile("http://[::1]:1", 7, "0.11"),
        ),
        (b'{"web_urls": ["http://192.0.2.7:1", 3, "http://*:2"], "pid": true}', DaemonFile("http://127.0.0.1:2")),
        (b'{"web_urls": ["http://localhost:1"], "pid": 9e99, "daemon_version": ""}', DaemonFile("http://localhost:1")),
    ],
)
def test_the_file_is_read_as_far_as_it_makes_sense(tmp_path: Path, text: bytes, meant: DaemonFile) -> None:
    assert read_daemon_file(written(tmp_path, text)) == meant


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "cannot be read"),
        (b'{"web_urls": ["http', "cannot be read"),
        (b"\xff\xfe{}", "cannot be read"),
        (b"[" * 60_000, "cannot be read"),
        (b"[]", "names no address of this machine"),
        (b'{"web_urls": []}', "names no address of this machine"),
        (b'{"web_urls": ["http://192.0.2.7:80", "javascript:alert(1)"]}', "names no address of this machine"),
    ],
    ids=["empty", "cut", "utf-16", "deep", "list", "none", "elsewhere"],
)
def test_a_file_that_says_nothing_usable_is_named(tmp_path: Path, daemon: ReplayDaemon, text: bytes, why: str) -> None:
    home = written(tmp_path, text)
    with pytest.raises(NoHostError, match=why) as caught:
        read_daemon_file(home)
    assert str(home / ".foundry" / "daemon.json") in caught.value.title
    assert DaemonHost(cli=daemon.cli, home=home).connect().endpoint == f"{daemon.root}/v1"


def test_no_file_is_no_news(tmp_path: Path) -> None:
    assert read_daemon_file(tmp_path) is None


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("http://127.0.0.1:5273/openai/status", "http://127.0.0.1:5273"),
        ("http://0.0.0.0:5273", "http://127.0.0.1:5273"),
        ("http://[::]:5273", "http://127.0.0.1:5273"),
        ("http://192.168.1.7:5273", None),
        ("http://127.0.0.1.example:5273", None),
        ("", None),
    ],
)
def test_only_this_machine_is_a_place_to_look(url: str, root: str | None) -> None:
    assert local_root(url) == root


def test_nothing_that_was_started_is_left(daemon: ReplayDaemon) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    host = host_of(daemon)
    host.connect()
    host.offers()
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
