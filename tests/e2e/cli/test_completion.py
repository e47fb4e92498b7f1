"""Tab in the real shells, and what is offered there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.terminal.terminal import terminal
from tests.support.program import call
from tests.support.sessions import request, session
from tui.core.catalog.model_card import ModelCard
from tui.storage.known_models import known_models, remember_models
from tui.storage.session_files import save

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX: there are no such shells")
PROGRAM = Path(sys.executable).with_name("foundry-compare")


def completed(folder: Path, *words: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """What bash is offered for the last of these words."""
    asked = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = call(cwd=folder, environ={**asked, "_FOUNDRY_COMPARE_COMPLETE": "bash_complete", **(environ or {})})
    assert (done.code, done.err) == (0, "")
    return [line.partition(",")[2] for line in done.out.splitlines()]


@pytest.fixture
def places(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Folders in which something is kept."""
    save(session([request()]), tmp_path / "sessions" / "20261127T093106Z-aaaa.toml")
    cards = (ModelCard("phi-4-mini-cpu:1", "phi-4-mini"), ModelCard("$(reboot)", "phi; reboot"))
    remember_models(cards, tmp_path / "cache")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text(
        '[hosts.lab]\naddress = "http://127.0.0.1:9/v1"\n[hosts."$(reboot)"]\naddress = "http://127.0.0.1:9/v1"\n',
        "utf-8",
    )
    yield {f"FOUNDRY_COMPARE_{name}": str(tmp_path / name.lower()) for name in ("SESSIONS", "CACHE", "CONFIG")}


def test_commands_options_choices_and_what_is_kept_are_offered_and_nothing_a_shell_would_run(
    tmp_path: Path, places: dict[str, str]
) -> None:
    def offers(*words: str) -> list[str]:
        return completed(tmp_path, "foundry-compare", *words, environ=places)

    assert {"run", "bench", "sessions", "help"} <= set(offers(""))
    assert "--mode" in offers("run", "--mo") and offers("run", "--mode", "m") == ["measure"]
    assert "search" in offers("sessions", "")
    assert offers("run", "-m", "") == ["phi-4-mini", "phi-4-mini-cpu:1"]
    assert "lab" in offers("--host", "") and "demo" in offers("--host", "d") and "$(reboot)" not in offers("--host", "")
    assert "dark" in offers("--theme", "")
    assert offers("open", "2026") == ["20261127T093106Z-aaaa"]


def test_names_of_models_are_kept_once_and_a_damaged_file_holds_none(tmp_path: Path) -> None:
    one, two = ModelCard("a:1", "a"), ModelCard("b:1", "b")
    remember_models([one], tmp_path)
    remember_models([two, one], tmp_path)
    assert known_models(tmp_path) == ["b", "b:1", "a", "a:1"]
    (tmp_path / "model-names.txt").write_bytes(b"\xff\xfe")
    assert known_models(tmp_path) == []


@POSIX
@pytest.mark.slow
def test_bash_completes(tmp_path: Path) -> None:
    script = (
        'eval "$(foundry-compare completion bash)"; COMP_WORDS=(foundry-compare run --mo); COMP_CWORD=2;'
        ' _foundry_compare_completion foundry-compare run; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert "--mode" in _in_shell(["bash", "-c", script], tmp_path)


@POSIX
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes(tmp_path: Path) -> None:
    script = 'foundry-compare completion fish | source; complete -C "foundry-compare run --mo"'
    assert any(line.startswith("--mode") for line in _in_shell(["fish", "--no-config", "-c", script], tmp_path))


@POSIX
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_zsh_completes(tmp_path: Path) -> None:
    (tmp_path / ".zshrc").write_text(
        f'export PATH="{PROGRAM.parent}:$PATH"\nautoload -Uz compinit && compinit -u\n'
        'eval "$(foundry-compare completion zsh)"\necho "it is" ready\n'
    )
    with terminal(["env", f"ZDOTDIR={tmp_path}", "zsh", "-i"], (80, 24), tmp_path) as (window, _):
        window.sees("it is ready")
        window.type("foundry-compare completion pow", "Tab")
        window.sees("completion powershell")


def _in_shell(command: list[str], folder: Path) -> list[str]:
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path, "HOME": str(folder)}, text=True,
                          capture_output=True, timeout=60, check=True)  # fmt: skip
    return done.stdout.splitlines()
