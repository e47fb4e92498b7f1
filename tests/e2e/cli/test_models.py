"""`foundry-compare models` and its subcommands on the embedded runtime, as a shell starts them."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.program.conftest import needs_runtime
from tests.hosts.models_server import as_json, free_port, http, serving
from tests.support.catalogue_server import CatalogueServer, catalogue_of, row
from tests.support.loopback_server import LoopbackServer
from tests.support.program import Done, call, finish, start
from tui.hosts.embedded.bundle import bundle_root

OWN = ("--host", "embedded")
TINY = "Tiny-generic-cpu:2"
PATIENCE_S = 30.0
DOWNLOADS = pytest.mark.skipif(
    sys.platform != "linux", reason="no embedded runtime that goes through a proxy: not Linux"
)


@pytest.fixture
def catalogue() -> Iterator[CatalogueServer]:
    with catalogue_of([row("Tiny-generic-cpu", "tiny", version=2)], bundle_root() / "demo-small") as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder of the user's."""
    made = tmp_path / "My model"
    shutil.copytree(bundle_root() / "demo-small", made)
    return made


def ids(done: Done) -> list[str]:
    return [model["id"] for model in done.json["models"]]


@needs_runtime
def test_a_folder_is_registered_listed_asked_and_removed(folder: Path, tmp_path: Path) -> None:
    done = call("models", "register", str(folder), *OWN, cwd=tmp_path)
    assert (done.code, done.out, done.err) == (0, "My-model:1\n", "")
    listed = call("models", *OWN, cwd=tmp_path)
    assert listed.code == 0
    assert any(line.startswith("cached  My-model:1 ") for line in listed.out.splitlines())
    asked = call("run", *OWN, "-m", "my-model", "-p", "What is RAG?", "--no-save", cwd=tmp_path)
    assert asked.code == 0, asked.err
    done = call("models", *OWN, "remove", "My-model", cwd=tmp_path)
    assert (done.code, done.out, done.err) == (0, "", "My-model is removed.\n")
    assert "My-model:1" not in ids(call("models", "--json", *OWN, cwd=tmp_path))
    assert (folder / "model.onnx").is_file()


@needs_runtime
def test_what_cannot_be_done_is_a_sentence_and_an_exit_code(folder: Path, tmp_path: Path) -> None:
    (folder / "tokenizer.json").unlink()
    done = call("models", "register", "My model", *OWN, cwd=tmp_path)
    assert done.code == 2
    assert "Missing: a tokenizer (tokenizer.json)." in done.err
    done = call("models", "load", "no-such-model", *OWN, cwd=tmp_path)
    assert done.code == 4
    assert "There is no model called no-such-model here." in done.err
    done = call("models", "remove", "demo-small", *OWN, cwd=tmp_path)
    assert done.code == 5
    assert done.err == "foundry-compare: demo-small:1 cannot be removed. It comes with the program.\n"


@needs_runtime
def test_a_model_of_the_demo_is_loaded_and_unloaded(tmp_path: Path) -> None:
    loaded = call("models", "load", "demo-small", "--host", "demo", cwd=tmp_path)
    assert (loaded.code, loaded.out, loaded.err) == (
        0, "", "demo-small can be loaded: it will be when it is asked.\n",
    )  # fmt: skip
    unloaded = call("models", "unload", "demo-small:1", "--host", "demo", cwd=tmp_path)
    assert (unloaded.code, unloaded.err) == (0, "demo-small:1 is not loaded.\n")


@needs_runtime
@DOWNLOADS
def test_a_model_is_downloaded_with_its_progress_on_stderr(catalogue: CatalogueServer, tmp_path: Path) -> None:
    environ = catalogue.environment()
    done = call("models", "download", "tiny", *OWN, cwd=tmp_path, environ=environ)
    assert (done.code, done.out) == (0, ""), done.err
    room, first, *_, last, end = done.err.splitlines()
    assert room.startswith("tiny: ") and room.endswith(" free for models")
    assert (first, last, end) == ("tiny: 0 %", "tiny: 100 %", "tiny is here.")
    listed = call("models", "--all", "--json", *OWN, cwd=tmp_path, environ=environ)
    assert (listed.code, listed.json["stale"]) == (0, None)
    states = {model["id"]: model["state"] for model in listed.json["models"]}
    assert states[TINY] == "cached"


