"""The GPUs and the disk of a host's machine: asked of a program that answers, fails, hangs, or is not there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.recorded import LookedAtHost
from tests.support.some import some
from tui.hosts import machine as machines
from tui.hosts.base import NOT_FROM_HERE, HostInfo
from tui.hosts.machine import amd_gpus, local_machine, remote_gpus

ANSWER = "12206, 802, 0, GeForce GTX TITAN X"
NO_DRIVER = (
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA "
    "driver is installed and running."
)
NOWHERE = Path("nowhere")


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands in for the program: a text that Python runs. It is not there before it is written."""
    script = tmp_path / "says.py"
    folder = tmp_path / "bin"
    folder.mkdir()
    if sys.platform == "win32":
        (folder / "nvidia-smi.bat").write_text(f'@"{sys.executable}" "{script}" %*\n')
    else:
        program = folder / "nvidia-smi"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return script


def test_the_driver_s_program_is_asked_and_its_figures_are_passed_on(nvidia_smi: Path, tmp_path: Path) -> None:
    nvidia_smi.write_text(f"import sys; assert sys.argv[1].startswith('--query-gpu='); print({ANSWER!r})")
    found = local_machine(tmp_path / "not" / "there yet", cards=NOWHERE)
    assert [gpu.in_words() for gpu in found.gpus] == ["GeForce GTX TITAN X: 841 MB of 12.8 GB in use, 0 % busy"]
    assert (found.no_gpus, found.no_disk) == ("", "")
    assert found.disk_free is not None and found.disk_free > 0


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (
            f"import sys; print({NO_DRIVER!r}); sys.exit(9)",
            "nvidia-smi failed: NVIDIA-SMI has failed because it couldn",
        ),
        ("import sys; sys.exit(6)", "nvidia-smi failed: it ended with 6."),
        ("print('No devices were found')", "nvidia-smi answered something else: it is no table of GPUs."),
        ("print('\\x1b[31m' * 9000)", "nvidia-smi answered something else: "),
        ("import time; time.sleep(60)", "nvidia-smi did not answer within 0.5 s."),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_no_figure(says: str, why: str, nvidia_smi: Path) -> None:
    nvidia_smi.write_text(says)
    found = local_machine(None, cards=NOWHERE, timeout=0.5 if "sleep" in says else 10)
    assert found.gpus == () and found.no_gpus.startswith(why), found.no_gpus
    assert found.no_disk == "The host does not say where it keeps its models."


def test_without_the_program_that_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert local_machine(None, cards=NOWHERE).no_gpus == "There is no nvidia-smi on this machine."


def test_a_program_of_that_name_in_the_working_directory_is_not_run(
    nvidia_smi: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvidia_smi.write_text(f"print({ANSWER!r})")
    monkeypatch.chdir(nvidia_smi.parent / "bin")
    assert local_machine(None, cards=NOWHERE).gpus == ()


def test_another_machine_s_shell_is_asked_with_one_word(nvidia_smi: Path) -> None:
    """What stands in for `ssh HOST` runs the word in a shell, as the other machine's would."""
    nvidia_smi.write_text(f"print({ANSWER!r})")
    shell = [os.environ.get("COMSPEC", "cmd.exe"), "/c"] if sys.platform == "win32" else ["/bin/sh", "-c"]
    gpus, why = remote_gpus(shell, "box")
    assert ([gpu.name for gpu in gpus], why) == (["GeForce GTX TITAN X"], "")
    nvidia_smi.write_text("import sys; sys.exit(255)")
    assert remote_gpus(shell, "box") == ((), "nvidia-smi on box failed: it ended with 255.")
    gpus, why = remote_gpus([str(nvidia_smi.parent / "no-ssh")], "box")
    assert gpus == () and why.startswith("nvidia-smi on box cannot be run: ")


def test_linux_tells_of_gpus_by_amd(tmp_path: Path) -> None:
    facts = {"vendor": "0x1002\n", "mem_info_vram_total": "17163091968\n", "mem_info_vram_used": "1024\n"}
    for card, more in (("card0", {"gpu_busy_percent": "42\n", "product_name": "Navi\n"}), ("card1", {}), ("card2", {})):
        device = tmp_path / card / "device"
        device.mkdir(parents=True)
        for name, text in some((facts | more).items()):
            (device / name).write_text(text)
    (tmp_path / "card2" / "device" / "vendor").write_text("0x8086\n")
    assert [gpu.in_words() for gpu in amd_gpus(tmp_path)] == [
        "Navi: 1 kB of 17.2 GB in use, 42 % busy",
        "AMD GPU (card1): 1 kB of 17.2 GB in use, - busy",
    ]


def test_a_host_whose_process_is_not_seen_says_nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port of this machine may be forwarded to another."""

    class Forwarded(LookedAtHost):
        def connect(self) -> HostInfo:
            return HostInfo("openai", "A server", local=True)

    monkeypatch.setattr(machines, "_local_gpus", lambda *_: pytest.fail("this machine was asked"))
    assert Forwarded().machine("").no_gpus == NOT_FROM_HERE
