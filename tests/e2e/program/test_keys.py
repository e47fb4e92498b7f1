"""A key that the program was given is nowhere but in the requests to its own host."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.hosts.conftest import why_no_runtime
from tests.hosts.models_server import as_json, http, serving
from tests.support import loopback_server
from tests.support.loopback_server import LoopbackServer, Wire, text
from tests.support.program import call
from tests.support.requests import folded, until_ended
from tests.support.some import some
from tui.cli.main import cli
from tui.core.sessions.session_model import Endpoint
from tui.engine.engine_client import EngineClient
from tui.engine.protocol import Start
from tui.hosts.adapter.host import AdapterHost
from tui.hosts.embedded.host import EmbeddedHost
from tui.hosts.foundry.cli import FoundryCli
from tui.net.secrets import REDACTED
from tui.storage.index.database import SessionIndex, index_path
from tui.storage.index.scan import key_of as key_of_file

KEY = "sk-echo-0123456789abcdef"
KEYS = ("FOUNDRY_COMPARE_API_KEY", "API_KEY", "OPENAI_API_KEY", "BOX_SECRET")
ROOT = Path(__file__).parents[3]


def key_of(wire: Wire) -> str:
    return wire.talk.headers["authorization"].removeprefix("Bearer ")


async def echo(wire: Wire) -> None:
    """The key whole, and cut into two and into many."""
    key = key_of(wire)
    await wire.head()
    for piece in (f"whole {key} cut ", key[:10], f"{key[10:]} many ", *key, " end"):
        await wire.event(text(piece))
    await wire.event({"choices": [{"index": 0, "delta": {"reasoning_content": key}}]})
    await wire.event({"choices": [{"index": 0, "delta": {}, "finish_reason": key}]})
    await wire.event("[DONE]")


async def refuse(wire: Wire) -> None:
    body = json.dumps({"error": {"message": f"Invalid key {key_of(wire)}"}})
    await wire.answer("403 Forbidden", body, "application/json", f"X-Key: {key_of(wire)}")


async def break_off(wire: Wire) -> None:
    await wire.head()
    await wire.event(text("half "))
    await wire.event({"error": {"message": f"lost {key_of(wire)}"}})


async def send_away(wire: Wire) -> None:
    await wire.answer("307 Temporary Redirect", "", "text/plain", f"Location: http://192.0.2.7/{key_of(wire)}/v1")


async def mistype(wire: Wire) -> None:
    await wire.answer("200 OK", "hello", f"text/{key_of(wire)}")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    for script in (echo, refuse, break_off, send_away, mistype):
        monkeypatch.setitem(loopback_server.SCRIPTS, script.__name__, script)
    # A list that repeats the key in a model's name.
    monkeypatch.setitem(loopback_server.SCRIPTS, f"model-{KEY}", echo)
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    with LoopbackServer().running() as running:
        yield running


def assert_kept_nowhere(folder: Path) -> int:
    files = [file for file in folder.rglob("*") if file.is_file()]
    for file in some(files):
        assert KEY.encode() not in file.read_bytes(), file
    return len(files)


@pytest.fixture
def link() -> Iterator[EngineClient]:
    engine = EngineClient()
    yield engine
    engine.close()


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("named", ["by hand", "in the configuration"])
def test_an_echoed_key_is_neither_shown_nor_kept(
    server: LoopbackServer, tmp_path: Path, own_folders: Path, form: tuple[str, ...], named: str
) -> None:
    environ = {"API_KEY": KEY}
    host = server.url
    if named != "by hand":
        (own_folders / "config").mkdir()
        lines = f'[hosts.box]\nurl = "{server.url}"\napi_key_env = "BOX_SECRET"\n'
        (own_folders / "config" / "config.toml").write_text(lines, "utf-8")
        environ, host = {"BOX_SECRET": KEY}, "box"
    names = ("echo", "refuse", "break_off", "send_away", "mistype")
    models = [word for name in names for word in ("-m", name)]
    done = call("run", "--host", host, *models, "-p", "hi", *form, cwd=tmp_path, environ=environ)
    assert done.code == 5
    assert (
        all(talk.headers["authorization"] == f"Bearer {KEY}" for talk in some(server.talks)) and len(server.talks) == 5
    )
    assert KEY not in done.out + done.err and KEY[4:] not in done.out
    told = done.json["runs"][0]["answer"] if form else done.out
    assert f"whole {REDACTED} cut {REDACTED} many sk-{REDACTED} end" in told
    assert f"lost {REDACTED}" in done.out and f"Invalid key {REDACTED}" in done.out and f"/{REDACTED}/v1" in done.out
    assert assert_kept_nowhere(own_folders) and REDACTED in next((own_folders / "sessions").glob("*.toml")).read_text(
        "utf-8"
    )
    for command in ("doctor", "models", "smoke"):
        more = ("-m", "echo") if command == "smoke" else ()
        other = call(command, "--host", host, *more, *form, cwd=tmp_path, environ=environ)
        assert KEY not in other.out + other.err
        assert command != "models" or f"model-{REDACTED}" in other.out


def test_what_is_made_of_a_session_has_no_key_either(
    server: LoopbackServer, tmp_path: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = call(
        "run", "--host", server.url, "-m", "echo", "-m", "break_off", "-p", "hi", cwd=tmp_path, environ={"API_KEY": KEY}
    )
    (kept,) = (own_folders / "sessions").glob("*.toml")
    assert done.code == 5 and REDACTED in kept.read_text("utf-8")
    damaged = tmp_path / "damaged.toml"
    damaged.write_bytes(kept.read_bytes()[:-60])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_KEY", KEY)
    for args in some((
        ("sessions", "scores", str(kept), "--template", "sheet.csv"),
        ("sessions", "scores", str(kept), "--template", "sheet.toml", "--blind"),
        ("sessions", "merge", str(kept), str(kept), "-o", "merged.toml"),
        ("sessions", "repair", "damaged.toml"),
        ("doctor", "--host", server.url, "--bundle", "bundle.txt", "--with", str(kept), "--texts", "--yes"),
    )):  # fmt: skip
        with pytest.raises(SystemExit) as ended:
            cli.main([*args], "foundry-compare")
        assert not ended.value.code, args
    assert assert_kept_nowhere(tmp_path) == 6

    # The index keeps texts packed; the trash has the session as it is.
    for args in some((("list", "--json"), ("search", "whole"), ("trash", kept.name))):
        with pytest.raises(SystemExit) as ended:
            cli.main(["sessions", *args], "foundry-compare")
        assert not ended.value.code, args
        with SessionIndex(index_path(own_folders / "cache")) as index:
            texts = "".join(found.text for found in index.texts(key_of_file(kept)) or ())
        assert KEY not in texts and (REDACTED in texts) == (args[0] != "trash")
    assert assert_kept_nowhere(own_folders)
    assert REDACTED in (tmp_path / "bundle.txt").read_text("utf-8")


@pytest.mark.parametrize(
    "answer",
    [
        as_json({"error": {"message": f"bad key {KEY}"}}, "401 Unauthorized"),
        http("403 Forbidden", f"<html><title>No {KEY}</title></html>".encode(), "text/html"),
        http("500 Internal Server Error", f"{'x' * 1190}{KEY}".encode(), "text/plain"),
        http("302 Found", b"", "text/plain", f"Location: /{KEY}"),
        http("302 Found", b"", "text/plain", f"Location: /{KEY.replace('e', '%65', 1)}"),
        http("302 Found", b"", "text/plain", f"Location: /{'p' * 270}{KEY}"),
        http("403 Forbidden", f"<html><title>No {KEY.replace('s', '&#115;')}</title></html>".encode(), "text/html"),
        http("200 OK", b"", "text/plain", f"Content-Encoding: {'z' * 20}{KEY.upper()}"),
        as_json({"error": {"message": f"{'x' * 1985}{KEY}"}}, "500 Internal Server Error"),
        f"HTTP/1.1 two {KEY}\r\n\r\n".encode(),
    ],
    ids=[
        "401",
        "page",
        "cut",
        "redirect",
        "redirect with codes",
        "long redirect",
        "page with an entity",
        "encoding",
        "long",
        "no HTTP",
    ],
)
def test_a_refusal_that_repeats_the_key_is_told_without_it(answer: bytes, tmp_path: Path) -> None:
    with serving(answer) as server:
        for command in (("doctor",), ("smoke",), ("run", "-m", "m", "-p", "hi"), ("models",)):
            done = call(*command, "--host", server.url, cwd=tmp_path, environ={"API_KEY": KEY})
            told = (done.out + done.err).casefold()
            assert KEY[:12].casefold() not in told and KEY[-8:].casefold() not in told


@pytest.mark.parametrize(
    ("before", "most", "after"),
    [
        ("data: ", 200, "\n\n"),
        ("event: error\ndata: ", 500, "\n\n"),
        ('data: {"error": "', 581, '"}\n\n'),
        ('data: {"choices": [{"finish_reason": "', 100, '"}]}\n\n'),
        ("", 200, "\nno line of an event\n"),
    ],
    ids=["nonsense", "error event", "error", "reason", "loose"],
)
def test_what_is_told_by_its_beginning_does_not_end_in_half_a_key(
    server: LoopbackServer, link: EngineClient, monkeypatch: pytest.MonkeyPatch, before: str, most: int, after: str
) -> None:
    async def say(wire: Wire) -> None:
        await wire.head()
        await wire.send(f"{before}{'x' * (most - 12)}{KEY}{'y' * 1900}{after}".encode())

    monkeypatch.setitem(loopback_server.SCRIPTS, "say", say)
    link.send(Start("r1", Endpoint(server.url, "say", KEY), [{"role": "user", "content": "hi"}]))
    told = str(until_ended(link, ["r1"]))
    assert "xxx" in told and KEY[:8] not in told


def environment(process: psutil.Process) -> dict[str, str]:
    found: dict[str, str] = process.environ()
    return found


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.setenv(name, KEY)


def test_the_engine_has_no_key_in_its_environment(keys: None) -> None:
    link = EngineClient()
    link.start()
    try:
        given = environment(psutil.Process(link.pid))
        assert KEY not in str(given) and not set(KEYS) & set(given) and given["PATH"] == os.environ["PATH"]
    finally:
        link.close()


def test_the_runtime_has_no_key_in_its_environment(keys: None, tmp_path: Path) -> None:
    if why_no_runtime():
        pytest.skip(why_no_runtime())
    host = EmbeddedHost(tmp_path)
    try:
        given = environment(psutil.Process(host.connect().pid))
        assert KEY not in str(given) and not set(KEYS) & set(given)
    finally:
        host.close()


def test_an_adapters_class_cannot_read_a_key_unless_it_is_named(keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://me:pass-word@127.0.0.1:9")
    link = EngineClient()

    def told(*named: str) -> dict[str, Any]:
        host = AdapterHost("tests.support.adapters:Environment", folder=ROOT, environment=named)
        try:
            host.load("Environment")
            answer = folded(link, Start("r1", host.endpoint("Environment"), [{"role": "user", "content": "hi"}])).answer
            found: dict[str, Any] = json.loads(answer)
            return found
        finally:
            host.close()

    try:
        given = told()
        assert KEY not in str(given) and "pass-word" not in str(given) and given["PATH"] == os.environ["PATH"]
        assert told("BOX_SECRET")["BOX_SECRET"] == KEY
    finally:
        link.close()


def test_the_foundry_command_is_given_no_key(keys: None, tmp_path: Path) -> None:
    script = tmp_path / "foundry"
    script.write_text("#!/bin/sh\nenv\n")
    script.chmod(0o755)
    said = FoundryCli(str(script)).text("--version")
    assert "PATH=" in said and "API_KEY" not in said


def test_the_configuration_names_what_an_adapter_is_given(keys: None, tmp_path: Path, own_folders: Path) -> None:
    (own_folders / "config").mkdir()
    config = own_folders / "config" / "config.toml"
    lines = '[hosts.mine]\nadapter = "tests.support.adapters:Environment"\n'
    config.write_text(lines + 'environment = ["BOX_SECRET"]\n', "utf-8")
    done = call("run", "--host", "mine", "-m", "Environment", "-p", "hi", "--json", "--no-save", cwd=ROOT)
    assert done.code == 0, done.err
    answer = json.loads(done.json["runs"][0]["answer"])
    assert answer["BOX_SECRET"] == KEY and "API_KEY" not in answer
    config.write_text('[hosts.mine]\nurl = "http://box"\nenvironment = ["BOX_SECRET"]\n', "utf-8")
    refused = call("doctor", "--host", "mine", cwd=tmp_path)
    assert refused.code == 2 and "`environment` belongs beside `adapter`" in refused.err
