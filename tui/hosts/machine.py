"""Asks machines for their GPUs and disks. Everything here may take seconds: it is called in threads."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tui.child.command import Command
from tui.core.catalog.machine import NVIDIA_QUESTION, Gpu, Machine, parse_nvidia_smi
from tui.core.errors import CompareError, reason_of
from tui.core.text.clean import clean_line
from tui.files import read_regular

HERE_S, THERE_S = 5.0, 15.0
"""Seconds that a GPU's driver may take to answer, on this machine and through SSH."""
MAX_BYTES = 16_384
_MAX_WORDS = 120
_NVIDIA_SMI = "nvidia-smi"
_OLD_PLACE = r"NVIDIA Corporation\NVSMI"
"""Where older drivers of Windows put it, below `Program Files`, and in no search path."""
CARDS = Path("/sys/class/drm")
_AMD = "0x1002"


class _NotKnownError(Exception):
    """Why nothing is known of GPUs, as a sentence."""


def local_machine(models: Path | None, *, cards: Path = CARDS, timeout: float = HERE_S) -> Machine:
    """What there is to know of this machine; `models` is the folder in which the host keeps its models, if that is
    known. `timeout` is in seconds."""
    gpus, no_gpus = _local_gpus(cards, timeout)
    if models is None:
        return Machine(gpus, no_gpus, no_disk="The host does not say where it keeps its models.")
    try:
        free = shutil.disk_usage(_nearest_there(models)).free
    except OSError as error:
        return Machine(gpus, no_gpus, no_disk=f"The disk of its models cannot be asked: {reason_of(error)}.")
    return Machine(gpus, no_gpus, disk_free=free)


def local_gpus() -> tuple[tuple[Gpu, ...], str]:
    """The GPUs of this machine, or why they are not known."""
    return _local_gpus(CARDS, HERE_S)


def remote_gpus(before: Sequence[str], machine: str, timeout: float = THERE_S) -> tuple[tuple[Gpu, ...], str]:
    """The GPUs of another machine, or why they are not known. `before` are the words that have something run there,
    `machine` is its name, `timeout` is in seconds."""
    try:
        # One word for ssh; no shell finds anything in it to take apart.
        return _asked([*before, " ".join((_NVIDIA_SMI, *NVIDIA_QUESTION))], f" on {machine}", timeout), ""
    except _NotKnownError as unknown:
        return (), str(unknown)


def _local_gpus(cards: Path, timeout: float) -> tuple[tuple[Gpu, ...], str]:
    try:
        if (program := _nvidia_smi()) is not None:
            return _asked([program, *NVIDIA_QUESTION], "", timeout), ""
        why = f"There is no {_NVIDIA_SMI} on this machine."
    except _NotKnownError as unknown:
        why = str(unknown)
    found = amd_gpus(cards)
    return found, "" if found else why


def _nvidia_smi() -> str | None:
    """Where it is; one in the working directory is not taken, though Windows would look there first."""
    places = [os.environ.get("PATH", os.defpath)]
    if sys.platform == "win32":
        places += [str(Path(root) / _OLD_PLACE) for root in (os.environ.get("PROGRAMFILES"),) if root]
    for place in places:
        found = shutil.which(_NVIDIA_SMI, path=place)
        if found is not None and Path(found).is_absolute() and Path(found).parent != Path.cwd():
            return found
    return None


def _asked(command: Sequence[str], where: str, timeout: float) -> tuple[Gpu, ...]:
    """Raises _NotKnownError."""
    try:
        with Command(command) as running:
            code = running.wait(timeout)
            if code is None:
                raise _NotKnownError(f"{_NVIDIA_SMI}{where} did not answer within {timeout:g} s.")
            text, complaints = running.read(MAX_BYTES), running.complaints()
    except (OSError, CompareError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else error.title
        raise _NotKnownError(f"{_NVIDIA_SMI}{where} cannot be run: {reason}.") from error
    if code:
        words = clean_line(" ".join(f"{complaints} {text}".split()), _MAX_WORDS).rstrip(".")
        raise _NotKnownError(f"{_NVIDIA_SMI}{where} failed: {words or f'it ended with {code}'}.")
    try:
        return parse_nvidia_smi(text)
    except ValueError as error:
        raise _NotKnownError(f"{_NVIDIA_SMI}{where} answered something else: {error}.") from error


def amd_gpus(cards: Path = CARDS) -> tuple[Gpu, ...]:
    """The AMD GPUs that Linux's driver tells of, each in its folder: `mem_info_vram_total`, `mem_info_vram_used` in
    bytes and `gpu_busy_percent` (the kernel's documentation of amdgpu)."""
    found = []
    for device in sorted(cards.glob("card[0-9]*/device")):
        if _text(device / "vendor") != _AMD or (total := _number(device / "mem_info_vram_total")) is None:
            continue
        name = _text(device / "product_name") or f"AMD GPU ({device.parent.name})"
        load = _number(device / "gpu_busy_percent")
        found.append(Gpu(name, total, _number(device / "mem_info_vram_used"), load))
    return tuple(found)


def _text(file: Path) -> str:
    try:
        return read_regular(file, 4096).decode("utf-8", "replace").strip()[:200]
    except (OSError, ValueError):
        return ""


def _number(file: Path) -> int | None:
    text = _text(file)
    return int(text) if text.isascii() and text.isdecimal() else None


def _nearest_there(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there: nothing may have been downloaded yet."""
    return next((place for place in (folder, *folder.parents) if place.is_dir()), folder)
