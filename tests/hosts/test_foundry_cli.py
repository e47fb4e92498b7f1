"""The `foundry` command, run for real: a program on PATH that speaks like either generation, and misbehaves."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.fake_foundry import RECORDED, SPINNER, Books, install
from tests.support.replay_daemon import CPU, PHI, SMALL
from tests.support.some import some
from tests.support.system_words import NO_SUCH_FILE
from tui.child.command import Command
from tui.core.catalog.model_card import ModelState
from tui.core.errors import ModelFailedError, NoHostError, NoModelError
from tui.hosts.foundry.cli import FoundryCli, find_cli, find_json

ROOT = "http://127.0.0.1:48077"
PATIENCE_S = 20.0
SOON_S = 0.5


def command(folder: Path, **books: Any) -> tuple[FoundryCli, Books]:
    """A command in a folder, found as a user's would be."""
    kept = install(folder, **books)
    found = find_cli({"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"})
    assert found is not None
    return found, kept


def gone(pid: int) -> bool:
    """Whether a process ends soon."""
    deadline = time.monotonic() + PATIENCE_S
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def noted_pids(books: Books) -> list[int]:
    """The processes of a command that hangs, once it does."""
    deadline = time.monotonic() + PATIENCE_S
    while "pids" not in books.read():
        assert time.monotonic() < deadline, "it never came to hang"
        time.sleep(0.02)
    pids: list[int] = books.read()["pids"]
    return pids


def test_the_command_is_looked_for_on_the_path_of_the_environment_alone(tmp_path: Path) -> None:
    install(tmp_path / "bin")
    assert find_cli({"PATH": str(tmp_path)}) is None
    assert find_cli({}) is None
    found = find_cli({"PATH": str(tmp_path / "bin")})
    assert found is not None and Path(found.path).parent == tmp_path / "bin"


