"""Something answers, and it is no host of models: `doctor` and `smoke` fail with code 3 and say what it said."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.hosts.models_server import as_json, free_port, http, serving
from tests.support.loopback_server import CERTIFICATE, SCRIPTS, LoopbackServer
from tests.support.odd_servers import UnlistingServer
from tests.support.program import call
from tests.support.proxy import LoopbackProxy
from tests.support.replay_service import replaying
from tests.support.some import some

KEY = "sk-wrong-0123456789"
FAR = "models.example"


@dataclass(frozen=True)
class There:
    """What answers, and in which environment it is asked."""

    url: str
    environ: Mapping[str, str] = field(default_factory=dict)


def answering(answer: bytes, scheme: str = "http", **environ: str) -> Callable[[], AbstractContextManager[There]]:
    @contextmanager
    def run() -> Iterator[There]:
        with serving(answer) as server:
            yield There(server.url.replace("http:", f"{scheme}:"), environ)

    return run


@contextmanager
def encrypted() -> Iterator[There]:
    with LoopbackServer(encrypted=True).running() as server:
        yield There(server.url.replace("https:", "http:"))


def behind_a_proxy(scheme: str) -> Callable[[], AbstractContextManager[There]]:
    @contextmanager
    def run() -> Iterator[There]:
        with LoopbackProxy({FAR: free_port()}).running() as proxy:
            yield There(f"{scheme}://{FAR}/v1", {f"{scheme}_proxy": proxy.url})

    return run


@contextmanager
def behind_a_dead_proxy() -> Iterator[There]:
    yield There(f"http://{FAR}/v1", {"http_proxy": f"http://127.0.0.1:{free_port()}"})


def page(status: str, title: str) -> bytes:
    return http(status, f"<html><head><title>{title}</title></head></html>".encode(), "text/html")


NGINX_TLS = page("400 Bad Request", "400 The plain HTTP request was sent to HTTPS port")
BASIC = http("401 Unauthorized", b"", "text/plain", 'WWW-Authenticate: Basic realm="staff"')
CASES: dict[str, tuple[Callable[[], AbstractContextManager[There]], str, str]] = {
    "gateway": (
        answering(page("502 Bad Gateway", "502 Bad Gateway")),
        "It answered with a web page and HTTP status 502: 502 Bad Gateway.",
        "Look at the server's own log.",
    ),
    "web root": (
        answering(page("200 OK", "Welcome to nginx!")),
        "It answered with a web page: Welcome to nginx!",
        "Is this the address of its API?",
    ),
    "web root without the path": (
        answering(page("404 Not Found", "Not here")),
        "It answered with a web page and HTTP status 404: Not here.",
        "Is this the address of its API?",
    ),
    "another API": (
        answering(as_json({"hello": "world"})), "Its answer is no list of models.", "Is this the address of its API?"
    ),
    "loading": (
        answering(as_json({"error": {"message": "Loading model"}}, "503 Service Unavailable")),
        "It answered with HTTP status 503: Loading model.",
        "Look at the server's own log.",
    ),
    "http to TLS": (encrypted, "It closed the connection without a word.", "Perhaps it speaks https."),
    "http to TLS that says so": (
        answering(NGINX_TLS), "takes encrypted connections only.", "Give the address with https://."
    ),
    "TLS to http": (
        answering(http("400 Bad Request", b""), "https"),
        "It does not answer with TLS (WRONG_VERSION_NUMBER).",
        "Does the host speak plain http?",
    ),
    "wrong key": (
        answering(as_json({"error": {"message": "Incorrect API key"}}, "401 Unauthorized"), API_KEY=KEY),
        "wants another API key. Incorrect API key.",
        "Put it into the environment variable API_KEY.",
    ),
    "no key": (
        answering(as_json({"error": {"message": "Missing API key"}}, "401 Unauthorized")),
        "wants an API key. Missing API key.",
        "Put it into the environment variable FOUNDRY_COMPARE_API_KEY.",
    ),
    "forbidden key": (
        answering(as_json({"detail": "Not for you"}, "403 Forbidden"), API_KEY=KEY),
        "It answered with HTTP status 403: Not for you.",
        "It may refuse the key in the environment variable API_KEY.",
    ),
    "basic sign-in": (
        answering(BASIC, API_KEY=KEY),
        "wants a user and a password (Basic), which this program never sends.",
        "give the address of the server itself.",
    ),
    "elsewhere": (
        answering(http("302 Found", b"", "text/plain", "Location: /login?next=secret")),
        "points to another address, which is not followed.",
        "/login. Give the address of the server itself.",
    ),
    "dead behind a proxy": (
        behind_a_proxy("http"), "It answered with HTTP status 502.", "that says so."
    ),
    "dead behind a tunnel": (
        behind_a_proxy("https"),
        f"does not let through to https://{FAR}/v1. 502 Bad Gateway.",
        "The environment names this proxy",
    ),
    "dead proxy": (
        behind_a_dead_proxy,
        f", the proxy on the way to http://{FAR}/v1. The connection was refused.",
        "The environment names this proxy",
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith(("_proxy", "api_key"))]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("case", CASES)
def test_doctor_and_smoke_fail_with_what_was_said(case: str, tmp_path: Path) -> None:
    there, words, hint = CASES[case]
    with there() as host:
        doctor = call("doctor", "--host", host.url, cwd=tmp_path, environ=host.environ)
        smoke = call("smoke", "--host", host.url, "-m", "any", "--json", cwd=tmp_path, environ=host.environ)
    assert doctor.code == 3, doctor.out
    (tried,) = [line for line in doctor.out.splitlines() if line.startswith("  -  --host ")]
    assert words in tried and hint in tried and "  ok " not in doctor.out
    assert smoke.code == smoke.json["exit_code"] == 3 and not smoke.json["ok"]
    failed = [check["found"] for check in smoke.json["checks"] if check["exit_code"] == 3]
    assert any(words in found and hint in found for found in failed), failed
    for told in (doctor.out, smoke.out):
        assert KEY not in told and "secret" not in told


def test_without_a_name_nothing_is_asked_of_what_lists_nothing(tmp_path: Path) -> None:
    with serving(page("502 Bad Gateway", "502 Bad Gateway")) as server:
        smoke = call("smoke", "--host", server.url, cwd=tmp_path)
        run = call("run", "--host", server.url, "-p", "hi", cwd=tmp_path)
        told = call("doctor", "--host", server.url, "--json", cwd=tmp_path)
        assert not any(request.startswith("POST") for request in some(server.requests))
    why = (
        "The server does not say which models it has. It answered with a web page and HTTP status 502: 502 Bad Gateway."
    )
    assert smoke.code == run.code == 3
    assert smoke.out == f"FAIL  host: {why} Look at the server's own log.\n"
    assert run.err == (
        f"foundry-compare: No model is chosen, and none is known. {why} Look at the server's own log. "
        "Choose with -m MODEL.\n"
    )
    assert (told.json["ok"], told.json["hosts"][0]["error"]) == (False, f"{why} Look at the server's own log.")


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["table", "json"])
def test_a_list_that_is_not_to_be_had_is_a_failure_and_one_of_several_is_told(
    form: tuple[str, ...], tmp_path: Path
) -> None:
    why = "The server does not say which models it has. It answered with a web page and HTTP status 502"
    with serving(page("502 Bad Gateway", "502 Bad Gateway")) as broken, LoopbackServer().running() as good:
        alone = call("models", "--host", broken.url, *form, cwd=tmp_path)
        both = call("models", "--host", good.url, "--host", broken.url, *form, cwd=tmp_path)
        dead = f"127.0.0.1:{free_port()}"
        away = call("models", "--host", good.url, "--host", f"http://{dead}/v1", *form, cwd=tmp_path)
    assert (alone.code, both.code, away.code) == (3, 0, 0)
    assert alone.err.count(why) == 1
    assert f"foundry-compare: 127.0.0.1:{broken.port}: {why}" in both.err
    assert f"foundry-compare: {dead}: " in away.err and "Nobody answers" in away.err


def test_what_it_says_cannot_reach_the_terminal_and_is_cut(tmp_path: Path) -> None:
    long = as_json({"error": {"message": "\x1b]0;owned\x07" + "x" * 10_000}}, "500 Internal Server Error")
    with serving(long) as server:
        for command in ("doctor", "smoke"):
            done = call(command, "--host", server.url, cwd=tmp_path)
            assert done.code == 3
            assert "\x1b" not in done.out + done.err and "␛]0;owned" in done.out and "x" * 301 not in done.out


def test_a_server_that_chats_and_lists_nothing_is_told_as_that(tmp_path: Path) -> None:
    with UnlistingServer().running() as server:
        smoke = call("smoke", "--host", server.url, "-m", "good", cwd=tmp_path)
        dead = call("smoke", "--host", server.url, "-m", "e500", cwd=tmp_path)
    assert smoke.code == 0 and dead.code == 3
    good, host = smoke.out.splitlines()
    assert good.startswith("ok    good: answered in ")
    assert host.startswith("ok    host: The server does not say which models it has. It answered with HTTP status 404")
    assert dead.out.splitlines()[-1].startswith("FAIL  host: The server does not say which models it has.")


@pytest.mark.parametrize("place", ["127.0.0.1", "localhost"])
def test_a_certificate_of_ones_own_is_taken_on_this_machine_too(place: str, tmp_path: Path) -> None:
    with LoopbackServer(encrypted=True).running() as server:
        url = server.url.replace("127.0.0.1", place)
        refused = call("doctor", "--host", url, cwd=tmp_path)
        assert refused.code == 3 and "SSL_CERT_FILE may name the file of the authority" in refused.out
        environ = {"SSL_CERT_FILE": str(CERTIFICATE)}
        taken = call("smoke", "--host", url, "-m", "good", cwd=tmp_path, environ=environ)
    assert taken.code == 0, taken.out
    assert f"ok    models: {len(SCRIPTS)} listed" in taken.out


@pytest.mark.parametrize("answer", [None, as_json({"error": {"message": "bad key"}}, "401 Unauthorized")])
def test_a_host_of_several_that_does_not_answer_is_no_missing_model(answer: bytes | None, tmp_path: Path) -> None:
    with LoopbackServer().running() as near, serving(answer or b"") as there:
        away = f"127.0.0.1:{there.port if answer else free_port()}"
        why = "wants an API key. bad key. Name the host in config.toml" if answer else "The connection was refused."
        hosts = ("--host", near.url, "--host", f"http://{away}")
        model = f"{away}/good"
        run = call("run", *hosts, "-m", model, "-p", "hi", cwd=tmp_path)
        smoke = call("smoke", *hosts, "-m", f"127.0.0.1:{near.port}/good", "-m", model, "--json", cwd=tmp_path)
        typo = call("run", *hosts, "-m", f"127.0.0.1:{near.port}/godo", "-p", "hi", cwd=tmp_path)
    assert run.code == 3
    assert run.err.startswith(f"foundry-compare: The host of {model} cannot be asked. {away}: ") and why in run.err
    checks = {check["check"]: check for check in smoke.json["checks"]}
    assert smoke.code == 3 and checks[f"127.0.0.1:{near.port}/good"]["ok"]
    assert checks[model]["exit_code"] == checks[away]["exit_code"] == 3 and why in checks[model]["found"]
    assert typo.code == 4 and f"There is no model 127.0.0.1:{near.port}/godo on any of these hosts." in typo.err
    assert f"{away}: " in typo.err and why in typo.err and f"Perhaps 127.0.0.1:{near.port}/good is meant" in typo.err


def test_each_of_several_hosts_goes_its_own_way(tmp_path: Path) -> None:
    with LoopbackServer().running() as near, LoopbackServer().running() as far:
        models = ("-m", f"127.0.0.1:{near.port}/good", "-m", f"{FAR}/good")
        hosts = ("--host", near.url, "--host", f"http://{FAR}/v1")
        with LoopbackProxy({FAR: far.port}).running() as proxy:
            done = call("smoke", *hosts, *models, cwd=tmp_path, environ={"ALL_PROXY": proxy.url})
        dead = {"ALL_PROXY": f"http://127.0.0.1:{free_port()}"}
        half = call("smoke", *hosts, *models, cwd=tmp_path, environ=dead)
    assert done.code == 0, done.out
    assert proxy.asked and all(f"//{FAR}/" in line for line in some(proxy.asked))
    assert half.code == 3
    assert f"FAIL  {FAR}: Nobody answers at {dead['ALL_PROXY']}, the proxy on the way to http://{FAR}/v1." in half.out
    assert f"ok    127.0.0.1:{near.port}/good: answered" in half.out


def test_an_alias_of_a_fresh_service_is_understood(tmp_path: Path) -> None:
    here = "Phi-4-mini-instruct-generic-cpu"
    with replaying() as service:
        assert here in service.cached
        done = call("run", "--host", service.url, "-m", "phi-4-mini", "-p", "hi", "--no-save", "--json", cwd=tmp_path)
        assert done.code == 0, done.err
        assert [run["model"] for run in done.json["runs"]] == [here]
        absent = call("run", "--host", service.url, "-m", "qwen2.5-0.5b", "-p", "hi", cwd=tmp_path)
        assert absent.code == 4
        assert "-openvino-npu:5 is not downloaded. `foundry-compare models download qwen2.5-0.5b-" in absent.err
        assert call("smoke", "--host", service.url, "-m", "Phi-4-Mini", cwd=tmp_path).code == 0
        listed = len(service.paths())
        call("run", "--host", service.url, "-m", here, "-p", "hi", "--no-save", cwd=tmp_path)
        assert "/foundry/list" not in service.paths()[listed:], "its catalogue asks others: only when it has to be"
        for command in ("load", "unload"):
            assert call("models", command, "phi-4-mini", "--host", service.url, cwd=tmp_path).code == 0


@pytest.mark.parametrize("command", [("run", "-p", "hi"), ("smoke",), ("models", "load")], ids=lambda words: words[0])
def test_an_empty_name_and_one_with_a_slip_are_told_as_that(command: tuple[str, ...], tmp_path: Path) -> None:
    with LoopbackServer().running() as server:
        at = ("--host", server.url)
        name = ("",) if command[0] == "models" else ("-m", " ")
        empty = call(*command, *name, *at, cwd=tmp_path)
        assert empty.code == 2
        assert empty.err == "foundry-compare: The name of a model is empty. Choose with -m MODEL.\n"
        if command[0] != "models":
            slip = call(*command, "-m", "godo", *at, cwd=tmp_path)
            assert slip.code == 4
            assert "There is no model godo on this host." in slip.out + slip.err
            assert "Perhaps good is meant" in slip.out + slip.err


@pytest.mark.parametrize("value", ["http://0.0.0.0:{port}", " http://[::]:{port}/v1 ", '"http://0.0.0.0:{port}/v1/"'])
def test_the_address_of_one_that_listens_everywhere_is_dialled_here(value: str, tmp_path: Path) -> None:
    with LoopbackServer().running() as server:
        text = value.format(port=server.port)
        typed = call("doctor", "--host", text, "--json", cwd=tmp_path)
        given = call("doctor", "--json", cwd=tmp_path, environ={"FOUNDRY_LOCAL_ENDPOINT": text})
    for done in (typed, given):
        place = done.json["hosts"][0]["attempts"][0]["place"]
        loopback = "[::1]" if "[::]" in value else "127.0.0.1"
        assert place.startswith(f"http://{loopback}:{server.port}")
        assert done.code == (0 if loopback == "127.0.0.1" else 3), json.dumps(done.json)