@needs_runtime
@DOWNLOADS
def test_ctrl_c_cancels_a_download(catalogue: CatalogueServer, tmp_path: Path) -> None:
    catalogue.hold = True
    process = start("models", "download", "tiny", *OWN, cwd=tmp_path, environ=catalogue.environment())
    assert catalogue.held.wait(PATIENCE_S)
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert (done.code, done.out) == (130, "")
    assert done.err.splitlines()[-1] == "foundry-compare: Interrupted."
    assert "Traceback" not in done.err
    assert not catalogue.go_on.is_set()
    listed = call("models", "--json", *OWN, cwd=tmp_path)
    assert TINY not in ids(listed)


@needs_runtime
def test_offline_all_says_on_stderr_why_rows_may_be_missing(tmp_path: Path) -> None:
    nobody = {"FOUNDRY_COMPARE_CATALOGUE": f"http://127.0.0.1:{free_port()}/asset-gallery/v1.0/models"}
    done = call("models", "--all", *OWN, cwd=tmp_path, environ=nobody)
    assert done.code == 0
    assert "demo-small:1" in done.out and "reached" not in done.out
    assert "foundry-compare: The public catalogue cannot be reached: " in done.err


def test_all_is_what_is_listed_where_a_host_offers_no_more(tmp_path: Path) -> None:
    with serving(as_json({"data": [{"id": "a:1"}]})) as server:
        done = call("models", "--all", "--json", "--host", server.url, cwd=tmp_path)
    assert (done.code, ids(done), done.json["stale"]) == (0, ["a:1"], None)


def test_a_web_page_instead_of_a_list_is_said_to_be_one(tmp_path: Path) -> None:
    with serving(http("200 OK", b"<html>router</html>", "text/html")) as server:
        done = call("models", "--host", server.url, cwd=tmp_path)
    assert done.code == 3
    assert "The server does not say which models it has. It answered with a web page." in done.err
    assert "name one with -m and it will be asked all the same" in done.err


def test_each_of_several_hosts_that_does_not_list_its_models_is_told(tmp_path: Path) -> None:
    with LoopbackServer().running() as near, serving(http("502 Bad Gateway", b"", "text/html")) as gateway:
        dead = f"127.0.0.1:{free_port()}"
        hosts = [part for url in (near.url, f"http://{dead}", gateway.url) for part in ("--host", url)]
        listed = call("models", *hosts, cwd=tmp_path)
        everything = call("models", *hosts, "--all", cwd=tmp_path)
        absent = call("run", *hosts, "-m", "nosuch", "-p", "hi", cwd=tmp_path)
        none = call("models", *hosts[2:], cwd=tmp_path)
    assert (listed.code, everything.code, absent.code, none.code) == (0, 0, 4, 3)
    silent = f"127.0.0.1:{gateway.port}: The server does not say which models it has. It answered with HTTP status 502."
    for done in (listed, everything, absent, none):
        assert done.err.count(f"{dead}: Nobody answers at http://{dead}/v1. The connection was refused.") == 1, done.err
        assert done.err.count(silent) == 1, done.err
    assert f"127.0.0.1:{near.port}/good" in listed.out


def test_a_host_that_cannot_says_so(tmp_path: Path) -> None:
    with serving(as_json({"data": [{"id": "a:1"}]})) as server:
        for command in ("download", "load", "unload", "remove"):
            done = call("models", "--host", server.url, command, "a", cwd=tmp_path)
            assert done.code == 5
            assert f"a:1: this host cannot {command} it." in done.err
        done = call("models", "register", os.curdir, "--host", server.url, cwd=tmp_path)
    assert done.code == 5
    assert "this host cannot register it." in done.err
