"""The embedded runtime and its process, as they really are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.hosts.conftest import why_no_runtime
from tests.support.some import some
from tui.core.catalog.model_card import ModelState
from tui.core.errors import ModelFailedError, NoHostError, NoModelError
from tui.hosts.embedded.bundle import bundle_root
from tui.hosts.embedded.host import EmbeddedHost

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_no_runtime()), reason=why_no_runtime() or "never")]

PATIENCE_S = 20.0
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; fail after a long time."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.02)


def gone(pid: int | None) -> bool:
    """Whether a process has ended."""
    assert pid is not None
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def own(data_dir: Path) -> Iterator[EmbeddedHost]:
    """A host with a runtime of its own, to be ill-treated."""
    host = EmbeddedHost(data_dir)
    yield host
    host.close()


def ask(host: EmbeddedHost, model: str, **more: object) -> httpx2.Response:
    endpoint = host.endpoint(model)
    body = {"model": endpoint.model, "messages": [{"role": "user", "content": "What is RAG?"}], "max_tokens": 8, **more}
    return httpx2.post(f"{endpoint.base_url}/chat/completions", json=body, trust_env=False, timeout=30.0)


def test_it_says_what_it_is(embedded: EmbeddedHost) -> None:
    info = embedded.connect()
    assert info.title == f"Foundry Local {info.version} (embedded)"
    assert (info.kind, info.local, info.toys) == ("demo", True, True)
    assert info.pid is not None and psutil.Process(info.pid).ppid() == os.getpid()


def test_it_listens_on_this_machine_only(embedded: EmbeddedHost) -> None:
    listening = [c for c in psutil.Process(embedded.connect().pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert {c.laddr.ip for c in listening} == {"127.0.0.1"}


def test_its_models_are_toys_with_all_their_facts(embedded: EmbeddedHost) -> None:
    for card in some(embedded.catalogue()):
        assert card.toy
        assert (card.device, card.ep) == ("CPU", "CPUExecutionProvider")
        assert card.size_bytes is not None and card.size_bytes > 100_000
        assert None not in (card.context, card.licence, card.task, card.publisher, card.parameters, card.summary)


def test_a_loaded_model_answers_at_its_endpoint(embedded: EmbeddedHost) -> None:
    for card in some(embedded.catalogue()):
        embedded.load(card.alias)
        answer = ask(embedded, card.id)
        assert answer.status_code == 200, answer.text
        assert answer.json()["usage"]["completion_tokens"] > 0
    assert {card.state for card in embedded.catalogue()} == {ModelState.LOADED}


def test_an_unloaded_model_does_not_answer(embedded: EmbeddedHost) -> None:
    card = embedded.catalogue()[0]
    embedded.load(card.id)
    embedded.unload(card.id)
    assert embedded.catalogue()[0].state is ModelState.CACHED
    assert ask(embedded, card.id).status_code == 400


def test_an_unknown_model_is_refused_with_the_names_there_are(embedded: EmbeddedHost) -> None:
    for step in (embedded.load, embedded.unload, embedded.endpoint):
        with pytest.raises(NoModelError) as caught:
            step("../demo")
        assert "There is no demo model called ../demo." in caught.value.sentence()
        assert all(card.alias in caught.value.hint for card in some(embedded.catalogue()))


def test_a_model_in_use_is_not_unloaded_under_its_answer(embedded: EmbeddedHost) -> None:
    largest = max(embedded.catalogue(), key=lambda card: card.parameters or 0)
    body = {"model": largest.id, "messages": [{"role": "user", "content": "What is RAG?"}], "stream": True}
    url = f"{embedded.endpoint(largest.id).base_url}/chat/completions"
    refusals: list[ModelFailedError] = []

    def refused() -> bool:
        embedded.load(largest.id)
        with httpx2.Client(trust_env=False, timeout=30.0) as client, client.stream("POST", url, json=body) as answer:
            # A busy runtime sends comments ahead of it.
            assert next(line for line in answer.iter_lines() if line.startswith("data:"))
            try:
                embedded.unload(largest.id)
            except ModelFailedError as error:
                refusals.append(error)
        return bool(refusals)

    until(refused)  # a short answer may have ended before
    assert "could not be unloaded" in refusals[0].title
    assert "still using it" in refusals[0].detail
    assert ".cc" not in refusals[0].detail


@POSIX
def test_the_terminals_signals_do_not_end_it(embedded: EmbeddedHost) -> None:
    before = embedded.connect()
    assert before.pid is not None
    os.kill(before.pid, signal.SIGINT)
    os.kill(before.pid, signal.SIGHUP)
    assert embedded.catalogue()
    assert embedded.connect() == before


def test_nothing_of_it_reaches_the_terminal(own: EmbeddedHost, capfd: pytest.CaptureFixture[str]) -> None:
    own.load(own.catalogue()[0].id)
    ask(own, own.catalogue()[0].id, temperature=9)
    own.close()
    assert capfd.readouterr() == ("", "")


def test_a_runtime_that_was_killed_is_started_again(own: EmbeddedHost) -> None:
    before = own.connect()
    model = own.catalogue()[0].id
    own.load(model)
    psutil.Process(before.pid).kill()
    until(lambda: own.connect().pid != before.pid)
    assert own.catalogue()[0].state is ModelState.CACHED
    own.load(model)
    assert ask(own, model).status_code == 200
    assert gone(before.pid)


def test_closing_ends_the_process_and_connecting_starts_another(own: EmbeddedHost) -> None:
    before = own.connect()
    own.close()
    assert gone(before.pid)
    own.close()
    assert own.connect().pid != before.pid
    assert own.catalogue()


def test_a_stuck_runtime_is_ended_all_the_same(own: EmbeddedHost) -> None:
    process = psutil.Process(own.connect().pid)
    process.suspend()
    own.close()
    assert gone(process.pid)


def test_closing_does_not_wait_for_a_start(own: EmbeddedHost) -> None:
    others = set(psutil.Process().children())
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(own.connect)
        until(lambda: set(psutil.Process().children()) > others)
        own.close()
        failure = starting.exception(PATIENCE_S)
    assert failure is None or isinstance(failure, NoHostError)
    own.close()
    assert set(psutil.Process().children()) == others


def test_the_process_ends_when_its_stdin_does(data_dir: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tui.hosts.embedded", str(data_dir / "direct"), str(bundle_root())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None
    line = process.stdout.readline()
    assert b"http://127.0.0.1:" in line
    rest = process.communicate(timeout=PATIENCE_S)
    assert rest == (b"", b"")
    assert process.returncode == 0


def test_the_process_does_not_outlive_a_program_that_was_killed(data_dir: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from tui.hosts.embedded.host import EmbeddedHost\n"
        "print(EmbeddedHost(Path(sys.argv[1])).connect().pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(data_dir)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert not gone(pid)
        process.kill()
    until(lambda: gone(pid))


def test_two_programs_share_a_data_directory_from_the_first_moment(tmp_path: Path) -> None:
    hosts = [EmbeddedHost(tmp_path) for _ in range(3)]
    try:
        with ThreadPoolExecutor(3) as pool:
            infos = list(pool.map(EmbeddedHost.connect, hosts))
        assert len({info.pid for info in infos}) == 3
        for host in some(hosts):
            model = host.catalogue()[0].id
            host.load(model)
            assert ask(host, model).status_code == 200
        hosts[0].close()
        assert hosts[1].catalogue()[0].state is ModelState.LOADED
    finally:
        for host in hosts:
            host.close()


def test_a_folder_called_tui_in_the_working_directory_is_not_imported(
    own: EmbeddedHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tui").mkdir()
    (tmp_path / "tui" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    monkeypatch.chdir(tmp_path)
    assert own.connect().pid
