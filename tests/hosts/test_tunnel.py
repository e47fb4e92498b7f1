"""A host on another machine, through a real SSH server on loopback: found, used, lost, found again."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import psutil
import pytest

from tests.hosts.models_server import as_json, free_port, serving
from tests.support.loopback_server import SCRIPTS, SSE, WORDS, LoopbackServer, Wire, sse, text
from tests.support.requests import ask, new_request, start, until_ended
from tests.support.some import some
from tests.support.sshd import Sshd, running_sshd, why_no_sshd
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import CompareError, ModelFailedError, NoHostError
from tui.core.requests.events import Delta
from tui.core.requests.request import RequestState
from tui.engine.engine_client import EngineClient, EngineGone
from tui.hosts.base import Ability
from tui.hosts.openai.host import OpenAIHost
from tui.hosts.ssh.tunnel_host import TunnelHost

PATIENCE_S = 10.0
POWERSHELL = '[ "$3" = -Command ] && shift 3 && exec sh -c "$*"'
"""What of PowerShell the question needs: it runs what follows its options."""
STATUS = {"running": True, "state": "ready", "pid": 7}

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_no_sshd()), reason=why_no_sshd())]


@pytest.fixture(scope="module")
def module_sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def sshd(module_sshd: Sshd) -> Iterator[Sshd]:
    """A machine without Foundry Local that knows the client, and is known."""
    yield module_sshd
    module_sshd.drop_lines()
    shutil.rmtree(module_sshd.home / ".foundry", ignore_errors=True)
    for program in (module_sshd.folder / "bin").iterdir():
        program.unlink()
    module_sshd.use_key("client_key")
    module_sshd.know("server_key")


@pytest.fixture(scope="module")
def models() -> Iterator[LoopbackServer]:
    """The model server of that machine."""
    with LoopbackServer().running() as running:
        yield running


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineClient]:
    link = EngineClient()
    yield link
    link.close()


@contextmanager
def tunnel(sshd: Sshd, **settings: Any) -> Iterator[TunnelHost]:
    host = TunnelHost(sshd.target, OpenAIHost, options=sshd.options, **settings)
    try:
        yield host
    finally:
        host.close()


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def refusal(host: TunnelHost) -> NoHostError:
    with pytest.raises(NoHostError) as caught:
        host.connect()
    return caught.value


def until(holds: Callable[[], object]) -> None:
    """Wait for what another process does in its own time."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def ssh_processes() -> list[psutil.Process]:
    """What this test run has started to reach another machine: ssh, and what holds it."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            words = child.cmdline()
            # One that is just ending has lost its words and can still not be waited for.
            ending = not words and child.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            continue
        if "BatchMode=yes" in words or ending:
            found.append(child)
    return found


def clients() -> int:
    return len([process for process in ssh_processes() if process.name() == "ssh"])


def test_the_daemons_own_status_tells_the_port(sshd: Sshd, models: LoopbackServer) -> None:
    status = json.dumps(STATUS | {"webUrls": [url(models.port)]})
    sshd.install("foundry", f"""printf 'Starting\\r\\n'; [ "$1" = server ] && echo '{status}' || exit 2""")
    sshd.write_daemon_json(json.dumps({"web_urls": [url(free_port())], "pid": 1}))
    with tunnel(sshd) as host:
        info = host.connect()
        assert info.title == f"OpenAI-compatible server · 127.0.0.1 via ssh:{models.port}"
        assert (info.kind, info.endpoint, info.local, info.pid, info.ours) == ("openai", None, False, None, False)
        assert "good" in {card.id for card in host.catalogue()}


def test_the_older_services_status_tells_the_port(sshd: Sshd, models: LoopbackServer) -> None:
    line = f"🟢 Model management service is running on {url(models.port)}/openai/status"
    sshd.install("foundry", f"""[ "$1" = service ] && echo '{line}' || {{ echo 'Unknown command' >&2; exit 2; }}""")
    with tunnel(sshd) as host:
        assert host.connect().title.endswith(f"via ssh:{models.port}")


def test_without_a_foundry_to_ask_its_file_tells_the_port(sshd: Sshd, models: LoopbackServer) -> None:
    sshd.write_daemon_json(json.dumps({"pid": 7, "web_urls": [url(models.port)], "daemon_version": "0.10.3"}))
    with tunnel(sshd) as host:
        assert host.connect().title.endswith(f"via ssh:{models.port}")


def test_a_foundry_that_hangs_does_not_hide_the_file(sshd: Sshd, models: LoopbackServer) -> None:
    sshd.install("powershell", POWERSHELL)
    sshd.install("foundry", "exec sleep 60")
    sshd.write_daemon_json(json.dumps({"web_urls": [url(models.port)]}))
    with tunnel(sshd, timeout=3.0) as host:
        assert host.connect().title.endswith(f"via ssh:{models.port}")


def test_a_shell_that_knows_no_semicolon_hands_the_question_to_powershell(
    tmp_path: Path, models: LoopbackServer
) -> None:
    # The shell splits the line into words and runs the first, as cmd.exe does.
    plain = f"cd {tmp_path}/home && exec $SSH_ORIGINAL_COMMAND"
    with running_sshd(tmp_path, ForceCommand=plain) as machine, tunnel(machine) as host:
        machine.install("powershell", POWERSHELL)
        machine.write_daemon_json(json.dumps({"web_urls": [url(models.port)]}))
        assert host.connect().title.endswith(f"via ssh:{models.port}")


def test_an_answer_streams_through_the_line(sshd: Sshd, models: LoopbackServer, engine: EngineClient) -> None:
    with tunnel(sshd, remote_port=models.port) as host:
        host.connect()
        endpoint = host.endpoint("good")
        done = ask(engine, endpoint.base_url, endpoint.model)
        assert endpoint.base_url != models.url
        assert (done.state, done.answer) == (RequestState.DONE, "".join(WORDS))


async def half_an_answer(wire: Wire) -> None:
    """The beginning of an answer, sent as real servers do: in chunks, so that its end cannot be taken for granted."""
    event = sse(text("half of"))
    await wire.send(f"HTTP/1.1 200 OK\r\ncontent-type: {SSE}\r\ntransfer-encoding: chunked\r\n\r\n".encode())
    await wire.send(b"%x\r\n%b\r\n" % (len(event), event))
    await wire.stall()


def test_a_line_that_drops_keeps_the_answer_so_far_and_is_made_again_at_the_same_port(
    sshd: Sshd, models: LoopbackServer, engine: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCRIPTS, "half", half_an_answer)
    with tunnel(sshd, remote_port=models.port) as host:
        host.connect()
        endpoint = host.endpoint("half")
        engine.send(start("r1", endpoint.base_url, endpoint.model))
        asked = new_request()

        def answers() -> bool:
            for event in engine.drain():
                if isinstance(event, Delta):
                    asked.fold(event)
            return bool(asked.answer)

        until(answers)
        sshd.drop_lines()
        for event in some(until_ended(engine, ["r1"])):
            assert not isinstance(event, EngineGone)
            asked.fold(event)
        assert asked.state is RequestState.FAILED and asked.answer == "half of"
        assert asked.fault is not None and "broke before the answer was complete" in asked.fault.message
        host.connect()
        assert host.endpoint("half").base_url == endpoint.base_url
        assert ask(engine, endpoint.base_url, "good").state is RequestState.DONE


def test_any_question_opens_a_dropped_line_again(sshd: Sshd, models: LoopbackServer) -> None:
    with tunnel(sshd, remote_port=models.port) as host:
        before = host.catalogue()
        sshd.drop_lines()
        # Whether this side has noticed yet or not.
        assert host.catalogue() == before
        sshd.drop_lines()
        until(lambda: not ssh_processes())
        assert host.catalogue() == before


def test_a_machine_that_falls_silent_is_noticed(sshd: Sshd, models: LoopbackServer) -> None:
    impatient = ("-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1")
    host = TunnelHost(sshd.target, OpenAIHost, options=(*sshd.options, *impatient), remote_port=models.port)
    info = host.connect()
    for session in sshd.sessions():
        session.suspend()
    until(lambda: not ssh_processes())
    assert host.connect() == info
    host.close()


class Unlucky(OpenAIHost):
    """Each question finds that the line has just dropped, as often as there are `drops`."""

    machine: ClassVar[Sshd]
    drops: ClassVar[list[None]] = []

    def catalogue(self) -> tuple[ModelCard, ...]:
        self.drop()
        return super().catalogue()

    def load(self, model_id: str) -> None:
        self.drop()
        super().catalogue()

    def drop(self) -> None:
        if self.drops:
            self.drops.pop()
            self.machine.drop_lines()


@pytest.fixture
def unlucky(sshd: Sshd, models: LoopbackServer) -> Iterator[TunnelHost]:
    Unlucky.machine = sshd
    host = TunnelHost(sshd.target, Unlucky, options=sshd.options, remote_port=models.port)
    host.connect()
    yield host
    Unlucky.drops.clear()
    host.close()


def test_a_line_that_drops_during_a_question_does_not_fail_it(unlucky: TunnelHost) -> None:
    before = unlucky.catalogue()
    Unlucky.drops.append(None)
    assert unlucky.catalogue() == before and not Unlucky.drops


def test_a_line_that_drops_under_a_question_again_says_so(unlucky: TunnelHost) -> None:
    Unlucky.drops.extend([None, None])
    with pytest.raises(NoHostError) as caught:
        unlucky.catalogue()
    assert caught.value.title == "The line to 127.0.0.1 dropped" and not Unlucky.drops
    assert "connected again" in caught.value.hint


def test_a_line_that_drops_during_a_load_says_so_and_loads_nothing_a_second_time(unlucky: TunnelHost) -> None:
    Unlucky.drops.append(None)
    with pytest.raises(NoHostError, match=r"The line to 127\.0\.0\.1 dropped"):
        unlucky.load("good")


def test_closing_under_a_question_connects_nobody_again(sshd: Sshd, models: LoopbackServer) -> None:
    class Closing(OpenAIHost):
        def catalogue(self) -> tuple[ModelCard, ...]:
            host.close()
            return super().catalogue()

    host = TunnelHost(sshd.target, Closing, options=sshd.options, remote_port=models.port)
    host.connect()
    with pytest.raises(NoHostError):
        host.catalogue()
    assert not ssh_processes()


def test_a_server_that_moved_to_another_port_is_found_again(sshd: Sshd) -> None:
    with tunnel(sshd) as host:
        for _ in range(2):
            with serving(as_json({"data": [{"id": "a"}]})) as server:
                sshd.write_daemon_json(json.dumps({"web_urls": [url(server.port)]}))
                assert host.connect().title.endswith(f"via ssh:{server.port}")
                assert [card.id for card in host.catalogue()] == ["a"]


def test_a_host_that_merely_fails_to_answer_keeps_its_line(sshd: Sshd) -> None:
    with serving(as_json({"data": []})) as server, tunnel(sshd, remote_port=server.port) as host:
        host.connect()
        before = {process.pid for process in ssh_processes()}
        server.answer = b""
        assert (
            refusal(host).title == f"http://127.0.0.1:{server.port}/v1 takes connections and does not answer properly"
        )
        assert {process.pid for process in ssh_processes()} == before


def test_a_near_port_that_was_taken_meanwhile_is_given_up(sshd: Sshd, models: LoopbackServer) -> None:
    with tunnel(sshd, remote_port=models.port) as host:
        host.connect()
        before = host.endpoint("good").base_url
        sshd.drop_lines()
        until(lambda: not ssh_processes())
        with socket.create_server(("127.0.0.1", urlsplit(before).port or 0)):
            host.connect()
            assert host.endpoint("good").base_url != before


def test_closing_ends_ssh_and_a_question_afterwards_starts_it_again(sshd: Sshd, models: LoopbackServer) -> None:
    with tunnel(sshd, remote_port=models.port) as host:
        host.connect()
        assert clients() == 1
        host.close()
        host.close()
        assert not ssh_processes()
        assert host.catalogue()


def test_closing_gives_up_a_connection_under_way(sshd: Sshd) -> None:
    sshd.install("foundry", "exec sleep 60")
    with tunnel(sshd) as host, ThreadPoolExecutor(1) as pool:
        connecting = pool.submit(host.connect)
        until(ssh_processes)
        host.close()
        with pytest.raises(NoHostError, match=r"The line to 127\.0\.0\.1 was closed"):
            connecting.result(PATIENCE_S)


def test_ssh_ends_when_the_program_is_killed(sshd: Sshd, models: LoopbackServer) -> None:
    script = (
        "import sys\nfrom tui.hosts.openai.host import OpenAIHost\nfrom tui.hosts.ssh.tunnel_host import TunnelHost\n"
        f"host = TunnelHost({sshd.target!r}, OpenAIHost, options={sshd.options!r}, remote_port={models.port})\n"
        "host.connect()\nprint('up', flush=True)\nsys.stdin.read()"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline().strip() == b"up"
        below = [child for child in psutil.Process(program.pid).children(recursive=True) if child.name() == "ssh"]
        assert len(below) == 1
        program.kill()
    until(lambda: not below[0].is_running())
    until(lambda: not sshd.sessions())


def test_many_threads_share_one_line(sshd: Sshd, models: LoopbackServer) -> None:
    with tunnel(sshd, remote_port=models.port) as host, ThreadPoolExecutor(4) as pool:
        infos = set(pool.map(lambda _: host.connect(), range(8)))
        assert len(infos) == 1
        assert clients() == 1


def test_a_folder_of_this_machine_cannot_be_registered_over_there(
    sshd: Sshd, models: LoopbackServer, tmp_path: Path
) -> None:
    with tunnel(sshd, remote_port=models.port) as host:
        assert all(host.abilities[ability] for ability in some(Ability))
        host.connect()
        for abilities in (host.abilities, host.abilities_of("good")):
            assert abilities[Ability.REGISTER] == "It would have to lie on 127.0.0.1"
        with pytest.raises(ModelFailedError) as caught:
            host.register(tmp_path)
        assert caught.value.detail == host.abilities[Ability.REGISTER]


def test_the_near_port_is_in_no_message(sshd: Sshd) -> None:
    with tunnel(sshd) as host, serving(as_json({"data": []})) as server:
        sshd.write_daemon_json(json.dumps({"web_urls": [url(server.port)]}))
        host.connect()
        near = host.endpoint("a").base_url.removesuffix("/v1")
        server.answer = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        with pytest.raises(CompareError) as caught:
            host.catalogue()
    assert near.removeprefix("http://") not in caught.value.sentence()
    assert f"127.0.0.1:{server.port}" in caught.value.title


def test_a_machine_where_nobody_listens_says_how_to_start_it(sshd: Sshd) -> None:
    with tunnel(sshd, remote_port=(port := free_port())) as host:
        error = refusal(host)
    assert error.title == "No model server answers on 127.0.0.1"
    assert error.detail == f"Nobody listens at port {port}."
    assert "foundry server start" in error.hint
    assert not ssh_processes()


def test_without_any_foundry_the_usual_port_is_tried(sshd: Sshd) -> None:
    with tunnel(sshd) as host:
        error = refusal(host)
    assert error.detail == "Nobody listens at port 5273. It is the usual one; nothing there named another"


def test_a_foundry_that_is_stopped_is_told_apart_from_none(sshd: Sshd) -> None:
    status = json.dumps({"running": False, "state": "not_running"})
    sshd.install("foundry", f"""[ "$1" = server ] && echo '{status}' || exit 2""")
    sshd.write_daemon_json(json.dumps({"web_urls": [url(free_port())]}))
    with tunnel(sshd) as host:
        assert refusal(host).detail.endswith("Foundry Local is installed there and says that it does not run")


def test_something_else_at_the_port_is_no_model_server(sshd: Sshd) -> None:
    with serving(b"SSH-2.0-OpenSSH_9.9\r\n") as server, tunnel(sshd, remote_port=server.port) as host:
        error = refusal(host)
    assert error.title == f"What listens at port {server.port} of 127.0.0.1 does not answer like a model server"


def test_a_server_that_forwards_nothing_is_named(tmp_path: Path, models: LoopbackServer) -> None:
    with running_sshd(tmp_path, AllowTcpForwarding="no") as strict, tunnel(strict, remote_port=models.port) as host:
        error = refusal(host)
    assert error.title == "127.0.0.1 does not forward ports"
    assert "AllowTcpForwarding" in error.hint


def test_a_key_that_is_not_let_in_is_told_without_asking_for_a_password(sshd: Sshd) -> None:
    sshd.use_key("another_key")
    with tunnel(sshd) as host:
        error = refusal(host)
    user = sshd.target.removeprefix("ssh://").partition("@")[0]
    assert error.title == f"127.0.0.1 does not let {user} in"
    assert "Permission denied (publickey)" in error.detail
    assert f"`ssh -p {sshd.port} {user}@127.0.0.1` asks nothing" in error.hint


def test_a_machine_that_ssh_does_not_know_is_to_be_visited_by_hand(sshd: Sshd) -> None:
    sshd.known_hosts.write_text("")
    with tunnel(sshd) as host:
        error = refusal(host)
    assert error.title == "ssh does not know 127.0.0.1 yet"
    assert "compare the fingerprint" in error.hint and f"`ssh -p {sshd.port} " in error.hint
    assert sshd.known_hosts.read_text() == ""


def test_a_changed_host_key_is_never_passed_over(sshd: Sshd, models: LoopbackServer) -> None:
    sshd.know("another_key")
    with tunnel(sshd, remote_port=models.port) as host:
        error = refusal(host)
    assert error.title == "127.0.0.1 shows another host key than before"
    assert "ssh-keygen -R" in error.hint


def test_a_machine_without_an_ssh_server_says_so(sshd: Sshd) -> None:
    host = TunnelHost(f"me@127.0.0.1:{free_port()}", OpenAIHost, options=sshd.options)
    assert refusal(host).title == "127.0.0.1 takes no SSH connections"


def test_a_server_that_is_no_ssh_server_is_given_up(sshd: Sshd) -> None:
    with serving(as_json({})) as server:
        host = TunnelHost(f"me@127.0.0.1:{server.port}", OpenAIHost, options=sshd.options)
        assert refusal(host).title == "127.0.0.1 ended the connection before it stood"


def test_a_configuration_that_ssh_cannot_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("Nonsense yes\n")
    host = TunnelHost("me@127.0.0.1", OpenAIHost, options=("-F", str(tmp_path / "config")))
    error = refusal(host)
    assert error.title == "ssh cannot use its configuration"
    assert "Nonsense" in error.detail or "nonsense" in error.detail


def test_a_machine_that_never_answers_is_given_up(sshd: Sshd) -> None:
    with serving(b"", hold=True) as mute:
        host = TunnelHost(f"me@127.0.0.1:{mute.port}", OpenAIHost, options=sshd.options, remote_port=5273, timeout=1.0)
        error = refusal(host)
    assert (error.title, error.detail) == ("127.0.0.1 cannot be reached", "ssh was not connected after 1 s")
    assert not ssh_processes()


def test_the_gpus_of_the_other_machine_are_asked_of_its_own_shell(sshd: Sshd, models: LoopbackServer) -> None:
    with tunnel(sshd, remote_port=models.port) as host:
        assert "nvidia-smi on 127.0.0.1 failed: " in host.machine("").no_gpus
        sshd.install("nvidia-smi", 'echo "12206, 802, 86, GeForce GTX TITAN X"')
        found = host.machine("")
        assert [gpu.in_words() for gpu in found.gpus] == ["GeForce GTX TITAN X: 841 MB of 12.8 GB in use, 86 % busy"]
        assert (found.disk_free, found.no_disk) == (None, "The models lie on 127.0.0.1; its disk is not asked.")
