"""What is known of the machine that models run on: its GPUs, the disk of its models, its execution providers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN, data_size

_MIB = 2**20
_MOST_GPUS = 32
_MOST_MIB = 1e9
_NAME_SHOWN = 60
NVIDIA_QUESTION = ("--query-gpu=memory.total,memory.used,utilization.gpu,name", "--format=csv,noheader,nounits")
"""What `nvidia-smi` is asked: MiB, MiB, per cent, and a name, which comes last because it may hold a comma."""
_PROVIDER = re.compile(r"\w{1,60}")


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU at one moment. What its driver does not say is None: an NVIDIA GPU that shares the memory of the machine
    (GB10) says `[N/A]` of it, and so do drivers of displays on Windows (WDDM) of some figures."""

    name: str
    total_bytes: int | None = None
    used_bytes: int | None = None
    load_percent: float | None = None
    """How much of the last sample period it computed, in per cent."""

    def in_words(self) -> str:
        """`NVIDIA L4: 1.2 GB of 24.2 GB in use, 35 % busy`."""
        memory = f"{data_size(self.used_bytes)} of {data_size(self.total_bytes)} in use"
        if self.used_bytes is None and self.total_bytes is None:
            memory = f"memory {UNKNOWN}: its driver does not say"
        load = UNKNOWN if self.load_percent is None else f"{self.load_percent:.0f} %"
        return f"{clean_line(self.name, _NAME_SHOWN)}: {memory}, {load} busy"


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine of a host, as far as it is known."""

    gpus: tuple[Gpu, ...] = ()
    no_gpus: str = ""
    """Why no GPU is known, as a sentence; empty when some are."""
    providers: tuple[str, ...] = ()
    """The execution providers that the host says are ready."""
    disk_free: int | None = None
    """Free bytes of the disk that the host keeps its models on."""
    no_disk: str = ""
    """Why that is not known, as a sentence."""


def gpu_memory_in_use(gpus: Iterable[Gpu], no_gpus: str) -> tuple[int | None, str]:
    """What all GPUs of a machine have in use together, in bytes, or None and why that is not known, as a sentence."""
    found = tuple(gpus)
    silent = next((gpu for gpu in found if gpu.used_bytes is None), None)
    if silent is not None:
        return None, f"The driver of {clean_line(silent.name, _NAME_SHOWN)} does not say how much memory is in use."
    return (sum(gpu.used_bytes or 0 for gpu in found), "") if found else (None, no_gpus)


def parse_nvidia_smi(text: str) -> tuple[Gpu, ...]:
    """The GPUs in an answer to `NVIDIA_QUESTION`. Raises ValueError when it is something else."""
    lines = [line for line in text.replace("\0", "").splitlines() if line.strip()]
    if not lines or len(lines) > _MOST_GPUS:
        raise ValueError("it names no GPU" if not lines else "it has too many lines")
    return tuple(map(_gpu, lines))


def _gpu(line: str) -> Gpu:
    fields = [part.strip() for part in line.split(",", 3)]
    if len(fields) != 4 or not fields[3]:
        raise ValueError("it is no table of GPUs")
    total, used, load = map(_figure, fields[:3])
    if total is not None and used is not None and used > total:
        raise ValueError("more memory is in use than there is")
    return Gpu(
        fields[3][:200],
        None if total is None else int(total * _MIB),
        None if used is None else int(used * _MIB),
        load if load is None or load <= 100 else None,
    )


def _figure(text: str) -> float | None:
    """A number; None for `[N/A]`, `[Not Supported]`, `[Unknown Error]` and the like. Raises ValueError."""
    if text.startswith("[") and text.endswith("]"):
        return None
    number = float(text)
    if not 0 <= number < _MOST_MIB:
        raise ValueError("a figure is out of range")
    return number


def short_provider(name: str) -> str:
    """`CUDA` for `CUDAExecutionProvider`."""
    return name.removesuffix("ExecutionProvider") or name


def providers_in_words(said: Iterable[str], models: Iterable[str | None]) -> str:
    """The execution providers that a host offers: those that it `said` are ready, else those of the models that it
    has."""
    if ready := sorted({short_provider(one) for one in said}):
        return f"{', '.join(ready)}, as it says"
    if of_models := sorted({short_provider(one) for one in models if one}):
        return f"{', '.join(of_models)}, of the models that it has; of others it does not say"
    return f"{UNKNOWN}: it does not say"


def gpus_in_words(machine: Machine) -> list[str]:
    """A line for each GPU; one with the reason where none is known."""
    return [gpu.in_words() for gpu in machine.gpus] or [f"{UNKNOWN}: {_within(machine.no_gpus)}"]


def disk_in_words(machine: Machine) -> str:
    """The free room for models, or why it is not known."""
    if machine.disk_free is None:
        return f"{UNKNOWN}: {_within(machine.no_disk)}"
    return f"{data_size(machine.disk_free)} free for models"


def _within(sentence: str) -> str:
    """A sentence behind a colon; names that begin it stay as they are."""
    plain = sentence.rstrip(".") or "it was not asked"
    return plain[0].lower() + plain[1:] if plain.split(" ")[0] in ("The", "There", "It", "Its") else plain


def valid_providers(status: object) -> tuple[str, ...]:
    """The execution providers behind `Valid EPs:` in what the service says of their registration."""
    if not isinstance(status, str):
        return ()
    _, found, names = status.rpartition("Valid EPs:")
    return tuple(dict.fromkeys(_PROVIDER.findall(names[:1000]))) if found else ()
