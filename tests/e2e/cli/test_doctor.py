"""`foundry-compare doctor` as a process: what it looked at, what it found, and its exit code."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import psutil
import pytest

from tests.hosts.models_server import free_port
from tests.support.fake_foundry import install
from tests.support.loopback_server import SCRIPTS, LoopbackServer
from tests.support.program import Done, call
from tests.support.replay_service import replaying
from tests.support.some import some
from tui.cli.system_info import terminal
from tui.core.terminal import colours
from tui.hosts.base import Ability

At = tuple[str, str]
GENERATIONS = ("0.8", "0.10")


@pytest.fixture
def alone(tmp_path: Path) -> dict[str, str]:
    """An environment in which no host is named and no `foundry` is installed."""
    empty = tmp_path / "empty"
    empty.mkdir()
    return {"PATH": str(empty), "HOME": str(empty), "USERPROFILE": str(empty), "FOUNDRY_LOCAL_ENDPOINT": ""}


def configured(own_folders: Path, text: str) -> None:
    (own_folders / "config").mkdir()
    (own_folders / "config" / "config.toml").write_text(text, "utf-8")


def rows(done: Done, name: str) -> list[str]:
    """What stands behind a name, line by line."""
    start = f"  {name} "
    return [line[len(start) :].strip() for line in done.out.splitlines() if line.startswith(start)]


def test_a_host_that_answers_is_told_with_all_that_is_known(
    at: At, server: LoopbackServer, tmp_path: Path, own_folders: Path
) -> None:
    done = call("doctor", *at, cwd=tmp_path)
    assert done.code == 0, done.err
    (tried,) = [line for line in done.out.splitlines() if line.startswith("  ok ")]
    assert tried.startswith("  ok --host") and server.url in tried and re.search(r"\([\d.]+ m?s\)$", tried)
    assert rows(done, "kind") == ["openai"]
    assert rows(done, "models") == [f"{len(SCRIPTS)} unknown"]
    (lacks,) = rows(done, "cannot")
    assert lacks.startswith(", ".join(ability.name.lower() for ability in Ability) + ": OpenAI's API has no request")
    assert rows(done, "can") == ["answer, and nothing else"]
    assert rows(done, "version") == ["the server does not say"]
    assert rows(done, "memory")[0].endswith(f" free of {psutil.virtual_memory().total / 1e9:,.1f} GB")
    assert rows(done, "sessions") == [f"{own_folders / 'sessions'} (not there yet)"]
    assert rows(done, "config") == [f"{own_folders / 'config' / 'config.toml'} (not there yet)"]
    assert rows(done, "settings") == ["0 of the configuration: `foundry-compare config show`"]
    assert rows(done, "textual")[0][0].isdigit()
    assert rows(done, "terminal")[0].startswith("no terminal")


def test_for_machines_it_is_one_object(at: At, tmp_path: Path) -> None:
    done = call("doctor", *at, "--json", cwd=tmp_path, environ={"SSH_CONNECTION": "1 2 3 4"})
    assert done.code == 0
    assert set(done.json) == {
        "ok", "exit_code", "hosts", "memory", "gpus", "places", "settings", "versions", "terminal", "output",
    }  # fmt: skip
    assert done.json["output"]["encoding"].lower() == "utf-8"
    assert (done.json["output"]["console"] is None) == (sys.platform != "win32")
    assert (done.json["ok"], done.json["exit_code"]) == (True, 0)
    (host,) = done.json["hosts"]
    assert set(host) == {"name", "attempts", "host", "abilities", "models", "providers", "machine", "error"}
    assert (host["providers"], host["machine"]["gpus"], host["machine"]["disk_free_bytes"]) == ([], [], None)
    assert host["machine"]["gpus_unknown"] and done.json["gpus"]["in_words"]
    assert host["host"]["kind"] == "openai" and host["error"] is None
    assert host["models"] == {"unknown": len(SCRIPTS)}
    assert all(isinstance(reason, str) for reason in some(host["abilities"].values()))
    (attempt,) = host["attempts"]
    assert (attempt["source"], attempt["found"]) == ("--host", True) and 0 < attempt["seconds"] < 30
    assert 0 < done.json["memory"]["free_bytes"] <= done.json["memory"]["total_bytes"]
    assert done.json["versions"]["python"] == sys.version.split()[0]
    assert done.json["terminal"]["ssh"] is True and done.json["terminal"]["columns"] is None


def test_where_nobody_answers_the_code_is_three_and_the_machine_is_told_all_the_same(
    nobody: At, tmp_path: Path
) -> None:
    done = call("doctor", *nobody, cwd=tmp_path)
    assert done.code == 3
    (tried,) = [line for line in done.out.splitlines() if line.startswith("  -  --host")]
    assert f"Nobody answers at {nobody[1]}." in tried
    assert rows(done, "memory") and not rows(done, "kind")
    told = call("doctor", *nobody, "--json", cwd=tmp_path)
    assert told.code == told.json["exit_code"] == 3
    assert told.json["hosts"][0]["error"].startswith("Nobody answers at")


def test_a_key_that_cannot_be_sent_is_a_slip_of_the_setting(at: At, tmp_path: Path) -> None:
    quoted = {"API_KEY": "\u201csk-0123456789\u201d"}
    why = "The API key holds characters that no server accepts. Look at how it was copied into API_KEY."
    for command in (("doctor",), ("smoke", "-m", "good"), ("run", "-m", "good", "-p", "hi"), ("models",)):
        done = call(*command, *at, cwd=tmp_path, environ=quoted)
        assert done.code == 2 and why in done.out + done.err, command
    assert call("smoke", "-m", "good", *at, cwd=tmp_path, environ={"API_KEY": "sk-0123456789\r\n"}).code == 0


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_foundry_command_of_either_generation_is_asked(
    alone: dict[str, str], tmp_path: Path, generation: str
) -> None:
    with replaying() as service:
        books = install(tmp_path / "bin", generation=generation, root=service.url)
        environ = alone | {"PATH": str(books.path.parent)}
        done = call("doctor", "--json", cwd=tmp_path, environ=environ)
    assert done.code == 0
    (host,) = done.json["hosts"]
    assert host["host"]["kind"] == "service"
    assert [(attempt["source"], attempt["found"]) for attempt in host["attempts"]] == [
        ("FOUNDRY_LOCAL_ENDPOINT", False),
        ("config.toml", False),
        ("~/.foundry/daemon.json", False),
        ("foundry command", True),
    ]
    assert host["abilities"]["load"] is True and host["abilities"]["remove"] is True
    assert isinstance(host["abilities"]["register"], str)
    assert host["host"]["version"].startswith(f"{generation}.")


def test_the_environment_names_the_host_and_a_flag_beats_it(at: At, alone: dict[str, str], tmp_path: Path) -> None:
    with replaying() as service:
        environ = alone | {"FOUNDRY_LOCAL_ENDPOINT": f"{service.url}/v1"}
        assert rows(call("doctor", cwd=tmp_path, environ=environ), "kind") == ["service"]
        assert rows(call("doctor", *at, cwd=tmp_path, environ=environ), "kind") == ["openai"]


def test_the_default_of_the_configuration_is_used(
    server: LoopbackServer, alone: dict[str, str], tmp_path: Path, own_folders: Path
) -> None:
    configured(own_folders, f'default_host = "lab"\n[hosts.lab]\nurl = "{server.url}"\n')
    assert rows(call("doctor", cwd=tmp_path, environ=alone), "kind") == ["openai"]
    assert rows(call("doctor", "--host", "lab", cwd=tmp_path, environ=alone), "kind") == ["openai"]


def test_a_broken_configuration_is_a_sentence_and_stops_no_host_that_is_named(
    at: At, alone: dict[str, str], tmp_path: Path, own_folders: Path
) -> None:
    configured(own_folders, "[hosts.lab]\nurll = 'http://box'\n")
    broken = call("doctor", cwd=tmp_path, environ=alone)
    assert broken.code == 2
    assert "config.toml cannot be used. Line 1: `hosts.lab`: exactly one of `url`" in broken.out
    assert rows(broken, "settings") == ["1 thing is wrong: `foundry-compare config check` names it"]
    assert call("doctor", *at, cwd=tmp_path, environ=alone).code == 0
    unknown = call("doctor", "--host", "lab", cwd=tmp_path, environ=alone)
    assert (
        unknown.code == 2
        and "`urll` is not a key that is known; did you mean `url`?" in unknown.err
        and "Traceback" not in unknown.err
    )


def test_several_hosts_are_told_one_by_one_and_one_that_answers_is_enough(at: At, nobody: At, tmp_path: Path) -> None:
    done = call("doctor", *at, *nobody, "--json", cwd=tmp_path)
    assert done.code == 0
    names = [at[1].removeprefix("http://").removesuffix("/v1"), nobody[1].removeprefix("http://").removesuffix("/v1")]
    assert [host["name"] for host in done.json["hosts"]] == names
    assert [host["host"] is not None for host in done.json["hosts"]] == [True, False]


def test_what_a_host_calls_itself_cannot_reach_the_terminal(alone: dict[str, str], tmp_path: Path) -> None:
    environ = alone | {"FOUNDRY_LOCAL_ENDPOINT": f"http://127.0.0.1:{free_port()}/\x1b]0;owned\x07"}
    done = call("doctor", cwd=tmp_path, environ=environ)
    assert done.code == 2
    assert "\x1b" not in done.out + done.err and "\x07" not in done.out + done.err


@pytest.mark.parametrize(
    ("environ", "system", "number"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "linux", 1 << 24),
        ({"TERM": "xterm-direct"}, "linux", 1 << 24),
        ({"TERM": "xterm-256color"}, "linux", 256),
        ({"TERM": "vt220"}, "linux", 16),
        ({"TERM": "dumb"}, "linux", 0),
        ({}, "win32", 1 << 24),
        ({}, "linux", None),
    ],
)
def test_colours_are_what_the_terminal_says(environ: dict[str, str], system: str, number: int | None) -> None:
    assert colours(environ, system) == number


def test_the_line_and_the_multiplexer_are_seen() -> None:
    assert terminal({"SSH_TTY": "/dev/pts/1", "TMUX": "/tmp/x", "NO_COLOR": "1"}) | {"columns": 0, "rows": 0} == {
        "columns": 0, "rows": 0, "term": None, "colours": colours({}), "no_color": True, "ssh": True,
        "multiplexer": "tmux",
    }  # fmt: skip
    assert terminal({})["ssh"] is False and terminal({})["multiplexer"] is None