def test_on_windows_the_alias_of_the_installer_is_found_where_the_path_lacks_it(tmp_path: Path) -> None:
    alias = tmp_path / "Microsoft" / "WindowsApps" / "foundry.exe"
    environ = {"PATH": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    assert find_cli(environ, "win32") is None
    alias.parent.mkdir(parents=True)
    alias.touch()
    found = find_cli(environ, "win32")
    assert found is not None and found.path == str(alias)
    assert find_cli({"PATH": str(tmp_path)}, "win32") is None
    assert find_cli(environ, "linux") is None


def test_json_is_found_behind_spinners_and_colours(tmp_path: Path) -> None:
    cli, _ = command(tmp_path)
    assert cli.json("cache", "location", "-o", "json") == RECORDED["cache location"]
    assert cli.json("config", "show", "-o", "json") == RECORDED["config show"]


@pytest.mark.slow
def test_a_command_that_does_not_exit_is_ended_when_its_answer_has_come(tmp_path: Path) -> None:
    cli, books = command(tmp_path, cached=[CPU])
    began = time.monotonic()
    assert cli.json("model", "load", CPU, "-o", "json", timeout=PATIENCE_S) == {"loaded": CPU}
    assert time.monotonic() - began < PATIENCE_S
    assert books.read()["loaded"] == [CPU]


def test_a_process_left_behind_holds_nothing_up(tmp_path: Path) -> None:
    cli, books = command(tmp_path, trouble="leaving one behind")
    assert cli.json("model", "list", "-o", "json", timeout=PATIENCE_S) == {"models": []}
    (left,) = books.read()["pids"]
    assert psutil.pid_exists(left), "a daemon that a command started is nobody's to end"
    psutil.Process(left).kill()


@pytest.mark.parametrize(
    ("trouble", "title", "detail"),
    [
        ("broken", "`foundry model list -o json` failed with code 3", "IPC error 'op_handler_failed'"),
        ("babbling", "`foundry model list -o json` did not print the JSON", "phi-4-mini"),
        ("cut", "`foundry model list -o json` did not print the JSON", '{"models"'),
        ("flooding", "`foundry model list -o json` printed more than 4.0 MB", "That is no answer"),
    ],
)
def test_what_goes_wrong_is_a_sentence(tmp_path: Path, trouble: str, title: str, detail: str) -> None:
    cli, _ = command(tmp_path, trouble=trouble)
    with pytest.raises(NoHostError) as caught:
        cli.json("model", "list", "-o", "json", timeout=PATIENCE_S)
    assert caught.value.title.startswith(title)
    assert detail in caught.value.detail
    assert "\x1b" not in caught.value.sentence()
    assert caught.value.hint == "Try it in a terminal of your own"


@pytest.mark.slow
def test_a_silent_command_is_given_up(tmp_path: Path) -> None:
    cli, _ = command(tmp_path, trouble="silent")
    with pytest.raises(NoHostError, match=r"`foundry cache location` gave no whole answer within 0.5 s"):
        cli.json("cache", "location", timeout=SOON_S)
    with pytest.raises(NoHostError, match=r"`foundry --version` did not end within 0.5 s"):
        cli.version(timeout=SOON_S)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_command_is_ended_with_the_processes_it_started(tmp_path: Path) -> None:
    cli, books = command(tmp_path, trouble="crowded")
    with Command([cli.path, "model", "list"]):
        pids = noted_pids(books)
    assert len(pids) == 2 and all(map(gone, some(pids)))


def test_a_command_that_cannot_be_run_says_which(tmp_path: Path) -> None:
    with pytest.raises(NoHostError) as caught:
        FoundryCli(str(tmp_path / "foundry")).json("model", "list")
    assert caught.value.title == f"The command {tmp_path / 'foundry'} cannot be run"
    assert NO_SUCH_FILE in caught.value.detail


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    cli, books = command(tmp_path)
    with pytest.raises(NoHostError, match="failed with code 2"):
        cli.json("model; touch", f"$(touch {tmp_path / 'made'})", "&&", "*")
    assert books.asked.read_text("utf-8") == f"model; touch $(touch {tmp_path / 'made'}) && *\n"
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("generation", ["0.10", "0.8"])
def test_either_generation_says_where_it_serves(tmp_path: Path, generation: str) -> None:
    cli, books = command(tmp_path, generation=generation, root=ROOT)
    assert cli.where_served() == ROOT
    books.write(root=None)
    assert cli.where_served() is None


@pytest.mark.parametrize("generation", ["0.10", "0.8"])
@pytest.mark.parametrize(
    "root", ["http://192.0.2.7:80", "https://models.example:443", "file:///etc:1", "http://u:p@127.0.0.1:1"]
)
def test_only_an_address_of_this_machine_is_believed(tmp_path: Path, generation: str, root: str) -> None:
    cli, _ = command(tmp_path, generation=generation, root=root)
    assert cli.where_served() is None


def test_a_server_that_listens_everywhere_is_asked_here(tmp_path: Path) -> None:
    cli, _ = command(tmp_path, root="http://0.0.0.0:48077")
    assert cli.where_served() == ROOT


@pytest.mark.slow
def test_a_command_that_answers_neither_question_is_no_silence(tmp_path: Path) -> None:
    cli, _ = command(tmp_path, trouble="silent")
    with pytest.raises(NoHostError, match="service status"):
        cli.where_served(timeout=SOON_S)


@pytest.mark.parametrize(("generation", "version"), [("0.10", "0.10.3+da50cfea8a"), ("0.8", "0.8.113+70167233c5")])
def test_the_version_is_told(tmp_path: Path, generation: str, version: str) -> None:
    cli, _ = command(tmp_path, generation=generation)
    assert cli.version() == version


def test_a_version_that_is_none_is_unknown(tmp_path: Path) -> None:
    cli, _ = command(tmp_path, trouble="babbling")
    assert cli.version() is None


def test_the_lists_become_cards(tmp_path: Path) -> None:
    cli, _ = command(tmp_path, cached=[SMALL])
    (cached,) = cli.models("--cached")
    assert (cached.id, cached.alias, cached.task, cached.state) == (SMALL, "qwen2.5-0.5b", "chat", ModelState.CACHED)
    assert (cached.device, cached.size_bytes, cached.context) == (None, None, None)
    every = {card.id: card for card in cli.models("--variants")}
    assert len(every) == 4
    assert every[SMALL].state is ModelState.CACHED
    phi = every[PHI]
    assert (phi.alias, phi.variant, phi.state) == ("phi-4-mini", PHI.removesuffix(":5"), ModelState.CATALOG)
    assert (phi.device, phi.ep, phi.size_bytes) == ("GPU", "WebGpuExecutionProvider", 3_809_000_000)


def test_rows_that_make_no_sense_are_left_out(tmp_path: Path) -> None:
    rows: list[Any] = [None, 7, [], {}, {"variantId": 3}, {"variantId": " "}, {"id": "x" * 600}]
    odd = {"variantId": "a:1", "fileSizeMb": -1, "device": 4, "cached": "yes", "contextLength": True, "alias": "\ud83d"}
    cli, _ = command(tmp_path, listed={"variants": [*rows, odd, odd]})
    (card,) = cli.models("--variants")
    assert (card.id, card.alias, card.device, card.size_bytes, card.context) == ("a:1", "\ufffd", None, None, None)
    assert card.state is ModelState.CATALOG


def test_a_download_tells_its_progress(tmp_path: Path) -> None:
    cli, books = command(tmp_path)
    told: list[float] = []
    assert cli.download(PHI, told.append, threading.Event())
    assert told[-1] == 100.0
    assert set(told) <= {0.0, 12.5, 40.95, 100.0} and told == sorted(set(told))
    assert books.read()["cached"] == [PHI]


def test_a_download_without_percentages_tells_none(tmp_path: Path) -> None:
    cli, _ = command(tmp_path, trouble={PHI: "mute"})
    told: list[float] = []
    assert cli.download(PHI, told.append, threading.Event())
    assert told == []


def test_cancelling_a_download_ends_its_command(tmp_path: Path) -> None:
    cli, books = command(tmp_path, trouble={PHI: "stalls"})
    cancelled = threading.Event()
    told: list[float] = []

    def cancel() -> None:
        noted_pids(books)
        cancelled.set()

    threading.Thread(target=cancel).start()
    assert cli.download(PHI, told.append, cancelled) is False
    assert told and max(told) < 100.0
    assert all(map(gone, some(noted_pids(books))))
    assert books.read()["cached"] == []


def test_a_download_that_fails_says_which_and_why(tmp_path: Path) -> None:
    cli, _ = command(tmp_path, trouble={PHI: "breaks"})
    with pytest.raises(ModelFailedError) as caught:
        cli.download(PHI, lambda percent: None, threading.Event())
    assert caught.value.title == f"{PHI} could not be downloaded"
    assert "Registry request failed across 8 region(s)" in caught.value.detail
    assert f"`foundry model download {PHI}`" in caught.value.hint


def test_a_download_for_which_there_is_no_space_says_what_to_do(tmp_path: Path) -> None:
    cli, _ = command(tmp_path, trouble={PHI: "full"})
    with pytest.raises(ModelFailedError) as caught:
        cli.download(PHI, lambda percent: None, threading.Event())
    assert "There is not enough space on the disk" in caught.value.detail
    assert caught.value.hint == "Free some space where the models lie, then download it again"


def test_a_mistake_in_the_caller_ends_the_command_as_well(tmp_path: Path) -> None:
    cli, books = command(tmp_path, trouble={PHI: "stalls"})

    def defect(percent: float) -> None:
        if percent > 40:
            noted_pids(books)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cli.download(PHI, defect, threading.Event())
    assert all(map(gone, some(noted_pids(books))))


@pytest.mark.parametrize("name", ["", "--help", "-o", "a b", "a;b", "a&calc", "a\nb", "../x", "\u2603", "x" * 300])
def test_a_name_that_no_model_has_never_reaches_a_command_line(tmp_path: Path, name: str) -> None:
    cli, books = command(tmp_path)
    with pytest.raises(NoModelError, match="cannot be the name of a model"):
        cli.download(name, lambda percent: None, threading.Event())
    assert not books.asked.exists()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        (SPINNER + '[{"a": "}]"}] trailing', [{"a": "}]"}]),
        ('[1/3] {x} [   ] [45] Loading\r{"a": {"b": ["\\"}"]}}\nDone {', {"a": {"b": ['"}']}}),
        ('["a"]', ["a"]),
        ("Searching...\n[]\n", []),
        ('[ never closed\n{"a": 1}', {"a": 1}),
        ("[1, 2]", None),
        ("no brackets", None),
        ("", None),
        ("{" * 50_000, None),
        ("[" * 50_000 + "]" * 50_000, None),
    ],
    ids=["plain", "spinner", "progress", "texts", "empty", "unclosed", "numbers", "words", "nothing", "open", "deep"],
)
def test_json_is_found_in_what_was_printed(text: str, value: Any) -> None:
    assert find_json(text, ended=True) == value


def test_half_an_answer_is_none_and_its_inside_is_not_taken_for_it() -> None:
    whole = '{\n "models": [\n  {"alias": "a"},\n  {"alias": "b"}\n ]\n}'
    for length in some(range(len(whole))):
        assert find_json(whole[:length], ended=False) is None
    assert find_json(whole, ended=False) == {"models": [{"alias": "a"}, {"alias": "b"}]}
